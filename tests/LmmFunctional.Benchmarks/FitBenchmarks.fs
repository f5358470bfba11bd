namespace LmmFunctional.Benchmarks

open System.IO
open BenchmarkDotNet.Attributes

/// <summary>Fits, from a formula and columns in memory to estimates with standard errors.</summary>
[<InProcess; MemoryDiagnoser; WarmupCount 3; IterationCount 7>]
type FitBenchmarks() =

    let mutable case = List.head Case.onFiles
    let mutable frame = None

    /// The name of the case.
    [<Params("sleepstudy", "penicillin", "pastes", "insteval")>]
    member val Name = "" with get, set

    [<GlobalSetup>]
    member benchmarks.Setup() =
        case <- Case.onFiles |> List.find (fun case -> case.Name = benchmarks.Name)
        frame <- Some (case.Data(Path.GetTempPath())).Frame

    [<Benchmark>]
    member _.Fit() = frame |> Option.map (Ours.fit case)
