/// <summary>What a fit of sums gives, and what it refuses, whichever way one comes to it.</summary>
module LmmFunctional.Data.Tests.SummedFitTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Data
open LmmFunctional.Analysis
open LmmFunctional.Verification
open LmmFunctional.Tests

let private fits text name =
    let spec = Formula.parse text |> DataSets.orRaise
    let frame = DataSets.csv name
    let partial = Partial.collect spec frame |> DataSets.orRaise

    Lmm.fit FitOptions.defaults frame spec |> DataSets.orRaise,
    Partial.fitOf FitOptions.defaults spec [ partial ] |> DataSets.orRaise

let private sleep = "Reaction ~ Days + (Days | Subject)"

/// A fit of sums as everyone can get at it.
let private fitInside () =
    let _, summed = fits sleep "sleepstudy"

    let inference =
        SummedFit.inference DegreesOfFreedomMethod.satterthwaite summed
        |> DataSets.orRaise

    inference.Fit

let private refused what (result: Result<'ok, LmmError list>) =
    result
    |> DataSets.problems
    |> Texts.equal [ LmmError.describe (LmmError.FitOfSums what) ]

let private isNear (a: float) (b: float) = PartialTests.isNear 1e-6 a b

let private boot = {
    BootstrapOptions.defaults with
        Replicates = 20
}

[<Tests>]
let tests =
    testList "SummedFitTests" [
        testCase "what needs rows is refused in words" (fun () ->
            let fit = fitInside ()

            let influence = {
                InfluenceOptions.defaults with
                    Units = DiagnosticUnits.Rows
            }

            Lmm.predict PredictionOptions.defaults fit |> refused "Predictions of the rows"
            Lmm.influence influence fit |> refused "Influence and outliers"
            Lmm.check CheckOptions.defaults fit |> refused "Checks"
            Lmm.simulate 1 1 fit |> refused "Simulated responses"
            Simulation.simulate 1 fit |> refused "Simulated responses"
            Simulation.simulateMany 1 2 fit |> refused "Simulated responses"
            Bootstrap.run boot fit |> refused "A bootstrap"
            RSquared.ofFit fit |> refused "R²"
            RobustCovariance.ofSubjects RobustKind.Cr0 fit |> refused "A robust covariance"

            RobustCovariance.create RobustKind.Cr2 "Subject" fit
            |> refused "A robust covariance"

            DataSets.withFile ".json" (fun path -> Lmm.save path fit |> refused "A saved model"))

        testCase "what gives no words raises" (fun () ->
            let fit = fitInside ()

            let raises what (work: unit -> 'any) =
                let text = LmmError.describe (LmmError.FitOfSums what)

                match
                    try
                        work () |> ignore
                        ""
                    with :? ArgumentException as problem ->
                        problem.Message
                with
                | found -> Texts.equal [ text ] [ found ]

            raises "Fitted values" (fun () -> Fit.fitted fit)
            raises "Residuals" (fun () -> Fit.residuals fit)
            raises "Residuals" (fun () -> Lmm.residuals fit)
            raises "Residuals" (fun () -> ResidualTable.create fit)
            raises "Residuals" (fun () -> Tidy.augment fit)
            raises "Refits" (fun () -> Lmm.refit [| 1.0 |] fit)
            raises "Identities" (fun () -> Identities.check fit)
            raises "Shares of the variance of a row" (fun () -> RSquared.heritability 0 fit))

        testCase "predictions of new rows are those of the fit of rows" (fun () ->
            let whole, summed = fits sleep "sleepstudy"

            let next =
                Frame.ofColumns [ "Days", Column.ofInts [ 3; 12 ]; "Subject", Column.ofInts [ 308; 1 ] ]
                |> DataSets.orRaise

            let ofFit fit =
                Lmm.predictFrame PredictionOptions.defaults next fit |> DataSets.orRaise

            for a, b in List.zip (ofFit whole) (ofFit summed.Fit) do
                Check.isTrue (isNear a.Estimate b.Estimate)
                Check.isTrue (isNear a.StandardError b.StandardError))

        testCase "marginal means are at the means of all rows" (fun () ->
            // Chicks have unequal numbers of days, so that cells have unequal numbers of rows.
            let text = "weight ~ Time * Diet + (Time | Rat)"
            let whole, summed = fits text "bodyweight"
            let spec = MarginalSpec.parse "Diet" |> DataSets.orRaise

            for weights in [ MarginalWeights.Equal; MarginalWeights.Proportional; MarginalWeights.Cells ] do
                let means fit =
                    Inference.create DegreesOfFreedomMethod.satterthwaite fit
                    |> Result.bind (
                        MarginalMeans.create
                            {
                                MarginalOptions.defaults with
                                    Weights = weights
                            }
                            spec
                    )
                    |> DataSets.orRaise

                for a, b in Seq.zip (means whole).Means (means summed.Fit).Means do
                    match a.Estimate, b.Estimate with
                    | Ok a, Ok b -> Check.isTrue (isNear a.Estimate b.Estimate)
                    | a, b -> Check.equal a b)

        testCases
            "tables of all three types are those of the rows"
            [ HypothesisType.I; HypothesisType.II; HypothesisType.III ]
            (fun kind ->
                for name, text in
                    [
                        "bodyweight", "weight ~ Time * Diet + (Time | Rat)"
                        "orthodont", "distance ~ age * Sex + (age | Subject)"
                        "fev", "FEV1 ~ RACE + SEX + ARMCD * AVISIT + (1 | USUBJID)"
                    ] do
                    let whole, summed = fits text name

                    let tests fit =
                        (Anova.table kind DegreesOfFreedomMethod.satterthwaite fit |> DataSets.orRaise).Tests

                    for a, b in List.zip (tests whole) (tests summed.Fit) do
                        Check.isTrue (PartialTests.isNear 1e-5 a.F b.F))
    ]
