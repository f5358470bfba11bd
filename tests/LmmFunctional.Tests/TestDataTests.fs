namespace LmmFunctional.Tests

open System.IO
open NUnit.Framework
open FsCheck.NUnit

[<TestFixture>]
module TestDataTests =

    [<Test>]
    let ``sleepstudy has 180 rows below its header`` () =
        let lines = File.ReadAllLines(TestData.csv "sleepstudy")
        Assert.That(lines.Length - 1, Is.EqualTo 180)

    [<Property>]
    let ``a data file is found under its own name`` (size: byte) =
        let name = String.replicate (int size % 8 + 1) "a"
        Path.GetFileNameWithoutExtension(TestData.csv name) = name
