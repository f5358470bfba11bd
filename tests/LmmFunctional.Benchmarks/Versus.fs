namespace LmmFunctional.Benchmarks

open System
open System.Diagnostics
open System.IO
open LmmFunctional

/// <summary>Times of both sides taken in turn, so that what else the machine does falls on both.</summary>
[<RequireQualifiedAccess>]
module Versus =

    /// The middle of an odd number of values, or the mean of the middle two.
    let median (values: float list) =
        let sorted = values |> List.sort |> Array.ofList
        let half = sorted.Length / 2

        if sorted.Length % 2 = 1 then
            sorted[half]
        else
            0.5 * (sorted[half - 1] + sorted[half])

    // A run of either side lasts at least so long, in seconds: R's clock resolves milliseconds.
    let private shortest = 0.2

    /// A rival that takes longer than this, in seconds, is run once.
    let private longest = 60.0

    let private timesFor seconds =
        int (ceil (shortest / max 1e-7 seconds)) |> max 1

    let private roundsFor rivalSeconds =
        if rivalSeconds > longest then 1
        elif rivalSeconds > 1.0 then 5
        else 9

    /// Compiled code is replaced by better code while it runs often; half a second sees the last of that.
    let private warmUp run =
        let started = Stopwatch.GetTimestamp()

        while Stopwatch.GetElapsedTime started < TimeSpan.FromSeconds 0.5 do
            run ()

    /// <summary>Medians of both sides, and of how many runs. Without a rival only our median counts.</summary>
    /// <param name="rival">Mean seconds of so many runs.</param>
    /// <param name="ours">Mean seconds of so many runs.</param>
    let medians (rival: (int -> float) option) (ours: int -> float) =
        warmUp (fun () -> ours 1 |> ignore)
        let first = ours 1
        let ourTimes = timesFor first

        match rival with
        | None ->
            let rounds = roundsFor first
            None, median [ for _ in 1..rounds -> ours ourTimes ], rounds
        | Some rival ->
            let first = rival 1
            let rounds = roundsFor first
            let times = timesFor first

            let pairs =
                if rounds = 1 then
                    [ first, ours ourTimes ]
                else
                    [ for _ in 1..rounds -> rival times, ours ourTimes ]

            Some(median (List.map fst pairs)), median (List.map snd pairs), rounds

    // Fits

    let private verdict (fit: Fit) =
        match fit.Certificate.Verdict with
        | Verdict.Optimum -> "optimum"
        | Verdict.BoundaryOptimum _ -> "boundary optimum"
        | Verdict.FlatDirection _ -> "flat direction"
        | Verdict.NotConverged reason -> $"**{reason}**"

    /// The row of a case.
    let fit (rival: Rival option) (folder: string) (case: Case) =
        let data = case.Data folder
        let fit, peak = Ours.fitWatched case data.Frame

        let rivalFit =
            Option.map2
                (fun (r: Rival) model ->
                    r.Read(data.Path, case.Groups)
                    r.Fit(model, 1))
                rival
                case.Rival

        let ours = Ours.seconds case data.Frame

        let rivalMedian, ourMedian, runs =
            match Option.map2 (fun r model -> r, model) rival case.Rival, rivalFit with
            | Some _, Some found when found.Seconds > longest ->
                let _, ourMedian, _ = medians None ours
                Some found.Seconds, ourMedian, 1
            | Some(r, model), Some _ -> medians (Some(fun times -> r.Fit(model, times).Seconds)) ours
            | _ -> medians None ours

        {
            Title = case.Title
            Package = case.Package
            Rival = rivalMedian
            Ours = ourMedian
            Runs = runs
            Must = case.Must
            Stretch = case.Stretch
            Evidence =
                Some {
                    Difference = rivalFit |> Option.map (fun found -> fit.CriterionValue - found.Criterion)
                    Allowed = 1e-6 * max 1.0 (abs fit.CriterionValue / 1e5)
                    Decrement = fit.Certificate.NewtonDecrement
                    Verdict = verdict fit
                    IsSameOnThreads = Ours.isSameOnThreads case data.Frame
                    PeakBytes = peak
                }
        }

    // Processes

    let private elapsed (start: ProcessStartInfo) =
        let started = Stopwatch.GetTimestamp()
        start.RedirectStandardOutput <- true
        start.RedirectStandardError <- true

        use running =
            match Process.Start start with
            | null -> raise (IOException $"{start.FileName} has not started.")
            | running -> running

        running.ErrorDataReceived.Add ignore
        running.BeginErrorReadLine()
        running.StandardOutput.ReadToEnd() |> ignore
        running.WaitForExit()

        if running.ExitCode <> 0 then
            raise (IOException $"{start.FileName} has failed.")

        Stopwatch.GetElapsedTime(started).TotalSeconds

    /// The command line as published, or as built where it is not published.
    let private commandLine =
        let folder = Path.Combine(Datasets.root, "src", "LmmFunctional.Cli", "bin")
        let published = Path.Combine(folder, "publish", "lmm.dll")

        if File.Exists published then
            "published", published
        else
            "not published: 'dotnet fsi build.fsx publish' makes it faster",
            Path.Combine(folder, "Release", "net10.0", "lmm.dll")

    /// The row of a whole process that reads a file, fits and prints a summary.
    let wholeProcess (rival: Rival option) =
        let state, program = commandLine
        let data = Path.Combine(Datasets.root, "tests", "data", "sleepstudy.csv")
        let formula = "Reaction ~ Days + (Days | Subject)"

        let ours times =
            List.init times (fun _ -> elapsed (ProcessStartInfo("dotnet", [ program; "fit"; data; formula ])))
            |> List.average

        let script =
            $"suppressMessages(library(lme4)); print(summary(lmer({formula}, read.csv('{data}'))))"

        let theirs times =
            List.init times (fun _ -> elapsed (Rival.Command [ "-e"; script ]))
            |> List.average

        let rounds = 9
        ours 1 |> ignore
        let pairs = [ for _ in 1..rounds -> rival |> Option.map (fun _ -> theirs 1), ours 1 ]

        {
            Title = $"whole process, sleepstudy.csv ({state})"
            Package = "Rscript, lme4"
            Rival =
                match List.choose fst pairs with
                | [] -> None
                | times -> Some(median times)
            Ours = median (List.map snd pairs)
            Runs = rounds
            Must = 2.5
            Stretch = 5.0
            Evidence = None
        }
