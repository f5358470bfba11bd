/// <summary>The program in native code beside the one that is compiled just in time: both print the same bytes.</summary>
module LmmFunctional.Tests.NativeProgram

open System.Diagnostics
open System.IO
open System.Text.RegularExpressions
open LmmFunctional.Cli

/// What a command says to the shell, and to standard output and standard error.
type Said = int * string * string

// Times differ from run to run, and a page says when it was made.
let private masked (text: string) =
    let text = Regex.Replace(text, @"\bin \d+\.\d+ s\b", "in T s")
    let text = Regex.Replace(text, "\"seconds\":\{[^}]*\}", "\"seconds\":T")
    Regex.Replace(text, @"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", "T")

// Progress is told to a terminal and to a file, but not to a program that runs a command in itself.
let private quiet (arguments: string list) =
    match CommandLine.parse (Array.ofList arguments) with
    | Ok(Request.Run _) when not (List.contains "--quiet" arguments) -> arguments @ [ "--quiet" ]
    | _ -> arguments

let private just (arguments: string list) : Said =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Cli.run (Array.ofList arguments) output error
    code, output.ToString(), error.ToString()

let private native (program: string) (arguments: string list) : Said =
    let start =
        ProcessStartInfo(program, arguments, RedirectStandardOutput = true, RedirectStandardError = true)

    use running = Process.Start start |> nonNull
    let error = running.StandardError.ReadToEndAsync()
    let output = running.StandardOutput.ReadToEnd()
    running.WaitForExit()
    running.ExitCode, output, error.Result

// The first line that differs, of both.
let private firstDifference (a: string) (b: string) =
    let a, b = a.Split '\n', b.Split '\n'

    Seq.zip (Seq.append a (Seq.replicate b.Length "")) (Seq.append b (Seq.replicate a.Length ""))
    |> Seq.tryFind (fun (a, b) -> a <> b)
    |> Option.map (fun (a, b) -> $"\n  just in time: {a}\n  native:       {b}")
    |> Option.defaultValue ""

/// <summary>What the two programs say differently.</summary>
/// <param name="program">The native program.</param>
/// <param name="file">A file that the command writes, if it does.</param>
/// <param name="arguments">What follows lmm.</param>
/// <returns>Nothing, or the command with the first difference.</returns>
let differences (program: string) (file: string option) (arguments: string list) : string list =
    let arguments = quiet arguments

    let written () =
        match file with
        | Some path when File.Exists path ->
            let text = File.ReadAllText path
            File.Delete path
            text
        | _ -> ""

    let code, output, error = just arguments
    let page = written ()
    let nativeCode, nativeOutput, nativeError = native program arguments
    let nativePage = written ()
    let before = masked (output + error + page)
    let after = masked (nativeOutput + nativeError + nativePage)
    let line = String.concat " " arguments

    if code = nativeCode && before = after then
        []
    else
        [
            $"lmm {line}: exit codes {code} and {nativeCode}{firstDifference before after}"
        ]

/// <summary>Prints the differences of many commands, and how many there are.</summary>
/// <returns>The exit code: 1 where anything differs.</returns>
let report (commands: int) (found: string list) : int =
    found |> List.iter (printfn "%s")
    printfn $"{commands} commands in native code, {found.Length} differ"
    if found.IsEmpty && commands > 0 then 0 else 1
