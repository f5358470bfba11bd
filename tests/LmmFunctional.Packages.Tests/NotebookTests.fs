module LmmFunctional.Packages.Tests.NotebookTests

open System.IO
open System.Text.Json
open System.Text.Json.Nodes
open Expecto

/// The notebook with a first cell that takes packages from the folder of this build.
let private withFeed (path: string) =
    let notebook = JsonNode.Parse(File.ReadAllText path) |> nonNull
    let cells = nonNull (notebook["cells"]) |> _.AsArray()

    let source = JsonSerializer.Serialize $"#i \"nuget:{Packages.folder.Value}\""
    let language = """{"dotnet_interactive": {"language": "fsharp"}}"""

    let cell =
        $$"""{"cell_type": "code", "execution_count": 0, "metadata": {{language}}, "outputs": [], "source": {{source}}}"""

    cells.Insert(0, JsonNode.Parse cell)
    notebook.ToJsonString()

let private executed (name: string) =
    let folder = Packages.emptyFolder name
    let input = Path.Combine(folder, $"{name}.ipynb")
    let output = Path.Combine(folder, "executed.ipynb")
    let notebook = withFeed (Command.inRoot $"docs/notebooks/{name}.ipynb")
    File.WriteAllText(input, notebook.Replace("../../tests/data", Command.inRoot "tests/data"))

    let arguments = [
        "dotnet-repl"
        "--default-kernel"
        "fsharp"
        "--run"
        input
        "--exit-after-run"
        "--output-path"
        output
        "--output-format"
        "ipynb"
    ]

    Command.succeed (Command.inRoot ".") (Packages.environment ()) "dotnet" arguments
    |> ignore

    JsonDocument.Parse(File.ReadAllText output)

/// What the cells show, by MIME type.
let private shown (notebook: JsonDocument) = [
    for cell in notebook.RootElement.GetProperty("cells").EnumerateArray() do
        match cell.TryGetProperty "outputs" with
        | true, outputs ->
            for output in outputs.EnumerateArray() do
                match output.TryGetProperty "data" with
                | true, data ->
                    for own in data.EnumerateObject() do
                        own.Name, own.Value.ToString()
                | _ -> ()
        | _ -> ()
]

let private growth () =
    use notebook = executed "growth"
    let outputs = shown notebook
    let html = outputs |> List.filter (fst >> (=) "text/html") |> List.map snd

    let some (words: string) =
        Expect.exists html (fun text -> text.Contains words) $"a cell shows {words}"

    // The frame, the equations, the fit, its tests and means, and two charts.
    some "<th>Subject</th>"
    some "<math"
    some "Linear mixed model fit by REML"
    some "I(age - 11):Sex"
    some "Estimates of the mean of distance"
    some "<iframe"
    // Problems are told in words: the column's name begins with a small letter.
    some "&#39;Age&#39;"
    Expect.exists outputs (fun (mime, _) -> mime.StartsWith "application/vnd.vegalite") "a Vega-Lite bundle"

[<Tests>]
let tests = testList "Notebooks" [ testCase "growthShowsTablesAndCharts" growth ]
