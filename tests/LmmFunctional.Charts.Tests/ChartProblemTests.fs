/// <summary>What cannot be drawn is said in words.</summary>
module LmmFunctional.Charts.Tests.ChartProblemTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Charts
open LmmFunctional.Tests

let private says expected (result: Result<ChartSpec, LmmError list>) =
    match result with
    | Ok chart -> failtest $"a chart was drawn: {chart}"
    | Error problems -> Check.equal [ expected ] (problems |> List.map LmmError.describe)

[<Tests>]
let tests =
    testList "ChartProblemTests" [
        testCase "no random effects" (fun () ->
            Chart.caterpillar Models.orthodont.Value
            |> says "There is no chart 'caterpillar' to show: the model has no random effects."

            Chart.subjects Models.orthodont.Value
            |> says
                "There is no chart 'subjects' to show: the model has no random effects, whose levels are the subjects.")

        testCase "no covariate, and one that there is not" (fun () ->
            Chart.predictions (Models.inference Models.penicillin.Value)
            |> says "There is no chart 'predictions' to show: the fixed effects have no covariate for the x axis."

            Chart.subjectsAlong "Subject" "Day" Models.sleepstudy.Value
            |> says (LmmError.describe (LmmError.NotInModel("covariate", "Day", Some "Days", [ "Days" ])))

            Chart.subjectsAlong "Subjects" "Days" Models.sleepstudy.Value
            |> says "There is no grouping factor 'Subjects'; choose one of Subject.")

        testCase "an interaction of one variable" (fun () ->
            Chart.interaction (Models.means "Variety" Models.oats.Value)
            |> says
                "There is no chart 'interaction' to show: it needs the means of two variables, such as 'variety * nitro'.")

        testCase "one fixed effect has no correlations" (fun () ->
            Chart.coefficientCorrelation Models.penicillin.Value
            |> says "There is no chart 'coefficient-correlation' to show: the model has fewer than two fixed effects.")

        testCase "a model without rows and columns has no map" (fun () ->
            Chart.field Models.sleepstudy.Value
            |> says
                "There is no chart 'field' to show: the model has no residuals along rows and columns; name the two columns of the data.")

        testCase "power at one size is no curve" (fun () ->
            Chart.power []
            |> says "There is no chart 'power' to show: it needs the power at several sizes: see Lmm.powerCurve.")

        testCase "founders alone are not inbred" (fun () ->
            Chart.inbreeding (Pedigree.ofRows [ "a", "", ""; "b", "", "" ] |> Models.orFail)
            |> says "There is no chart 'inbreeding' to show: no animal of the pedigree is inbred.")

        testCase "a fit of sums of rows has no chart of its rows, and a report without them" (fun () ->
            let fit = Models.sleepstudy.Value

            let sums = {
                Observations = 180
                Multiplicities = System.Collections.Immutable.ImmutableArray.CreateRange(Array.create 180 1.0)
                SumOfLogWeights = 0.0
                HasWeights = false
            }

            let ofSums = {
                fit with
                    Model = {
                        fit.Model with
                            Model = { fit.Design with Sums = Some sums }
                    }
            }

            for name, draw in
                [
                    "residuals", Chart.residuals
                    "qq", Chart.qq
                    "subjects", Chart.subjects
                    "lags", Chart.lags
                    "correlation", Chart.correlation
                    "field", Chart.field
                ] do
                draw ofSums
                |> says
                    $"There is no chart '{name}' to show: the model was fitted to sums of rows; fit the rows themselves."

            let inference = Models.inference ofSums

            match Chart.predictions inference with
            | Ok chart -> Check.equal [ "means" ] (chart.Tables |> List.map fst)
            | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat " ")

            FitReport.toHtml ReportOptions.defaults inference
            |> PageText.ofPage
            |> Check.contains "The model was fitted to sums that stand for 180 rows.")

        testCase "misuse raises" (fun () ->
            Expect.throwsT<ArgumentException> (fun () -> Chart.coefficients [] |> ignore) "no model"
            Expect.throwsT<ArgumentException> (fun () -> Chart.together "none" [] |> ignore) "no chart")
    ]
