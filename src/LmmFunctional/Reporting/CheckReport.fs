namespace LmmFunctional.Analysis

open System
open System.IO
open System.Text
open System.Text.Json
open LmmFunctional
open LmmFunctional.Model

/// <summary>Checks of a model as a report, and as JSON.</summary>
[<RequireQualifiedAccess>]
module CheckReport =

    // Rows of a table that a report shows.
    let private shown = 12

    let private outcome (check: ModelCheck) =
        match check.Outcome with
        | CheckOutcome.Unremarkable -> "ok"
        | CheckOutcome.Notable -> "LOOK"
        | CheckOutcome.NotApplicable -> "-"

    let private overview (checks: ModelCheck list) =
        Table.create [ "Check", Alignment.Left; "Of", Alignment.Left; "Outcome", Alignment.Left ] [
            for check in checks -> [ check.Name; check.Of; outcome check ]
        ]

    /// One sentence: how many are notable, how many do not apply.
    let private sentence (checks: ModelCheck list) =
        let count kind =
            checks |> List.filter (fun check -> check.Outcome = kind) |> List.length

        let all = Plural.count checks.Length "check"
        let notable, without = count CheckOutcome.Notable, count CheckOutcome.NotApplicable
        let verb = Plural.verb notable "is" "are"
        let apply = Plural.verb without "does" "do"
        $"{notable} of {all} {verb} worth a look; {without} {apply} not apply."

    let private details (check: ModelCheck) = [
        Block.Heading $"{check.Name}, {check.Of}"
        Block.Line check.Finding

        match check.Advice with
        | Some advice -> Block.Line $"Advice: {advice}"
        | None -> ()

        if check.Outcome <> CheckOutcome.NotApplicable then
            Block.Line $"Method: {check.Method}."

        if check.Table.Rows > 0 then
            Block.Grid(FrameText.grid shown check.Table)

        if check.Table.Rows > shown then
            Block.Line $"... and {check.Table.Rows - shown} more rows"
    ]

    /// <summary>The checks as blocks of a report: an overview, then each with its sentence, advice and numbers.</summary>
    let blocks (checks: ModelCheck list) : Block list = [
        Block.Title "Checks of the model"
        Block.Line(sentence checks)
        Block.Grid(overview checks)

        for check in checks do
            yield! details check
    ]

    /// <summary>The checks as text or Markdown.</summary>
    let render (format: SummaryFormat) (checks: ModelCheck list) : string = blocks checks |> Report.render format

    /// <summary>One row for each check: check, of, outcome, finding, advice, method.</summary>
    let toFrame (checks: ModelCheck list) : Frame =
        let texts (f: ModelCheck -> string) =
            checks |> List.map f |> Column.ofStrings

        ModelCheck.table [
            "check", texts _.Name
            "of", texts _.Of
            "outcome",
            texts (fun check ->
                match check.Outcome with
                | CheckOutcome.Unremarkable -> "unremarkable"
                | CheckOutcome.Notable -> "notable"
                | CheckOutcome.NotApplicable -> "not applicable")
            "finding", texts _.Finding
            "advice", texts (fun check -> defaultArg check.Advice "")
            "method", texts _.Method
        ]

    let private number (json: Utf8JsonWriter) (name: string) (value: float) =
        if Double.IsFinite value then
            json.WriteNumber(name, value)
        else
            json.WriteNull name

    let private write (json: Utf8JsonWriter) (check: ModelCheck) =
        json.WriteStartObject()
        json.WriteString("check", check.Name)
        json.WriteString("of", check.Of)

        json.WriteString(
            "outcome",
            match check.Outcome with
            | CheckOutcome.Unremarkable -> "unremarkable"
            | CheckOutcome.Notable -> "notable"
            | CheckOutcome.NotApplicable -> "notApplicable"
        )

        json.WriteString("finding", check.Finding)

        match check.Advice with
        | Some advice -> json.WriteString("advice", advice)
        | None -> json.WriteNull "advice"

        json.WriteString("method", check.Method)
        json.WriteStartObject "numbers"

        for name, value in check.Numbers do
            number json name value

        json.WriteEndObject()
        json.WriteStartArray "table"
        FrameText.writeRows json check.Table
        json.WriteEndArray()
        json.WriteEndObject()

    /// <summary>One line of JSON: {"checks":[{"check","of","outcome","finding","advice","method","numbers":{},"table":[]}]}.
    /// </summary>
    let toJson (checks: ModelCheck list) : string =
        use buffer = new MemoryStream()

        using (new Utf8JsonWriter(buffer, FitJson.options)) (fun json ->
            json.WriteStartObject()
            json.WriteStartArray "checks"
            checks |> List.iter (write json)
            json.WriteEndArray()
            json.WriteEndObject())

        Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)
