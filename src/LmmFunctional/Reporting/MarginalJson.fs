namespace LmmFunctional.Analysis

open System
open System.IO
open System.Text
open System.Text.Json
open LmmFunctional

/// <summary>Marginal means as one line of JSON.</summary>
[<RequireQualifiedAccess>]
module MarginalJson =

    let private number (json: Utf8JsonWriter) (key: string) (value: float) =
        if Double.IsFinite value then
            json.WriteNumber(key, value)
        else
            json.WriteNull key

    let private object (json: Utf8JsonWriter) (key: string) (pairs: (string * string) list) =
        json.WriteStartObject key

        for name, value in pairs do
            json.WriteString(name, value)

        json.WriteEndObject()

    let private estimate (json: Utf8JsonWriter) (found: Result<Estimate, LmmError>) =
        let number = number json

        match found with
        | Ok own ->
            number "estimate" own.Estimate
            number "se" own.StandardError
            number "df" own.Df
            number "lower" own.Lower
            number "upper" own.Upper
            number "t" own.Statistic
            number "p" own.P

            own.NotTestable
            |> Option.iter (fun reason -> json.WriteString("reason", reason))
        | Error problem ->
            json.WriteNull "estimate"
            json.WriteString("reason", LmmError.describe problem)

    let private means (json: Utf8JsonWriter) (result: MarginalResult) =
        json.WriteStartArray "means"

        result.Means.Means
        |> List.iteri (fun index mean ->
            json.WriteStartObject()
            object json "levels" mean.Levels
            object json "by" mean.Group
            estimate json mean.Estimate

            match result.Letters with
            | Some(_, letters) -> json.WriteString("letters", letters[index])
            | None -> ()

            json.WriteEndObject())

        json.WriteEndArray()

    let private contrasts (json: Utf8JsonWriter) (own: MarginalContrasts) =
        json.WriteString("adjust", Adjustment.name own.Adjustment)
        json.WriteBoolean("ratios", own.AreRatios)
        json.WriteStartArray "contrasts"

        for contrast in own.Contrasts do
            json.WriteStartObject()
            json.WriteString("contrast", contrast.Name)
            object json "by" contrast.Group
            estimate json contrast.Estimate

            match contrast.RawP with
            | Some p -> number json "rawP" p
            | None -> json.WriteNull "rawP"

            json.WriteEndObject()

        json.WriteEndArray()

    let private write (json: Utf8JsonWriter) (result: MarginalResult) =
        let own = result.Means
        json.WriteStartObject()
        json.WriteString("formula", Formula.print own.Basis.Inference.Fit.Spec)
        json.WriteString("quantity", own.Quantity)
        json.WriteString("ddf", DegreesOfFreedomMethod.describe own.Method)
        json.WriteNumber("level", own.Level)
        json.WriteString("weights", MarginalWeights.name own.Weights)
        json.WriteStartArray "averagedOver"
        own.AveragedOver |> List.iter json.WriteStringValue
        json.WriteEndArray()
        object json "heldAt" own.HeldAt
        means json result
        result.Contrasts |> Option.iter (contrasts json)
        json.WriteEndObject()

    /// <summary>The means, their letters and comparisons as one line of JSON; null where a number is not
    /// finite.</summary>
    let render (result: MarginalResult) : string =
        use buffer = new MemoryStream()
        using (new Utf8JsonWriter(buffer, FitJson.options)) (fun json -> write json result)
        Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)
