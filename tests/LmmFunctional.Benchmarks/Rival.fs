namespace LmmFunctional.Benchmarks

open System
open System.ComponentModel
open System.Diagnostics
open System.Globalization
open System.IO

/// <summary>A fit by a rival.</summary>
type RivalFit = {
    Seconds: float
    /// −2 log likelihood, restricted under REML.
    Criterion: float
}

/// <summary>A process of R that fits what it is told to and tells how long it took.</summary>
/// <remarks>It runs with OpenBLAS when that is there, which is its faster form.</remarks>
[<Sealed>]
type Rival private (r: Process) =

    let ask (words: string list) =
        r.StandardInput.WriteLine(String.concat "\t" words)
        r.StandardInput.Flush()

        let rec listen () =
            match r.StandardOutput.ReadLine() with
            | null -> raise (IOException "R has ended without an answer.")
            | line when line.StartsWith '@' -> line.Substring(1).Split('\t') |> List.ofArray
            | _ -> listen ()

        match listen () with
        | "error" :: message -> raise (IOException("R: " + String.concat " " message))
        | answer -> answer

    let number (text: string) =
        Double.Parse(text, CultureInfo.InvariantCulture)

    /// <summary>A command of R's in a new process, with OpenBLAS when that is there.</summary>
    static member Command(arguments: string list) =
        let start =
            ProcessStartInfo(
                "Rscript",
                arguments,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true
            )

        OpenBlas.Folder
        |> Option.iter (fun folder ->
            let libraries =
                [ "libblas.so.3"; "liblapack.so.3" ]
                |> List.map (fun name -> Path.Combine(folder, name))

            if List.forall File.Exists libraries then
                start.Environment["LD_PRELOAD"] <- String.concat " " libraries
                start.Environment["LD_LIBRARY_PATH"] <- folder)

        start

    /// R, when it is on the path.
    static member TryStart() =
        try
            let script = Path.Combine(AppContext.BaseDirectory, "rival.R")

            match Process.Start(Rival.Command [ "--vanilla"; script ]) with
            | null -> None
            | r ->
                // What R says beside its answers is of no use, but a full pipe would stop it.
                r.ErrorDataReceived.Add ignore
                r.BeginErrorReadLine()
                Some(new Rival(r))
        with :? Win32Exception ->
            None

    /// The versions of R and its packages, and the file of its BLAS.
    member _.About = ask [ "about" ] |> String.concat ", "

    /// Reads a data set, and makes factors of some of its columns.
    member _.Read(path: string, groups: string list) =
        ask ("read" :: path :: groups) |> ignore

    /// Fits so many times; the mean time counts.
    member _.Fit(expression: string, times: int) =
        match ask [ "fit"; expression; string times ] with
        | [ seconds; criterion ] -> {
            Seconds = number seconds
            Criterion = number criterion
          }
        | _ -> raise (IOException "R has answered what was not asked.")

    interface IDisposable with
        member _.Dispose() =
            r.StandardInput.Close()
            r.WaitForExit()
            r.Dispose()
