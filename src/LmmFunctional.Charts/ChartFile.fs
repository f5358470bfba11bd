namespace LmmFunctional.Charts

open System
open System.ComponentModel
open System.Diagnostics
open System.IO
open LmmFunctional

/// <summary>Charts in files: HTML, JSON, SVG.</summary>
[<RequireQualifiedAccess>]
module internal ChartFile =

    let private isTrouble (problem: exn) =
        problem :? IOException
        || problem :? UnauthorizedAccessException
        || problem :? NotSupportedException

    /// Writes a file, or says why it cannot be written.
    let write (path: string) (text: string) : Result<unit, LmmError list> =
        try
            File.WriteAllText(path, text)
            Ok()
        with problem when isTrouble problem ->
            Error [ LmmError.UnwritableFile(path, problem.Message) ]

    let private withoutNode =
        "an SVG is drawn by Node.js, which is not on this machine; save as .html or .json, or install Node.js."

    /// A folder with the scripts and the specification, and node run there; its messages where it fails.
    let private runNode (spec: string) (target: string) : Result<unit, string> =
        let folder = Directory.CreateTempSubdirectory("lmm-svg-").FullName

        try
            for name in [ "vega.min.js"; "vega-lite.min.js"; "svg.cjs" ] do
                File.WriteAllText(Path.Combine(folder, name), WebFiles.text name)

            File.WriteAllText(Path.Combine(folder, "spec.json"), spec)

            let start =
                ProcessStartInfo("node", RedirectStandardError = true, UseShellExecute = false)

            for argument in [ "svg.cjs"; "spec.json"; target ] do
                start.ArgumentList.Add argument

            start.WorkingDirectory <- folder

            match Process.Start start with
            | null -> Error withoutNode
            | node ->
                use node = node
                let messages = node.StandardError.ReadToEnd()
                node.WaitForExit()

                if node.ExitCode = 0 then
                    Ok()
                else
                    Error $"Node.js failed: {messages.Trim()}"
        finally
            Directory.Delete(folder, true)

    /// <summary>Draws a specification as SVG on white ground; by Node.js.</summary>
    let svg (path: string) (spec: Json) : Result<unit, LmmError list> =
        let onWhite =
            Json.merge
                (Json.Object [
                    "background", Json.Text "white"
                    "config", Json.Object [ "background", Json.Text "white" ]
                    "padding", Json.Number 12.0
                ])
                spec

        try
            match runNode (Json.toText onWhite) (Path.GetFullPath path) with
            | Ok() -> Ok()
            | Error reason -> Error [ LmmError.UnwritableFile(path, reason) ]
        with
        | :? Win32Exception -> Error [ LmmError.UnwritableFile(path, withoutNode) ]
        | problem when isTrouble problem -> Error [ LmmError.UnwritableFile(path, problem.Message) ]

    /// <summary>Writes what the ending of the path asks for: .html, .json or .svg.</summary>
    let save (path: string) (page: unit -> string) (spec: unit -> Json) : Result<unit, LmmError list> =
        match (Path.GetExtension path |> string).ToLowerInvariant() with
        | ".html"
        | ".htm" -> write path (page ())
        | ".json" -> write path (Json.toIndented (spec ()))
        | ".svg" -> svg path (spec ())
        | _ -> Error [ LmmError.UnwritableFile(path, "the name must end in .html, .json or .svg.") ]

    /// <summary>Writes a page to a temporary file and opens it.</summary>
    /// <returns>Its path; or that no program opens it, with the path.</returns>
    let show (page: string) : Result<string, LmmError list> =
        let path =
            Path.Combine(Directory.CreateTempSubdirectory("lmm-").FullName, "chart.html")

        write path page
        |> Result.bind (fun () ->
            try
                use _ = Process.Start(ProcessStartInfo(path, UseShellExecute = true))
                Ok path
            with
            | :? Win32Exception
            | :? InvalidOperationException
            | :? PlatformNotSupportedException ->
                Error [
                    LmmError.UnreadableFile(path, "no program opens it from here; open it in a browser.")
                ])
