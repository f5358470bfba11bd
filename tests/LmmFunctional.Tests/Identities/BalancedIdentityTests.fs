/// <summary>Closed forms of balanced designs against hand calculation, and which designs have one.</summary>
module LmmFunctional.Tests.BalancedIdentityTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Verification

let private outcomeOf (fit: Fit) =
    (Identities.check fit
     |> List.find (fun check -> check.Name = "balanced closed form"))
        .Outcome

/// Crossed a and b, c within a and b, with reps in every cell; effects large enough for positive estimates, mostly.
let private frame seed levelsA levelsB reps =
    let random = Random(seed: int)

    let normal () =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let ofA = Array.init levelsA (fun _ -> 3.0 * normal ())
    let ofB = Array.init levelsB (fun _ -> 3.0 * normal ())
    let ofCells = Array.init (levelsA * levelsB) (fun _ -> 3.0 * normal ())

    let rows = [|
        for a in 0 .. levelsA - 1 do
            for b in 0 .. levelsB - 1 do
                for _ in 1..reps -> a, b, 10.0 + ofA[a] + ofB[b] + ofCells[a * levelsB + b] + normal ()
    |]

    random.Shuffle rows

    TestFrame.ofColumns [
        "a", rows |> Seq.map (fun (a, _, _) -> $"a{a}") |> TestFrame.texts
        "b", rows |> Seq.map (fun (_, b, _) -> $"b{b}") |> TestFrame.texts
        "y", rows |> Seq.map (fun (_, _, y) -> y) |> TestFrame.numbers
    ]

let private fit criterion frame formula =
    let options = {
        FitOptions.defaults with
            Criterion = criterion
    }

    match Lmm.fitFormula options frame formula with
    | Ok fit -> fit
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

[<Tests>]
let tests =
    testList "BalancedIdentityTests" [
        testCases
            "REML has the closed form wherever all estimates are positive"
            [
                "y ~ 1 + (1 | a)"
                "y ~ 1 + (1 | a/b)"
                "y ~ 1 + (1 | a) + (1 | b)"
                "y ~ 1 + (1 | a) + (1 | b) + (1 | a:b)"
                "y ~ a + (1 | b) + (1 | a:b)"
                "y ~ a + (1 | b)"
            ]
            (fun (formula) ->
                let applied =
                    [ 1..12 ]
                    |> List.filter (fun seed ->
                        match outcomeOf (fit Criterion.Reml (frame seed 4 5 3) formula) with
                        | IdentityOutcome.Checked(residual, tolerance) ->
                            Expect.isLessThanOrEqual residual tolerance "residual"
                            true
                        | IdentityOutcome.NotApplicable reason ->
                            Check.equal "an analysis of variance estimate is negative" reason
                            false)

                Expect.isGreaterThanOrEqual applied.Length 6 "applied.Length")

        testCases
            "ML has it where no stratum is left to the mean"
            [
                "y ~ 1 + (1 | a)", true
                "y ~ 1 + (1 | a/b)", true
                "y ~ 1 + (1 | a) + (1 | b)", false
            ]
            (fun (formula: string, hasForm: bool) ->
                match outcomeOf (fit Criterion.Ml (frame 1 4 5 3) formula) with
                | IdentityOutcome.Checked(residual, tolerance) ->
                    Check.isTrue hasForm
                    Expect.isLessThanOrEqual residual tolerance "residual"
                | IdentityOutcome.NotApplicable reason ->
                    Check.isFalse hasForm
                    Check.equal "there are not as many strata as variances" reason)

        testCase "the nested design of the pigment data has it" (fun () ->
            let fit = Fitted.reml "pigment" "moisture ~ 1 + (1 | batch/sample)"

            match outcomeOf fit with
            | IdentityOutcome.Checked(residual, tolerance) -> Expect.isLessThanOrEqual residual tolerance "residual"
            | IdentityOutcome.NotApplicable reason -> failtest reason)

        testCase "a design with slopes is told apart" (fun () ->
            match outcomeOf (Fitted.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)") with
            | IdentityOutcome.Checked _ -> failtest "it has none"
            | IdentityOutcome.NotApplicable reason ->
                Check.equal
                    "closed forms need random intercepts, balanced classes and fixed effects, and no weights"
                    reason)
    ]
