namespace LmmFunctional.Analysis

open System
open System.IO
open System.Text
open System.Text.Json
open LmmFunctional

/// <summary>Comparisons of models as text, Markdown and JSON.</summary>
[<RequireQualifiedAccess>]
module ComparisonReport =

    let private fixedTwo = NumberText.fixedPoint 2

    let private models (table: ModelTable) =
        let right header = header, Alignment.Right

        Table.create
            ([ "", Alignment.Left ]
             @ List.map right [ "df"; "-2 logLik"; "AIC"; "AICc"; "BIC"; "CAIC"; "dAIC"; "weight" ])
            [
                for index, model in List.indexed table.Models ->
                    [
                        $"{index + 1}"
                        $"{model.Parameters}"
                        fixedTwo model.Deviance
                        fixedTwo model.Aic
                        model.Aicc |> Option.map fixedTwo |> Option.defaultValue ""
                        fixedTwo model.Bic
                        fixedTwo model.Caic
                        fixedTwo model.DeltaAic
                        NumberText.fixedPoint 3 model.Weight
                    ]
            ]

    let private pText (p: float) = NumberText.significant 4 p

    let private testLine index result =
        match result with
        | Ok(test: LikelihoodRatioTest) ->
            let statistic = NumberText.fixedPoint 4 test.Statistic

            let mixture =
                match test.MixtureP with
                | Some p -> $"; mixture p = {pText p}"
                | None -> ""

            $"{index + 1} in {index + 2}: chi-squared {statistic} on {test.Df} df, p = {pText test.P}{mixture}"
        | Error problems ->
            let words = problems |> List.map LmmError.describe |> String.concat " "
            $"{index + 1} in {index + 2}: no test. {words}"

    let private notesOf (table: ModelTable) =
        table.Tests
        |> List.collect (fun result ->
            match result with
            | Ok test -> test.Notes
            | Error _ -> [])
        |> List.distinct

    let private sentence (text: string) =
        $"{Char.ToUpperInvariant text[0]}{text.Substring 1}."

    /// <summary>A comparison as a report: models, criteria, tests of neighbours.</summary>
    let blocks (table: ModelTable) : Block list = [
        Block.Title $"Comparison of models by {FitJson.criterionName table.Criterion}"
        for index, model in List.indexed table.Models do
            Block.Code($"{index + 1}", model.Formula)
        Block.Line ""
        Block.Grid(models table)
        if not table.Tests.IsEmpty then
            Block.Heading "Likelihood ratio tests"
        for index, result in List.indexed table.Tests do
            Block.Line(testLine index result)
        let notes =
            notesOf table
            @ (if table.IsRefitted && (notesOf table).IsEmpty then
                   [ "the models were fitted again by ML, because their fixed effects differ" ]
               else
                   [])

        if not notes.IsEmpty then
            Block.Line ""

        for note in notes do
            Block.Line(sentence note)
    ]

    /// <summary>A comparison as text or Markdown.</summary>
    let render (format: SummaryFormat) (table: ModelTable) : string = blocks table |> Report.render format

    // JSON

    let private writeModel (json: Utf8JsonWriter) (model: ComparedModel) =
        json.WriteStartObject()
        json.WriteString("formula", model.Formula)
        json.WriteNumber("df", model.Parameters)
        json.WriteNumber("criterion", model.Deviance)
        json.WriteNumber("aic", model.Aic)

        match model.Aicc with
        | Some value -> json.WriteNumber("aicc", value)
        | None -> json.WriteNull "aicc"

        json.WriteNumber("bic", model.Bic)
        json.WriteNumber("caic", model.Caic)
        json.WriteNumber("deltaAic", model.DeltaAic)
        json.WriteNumber("weight", model.Weight)
        json.WriteEndObject()

    let private writeTest (json: Utf8JsonWriter) result =
        json.WriteStartObject()

        match result with
        | Ok(test: LikelihoodRatioTest) ->
            json.WriteString("smaller", test.Smaller)
            json.WriteString("larger", test.Larger)
            json.WriteNumber("statistic", test.Statistic)
            json.WriteNumber("df", test.Df)
            json.WriteNumber("p", test.P)

            match test.MixtureP with
            | Some p -> json.WriteNumber("mixtureP", p)
            | None -> json.WriteNull "mixtureP"

            json.WriteStartArray "notes"
            test.Notes |> List.iter json.WriteStringValue
            json.WriteEndArray()
        | Error problems -> json.WriteString("refused", problems |> List.map LmmError.describe |> String.concat " ")

        json.WriteEndObject()

    /// <summary>A comparison as one line of JSON: models by their number of parameters, and a test or a refusal for each
    /// neighbouring pair.</summary>
    let toJson (table: ModelTable) : string =
        use buffer = new MemoryStream()

        using (new Utf8JsonWriter(buffer, FitJson.options)) (fun json ->
            json.WriteStartObject()
            json.WriteString("method", FitJson.criterionName table.Criterion)
            json.WriteBoolean("refittedByMl", table.IsRefitted)
            json.WriteStartArray "models"
            table.Models |> List.iter (writeModel json)
            json.WriteEndArray()
            json.WriteStartArray "tests"
            table.Tests |> List.iter (writeTest json)
            json.WriteEndArray()
            json.WriteEndObject())

        Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)
