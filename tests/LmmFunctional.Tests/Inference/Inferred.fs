namespace LmmFunctional.Tests

open System
open LmmFunctional
open LmmFunctional.Analysis

/// Fits and tests for the tests of inference: problems are raised.
[<RequireQualifiedAccess>]
module Inferred =

    let orRaise result =
        match result with
        | Ok value -> value
        | Error problems ->
            raise (InvalidOperationException(problems |> List.map LmmError.describe |> String.concat "\n"))

    let fit criterion frame formula =
        Lmm.fitFormula
            {
                FitOptions.defaults with
                    Criterion = criterion
            }
            frame
            formula
        |> orRaise

    let reml data formula =
        fit Criterion.Reml (TestFrame.read data) formula

    let inference method fit = Inference.create method fit |> orRaise

    let coefficients method fit =
        inference method fit |> Inference.coefficients 0.95

    let anova kind method fit = Anova.table kind method fit |> orRaise

    let test method hypothesis (fit: Fit) =
        LinearHypothesis.parse fit.Design hypothesis
        |> Result.bind (fun hypothesis -> Inference.test 0.95 hypothesis (inference method fit))
        |> orRaise

    let describe result =
        match result with
        | Ok _ -> "no problem"
        | Error problems -> problems |> List.map LmmError.describe |> String.concat "\n"

    let kr convention =
        DegreesOfFreedomMethod.KenwardRoger convention

    let satterthwaite convention =
        DegreesOfFreedomMethod.Satterthwaite convention
