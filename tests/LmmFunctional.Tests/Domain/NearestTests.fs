namespace LmmFunctional.Tests

open FsCheck
open NUnit.Framework
open FsCheck.NUnit
open LmmFunctional

[<TestFixture>]
module NearestTests =

    [<Property>]
    let ``distance is symmetric and zero to itself`` (NonEmptyString a) (NonEmptyString b) =
        Nearest.distance a b = Nearest.distance b a && Nearest.distance a a = 0

    [<Property>]
    let ``distance lies between the difference of the lengths and the longer length``
        (NonEmptyString a)
        (NonEmptyString b)
        =
        let distance = Nearest.distance a b
        abs (a.Length - b.Length) <= distance && distance <= max a.Length b.Length

    [<Property>]
    let ``a suggestion is a candidate and none is closer`` (candidates: NonEmptyString list) (NonEmptyString name) =
        let candidates = candidates |> List.map _.Get

        match Nearest.suggest candidates name with
        | None -> true
        | Some found ->
            let distance = Nearest.distance name found

            List.contains found candidates
            && candidates |> List.forall (fun c -> Nearest.distance name c >= distance)

    [<TestCase("", "", 0)>]
    [<TestCase("Days", "dAYS", 0)>]
    [<TestCase("Recation", "Reaction", 1)>]
    [<TestCase("kitten", "sitting", 3)>]
    [<TestCase("abc", "", 3)>]
    let ``distances of known pairs`` (a: string, b: string, expected: int) =
        Assert.That(Nearest.distance a b, Is.EqualTo expected)

    let private columns = [ "Reaction"; "Days"; "Subject"; "y"; "dept" ]

    [<TestCase("reaction", "Reaction")>]
    [<TestCase("Raection", "Reaction")>]
    [<TestCase("Day", "Days")>]
    [<TestCase("Subjects", "Subject")>]
    [<TestCase("Y", "y")>]
    let ``a typing mistake is understood`` (name: string, expected: string) =
        Assert.That(Nearest.suggest columns name, Is.EqualTo(Some expected))

    [<TestCase("x")>]
    [<TestCase("weight")>]
    [<TestCase("")>]
    let ``a name unlike all others gets no suggestion`` (name: string) =
        Assert.That(Nearest.suggest columns name, Is.EqualTo(None: string option))

    [<Test>]
    let ``the first of equally close names is suggested`` () =
        Assert.That(Nearest.suggest [ "dose1"; "dose2" ] "dose", Is.EqualTo(Some "dose1"))
