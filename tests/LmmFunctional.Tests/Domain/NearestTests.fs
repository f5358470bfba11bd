module LmmFunctional.Tests.NearestTests

open FsCheck
open Expecto
open LmmFunctional.Model

let private columns = [ "Reaction"; "Days"; "Subject"; "y"; "dept" ]

[<Tests>]
let tests =
    testList "NearestTests" [
        testProperty "distance is symmetric and zero to itself" (fun (NonEmptyString a) (NonEmptyString b) ->
            Nearest.distance a b = Nearest.distance b a && Nearest.distance a a = 0)

        testProperty
            "distance lies between the difference of the lengths and the longer length"
            (fun (NonEmptyString a) (NonEmptyString b) ->
                let distance = Nearest.distance a b
                abs (a.Length - b.Length) <= distance && distance <= max a.Length b.Length)

        testProperty
            "a suggestion is a candidate and none is closer"
            (fun (candidates: NonEmptyString list) (NonEmptyString name) ->
                let candidates = candidates |> List.map _.Get

                match Nearest.suggest candidates name with
                | None -> true
                | Some found ->
                    let distance = Nearest.distance name found

                    List.contains found candidates
                    && candidates |> List.forall (fun c -> Nearest.distance name c >= distance))

        testCases
            "distances of known pairs"
            [
                "", "", 0
                "Days", "dAYS", 0
                "Recation", "Reaction", 1
                "kitten", "sitting", 3
                "abc", "", 3
            ]
            (fun (a: string, b: string, expected: int) -> Check.equal expected (Nearest.distance a b))

        testCases
            "a typing mistake is understood"
            [
                "reaction", "Reaction"
                "Raection", "Reaction"
                "Day", "Days"
                "Subjects", "Subject"
                "Y", "y"
            ]
            (fun (name: string, expected: string) -> Check.equal (Some expected) (Nearest.suggest columns name))

        testCases "a name unlike all others gets no suggestion" [ "x"; "weight"; "" ] (fun (name: string) ->
            Check.equal (None: string option) (Nearest.suggest columns name))

        testCase "the first of equally close names is suggested" (fun () ->
            Check.equal (Some "dose1") (Nearest.suggest [ "dose1"; "dose2" ] "dose"))
    ]
