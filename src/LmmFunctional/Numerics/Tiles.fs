namespace LmmFunctional.Numerics

open System
open System.Runtime.ExceptionServices
open System.Threading

/// <summary>Tiles of one run, taken one after the other by whoever comes: the caller, and helpers of the thread pool.</summary>
/// <remarks>The caller waits only for tiles that a helper has begun, so that a busy machine costs no more than one thread.
/// </remarks>
[<Sealed>]
type private TileRun(count: int, body: Action<int>) =
    let mutable next = -1
    let mutable finished = 0
    let mutable error: ExceptionDispatchInfo option = None

    member _.Work() =
        let mutable tile = Interlocked.Increment &next

        while tile < count do
            try
                body.Invoke tile
            with problem ->
                Volatile.Write(&error, Some(ExceptionDispatchInfo.Capture problem))

            Interlocked.Increment &finished |> ignore
            tile <- Interlocked.Increment &next

    member _.Wait() =
        let mutable spin = SpinWait()

        while Volatile.Read &finished < count do
            spin.SpinOnce -1

        Volatile.Read &error |> Option.iter (fun problem -> problem.Throw())

    interface IThreadPoolWorkItem with
        member run.Execute() = run.Work()

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
            let run = TileRun(count, body)

            for _ in 2 .. min threads count do
                ThreadPool.UnsafeQueueUserWorkItem(run, false) |> ignore

            run.Work()
            run.Wait()
