namespace LmmFunctional.Charts.Tests

open System.ComponentModel
open System.Diagnostics
open System.IO

/// <summary>A browser without a screen, where the machine has Chromium.</summary>
[<RequireQualifiedAccess>]
module Browser =

    /// What a page became.
    type Page = {
        /// The document after its scripts have run.
        Document: string
        /// What its console was told, errors and warnings.
        Console: string list
    }

    let private names = [ "chromium"; "chromium-browser"; "google-chrome" ]

    let private quiet = [
        "--headless=new"
        "--no-sandbox"
        "--disable-gpu"
        "--disable-dev-shm-usage"
        "--disable-background-networking"
        "--disable-component-update"
        "--disable-sync"
        "--no-first-run"
        "--enable-logging=stderr"
        "--virtual-time-budget=60000"
    ]

    let private start (name: string) (arguments: string list) : (string * string) option =
        let start =
            ProcessStartInfo(name, RedirectStandardOutput = true, RedirectStandardError = true)

        arguments |> List.iter start.ArgumentList.Add

        try
            match Process.Start start with
            | null -> None
            | browser ->
                use browser = browser
                let errors = browser.StandardError.ReadToEndAsync()
                let output = browser.StandardOutput.ReadToEnd()
                browser.WaitForExit()
                Some(output, errors.Result)
        with :? Win32Exception ->
            None

    /// Runs the browser with a folder of its own; None where there is none.
    let private run (arguments: string list) =
        let profile = Directory.CreateTempSubdirectory "lmm-browser-"

        try
            names
            |> List.tryPick (fun name -> start name (quiet @ [ $"--user-data-dir={profile.FullName}" ] @ arguments))
        finally
            profile.Delete true

    let private withFile (page: string) action =
        let folder = Directory.CreateTempSubdirectory "lmm-page-"

        try
            let path = Path.Combine(folder.FullName, "page.html")
            File.WriteAllText(path, page)
            action folder.FullName $"file://{path}"
        finally
            folder.Delete true

    /// <summary>Opens a page; None where there is no browser.</summary>
    let openPage (page: string) : Page option =
        withFile page (fun _ address ->
            run [ "--dump-dom"; address ]
            |> Option.map (fun (document, messages) -> {
                Document = document
                Console = messages.Split '\n' |> Array.filter _.Contains("CONSOLE") |> List.ofArray
            }))

    /// <summary>Prints a page; None where there is no browser.</summary>
    let printPage (page: string) : byte[] option =
        withFile page (fun folder address ->
            let target = Path.Combine(folder, "page.pdf")

            run [ $"--print-to-pdf={target}"; address ]
            |> Option.map (fun _ -> File.ReadAllBytes target))
