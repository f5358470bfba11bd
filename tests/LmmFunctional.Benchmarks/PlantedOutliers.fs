namespace LmmFunctional.Benchmarks

open System
open LmmFunctional
open LmmFunctional.Analysis

/// <summary>Whether a planted outlier is found first by the scan that matches it, and how often the 5 % threshold is passed
/// without one: 30 subjects crossed with 8 items, simulated.</summary>
[<RequireQualifiedAccess>]
module PlantedOutliers =

    let private subjects, items = 30, 8
    let private formula = "y ~ x + (1 | subject) + (1 | item)"

    /// What is planted.
    type private Plant =
        | Nothing
        /// Six residual standard deviations in a row.
        | Row
        /// A subject whose residuals have four times the standard deviation.
        | Group
        /// An item whose effect lies six standard deviations out.
        | Level

    /// Residuals and effects of standard deviation one.
    let private frame plant seed =
        let random = Random(seed: int)
        let normal () = SimulatedData.normal random

        let ofSubject = Array.init subjects (fun _ -> normal ())

        let ofItem =
            Array.init items (fun item ->
                let effect = normal ()
                if plant = Level && item = 2 then effect + 6.0 else effect)

        let rows = [
            for subject in 0 .. subjects - 1 do
                for item in 0 .. items - 1 do
                    let x = normal ()
                    let e = normal ()

                    let residual =
                        match plant with
                        | Row when subject = 3 && item = 4 -> e + 6.0
                        | Group when subject = 3 -> 4.0 * e
                        | _ -> e

                    subject, item, x, ofSubject[subject] + ofItem[item] + 0.5 * x + residual
        ]

        Frame.ofColumns [
            "subject", rows |> List.map (fun (s, _, _, _) -> $"s{s}") |> Column.ofStrings
            "item", rows |> List.map (fun (_, i, _, _) -> $"i{i}") |> Column.ofStrings
            "x", rows |> List.map (fun (_, _, x, _) -> x) |> Column.ofFloats
            "y", rows |> List.map (fun (_, _, _, y) -> y) |> Column.ofFloats
        ]
        |> SimulatedData.orRaise

    /// A scan: its first unit, the statistic and the adjusted p-value; and the p-value by a bootstrap, where it has one.
    type private Scan = {
        Title: string
        Plant: Plant
        Expected: string
        Name: string
        First: Fit -> string * float * float
        Bootstrapped: (Fit -> float -> int -> float) option
    }

    // Draws of a bootstrapped threshold.
    let private replicates = 199

    let private ofMeans title plant expected name units = {
        Title = title
        Plant = plant
        Expected = expected
        Name = name
        First =
            fun fit ->
                let first =
                    (MeanShift.scan Adjustment.Sidak units fit |> SimulatedData.orRaise).Head

                first.Unit.Name, first.T, first.AdjustedP
        Bootstrapped =
            Some(fun fit t seed ->
                MeanShiftThreshold.create
                    {
                        BootstrapOptions.defaults with
                            Replicates = replicates
                            Seed = seed
                    }
                    units
                    fit
                |> SimulatedData.orRaise
                |> MeanShiftThreshold.pValue t
                |> fst)
    }

    let private ofVariances title plant expected name units = {
        Title = title
        Plant = plant
        Expected = expected
        Name = name
        First =
            fun fit ->
                let found = VarianceShift.scan 0 units fit |> SimulatedData.orRaise
                let first = found.Head
                first.Unit.Name, first.LikelihoodRatio, 1.0 - (1.0 - first.P) ** float found.Length
        Bootstrapped = None
    }

    let private scans = [
        ofMeans "one row" Row $"{3 * items + 4 + 1}" "mean shift, rows" DiagnosticUnits.Rows
        ofVariances "one group" Group "s3" "variance shift, subjects" (DiagnosticUnits.Levels "subject")
        ofMeans "one level of a random effect" Level "i2" "mean shift, items" (DiagnosticUnits.Levels "item")
    ]

    /// <summary>Prints how often each is found; 1 when one is found in less than 95 % of the data sets, or a bootstrapped threshold
    /// is not passed as often as it should without one.</summary>
    let run count =
        let fits plant first =
            Seq.init count (fun seed -> SimulatedData.fit (frame plant (seed + first)) formula)

        let clean = fits Nothing 100_001 |> Array.ofSeq
        let share hits = SimulatedData.share hits count
        let error = sqrt (0.05 * 0.95 / float count)
        let mutable isRight = true

        printfn
            $"{count} data sets of {subjects} subjects and {items} items; per cent, with Monte-Carlo standard errors."

        printfn ""
        printfn "| planted | scan | found first | 5 %% passed with none planted, Šidák | bootstrap |"
        printfn "| --- | --- | --: | --: | --: |"

        for scan in scans do
            let hits =
                fits scan.Plant 1
                |> Seq.filter (fun fit ->
                    let name, _, _ = scan.First fit
                    name = scan.Expected)
                |> Seq.length

            let firsts = clean |> Array.map scan.First

            let bySidak = firsts |> Array.filter (fun (_, _, p) -> p < 0.05) |> Array.length

            let byBootstrap =
                scan.Bootstrapped
                |> Option.map (fun pValue ->
                    Array.map2 (fun fit (_, statistic, _) -> fit, statistic) clean firsts
                    |> Array.indexed
                    // With 199 draws 0.05 is one of the values that p has.
                    |> Array.filter (fun (index, (fit, statistic)) -> pValue fit statistic (index + 1) <= 0.05)
                    |> Array.length)

            let last = byBootstrap |> Option.map share |> Option.defaultValue "–"
            printfn $"| {scan.Title} | {scan.Name} | {share hits} | {share bySidak} | {last} |"

            let isAtLevel =
                byBootstrap
                |> Option.forall (fun hits -> abs (float hits / float count - 0.05) <= 3.0 * error)

            isRight <- isRight && float hits >= 0.95 * float count && isAtLevel

        if isRight then 0 else 1
