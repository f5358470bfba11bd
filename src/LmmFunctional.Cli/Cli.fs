namespace LmmFunctional.Cli

open System
open System.IO
open System.Reflection

/// <summary>The command <c>lmm</c>: arguments in, text and an exit code out.</summary>
[<RequireQualifiedAccess>]
module Cli =

    let private version () =
        match Assembly.GetExecutingAssembly().GetName().Version with
        | null -> "lmm"
        | version -> $"lmm {version.ToString 3}"

    let private runCommand arguments (output: TextWriter) (error: TextWriter) =
        match CommandLine.parse arguments with
        | Ok(Request.Run(command, request)) -> CommandRunner.run output error command request
        | Ok Request.ShowVersion ->
            output.WriteLine(version ())
            ExitCode.success
        | Ok(Request.ShowHelp text) ->
            output.WriteLine text
            ExitCode.success
        | Error problem ->
            error.WriteLine $"lmm: {problem}"
            ExitCode.badInput

    /// <summary>Runs the command.</summary>
    /// <param name="arguments">What follows <c>lmm</c> on the command line.</param>
    /// <param name="output">Takes the result: a summary, JSON, help.</param>
    /// <param name="error">Takes problems and progress.</param>
    /// <returns>The exit code: 0; 2 for bad arguments, data or formula; 3 for a fit that has not converged; 4 for one
    /// that breaks an identity; 70 for a mistake of ours, told in one sentence.</returns>
    let run (arguments: string[]) (output: TextWriter) (error: TextWriter) : int =
        try
            runCommand arguments output error
        with
        | :? InsufficientMemoryException as problem ->
            error.WriteLine $"lmm: {problem.Message}"
            ExitCode.badInput
        | problem ->
            let place = problem.GetType().Name

            error.WriteLine
                $"lmm met an error of its own ({place}: {problem.Message}); please report it with data and formula."

            ExitCode.internalError
