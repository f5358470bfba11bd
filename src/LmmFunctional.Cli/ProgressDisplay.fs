namespace LmmFunctional.Cli

open System
open System.Diagnostics
open System.IO
open System.Runtime.CompilerServices
open System.Threading
open System.Threading.Tasks
open LmmFunctional
open Spectre.Console

/// <summary>How the user hears of a fit that takes long.</summary>
[<RequireQualifiedAccess>]
type ProgressDisplay =
    /// Not at all.
    | Silent
    /// A line for each iteration.
    | Lines of TextWriter
    /// One line that changes, on a terminal.
    | Live of TextWriter

/// <summary>Progress of a fit.</summary>
[<RequireQualifiedAccess>]
module ProgressDisplay =

    /// A fit done sooner than this shows nothing.
    let private patience = TimeSpan.FromSeconds 1.0

    let private describe (iteration: Iteration) =
        $"iteration {iteration.Number}: criterion {NumberText.fixedPoint 4 iteration.Criterion}"

    let private byLines (output: TextWriter) work =
        let started = Stopwatch.GetTimestamp()

        work (fun iteration ->
            if Stopwatch.GetElapsedTime started > patience then
                output.WriteLine(describe iteration))

    // Kept apart, so that Spectre.Console is loaded only when it is used.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let private spin (output: TextWriter) (running: Task) (latest: unit -> string) =
        let settings = AnsiConsoleSettings(Out = AnsiConsoleOutput output)
        let console = AnsiConsole.Create settings

        console
            .Status()
            .Start(
                latest () |> Markup.Escape,
                fun context ->
                    while not (Task.WhenAny(running, Task.Delay 100).GetAwaiter().GetResult() = running) do
                        context.Status <- latest () |> Markup.Escape
            )

    let private byStatus (output: TextWriter) (work: (Iteration -> unit) -> 'result) =
        let cell = StrongBox "fitting"

        let running =
            Task.Run(fun () -> work (fun iteration -> Volatile.Write(&cell.Value, describe iteration)))

        if
            Task.WhenAny(running, Task.Delay patience).GetAwaiter().GetResult()
            <> (running :> Task)
        then
            spin output running (fun () -> Volatile.Read &cell.Value)

        running.GetAwaiter().GetResult()

    /// <summary>Does the work, which calls what it is given with each iteration.</summary>
    let during (display: ProgressDisplay) (work: (Iteration -> unit) -> 'result) : 'result =
        match display with
        | ProgressDisplay.Silent -> work ignore
        | ProgressDisplay.Lines output -> byLines output work
        | ProgressDisplay.Live output -> byStatus output work
