namespace LmmFunctional.Cli

open System
open System.Diagnostics
open System.IO
open System.Runtime.CompilerServices
open System.Threading
open System.Threading.Tasks
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>How the user hears of work that takes long.</summary>
[<RequireQualifiedAccess>]
type ProgressDisplay =
    /// Not at all.
    | Silent
    /// Line after line.
    | Lines of TextWriter
    /// One line that changes, on a terminal.
    | Live of TextWriter

/// <summary>Progress of fits and refits.</summary>
[<RequireQualifiedAccess>]
module ProgressDisplay =

    /// Work done sooner than this shows nothing; counts are told this far apart.
    let private patience = TimeSpan.FromSeconds 1.0

    /// An iteration of a fit in words.
    let ofIteration (iteration: Iteration) =
        $"iteration {iteration.Number}: criterion {NumberText.fixedPoint 4 iteration.Criterion}"

    let private byLines (output: TextWriter) work =
        let started = Stopwatch.GetTimestamp()

        work (fun (words: string) ->
            if Stopwatch.GetElapsedTime started > patience then
                output.WriteLine words)

    // Windows knows no width where standard output goes to a file.
    let private width () =
        try
            max 20 (Console.WindowWidth - 1)
        with :? IOException ->
            79

    // One line that is written again and again, and wiped out at the end.
    let private live (output: TextWriter) (running: Task) (latest: unit -> string) =
        let width = width ()
        let marks = "|/-\\"

        let write (text: string) =
            let shown =
                if text.Length > width then
                    text.Substring(0, width)
                else
                    text

            output.Write("\r" + shown.PadRight width)

        let rec next tick =
            write $"{marks[tick % marks.Length]} {latest ()}"

            if Task.WhenAny(running, Task.Delay 100).GetAwaiter().GetResult() <> running then
                next (tick + 1)

        next 0
        write ""
        output.Write "\r"

    let private byStatus (output: TextWriter) (work: (string -> unit) -> 'result) =
        let cell = StrongBox "working"

        let running =
            Task.Run(fun () -> work (fun words -> Volatile.Write(&cell.Value, words)))

        if
            Task.WhenAny(running, Task.Delay patience).GetAwaiter().GetResult()
            <> (running :> Task)
        then
            live output running (fun () -> Volatile.Read &cell.Value)

        running.GetAwaiter().GetResult()

    /// <summary>Counts in words, such as <c>refit 120 of 1000, 12 s left</c>, about one a second; safe from any thread.</summary>
    /// <param name="what">What is counted.</param>
    /// <param name="total">How many there are.</param>
    /// <param name="report">Takes the words.</param>
    let counted (what: string) (total: int) (report: string -> unit) : int -> unit =
        let started = Stopwatch.GetTimestamp()

        let seconds () =
            int64 (Stopwatch.GetElapsedTime started).TotalSeconds

        let cell = StrongBox 0L

        fun finished ->
            let now = seconds ()
            let last = Volatile.Read &cell.Value

            if now > last && Interlocked.CompareExchange(&cell.Value, now, last) = last then
                let left = float now / float (max 1 finished) * float (total - finished)
                report $"{what} {finished} of {total}, {ceil left:g} s left"

    /// <summary>Does the work, which calls what it is given with words on how far it has come.</summary>
    let during (display: ProgressDisplay) (work: (string -> unit) -> 'result) : 'result =
        match display with
        | ProgressDisplay.Silent -> work ignore
        | ProgressDisplay.Lines output -> byLines output work
        | ProgressDisplay.Live output -> byStatus output work

/// <summary>Progress of refits.</summary>
[<RequireQualifiedAccess>]
module RefitProgress =

    /// A bootstrap that tells how far it has come.
    let telling (report: string -> unit) (options: BootstrapOptions) = {
        options with
            Progress = Some(ProgressDisplay.counted "refit" options.Replicates report)
    }
