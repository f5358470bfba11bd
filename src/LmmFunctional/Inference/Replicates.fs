namespace LmmFunctional.Analysis

open System
open System.Threading
open System.Threading.Tasks
open LmmFunctional.Numerics
open LmmFunctional.Model

/// <summary>How a parametric bootstrap is run.</summary>
[<NoComparison; NoEquality>]
type BootstrapOptions = {
    /// How many responses are drawn.
    Replicates: int
    /// The same seed gives the same bits, with any number of threads.
    Seed: int
    /// Called with the number of replicates done, from whatever thread did the last; not more often than about 200 times.
    Progress: (int -> unit) option
    /// Stops the bootstrap between two replicates, by an <see cref="T:System.OperationCanceledException"/>.
    Cancellation: CancellationToken
}

/// <summary>Options of a bootstrap.</summary>
[<RequireQualifiedAccess>]
module BootstrapOptions =

    /// 1,000 replicates from seed 1, silent.
    let defaults = {
        Replicates = 1000
        Seed = 1
        Progress = None
        Cancellation = CancellationToken.None
    }

    let internal check (options: BootstrapOptions) =
        Guard.atLeast "Replicates" "The number of replicates of a bootstrap" 2 options.Replicates

/// <summary>Replicates in parallel: each writes its own place, so that nothing depends on who was first.</summary>
[<RequireQualifiedAccess>]
module internal Replicates =

    /// <summary>The values of 0 .. count − 1.</summary>
    /// <exception cref="T:System.ArgumentException">There are fewer than two replicates.</exception>
    /// <exception cref="T:System.OperationCanceledException">The bootstrap was cancelled by its options.</exception>
    let run (options: BootstrapOptions) (ofIndex: int -> 'result) : 'result[] =
        BootstrapOptions.check options
        let results = Array.zeroCreate options.Replicates
        let mutable finished = 0
        let every = max 1 (options.Replicates / 200)

        let threads =
            ParallelOptions(MaxDegreeOfParallelism = Tiles.Threads, CancellationToken = options.Cancellation)

        let body index =
            results[index] <- ofIndex index
            let count = Interlocked.Increment &finished

            match options.Progress with
            | Some report when count % every = 0 || count = options.Replicates -> report count
            | _ -> ()

        Parallel.For(0, options.Replicates, threads, Action<int> body) |> ignore
        results
