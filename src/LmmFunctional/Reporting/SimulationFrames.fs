namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Simulations and what is made of them as frames, for files, tables and charts. Column names are those of JSON.</summary>
[<RequireQualifiedAccess>]
module SimulationFrames =

    let private frame (columns: (string * Column) list) : Frame =
        Frame(
            columns |> Seq.map fst |> ImmutableArray.CreateRange,
            columns |> Seq.map snd |> ImmutableArray.CreateRange,
            (snd columns.Head).Length
        )

    let private numbers (value: 'item -> float) items =
        items |> List.map value |> Column.ofFloats

    let private texts (value: 'item -> string) items =
        items |> List.map value |> Column.ofStrings

    /// Estimates of the responses that could be fitted, each item with its response.
    let private rowsOf (results: FittedResponse list) (select: ResponseEstimates -> 'item list) = [
        for result in results do
            match result.Estimates with
            | Ok own ->
                for item in select own do
                    struct (result.Response, item)
            | Error _ -> ()
    ]

    /// <summary>The fixed effects of every response: response, name, estimate, se, df, t, p, lower, upper.</summary>
    let coefficients (results: FittedResponse list) : Frame =
        let rows = rowsOf results _.Coefficients

        let number (value: Estimate -> float) =
            numbers (fun (struct (_, own)) -> value own) rows

        frame [
            "response", texts (fun (struct (response, _)) -> response) rows
            "name", texts (fun (struct (_, own: Estimate)) -> own.Name) rows
            "estimate", number _.Estimate
            "se", number _.StandardError
            "df", number _.Df
            "t", number _.Statistic
            "p", number _.P
            "lower", number _.Lower
            "upper", number _.Upper
        ]

    /// <summary>The variance components of every response: response, group, var1, var2, vcov, sdcor.</summary>
    let components (results: FittedResponse list) : Frame =
        let rows = rowsOf results _.VarianceComponents

        let text (value: VarianceComponent -> string) =
            texts (fun (struct (_, own)) -> value own) rows

        frame [
            "response", texts (fun (struct (response, _)) -> response) rows
            "group", text _.Group
            "var1", text (fun own -> defaultArg own.First "")
            "var2", text (fun own -> defaultArg own.Second "")
            "vcov", numbers (fun (struct (_, own: VarianceComponent)) -> own.Covariance) rows
            "sdcor", numbers (fun (struct (_, own: VarianceComponent)) -> own.StandardDeviation) rows
        ]

    let private verdict (certificate: Certificate) =
        match certificate.Verdict with
        | Verdict.Optimum -> "Optimum"
        | Verdict.BoundaryOptimum _ -> "BoundaryOptimum"
        | Verdict.FlatDirection _ -> "FlatDirection"
        | Verdict.NotConverged _ -> "NotConverged"

    /// <summary>How every response was fitted: response, rows, logLikelihood, verdict, gradient, problem.</summary>
    let responses (results: FittedResponse list) : Frame =
        let number (value: ResponseEstimates -> float) =
            numbers
                (fun result ->
                    match result.Estimates with
                    | Ok own -> value own
                    | Error _ -> nan)
                results

        frame [
            "response", texts (fun (own: FittedResponse) -> own.Response) results
            "rows", number (fun own -> float own.Observations)
            "logLikelihood", number _.LogLikelihood
            "verdict",
            texts
                (fun result ->
                    match result.Estimates with
                    | Ok own -> verdict own.Certificate
                    | Error _ -> "")
                results
            "gradient", number _.Certificate.Gradient
            "problem",
            texts
                (fun result ->
                    match result.Estimates with
                    | Ok _ -> ""
                    | Error problems -> problems |> List.map LmmError.describe |> String.concat " ")
                results
        ]

    /// <summary>Simulated responses: row, then response1, response2, …</summary>
    let simulated (simulator: Simulator) (responses: float[] seq) : Frame =
        frame [
            "row", Column.ofInts simulator.Rows

            for index, response in Seq.indexed responses do
                $"response{index + 1}", Column.ofFloats response
        ]

    /// <summary>Power, a row for each size: size, rows, power, se, lower, upper, simulations, rejected, failed.</summary>
    let power (estimates: PowerEstimate list) : Frame =
        let count (value: PowerEstimate -> int) = numbers (value >> float) estimates

        frame [
            "size",
            numbers (fun (own: PowerEstimate) -> own.Size |> Option.map float |> Option.defaultValue nan) estimates
            "rows", count _.Rows
            "power", numbers (fun (own: PowerEstimate) -> own.Power) estimates
            "se", numbers (fun (own: PowerEstimate) -> own.StandardError) estimates
            "lower", numbers (fun (own: PowerEstimate) -> own.Lower) estimates
            "upper", numbers (fun (own: PowerEstimate) -> own.Upper) estimates
            "simulations", count _.Simulations
            "rejected", count _.Rejected
            "failed", count _.Failed
        ]

    /// <summary>Simulated residuals: row, observed, expected, residual.</summary>
    let residuals (residuals: SimulatedResiduals) : Frame =
        frame [
            "row", Column.ofInts residuals.Rows
            "observed", Column.ofFloats residuals.Fit.Design.Response
            "expected", Column.ofFloats residuals.Expected
            "residual", Column.ofFloats residuals.Values
        ]

    /// <summary>Tests against simulated data: test, statistic, expected, p, monteCarloError.</summary>
    let tests (found: SimulatedTest list) : Frame =
        frame [
            "test", texts (fun (own: SimulatedTest) -> own.Name) found
            "statistic", numbers (fun (own: SimulatedTest) -> own.Statistic) found
            "expected", numbers (fun (own: SimulatedTest) -> own.Expected) found
            "p", numbers (fun (own: SimulatedTest) -> own.P) found
            "monteCarloError", numbers (fun (own: SimulatedTest) -> own.MonteCarloError) found
        ]
