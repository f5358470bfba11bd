/// <summary>Unknown parents, however a pedigree writes them.</summary>
module LmmFunctional.Tests.UnknownParentTests

open Expecto
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Estimation

let private orRaise result =
    match result with
    | Ok value -> value
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "\n")

let private codes = [
    ""
    "0"
    "00"
    "."
    "*"
    "-"
    "?"
    "NA"
    "N/A"
    "n/a"
    "none"
    "NULL"
    "unknown"
    "Unknown"
    "-9"
]

let private fit pedigree =
    let relationship =
        Pedigree.read (TestData.csv $"cases/{pedigree}")
        |> orRaise
        |> Relationship.ofPedigree

    let options = {
        FitOptions.defaults with
            Known = Map [ "A", relationship ]
    }

    let frame = Csv.read (TestData.csv "cases/10-animals") |> orRaise
    Lmm.fitFormula options frame "weight ~ sex + known(A | animal)" |> orRaise

[<Tests>]
let tests =
    testList "UnknownParentTests" [
        testProperty "every code for an unknown parent is one" (fun () ->
            Prop.forAll (Arb.fromGen (Gen.elements codes)) (fun code ->
                let pedigree code =
                    Pedigree.ofRows [ "a", code, code; "b", code, code; "c", "a", "b"; "d", "a", code ]
                    |> orRaise

                let found, expected = pedigree code, pedigree "0"

                List.ofSeq found.Animals = List.ofSeq expected.Animals
                && List.ofSeq found.Sires = List.ofSeq expected.Sires
                && List.ofSeq found.Dams = List.ofSeq expected.Dams))

        // Case 10: 0.1.0 gave .9011 for the first.
        testCase "codes give the variance that empty cells give" (fun () ->
            let coded, plain = fit "10-pedigree-codes", fit "10-pedigree"

            let variance (fit: Fit) =
                (fit.VarianceComponents |> List.find (fun part -> part.Group = "animal")).Covariance

            Law.assertHolds [
                yield! Law.near "variance" 1e-5 0.45056 (variance coded)
                yield! Law.near "same" 1e-12 (variance plain) (variance coded)
            ]

            coded.Design.Notes
            |> Texts.equal [ "In pedigree 'A' 12 parents are taken as unknown: 'unknown'." ])

        testCase "a code that is not known here is seen by its offspring" (fun () ->
            Pedigree.ofRows [
                for k in 1..6 do
                    $"f{k}", "fremd", "fremd"

                "x", "f1", "f2"
            ]
            |> Result.mapError (List.map LmmError.describe)
            |> function
                | Ok _ -> failtest "It is one animal, parent of all founders."
                | Error problems ->
                    problems
                    |> Texts.equal [
                        "'fremd' is sire and dam of 6 animals in the pedigree and has no row of its own; write 0 for an unknown "
                        + "parent, or give 'fremd' a row if it is one."
                    ])

        testCase "a selfed plant with a row of its own is a parent" (fun () ->
            let rows = ("p", "0", "0") :: [ for k in 1..20 -> $"f{k}", "p", "p" ]
            Check.equal 21 ((Pedigree.ofRows rows |> orRaise).Count))
    ]
