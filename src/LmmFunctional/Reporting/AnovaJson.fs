namespace LmmFunctional.Classical

open System
open System.IO
open System.Text
open System.Text.Json
open LmmFunctional.Analysis

/// <summary>An analysis of variance as one JSON object, for other programs.</summary>
[<RequireQualifiedAccess>]
module AnovaJson =

    let private number (json: Utf8JsonWriter) (name: string) (value: float option) =
        match value with
        | Some value when Double.IsFinite value -> json.WriteNumber(name, value)
        | _ -> json.WriteNull name

    let private side (json: Utf8JsonWriter) (name: string) (parts: (string * float) list) =
        json.WriteStartObject name

        parts
        |> List.iter (fun (source, coefficient) -> json.WriteNumber(source, coefficient))

        json.WriteEndObject()

    let private expectation (json: Utf8JsonWriter) (expected: Expectation) =
        side json "ems" ((ExpectedMeanSquares.errorSource, expected.Error) :: expected.Variances)
        json.WriteStartArray "emsFixed"
        expected.Fixed |> List.iter (fst >> json.WriteStringValue)
        json.WriteEndArray()

    let private test (json: Utf8JsonWriter) (test: AnovaTest option) =
        match test with
        | None -> json.WriteNull "test"
        | Some test ->
            json.WriteStartObject "test"
            side json "numerator" test.Ratio.Numerator
            side json "denominator" test.Ratio.Denominator
            json.WriteBoolean("exact", test.Ratio.IsExact)
            number json "f" (Some test.F)
            number json "df1" (Some test.NumeratorDf)
            number json "df2" (Some test.DenominatorDf)
            number json "p" (Some test.PValue)
            json.WriteEndObject()

    let private row (json: Utf8JsonWriter) (row: AnovaRow) =
        json.WriteStartObject()
        json.WriteString("source", row.Source)
        json.WriteBoolean("random", row.IsRandom)
        json.WriteNumber("df", row.Df)
        number json "ss" (Some row.SumOfSquares)
        number json "ms" row.MeanSquare
        expectation json row.Expected
        test json row.Test
        json.WriteEndObject()

    let private interval (json: Utf8JsonWriter) (name: string) (interval: ConfidenceInterval option) =
        match interval with
        | None -> json.WriteNull name
        | Some interval ->
            json.WriteStartObject name
            number json "lower" (Some interval.Lower)
            number json "upper" (Some interval.Upper)
            json.WriteEndObject()

    let private estimate (json: Utf8JsonWriter) (estimate: ComponentEstimate) =
        let satterthwaite = MeanSquareCombination.satterthwaite 0.95 estimate.Combination
        json.WriteStartObject()
        json.WriteString("component", estimate.Source)
        number json "estimate" (Some estimate.Estimate)
        json.WriteBoolean("setToZero", estimate.WasNegative)
        number json "se" (Some estimate.StandardError)

        number
            json
            "df"
            (satterthwaite
             |> Option.map (fun _ -> MeanSquareCombination.satterthwaiteDf estimate.Combination))

        interval json "satterthwaite95" satterthwaite
        interval json "mls95" (Some(VarianceIntervals.modifiedLargeSample 0.95 estimate.Combination))
        json.WriteEndObject()

    let private kind sums =
        match sums with
        | SumsOfSquares.TypeI -> 1
        | SumsOfSquares.TypeII -> 2
        | SumsOfSquares.TypeIII -> 3

    /// <summary>The analysis of variance as one line of JSON.</summary>
    /// <param name="negative">What becomes of estimates below zero.</param>
    /// <param name="table">The analysis of variance.</param>
    /// <returns>Rows, tests and variance components; <c>components</c> is null when mean squares do not determine them.
    /// </returns>
    let render negative (table: AnovaTable) : string =
        use buffer = new MemoryStream()

        using (new Utf8JsonWriter(buffer, FitJson.options)) (fun json ->
            json.WriteStartObject()
            json.WriteString("formula", table.Formula)
            json.WriteNumber("type", kind table.Kind)
            json.WriteStartArray "rows"
            table.Rows |> List.iter (row json)
            json.WriteEndArray()
            json.WriteNumber("totalDf", table.TotalDf)
            json.WriteNumber("totalSs", table.TotalSumOfSquares)

            match AnovaEstimates.create negative table with
            | Error _ -> json.WriteNull "components"
            | Ok estimates ->
                json.WriteStartArray "components"
                estimates |> List.iter (estimate json)
                json.WriteEndArray()

            json.WriteEndObject())

        Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)
