namespace LmmFunctional.Charts.Tests

open System
open System.ComponentModel
open System.Diagnostics
open System.IO

/// <summary>Node.js, where the machine has it.</summary>
[<RequireQualifiedAccess>]
module Node =

    /// <summary>Runs a script; None where there is no Node.js.</summary>
    let run (arguments: string list) : (int * string) option =
        let start =
            ProcessStartInfo("node", RedirectStandardOutput = true, RedirectStandardError = true)

        arguments |> List.iter start.ArgumentList.Add

        try
            match Process.Start start with
            | null -> None
            | node ->
                use node = node
                let errors = node.StandardError.ReadToEndAsync()
                let output = node.StandardOutput.ReadToEnd()
                node.WaitForExit()
                Some(node.ExitCode, output + errors.Result)
        with :? Win32Exception ->
            None

    /// The script that compiles and draws all specifications of a folder.
    let checkScript = Path.Combine(AppContext.BaseDirectory, "check.cjs")
