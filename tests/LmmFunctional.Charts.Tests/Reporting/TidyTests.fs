/// <summary>Fits and what follows as frames: the library's own values under the names of JSON.</summary>
module LmmFunctional.Charts.Tests.TidyTests

open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Tests

let private numbers name (frame: Frame) =
    match frame.TryColumn name with
    | Some(Column.Numeric values) -> List.ofSeq values
    | _ -> failtest $"there is no numeric column '{name}'"

let private texts name (frame: Frame) =
    match frame.TryColumn name with
    | Some(Column.Categorical(levels, codes)) -> [ for code in codes -> if code < 0 then "" else levels[code] ]
    | _ -> failtest $"there is no column of names '{name}'"

let private inference = lazy (Models.inference Models.sleepstudy.Value)

[<Tests>]
let tests =
    testList "TidyTests" [
        testCase "a row for each parameter" (fun () ->
            let frame = Tidy.fit 0.9 inference.Value
            let coefficients = Inference.coefficients 0.9 inference.Value

            Check.equal
                [
                    "(Intercept)"
                    "Days"
                    "sd((Intercept))"
                    "sd(Days)"
                    "cor((Intercept), Days)"
                    "sigma"
                ]
                (texts "term" frame)

            Check.equal [ "fixed"; "fixed"; "random"; "random"; "random"; "random" ] (texts "effect" frame)
            Check.equal [ ""; ""; "Subject"; "Subject"; "Subject"; "Residual" ] (texts "group" frame)

            Check.equal
                ((coefficients |> List.map _.Estimate)
                 @ (Models.sleepstudy.Value.VarianceComponents |> List.map _.StandardDeviation))
                (numbers "estimate" frame)

            Check.equal (coefficients |> List.map _.Lower) (numbers "lower" frame |> List.truncate 2))

        testCase "parameters of residual structures have their rows" (fun () ->
            let frame = Tidy.fit 0.95 (Models.inference Models.orthodont.Value)

            let rho =
                Models.orthodont.Value.CovarianceParameters
                |> List.find (fun own -> own.Name = "rho")

            let row = texts "term" frame |> List.findIndex ((=) "rho")
            Check.equal rho.Estimate (List.item row (numbers "estimate" frame))
            Check.equal rho.StandardError (Some(List.item row (numbers "se" frame))))

        testCase "a row for the model" (fun () ->
            let fit = Models.sleepstudy.Value
            let frame = Tidy.glance fit
            Check.equal 1 frame.Rows
            Check.equal [ fit.LogLikelihood ] (numbers "logLikelihood" frame)
            Check.equal [ fit.InformationCriteria.Bic ] (numbers "bic" frame)
            let shares = RSquared.ofFit fit |> Models.orFail
            Check.equal [ shares.Conditional ] (numbers "r2Conditional" frame)
            Check.equal [ "Optimum" ] (texts "verdict" frame))

        testCase "a row for each row used, with the columns of the model" (fun () ->
            let fit = Models.sleepstudy.Value
            let frame = Tidy.augment fit
            Check.equal 180 frame.Rows

            Check.equal
                [ "Days"; "Subject"; "row"; "observed"; "fitted" ]
                (frame.Names |> Seq.truncate 5 |> List.ofSeq)

            Check.equal (Fit.fitted fit |> List.ofArray) (numbers "fitted" frame)
            Check.equal (List.ofArray fit.Design.Response) (numbers "observed" frame))

        testCase "tests of terms" (fun () ->
            let anova =
                Anova.ofInference HypothesisType.III (Models.inference Models.oats.Value)

            let frame = Tidy.anova anova
            Check.equal (anova.Tests |> List.map _.Name) (texts "term" frame)
            Check.equal (anova.Tests |> List.map _.F) (numbers "f" frame)
            Check.equal (anova.Tests |> List.map _.DenominatorDf) (numbers "denominatorDf" frame))

        testCase "means and comparisons have a column for each variable" (fun () ->
            let means = Models.means "nitroF | Variety" Models.oats.Value
            let frame = Tidy.means means
            Check.equal 12 frame.Rows
            Check.equal [ "nitroF"; "Variety" ] (frame.Names |> Seq.truncate 2 |> List.ofSeq)
            Check.equal [ "N0"; "N0.2"; "N0.4"; "N0.6" ] (texts "nitroF" frame |> List.truncate 4)

            let contrasts =
                MarginalContrasts.create MeanContrast.Pairwise None means |> Models.orFail

            let compared = Tidy.contrasts contrasts
            Check.equal 18 compared.Rows

            Check.equal
                (contrasts.Contrasts
                 |> List.map (fun own ->
                     match own.Estimate with
                     | Ok found -> found.P
                     | Error _ -> nan))
                (numbers "p" compared))

        testCase "intervals without an end are empty there" (fun () ->
            let frame =
                Tidy.intervals [
                    {
                        Name = "sigma"
                        Estimate = 1.0
                        Lower = None
                        Upper = Some 2.0
                        Note = Some "at its bound"
                    }
                ]

            Check.equal "name,estimate,lower,upper,note\nsigma,1,,2,at its bound\n" (FrameText.toCsv frame))
    ]
