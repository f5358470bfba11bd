namespace LmmFunctional.Packages.Tests

open System.Diagnostics
open System.IO
open Expecto
open LmmFunctional.Tests

/// <summary>Programs that a user would start.</summary>
[<RequireQualifiedAccess>]
module Command =

    /// <summary>Starts a program and waits for it: its exit code and all that it wrote.</summary>
    /// <param name="folder">Where it runs.</param>
    /// <param name="variables">Of its environment, besides those of this process.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    let run (folder: string) (variables: (string * string) list) (program: string) (arguments: string list) =
        let start =
            ProcessStartInfo(
                program,
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true
            )

        arguments |> List.iter start.ArgumentList.Add

        for name, value in variables do
            start.Environment[name] <- value

        match Process.Start start with
        | null -> failtest $"{program} cannot be started."
        | running ->
            use running = running
            let errors = running.StandardError.ReadToEndAsync()
            let output = running.StandardOutput.ReadToEnd()
            running.WaitForExit()
            running.ExitCode, output, errors.Result

    /// <summary>What a program writes that must succeed.</summary>
    let succeed (folder: string) (variables: (string * string) list) (program: string) (arguments: string list) =
        match run folder variables program arguments with
        | 0, output, _ -> output
        | code, output, errors ->
            let words = String.concat " " arguments
            failtest $"{program} {words} ended with exit code {code}:\n{output}\n{errors}"

    /// The folder of the solution, a folder below it, or a file.
    let inRoot (path: string) = Path.Combine(TestData.root, path)
