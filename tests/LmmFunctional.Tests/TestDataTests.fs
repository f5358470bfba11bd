module LmmFunctional.Tests.TestDataTests

open System.IO
open Expecto

[<Tests>]
let tests =
    testList "TestDataTests" [
        testCase "sleepstudy has 180 rows below its header" (fun () ->
            let lines = File.ReadAllLines(TestData.csv "sleepstudy")
            Check.equal 180 (lines.Length - 1))

        testProperty "a data file is found under its own name" (fun (size: byte) ->
            let name = String.replicate (int size % 8 + 1) "a"
            Path.GetFileNameWithoutExtension(TestData.csv name) = name)
    ]
