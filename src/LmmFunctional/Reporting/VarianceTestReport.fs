namespace LmmFunctional.Analysis

open System.IO
open System.Text
open System.Text.Json
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>Tests of all variances of a fit that can be tested one by one.</summary>
type VarianceTestTable = {
    Tests: VarianceTest list
    /// Random terms whose structure has further parameters, which do not matter where the variance is zero.
    Untested: string list
}

/// <summary>Tests of variances as text, Markdown and JSON.</summary>
[<RequireQualifiedAccess>]
module VarianceTestReport =

    /// Whether the variances of a term can be zero one by one.
    let private isTestable (term: RandomDesign) =
        match term.Term.Structure with
        | Structure.Unstructured
        | Structure.Diagonal -> true
        | _ -> term.Names.Length = 1

    let private isHeld (fit: Fit) (term: RandomDesign) (effect: string) =
        fit.Model.Held.Known.ContainsKey $"{term.Group}.{effect}"

    /// <summary>Tests every variance of the random terms that is not held at a known value.</summary>
    /// <param name="options">Draws, seed, and the bootstrap if wanted.</param>
    /// <param name="fit">The fit; it is fitted again without each effect.</param>
    /// <returns>The tests; or why a model without one of the effects cannot be fitted.</returns>
    /// <exception cref="T:System.ArgumentException">There are fewer than two draws or replicates.</exception>
    let ofFit (options: VarianceTestOptions) (fit: Fit) : Result<VarianceTestTable, LmmError list> =
        [
            for t, term in List.indexed fit.Design.Random do
                if isTestable term then
                    for effect in 0 .. term.Names.Length - 1 do
                        if not (isHeld fit term term.Names[effect]) then
                            VarianceTest.run options (VarianceParameter.EffectVariance(t, effect)) fit
        ]
        |> Problems.all
        |> Result.map (fun tests -> {
            Tests = tests
            Untested =
                fit.Design.Random
                |> List.filter (isTestable >> not)
                |> List.map (fun term -> TermText.deparseRandom term.Term)
        })

    let private mixtureText (test: VarianceTest) =
        test.Mixture |> List.map (fun (_, df) -> string df) |> String.concat ":"

    let private pCell (p: SimulatedP option) =
        match p with
        | Some found -> InferenceTables.pValue found.P
        | None -> ""

    let private grid (tests: VarianceTest list) =
        let right header = header, Alignment.Right

        Table.create
            ([ "", Alignment.Left ]
             @ List.map right [ "LRT"; "df"; "p, mixture"; "p, exact"; "p, bootstrap" ])
            [
                for test in tests ->
                    [
                        test.Name
                        NumberText.fixedPoint 4 test.Statistic
                        mixtureText test
                        InferenceTables.pValue test.MixtureP
                        pCell test.Exact
                        pCell test.Bootstrap
                    ]
            ]

    /// <summary>The parts of the report, for reports of one's own.</summary>
    let blocks (fit: Fit) (table: VarianceTestTable) : Block list = [
        Block.Title "Tests of variances against zero"
        Block.Code("Formula", Formula.print fit.Spec)
        Block.Line $"Criterion: {FitJson.criterionName fit.Criterion}"
        Block.Line ""

        if table.Tests.IsEmpty then
            Block.Line "The model has no variance that can be tested by itself."
        else
            Block.Grid(grid table.Tests)
            Block.Line ""

            Block.Line
                "The mixture is half chi-squared with the first and half with the second number of degrees of freedom."

        for test in table.Tests do
            Block.Line $"{test.Name}: {test.Advice}."

        for term in table.Untested do
            Block.Line
                $"{term}: not tested, for its other parameters do not matter where the variance is zero; compare the models with and without it by a bootstrap."
    ]

    /// <summary>The tests as text or Markdown.</summary>
    let render (format: SummaryFormat) (fit: Fit) (table: VarianceTestTable) : string =
        blocks fit table |> Report.render format

    let private writeSimulated (json: Utf8JsonWriter) (key: string) (p: SimulatedP option) =
        match p with
        | Some found ->
            json.WriteStartObject key
            json.WriteNumber("p", found.P)
            json.WriteNumber("monteCarloError", found.MonteCarloError)
            json.WriteNumber("draws", found.Draws)
            json.WriteEndObject()
        | None -> json.WriteNull key

    let private writeTest (json: Utf8JsonWriter) (test: VarianceTest) =
        json.WriteStartObject()
        json.WriteString("name", test.Name)
        json.WriteNumber("statistic", test.Statistic)
        json.WriteStartArray "mixture"

        for weight, df in test.Mixture do
            json.WriteStartObject()
            json.WriteNumber("weight", weight)
            json.WriteNumber("df", df)
            json.WriteEndObject()

        json.WriteEndArray()
        json.WriteNumber("mixtureP", test.MixtureP)
        writeSimulated json "exact" test.Exact
        writeSimulated json "bootstrap" test.Bootstrap
        json.WriteString("advice", test.Advice)
        json.WriteEndObject()

    /// <summary>The tests as one line of JSON.</summary>
    let toJson (fit: Fit) (table: VarianceTestTable) : string =
        use buffer = new MemoryStream()

        using (new Utf8JsonWriter(buffer, FitJson.options)) (fun json ->
            json.WriteStartObject()
            json.WriteString("formula", Formula.print fit.Spec)
            json.WriteString("criterion", FitJson.criterionName fit.Criterion)
            json.WriteStartArray "tests"
            table.Tests |> List.iter (writeTest json)
            json.WriteEndArray()
            json.WriteStartArray "untested"
            table.Untested |> List.iter json.WriteStringValue
            json.WriteEndArray()
            json.WriteEndObject())

        Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)
