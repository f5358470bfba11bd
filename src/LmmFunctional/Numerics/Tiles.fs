namespace LmmFunctional.Numerics

open System
open System.Threading.Tasks

/// <summary>Work split into tiles that are always the same, whatever the number of threads, so that results do not depend
/// on it: every tile is computed by one thread and writes only its own part.</summary>
[<AbstractClass; Sealed>]
type internal Tiles private () =

    static let mutable threads = Environment.ProcessorCount

    /// How many threads may work at once; results are the same for any number. Set by tests and benchmarks.
    static member Threads
        with get () = threads
        and set value = threads <- max 1 value

    /// <summary>Runs the tiles 0 .. count − 1, in parallel when the work in all is at least a million operations.</summary>
    static member Run(count: int, flops: float, body: Action<int>) =
        if count <= 1 || threads = 1 || flops < 1e6 then
            for tile in 0 .. count - 1 do
                body.Invoke tile
        else
            Parallel.For(0, count, ParallelOptions(MaxDegreeOfParallelism = threads), body)
            |> ignore
