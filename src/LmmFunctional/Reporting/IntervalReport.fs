namespace LmmFunctional.Analysis

open System
open System.IO
open System.Text
open System.Text.Json
open LmmFunctional

/// <summary>Intervals of the parameters of one fit, by one method.</summary>
type IntervalTable = {
    /// How they were made: <c>profile likelihood</c>, <c>Wald</c>, <c>bootstrap (percentile)</c>.
    Method: string
    Level: float
    Intervals: ParameterInterval list
    /// What holds for all of them: seed and replicates of a bootstrap.
    Remarks: string list
}

/// <summary>Intervals as text, Markdown and JSON.</summary>
[<RequireQualifiedAccess>]
module IntervalReport =

    let private digits = 6

    let private percent (level: float) =
        NumberText.significant 4 (100.0 * level)

    /// Profile intervals of all parameters.
    let profile (level: float) (fit: Fit) : IntervalTable = {
        Method = "profile likelihood"
        Level = level
        Intervals = Profile.intervals level fit
        Remarks = [
            match fit.Criterion with
            | Criterion.Ml -> ()
            | Criterion.Reml when fit.FixedCount = 0 -> ()
            | Criterion.Reml ->
                "Fixed effects by the restricted likelihood with the coefficient held at each value; all else by that of the fit."
        ]
    }

    /// Wald intervals of all parameters: fixed effects as they are, all else on the scale of its kind: logarithms of what is
    /// positive, Fisher's z of correlations, logits of proportions.
    let wald (level: float) (fit: Fit) : IntervalTable = {
        Method = "Wald"
        Level = level
        Intervals =
            CovarianceInference.coefficientIntervals level fit
            @ CovarianceInference.intervals CovarianceIntervalMethod.Wald level fit
        Remarks = [
            if fit.Design.Residual.IsSome then
                "What is positive on the log scale, correlations on the scale of Fisher's z, proportions as logits."
            else
                "Standard deviations on the log scale, correlations on the scale of Fisher's z."
        ]
    }

    let private kindName kind =
        match kind with
        | BootstrapInterval.Percentile -> "percentile"
        | BootstrapInterval.Basic -> "basic"
        | BootstrapInterval.BiasCorrectedAccelerated -> "BCa"

    /// Bootstrap intervals of all parameters, with the largest Monte Carlo error of an end in standard errors.
    let bootstrap (kind: BootstrapInterval) (level: float) (replicates: Bootstrap) : IntervalTable =
        let found = Bootstrap.intervals kind level replicates

        let worst =
            found
            |> List.filter (fun estimate -> estimate.StandardError > 0.0)
            |> List.map (fun estimate -> max estimate.LowerError estimate.UpperError / estimate.StandardError)
            |> List.fold max 0.0

        let count = replicates.Replicates.Rows

        {
            Method = $"parametric bootstrap ({kindName kind})"
            Level = level
            Intervals = found |> List.map _.Interval
            Remarks = [
                $"{count} replicates from seed {replicates.Seed}, {replicates.Singular} of them at a bound, {replicates.Failed} failed."
                $"Monte Carlo error of an end: at most {NumberText.significant 2 worst} of the parameter's standard error."
            ]
        }

    let private cell value =
        match value with
        | Some value -> NumberText.significant digits value
        | None -> ""

    let private grid (table: IntervalTable) =
        Table.create [
            "", Alignment.Left
            "Estimate", Alignment.Right
            "Lower", Alignment.Right
            "Upper", Alignment.Right
        ] [
            for found in table.Intervals ->
                [
                    found.Name
                    NumberText.significant digits found.Estimate
                    cell found.Lower
                    cell found.Upper
                ]
        ]

    /// <summary>The intervals as a report: the table, then what must be known of single ends.</summary>
    let blocks (fit: Fit) (table: IntervalTable) : Block list = [
        Block.Title $"{percent table.Level} %% intervals, {table.Method}"
        Block.Code("Formula", Formula.print fit.Spec)
        Block.Line $"Criterion: {FitJson.criterionName fit.Criterion}"
        Block.Line ""
        Block.Grid(grid table)
        let notes = [
            for found in table.Intervals do
                match found.Note with
                | Some note -> $"{found.Name}: {note}."
                | None -> ()
        ]

        if not (notes.IsEmpty && table.Remarks.IsEmpty) then
            Block.Line ""

        for note in notes @ table.Remarks do
            Block.Line note
    ]

    /// <summary>The intervals as text or Markdown.</summary>
    let render (format: SummaryFormat) (fit: Fit) (table: IntervalTable) : string =
        blocks fit table |> Report.render format

    // JSON

    let private number (json: Utf8JsonWriter) (name: string) (value: float option) =
        match value with
        | Some value when Double.IsFinite value -> json.WriteNumber(name, value)
        | _ -> json.WriteNull name

    let private write (json: Utf8JsonWriter) (fit: Fit) (table: IntervalTable) =
        json.WriteStartObject()
        json.WriteString("formula", Formula.print fit.Spec)
        json.WriteString("criterion", FitJson.criterionName fit.Criterion)
        json.WriteString("method", table.Method)
        json.WriteNumber("level", table.Level)
        json.WriteStartArray "intervals"

        for found in table.Intervals do
            json.WriteStartObject()
            json.WriteString("name", found.Name)
            number json "estimate" (Some found.Estimate)
            number json "lower" found.Lower
            number json "upper" found.Upper

            match found.Note with
            | Some note -> json.WriteString("note", note)
            | None -> json.WriteNull "note"

            json.WriteEndObject()

        json.WriteEndArray()
        json.WriteStartArray "remarks"
        table.Remarks |> List.iter json.WriteStringValue
        json.WriteEndArray()
        json.WriteEndObject()

    /// <summary>The intervals as one line of JSON; an end that there is not is null.</summary>
    let toJson (fit: Fit) (table: IntervalTable) : string =
        use buffer = new MemoryStream()
        using (new Utf8JsonWriter(buffer, FitJson.options)) (fun json -> write json fit table)
        Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)
