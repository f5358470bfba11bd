namespace LmmFunctional.Analysis

open System.Globalization
open System.IO
open System.Text
open System.Text.Json
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>A plan in words, and as JSON.</summary>
[<RequireQualifiedAccess>]
module PlanReport =

    let private invariant = CultureInfo.InvariantCulture

    /// Two digits are more than a prediction is good for.
    let private operations (value: float) =
        if value < 1000.0 then
            value.ToString("0", invariant)
        else
            value.ToString("0.0e+0", invariant)

    let private memory (bytes: float) =
        if bytes < 1e6 then
            "under 1 MB"
        elif bytes < 1e9 then
            (bytes / 1e6).ToString("0", invariant) + " MB"
        else
            (bytes / 1e9).ToString("0.0", invariant) + " GB"

    let private count number (one: string) (many: string) =
        let noun = if number = 1 then one else many
        $"{number} {noun}"

    let private lead (candidate: PlanCandidate) =
        candidate.Lead |> Option.defaultValue "none"

    let private table plan =
        Table.create [
            "Engine", Alignment.Left
            "Leading factor", Alignment.Left
            "Operations", Alignment.Right
            "Memory", Alignment.Right
            "", Alignment.Left
        ] [
            for candidate in plan.Candidates do
                [
                    candidate.Engine
                    lead candidate
                    operations candidate.Work
                    memory candidate.Bytes
                    if candidate = plan.Chosen then "chosen" else ""
                ]
        ]

    /// <summary>The plan as a report.</summary>
    let blocks (plan: ModelPlan) : Block list =
        let sizes =
            [
                count plan.Rows "row" "rows"
                count plan.FixedCount "fixed effect" "fixed effects"
                count plan.RandomCount "random effect" "random effects"
                count plan.ParameterCount "covariance parameter" "covariance parameters"
            ]
            |> String.concat ", "

        [
            Block.Title "Plan of a linear mixed model"
            Block.Code("Formula", Formula.print plan.Spec)
            Block.Line sizes
            Block.Heading "Engines, with predicted operations of one evaluation and its gradient"
            Block.Grid(table plan)
            for reason in Option.toList plan.Sampled do
                Block.Line ""
                Block.Line reason
            if plan.CurvatureWork > 0.0 then
                Block.Line ""
                Block.Line $"Exact second derivatives add {operations plan.CurvatureWork} operations."
            if plan.Starts > 1 then
                Block.Line
                    $"Up to {plan.Starts} starts: the criterion at each, a descent from those that lead to no optimum found before."
        ]

    /// <summary>The plan as text or Markdown.</summary>
    let render (format: SummaryFormat) (plan: ModelPlan) : string = blocks plan |> Report.render format

    // JSON

    let private writeCandidate (json: Utf8JsonWriter) (candidate: PlanCandidate) =
        json.WriteString("engine", candidate.Engine)

        match candidate.Lead with
        | Some group -> json.WriteString("lead", group)
        | None -> json.WriteNull "lead"

        json.WriteNumber("operations", candidate.Work)
        json.WriteNumber("bytes", candidate.Bytes)

    let private write (json: Utf8JsonWriter) (plan: ModelPlan) =
        json.WriteStartObject()
        json.WriteString("formula", Formula.print plan.Spec)
        json.WriteNumber("n", plan.Rows)
        json.WriteNumber("p", plan.FixedCount)
        json.WriteNumber("q", plan.RandomCount)
        json.WriteNumber("parameters", plan.ParameterCount)
        writeCandidate json plan.Chosen
        json.WriteNumber("curvatureOperations", plan.CurvatureWork)
        json.WriteNumber("starts", plan.Starts)
        plan.Sampled |> Option.iter (fun reason -> json.WriteString("sampled", reason))
        json.WriteStartArray "candidates"

        for candidate in plan.Candidates do
            json.WriteStartObject()
            writeCandidate json candidate
            json.WriteEndObject()

        json.WriteEndArray()
        json.WriteEndObject()

    /// <summary>The plan as one line of JSON; the engine chosen first, then all candidates.</summary>
    let toJson (plan: ModelPlan) : string =
        use buffer = new MemoryStream()
        using (new Utf8JsonWriter(buffer, FitJson.options)) (fun json -> write json plan)
        Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)
