/// <summary>Saved models: what is loaded is what was saved, and files that are none are told.</summary>
module LmmFunctional.Tests.SavedModelTests

open System
open System.IO
open Expecto
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Saving
open LmmFunctional.Properties

let private words problems =
    problems |> List.map LmmError.describe |> String.concat "\n"

let private orFail result =
    match result with
    | Ok value -> value
    | Error problems -> failtest (words problems)

// A file that lasts as long as the test.
let private withPath (test: string -> 'result) : 'result =
    let path = Path.GetTempFileName()

    try
        test path
    finally
        File.Delete path

let private reloaded (fit: Fit) =
    withPath (fun path ->
        Lmm.save path fit |> orFail
        Lmm.load path |> orFail)

let private sameBits (what: string) (expected: float) (found: float) =
    Law.isTrue
        $"{what}: {expected} and {found}"
        (BitConverter.DoubleToInt64Bits expected = BitConverter.DoubleToInt64Bits found)

/// Estimates, criterion, tests and predictions of both, bit for bit.
let private agree (first: Fit) (second: Fit) = [
    yield! sameBits "criterion" first.CriterionValue second.CriterionValue
    yield! sameBits "sigma" first.Sigma second.Sigma

    for a, b in List.zip first.Coefficients second.Coefficients do
        yield! sameBits a.Name a.Estimate b.Estimate
        yield! sameBits $"se of {a.Name}" a.StandardError b.StandardError

    for a, b in List.zip first.VarianceComponents second.VarianceComponents do
        yield! sameBits $"covariance of {a.Group}" a.Covariance b.Covariance

    for a, b in List.zip first.CovarianceParameters second.CovarianceParameters do
        yield! sameBits a.Name a.Estimate b.Estimate

    yield! Law.isTrue "certificate" ($"{first.Certificate}" = $"{second.Certificate}")

    match Lmm.predict PredictionOptions.defaults first, Lmm.predict PredictionOptions.defaults second with
    | Ok ofFirst, Ok ofSecond ->
        for a, b in List.zip ofFirst ofSecond do
            yield! sameBits $"prediction of row {a.Row}" a.Estimate b.Estimate
            yield! sameBits $"se of row {a.Row}" a.StandardError b.StandardError
            yield! sameBits $"df of row {a.Row}" a.Df b.Df
    | ofFirst, ofSecond -> yield! Law.isTrue "both cannot predict" (Result.isError ofFirst && Result.isError ofSecond)
]

let private fitted options frame formula =
    Lmm.fitFormula options frame formula |> orFail

let private sleepstudy = lazy (Csv.read (TestData.csv "sleepstudy") |> orFail)

let private saved =
    lazy
        (withPath (fun path ->
            fitted FitOptions.defaults sleepstudy.Value "Reaction ~ Days + (Days | Subject)"
            |> Lmm.save path
            |> orFail

            File.ReadAllText path))

let private load (text: string) =
    withPath (fun path ->
        File.WriteAllText(path, text)

        match Lmm.load path with
        | Ok _ -> "a fit"
        | Error problems -> (words problems).Replace(path, "model.json"))

let private animals names sires dams =
    Seq.zip3 names sires dams
    |> Pedigree.ofRows
    |> orFail
    |> Relationship.ofPedigree

[<Tests>]
let tests =
    testList "SavedModelTests" [
        testPropertyWithConfig (Law.tries 25) "a model that is loaded is the one that was saved" (fun (seed: int) ->
            let generator =
                if seed % 2 = 0 then
                    RandomModel.genSized 20 60
                else
                    RandomModel.genStructured 24 48

            let model =
                Gen.sampleWithSeed (FsCheck.Rnd(uint64 (abs (int64 seed)), 1UL)) 30 1 generator
                |> Array.head

            match Lmm.fit (RandomModel.options model) (RandomModel.frame model) (RandomModel.spec model) with
            | Error _ -> Law.holds []
            | Ok fit -> Law.holds (agree fit (reloaded fit)))

        testCases
            "every kind of column, term and option"
            [
                "Reaction ~ poly(Days, 2) + (1 | Subject)", FitOptions.defaults
                "log(Reaction) ~ Days + offset(0.01 * Days) + (Days || Subject)",
                {
                    FitOptions.defaults with
                        Criterion = Criterion.Ml
                }
                "Reaction ~ . - Subject + (1 | Subject)",
                {
                    FitOptions.defaults with
                        Held = Map [ "Subject.(Intercept)", 900.0 ]
                }
                "Reaction ~ factor(Days) + (1 | Subject); residual = ar1(Days | Subject)",
                {
                    FitOptions.defaults with
                        Bounds = Map [ "Residual.rho", Bound.atMost 0.3 ]
                        Start = Map [ "Residual.rho", 0.1 ]
                        Solver = SolverOptions.ofAlgorithm Algorithm.NewtonRaphson
                }
            ]
            (fun (formula, options) ->
                let fit = fitted options sleepstudy.Value formula
                Law.assertHolds (agree fit (reloaded fit)))

        testCase "labels, missing values, weights and columns without use" (fun () ->
            let frame =
                Frame.ofColumns [
                    "y", Column.ofFloats [ 1.0; 2.5; nan; 4.0; 3.5; 5.0; 6.5; 8.0 ]
                    "x", Column.ofFloats [ 0.0; 1.0; 2.0; 3.0; 0.0; 1.0; 2.0; 3.0 ]
                    "id",
                    Column.labelled
                        [ 1.0; 1.0; 1.0; 1.0; 1.1; 1.1; 1.1; 1.1 ]
                        (List.replicate 4 "001" @ List.replicate 4 "1.10")
                    "w", Column.ofFloats [ 1.0; 2.0; 1.0; 2.0; 1.0; 2.0; 1.0; 2.0 ]
                    "secret", Column.ofStrings (List.replicate 8 "nobody needs this")
                ]
                |> orFail

            let fit = fitted FitOptions.defaults frame "y ~ x + factor(id); weights = w"
            Law.assertHolds (agree fit (reloaded fit))

            withPath (fun path ->
                Lmm.save path fit |> orFail
                Check.isFalse ((File.ReadAllText path).Contains "nobody")))

        testCase "known matrices: a pedigree, a matrix and an inverse" (fun () ->
            let names = [ "a"; "b"; "c"; "d"; "e"; "f" ]

            let frame =
                Frame.ofColumns [
                    "y", Column.ofFloats [ 4.5; 2.9; 3.9; 3.5; 5.0; 4.1; 4.4; 3.0; 3.8; 3.6; 5.2; 4.4 ]
                    "animal", Column.ofStrings (names @ names)
                ]
                |> orFail

            let matrix = Matrix.init 6 6 (fun i j -> if i = j then 1.0 else 0.3)

            let inverse = [
                for i, name in List.indexed names do
                    name, name, 1.5

                    if i > 0 then
                        name, names[i - 1], -0.5
            ]

            for relationship in
                [
                    animals names [ ""; ""; "a"; "a"; "c"; "c" ] [ ""; ""; "b"; "b"; "d"; "b" ]
                    Relationship.ofMatrix names matrix |> orFail
                    Relationship.ofInverse inverse |> orFail
                ] do
                let options = {
                    FitOptions.defaults with
                        Known = Map [ "A", relationship ]
                }

                let fit = fitted options frame "y ~ 1 + known(A | animal)"
                Law.assertHolds (agree fit (reloaded fit)))

        testCases
            "files that are no saved models"
            [
                "", "model.json is not a model saved by LmmFunctional."
                "Reaction,Days", "model.json is not a model saved by LmmFunctional."
                "{\"format\":\"other\"}", "model.json is not a model saved by LmmFunctional."
                "[1]", "model.json is not a model saved by LmmFunctional."
            ]
            (fun (text, expected) -> Check.equal expected (load text))

        testCase "damaged and later files are told" (fun () ->
            let text = saved.Value

            Check.equal
                "model.json is a damaged saved model: its text is not the one that was saved. Save the model again."
                (load (text.Replace("249.56", "249.57")))

            Check.contains "model.json is a damaged saved model: " (load (text.Substring(0, text.Length / 2)))

            Check.equal
                "model.json is a saved model of version 9; this library reads version 1 and earlier ones. Update the library."
                (load (text.Replace("\"version\":1", "\"version\":9"))))

        testCase "a fit that comes out otherwise is told" (fun () ->
            let fit =
                fitted FitOptions.defaults sleepstudy.Value "Reaction ~ Days + (Days | Subject)"

            let model = {
                Formula = ""
                Options = FitOptions.defaults
                Data = sleepstudy.Value
                Criterion = fit.CriterionValue + 1.0
            }

            match SavedModel.check "model.json" model fit with
            | Ok _ -> failtest "it differs"
            | Error problems -> Check.contains "does not come out as it was saved" (words problems))

        testCase "files that are not there, and fits that are none of their own" (fun () ->
            let fit =
                fitted FitOptions.defaults sleepstudy.Value "Reaction ~ Days + (Days | Subject)"

            let missing =
                Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString(), "model.json")

            Check.equal (Error [ LmmError.FileNotFound missing ]) (Lmm.load missing |> Result.map ignore)

            Check.isTrue (Result.isError (Lmm.save missing fit))

            match Refit.withCriterion Criterion.Ml fit |> Result.bind (Lmm.save missing) with
            | Error [ LmmError.RefitNotSaved ] -> ()
            | other -> failtest $"{other}")
    ]
