namespace LmmFunctional.Benchmarks

open System
open System.ComponentModel
open System.Diagnostics
open System.IO
open LmmFunctional
open LmmFunctional.Analysis

/// <summary>What fits many times: one design with many responses, a bootstrap, deletions; and what follows a large fit.</summary>
[<RequireQualifiedAccess>]
module Refits =

    let private responses, replicates = 20000, 10000

    let private seconds (work: unit -> 'result) =
        let started = Stopwatch.GetTimestamp()
        let result = work ()
        (Stopwatch.GetElapsedTime started).TotalSeconds, result

    /// The median of five runs, after two that compile.
    let private median (work: unit -> 'result) =
        for _ in 1..2 do
            work () |> ignore

        Versus.median [ for _ in 1..5 -> fst (seconds work) ]

    let private sleepstudy () =
        Path.Combine(Datasets.root, "tests", "data", "sleepstudy.csv")

    /// Seconds of the rival by name; none without R.
    let private rivals () : Map<string, float> =
        try
            let script = Path.Combine(AppContext.BaseDirectory, "refits.R")
            let start = Rival.Command [ "--vanilla"; script; sleepstudy () ]

            match Process.Start start with
            | null -> Map.empty
            | r ->
                r.ErrorDataReceived.Add ignore
                r.BeginErrorReadLine()

                Map [
                    for line in r.StandardOutput.ReadToEnd().Split('\n') do
                        match line.Split '\t' with
                        | [| name; value; _ |] -> name, float value
                        | _ -> ()
                ]
        with :? Win32Exception ->
            Map.empty

    // 40 subjects with three rows each.
    let private many () =
        let subject row = row / 3

        let frame =
            Frame.ofColumns [
                "treat", Column.ofFloats (Seq.init 120 (fun row -> float (subject row % 2)))
                "time", Column.ofFloats (Seq.init 120 (fun row -> float (row % 3)))
                "subject", Column.ofStrings (Seq.init 120 (fun row -> $"s{subject row}"))
            ]
            |> SimulatedData.orRaise

        let random = Random 1

        let drawn =
            Array.init responses (fun index ->
                let effects = Array.init 40 (fun _ -> 0.7 * SimulatedData.normal random)

                $"y{index}",
                Array.init 120 (fun row ->
                    5.0 + 0.3 * float (row % 3) + effects[subject row] + SimulatedData.normal random))

        let spec = Formula.parse "y ~ treat + time + (1 | subject)" |> SimulatedData.orRaise

        let fit count () =
            Lmm.fitMany FitManyOptions.defaults frame spec (Array.truncate count drawn)
            |> SimulatedData.orRaise
            |> Seq.length

        fit 1000 () |> ignore
        fst (seconds (fit responses))

    let private row name own (rival: float option) =
        let cells =
            match rival with
            | Some rival -> $"{rival:G3} | {rival / own:F0}"
            | None -> "– | –"

        printfn $"| {name} | {own:G3} | {cells} |"

    let private large () =
        let frame =
            Csv.read (Path.Combine(Datasets.root, "tests", "data", "insteval.csv"))
            |> SimulatedData.orRaise

        let run () =
            Lmm.fitFormula
                {
                    FitOptions.defaults with
                        Criterion = Criterion.Ml
                }
                frame
                "y ~ service + (1 | s) + (1 | d) + (1 | dept:service)"
            |> SimulatedData.orRaise

        let fit = run ()
        row "InstEval: the fit" (median run) None

        row
            "InstEval: random effects with conditional SDs, 4 128 levels"
            (median (fun () -> Lmm.randomEffects (run ())) - median run)
            None

        row "InstEval: residuals and leverages of 73 421 rows" (median (fun () -> Lmm.residuals fit)) None

    /// Prints the table.
    let run () =
        let rival = rivals ()

        let fit =
            Csv.read (sleepstudy ())
            |> SimulatedData.orRaise
            |> fun frame ->
                Lmm.fitFormula FitOptions.defaults frame "Reaction ~ Days + (Days | Subject)"
                |> SimulatedData.orRaise

        let bootstrap count () =
            Bootstrap.run
                {
                    BootstrapOptions.defaults with
                        Replicates = count
                }
                fit
            |> SimulatedData.orRaise

        let deletions () =
            Lmm.influence
                {
                    InfluenceOptions.defaults with
                        How = InfluenceMethod.Exact
                        Units = DiagnosticUnits.Levels "Subject"
                }
                fit
            |> SimulatedData.orRaise

        printfn "| case | seconds | R, seconds | ratio |"
        printfn "| --- | --: | --: | --: |"

        row
            $"fitMany: {responses} responses, 120 rows, Satterthwaite df; lmerTest by 200 of them"
            (many ())
            (rival.TryFind "many" |> Option.map ((*) (float responses)))

        // The first run compiles: it takes a third longer.
        bootstrap replicates () |> ignore

        row
            $"bootstrap of sleepstudy, {replicates} refits; bootMer by 200 of them"
            (fst (seconds (bootstrap replicates)))
            (rival.TryFind "bootstrap" |> Option.map ((*) (float replicates)))

        row "sleepstudy without each of 18 subjects; lme4's influence()" (median deletions) (rival.TryFind "deletions")
        large ()
        let memory = Process.GetCurrentProcess().PeakWorkingSet64 / 1048576L
        printfn $"\nPeak memory {memory} MiB."
        0
