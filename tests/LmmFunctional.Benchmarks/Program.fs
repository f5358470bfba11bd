module LmmFunctional.Benchmarks.Program

open System
open System.IO
open System.Reflection
open BenchmarkDotNet.Running
open LmmFunctional.Properties

/// The rows that are not fits.
let private otherNames = [ "kernels"; "process" ]

let private names = (Case.all |> List.map _.Name) @ otherNames

let private load () =
    if File.Exists "/proc/loadavg" then
        (File.ReadAllText "/proc/loadavg").Split(' ')[0]
    else
        "unknown"

/// What the table is to be read with.
let private introduce (rival: Rival option) (lacksBlas: bool) =
    let date = DateTime.UtcNow.ToString "yyyy-MM-dd HH:mm"
    printfn $"{date} UTC, {Environment.ProcessorCount} processors, .NET {Environment.Version}, load {load ()}.\n"

    match rival with
    | Some r -> printfn $"{r.About}; lmer without its check by finite differences.\n"
    | None -> printfn "R is not on the path, so only our own times are shown.\n"

    if lacksBlas then
        printfn "OpenBLAS is not here, so the kernels show our own times only.\n"

let private compare (chosen: string list) =
    let folder = Directory.CreateTempSubdirectory "lmm-vs-r-"

    try
        use rival = Rival.TryStart() |> Option.toObj
        let rival = Option.ofObj rival
        let blas = OpenBlas.TryLoad()
        introduce rival (blas.IsNone && List.contains "kernels" chosen)
        printfn $"{RatioTable.header}"

        let show row = printfn $"{RatioTable.render row}"

        for case in Case.all do
            if List.contains case.Name chosen then
                // One case that cannot be run does not take the others with it.
                try
                    Versus.fit rival folder.FullName case |> show
                with
                | :? IOException
                | :? InvalidDataException as problem -> printfn $"| {case.Title} | {problem.Message} |"

        if List.contains "kernels" chosen then
            DenseKernels.rows blas |> Seq.iter show

        if List.contains "process" chosen then
            Versus.wholeProcess rival |> show

        printfn $"\nLoad at the end {load ()}. What misses its goal is bold; a ratio is its time over ours."
        0
    finally
        folder.Delete true

let private versus (chosen: string list) =
    match chosen |> List.except names, chosen with
    | [], [] -> compare names
    | [], chosen -> compare chosen
    | unknown, _ ->
        let listed = String.concat ", " unknown
        let known = String.concat ", " names
        eprintfn $"Unknown: {listed}. The cases are: {known}."
        2

let private number (text: string) =
    match Int32.TryParse text with
    | true, value when value > 0 -> Some value
    | _ -> None

/// Of so many models, from a seed, of one kind or of all.
let private optima (arguments: string list) =
    let kinds, numbers =
        arguments
        |> List.partition (fun text -> List.contains text MultimodalModels.kinds)

    match numbers |> List.map number with
    | [] -> Optima.run 5000 1 kinds
    | [ Some count ] -> Optima.run count 1 kinds
    | [ Some count; Some first ] -> Optima.run count first kinds
    | _ ->
        let known = MultimodalModels.kinds |> String.concat ", "
        eprintfn $"optima takes the number of models, the first seed and kinds of models: {known}."
        2

/// A mode that simulates so many data sets.
let private simulated run usual (arguments: string list) =
    match arguments |> List.map Int32.TryParse with
    | [] -> run usual
    | [ true, count ] when count > 1 -> run count
    | _ ->
        eprintfn "The number of data sets is a whole number above one."
        2

/// So many models, from a seed.
let private random (arguments: string list) =
    match arguments |> List.map number with
    | [] -> RandomFits.run 20000 1
    | [ Some count ] -> RandomFits.run count 1
    | [ Some count; Some first ] -> RandomFits.run count first
    | _ ->
        eprintfn "random takes the number of models and the first seed."
        2

/// The Parquet file has so many million rows.
let private data (arguments: string list) =
    match arguments |> List.map number with
    | [] -> DataSources.run 100
    | [ Some millions ] -> DataSources.run millions
    | _ ->
        eprintfn "data takes the millions of rows of the Parquet file."
        2

[<EntryPoint>]
let main arguments =
    match arguments |> List.ofArray |> List.skipWhile ((=) "--") with
    | "vs-r" :: chosen -> versus chosen
    | [ "animal" ] -> AnimalModel.run ()
    | [ "structured" ] -> StructuredEffects.run ()
    | [ "null" ] -> NullDistribution.run 2000
    | [ "field" ] -> FieldTrial.run ()
    | "optima" :: arguments -> optima arguments
    | "data" :: arguments -> data arguments
    | [ "refits" ] -> Refits.run ()
    | [ "crossed"; millions ] -> CrossedRatings.run (number millions |> Option.defaultValue 0)
    | "outliers" :: arguments -> simulated PlantedOutliers.run 200 arguments
    | "coverage" :: arguments -> simulated Coverage.run 1000 arguments
    | "random" :: arguments -> random arguments
    | rest ->
        BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(Array.ofList rest)
        |> ignore

        0
