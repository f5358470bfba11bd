/// <summary>Mrode (2014), Linear Models for the Prediction of Animal Breeding Values, example 3.1: weaning gain of five
/// calves, α = σ²e/σ²a = 40/20 = 2. Reference: published.md, 3.8.</summary>
module LmmFunctional.Tests.AnimalModelTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

let private ok result =
    match result with
    | Ok value -> value
    | Error problems -> raise (InvalidOperationException(string (List.map LmmError.describe problems)))

// Calf, sire, dam; animals 1 to 3 have no records and no rows.
let private pedigree =
    Pedigree.ofRows [ "4", "1", ""; "5", "3", "2"; "6", "1", "2"; "7", "4", "5"; "8", "3", "6" ]
    |> ok

let private calves =
    TestFrame.ofColumns [
        "gain", TestFrame.numbers [ 4.5; 2.9; 3.9; 3.5; 5.0 ]
        "sex", TestFrame.texts [ "male"; "female"; "female"; "male"; "male" ]
        "calf", TestFrame.numbers [ 4.0; 5.0; 6.0; 7.0; 8.0 ]
    ]

let private model = Formula.parse "gain ~ 0 + sex + known(A | calf)" |> ok

let private options held = {
    FitOptions.defaults with
        Known = Map [ "A", Relationship.ofPedigree pedigree ]
        Held = Map held
}

let private fit =
    lazy
        (Lmm.fit (options [ "calf.(Intercept)", 20.0; "Residual", 40.0 ]) calves model
         |> ok)

/// Values of the eight animals in the order of their numbers.
let private byNumber (values: Matrix) =
    let levels = (Fit.randomEffects fit.Value).Head.Levels
    [ for animal in 1..8 -> values[levels.IndexOf(string animal), 0] ]

let private refused held =
    match Lmm.fit (options held) calves model with
    | Ok _ -> []
    | Error problems -> problems |> List.map LmmError.describe

let private rows = 60

let private slopes =
    let random = Random 3
    let group = Array.init rows (fun i -> i % 12)
    let level = Array.init 12 (fun _ -> random.NextDouble() - 0.5)
    let x = Array.init rows (fun _ -> random.NextDouble())

    TestFrame.ofColumns [
        "y",
        TestFrame.numbers [
            for i in 0 .. rows - 1 -> level[group[i]] * (1.0 + x[i]) + 0.4 * (random.NextDouble() - 0.5)
        ]
        "x", TestFrame.numbers x
        "g", TestFrame.texts (group |> Seq.map (fun k -> $"g{k}"))
    ]

let private slopesWith held formula =
    Lmm.fit
        {
            FitOptions.defaults with
                Held = Map held
        }
        slopes
        (Formula.parse formula |> ok)

