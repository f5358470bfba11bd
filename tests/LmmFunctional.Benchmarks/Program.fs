module LmmFunctional.Benchmarks.Program

open System.Reflection
open BenchmarkDotNet.Running

[<EntryPoint>]
let main arguments =
    BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(arguments)
    |> ignore

    0
