namespace LmmFunctional.Analysis

open System
open System.IO
open System.Text
open System.Text.Json
open LmmFunctional

/// <summary>F tests of fixed terms as text, Markdown and JSON.</summary>
[<RequireQualifiedAccess>]
module FixedTestReport =

    let private name kind =
        match kind with
        | HypothesisType.I -> "I"
        | HypothesisType.II -> "II"
        | HypothesisType.III -> "III"

    /// <summary>The parts of a table's report, for reports of one's own.</summary>
    let blocks (anova: Anova) : Block list = [
        Block.Title $"Type {name anova.Type} tests of fixed effects"

        if anova.Tests.IsEmpty then
            Block.Line "The model has no terms to test."
        else
            Block.Grid(InferenceTables.joint anova.Tests)

            for reason in InferenceTables.notTestableJointly anova.Tests do
                Block.Line reason

        Block.Line $"Degrees of freedom: {DegreesOfFreedomMethod.describe anova.Method}"
    ]

    /// <summary>The table as text or Markdown.</summary>
    let render (format: SummaryFormat) (anova: Anova) : string = blocks anova |> Report.render format

    /// <summary>The table and tests of linear functions as text or Markdown.</summary>
    let renderHypotheses (format: SummaryFormat) (anova: Anova) (tests: HypothesisTest list) : string =
        blocks anova @ HypothesisReport.blocks tests |> Report.render format

    let private write (json: Utf8JsonWriter) (fit: Fit) (anova: Anova) (tests: HypothesisTest list) =
        let number (key: string) (value: float) =
            if Double.IsFinite value then
                json.WriteNumber(key, value)
            else
                json.WriteNull key

        json.WriteStartObject()
        json.WriteString("formula", Formula.print fit.Spec)

        json.WriteString(
            "method",
            match fit.Criterion with
            | Criterion.Reml -> "REML"
            | Criterion.Ml -> "ML"
        )

        json.WriteNumber(
            "type",
            match anova.Type with
            | HypothesisType.I -> 1
            | HypothesisType.II -> 2
            | HypothesisType.III -> 3
        )

        json.WriteString("ddf", DegreesOfFreedomMethod.describe anova.Method)
        json.WriteStartArray "terms"

        for test in anova.Tests do
            json.WriteStartObject()
            json.WriteString("term", test.Name)
            json.WriteNumber("numDF", test.NumeratorDf)
            number "denDF" test.DenominatorDf
            number "F" test.F
            number "p" test.P

            test.NotTestable
            |> Option.iter (fun reason -> json.WriteString("reason", reason))

            json.WriteEndObject()

        json.WriteEndArray()

        if not tests.IsEmpty then
            FitJson.hypotheses json tests

        json.WriteEndObject()

    /// <summary>The table and tests of linear functions, under <c>tests</c>, as one line of JSON.</summary>
    let toJsonWith (fit: Fit) (anova: Anova) (tests: HypothesisTest list) : string =
        use buffer = new MemoryStream()
        using (new Utf8JsonWriter(buffer, FitJson.options)) (fun json -> write json fit anova tests)
        Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)

    /// <summary>The table as one line of JSON; null where a number is not finite.</summary>
    let toJson (fit: Fit) (anova: Anova) : string = toJsonWith fit anova []