[<Tests>]
let tests =
    testList "AnimalModelTests" [
        testCase "the inverse of the relationship matrix" (fun () ->
            let precision = HendersonInverse.create pedigree
            let place k = pedigree.Animals.IndexOf(string k)

            let element i j =
                let row, column = min (place i) (place j), max (place i) (place j)

                if row = column then
                    precision.Diagonal[row]
                else
                    seq { precision.Starts[row] .. precision.Starts[row + 1] - 1 }
                    |> Seq.tryFind (fun k -> precision.Columns[k] = column)
                    |> Option.map (fun k -> precision.Values[k])
                    |> Option.defaultValue 0.0

            // No animal is inbred: 1/d is 4/3 with one parent known, 2 with both.
            let expected = [
                [ 11.0 / 6.0; 0.5; 0.0; -2.0 / 3.0; 0.0; -1.0; 0.0; 0.0 ]
                [ 0.5; 2.0; 0.5; 0.0; -1.0; -1.0; 0.0; 0.0 ]
                [ 0.0; 0.5; 2.0; 0.0; -1.0; 0.5; 0.0; -1.0 ]
                [ -2.0 / 3.0; 0.0; 0.0; 11.0 / 6.0; 0.5; 0.0; -1.0; 0.0 ]
                [ 0.0; -1.0; -1.0; 0.5; 2.5; 0.0; -1.0; 0.0 ]
                [ -1.0; -1.0; 0.5; 0.0; 0.0; 2.5; 0.0; -1.0 ]
                [ 0.0; 0.0; 0.0; -1.0; -1.0; 0.0; 2.0; 0.0 ]
                [ 0.0; 0.0; -1.0; 0.0; 0.0; -1.0; 0.0; 2.0 ]
            ]

            Law.assertHolds (
                Law.nearAll "A⁻¹" 1e-14 (List.concat expected) [
                    for i in 1..8 do
                        for j in 1..8 -> element i j
                ]
            ))

        testCase "solutions of the mixed model equations" (fun () ->
            let effects = (Fit.randomEffects fit.Value).Head

            let expected = [ 0.0984; -0.0188; -0.0411; -0.0087; -0.1857; 0.1769; -0.2495; 0.1826 ]

            Law.assertHolds [
                // Half a unit of the last printed digit.
                yield! Law.nearAll "animals" 5.1e-5 expected (byNumber effects.Modes)

                yield! Law.nearAll "sexes" 5.1e-5 [ 3.4044; 4.3585 ] (fit.Value.Coefficients |> List.map _.Estimate)

                yield! Law.near "σ²" 1e-12 40.0 (fit.Value.Sigma * fit.Value.Sigma)
                yield! Law.near "σ²a" 1e-12 20.0 fit.Value.VarianceComponents.Head.Covariance
            ])

        testCase "a fit of known variances estimates nothing but fixed effects" (fun () ->
            Check.equal 2 fit.Value.DegreesOfFreedom
            Check.equal Verdict.Optimum fit.Value.Certificate.Verdict
            Check.isTrue fit.Value.Certificate.Eigenvalues.IsEmpty
            Expect.isLessThanOrEqual fit.Value.Iterations.Length 2 "fit.Value.Iterations.Length")

        testCase "reliabilities and prediction error variances" (fun () ->
            let effects = (Fit.randomEffects fit.Value).Head
            let reliabilities = [ 0.058; 0.016; 0.087; 0.145; 0.144; 0.115; 0.116; 0.155 ]

            let errors = [ 18.844; 19.684; 18.258; 17.107; 17.124; 17.691; 17.674; 16.895 ]

            Law.assertHolds [
                // Half a unit of the last printed digit.
                yield! Law.nearAll "r²" 5.1e-4 reliabilities (byNumber effects.Reliabilities)
                yield!
                    Law.nearAll "PEV" 5.1e-4 errors (byNumber effects.PredictionErrors |> List.map (fun sd -> sd * sd))
            ])

        testCase "what cannot be held is told in words" (fun () ->
            Check.equal
                [
                    "Parameter 'Residual' cannot be -1; give it a positive number."
                    "The model has no covariance parameter 'calf.Intercept'; did you mean 'calf.(Intercept)'?"
                ]
                (refused [ "Residual", -1.0; "calf.Intercept", 2.0 ] |> List.sort))

        // Parameters of a structure and entries of λ are not as many.
        testCases
            "variances held at their estimates beside a structured term give the same fit"
            [
                "Yield ~ 1 + (1 | Batch) + cs(0 + half | Batch)"
                "Yield ~ 1 + cs(0 + half | Batch) + (1 | Batch)"
            ]
            (fun (formula) ->
                let frame =
                    let dyestuff = TestFrame.read "dyestuff"

                    TestFrame.ofColumns [
                        yield! Seq.zip dyestuff.Names dyestuff.Columns
                        yield "half", TestFrame.texts [ for row in 0 .. dyestuff.Rows - 1 -> $"h{row % 3}" ]
                    ]

                let fitWith held =
                    Lmm.fitFormula { options [] with Held = Map held } frame formula |> ok

                let free = fitWith []
                let variance = free.Sigma * free.Sigma

                let ofBatch =
                    free.VarianceComponents
                    |> List.find (fun part -> part.Group = "Batch" && part.First = Some "(Intercept)")

                let held = fitWith [ "Residual", variance; "Batch.(Intercept)", ofBatch.Covariance ]

                Law.assertHolds [
                    yield! Law.near "criterion" 1e-7 free.CriterionValue held.CriterionValue
                    yield! Law.near "parameters" 0.0 (float free.DegreesOfFreedom - 2.0) (float held.DegreesOfFreedom)
                ])

        testCase "variances held at their estimates are an optimum of the rest" (fun () ->
            let free = slopesWith [] "y ~ x + (x || g)" |> ok
            let estimates = free.VarianceComponents |> List.map _.Covariance

            for held in
                [
                    [ "Residual", estimates[2] ]
                    [ "g.x", estimates[1] ]
                    [ "g.x", estimates[1]; "g.(Intercept)", estimates[0] ]
                    [ "Residual", estimates[2]; "g.x", estimates[1] ]
                    [ "Residual", estimates[2]; "g.x", estimates[1]; "g.(Intercept)", estimates[0] ]
                ] do
                let fit = slopesWith held "y ~ x + (x || g)" |> ok
                Check.equal Verdict.Optimum fit.Certificate.Verdict
                Check.equal (5 - held.Length) fit.DegreesOfFreedom

                Law.assertHolds [
                    yield! Law.near "criterion" 1e-8 free.CriterionValue fit.CriterionValue
                    yield! Law.nearAll "variances" 1e-5 estimates (fit.VarianceComponents |> List.map _.Covariance)
                    yield! Law.near "deviance" 1e-8 fit.Deviance (slopesWith held "y ~ x + (x || g)" |> ok).Deviance
                ])

        testCase "a variance of correlated effects is not held" (fun () ->
            match slopesWith [ "g.x", 1.0; "Residual", 1.0 ] "y ~ x + (x | g)" with
            | Ok _ -> failtest "held"
            | Error problems ->
                Check.equal
                    [
                        "'g.x' cannot be held without 'g.(Intercept)', 'g.x.(Intercept)', which belong to the same matrix; hold them all, or none."
                    ]
                    (problems |> List.map LmmError.describe))
    ]
