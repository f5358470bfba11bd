namespace LmmFunctional.Analysis

open System
open System.IO
open System.Text
open System.Text.Json
open LmmFunctional
open LmmFunctional.Verification

/// <summary>The identities of a fit as a table, and as JSON.</summary>
[<RequireQualifiedAccess>]
module IdentityReport =

    let private written value = NumberText.significant 2 value

    let private count number (one: string) (many: string) =
        let noun = if number = 1 then one else many
        $"{number} {noun}"

    let private checkedTable (checks: IdentityCheck list) =
        Table.create [
            "Identity", Alignment.Left
            "Residual", Alignment.Right
            "Tolerance", Alignment.Right
            "Holds", Alignment.Left
            "Equation", Alignment.Left
        ] [
            for check in checks do
                match check.Outcome with
                | IdentityOutcome.Checked(residual, tolerance) -> [
                    check.Name
                    written residual
                    written tolerance
                    if check.Holds = Some true then "yes" else "NO"
                    check.Equation
                  ]
                | IdentityOutcome.NotApplicable _ -> ()
        ]

    let private otherTable (checks: IdentityCheck list) =
        Table.create [ "Identity", Alignment.Left; "Does not apply because", Alignment.Left ] [
            for check in checks do
                match check.Outcome with
                | IdentityOutcome.NotApplicable reason -> [ check.Name; reason ]
                | IdentityOutcome.Checked _ -> ()
        ]

    /// One sentence: how many hold, and which do not.
    let private verdict (checks: IdentityCheck list) =
        let applicable = checks |> List.filter (fun check -> check.Holds.IsSome)

        match Identities.failures checks with
        | [] when applicable.IsEmpty -> "No identity can be checked on this fit."
        | [] ->
            let identities = count applicable.Length "identity" "identities"
            let verb = if applicable.Length = 1 then "holds" else "hold"
            $"{identities} {verb}."
        | failed ->
            let names =
                failed |> List.map (fun check -> $"'{check.Name}'") |> String.concat ", "

            $"{failed.Length} of {applicable.Length} identities fail: {names}."

    /// <summary>What became of the identities of a fit, as a report.</summary>
    let blocks (fit: Fit) (checks: IdentityCheck list) : Block list =
        let applied, others = checks |> List.partition (fun check -> check.Holds.IsSome)

        [
            Block.Title "Identities of a linear mixed model"
            Block.Code("Formula", Formula.print fit.Spec)
            Block.Line(verdict checks)
            if not applied.IsEmpty then
                Block.Heading "Checked, residuals relative to the size of the sides"
                Block.Grid(checkedTable applied)
            if not others.IsEmpty then
                Block.Heading "Not checked"
                Block.Grid(otherTable others)
        ]

    /// <summary>What became of the identities of a fit, as text or Markdown.</summary>
    let render (format: SummaryFormat) (fit: Fit) (checks: IdentityCheck list) : string =
        blocks fit checks |> Report.render format

    // JSON has no word for what is not finite.
    let private number (json: Utf8JsonWriter) (name: string) (value: float) =
        if Double.IsFinite value then
            json.WriteNumber(name, value)
        else
            json.WriteNull name

    let private write (json: Utf8JsonWriter) (fit: Fit) (checks: IdentityCheck list) =
        json.WriteStartObject()
        json.WriteString("formula", Formula.print fit.Spec)
        json.WriteNumber("n", fit.Observations)
        json.WriteBoolean("holds", (Identities.failures checks).IsEmpty)
        json.WriteStartArray "identities"

        for check in checks do
            json.WriteStartObject()
            json.WriteString("name", check.Name)
            json.WriteString("equation", check.Equation)
            json.WriteString("source", check.Source)

            match check.Outcome with
            | IdentityOutcome.Checked(residual, tolerance) ->
                number json "residual" residual
                number json "tolerance" tolerance
                json.WriteBoolean("holds", check.Holds = Some true)
                json.WriteNull "reason"
            | IdentityOutcome.NotApplicable reason ->
                json.WriteNull "residual"
                json.WriteNull "tolerance"
                json.WriteNull "holds"
                json.WriteString("reason", reason)

            json.WriteEndObject()

        json.WriteEndArray()
        json.WriteEndObject()

    /// <summary>What became of the identities of a fit, as one line of JSON.</summary>
    /// <returns>Residual, tolerance and holds of each identity, or the reason why it does not apply; the others are null.
    /// </returns>
    let toJson (fit: Fit) (checks: IdentityCheck list) : string =
        use buffer = new MemoryStream()
        using (new Utf8JsonWriter(buffer, FitJson.options)) (fun json -> write json fit checks)
        Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)
