namespace LmmFunctional.Benchmarks

open System
open System.Diagnostics
open System.IO
open System.Runtime
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Our fit of a case: from a formula and columns in memory to a certified fit with standard errors.</summary>
[<RequireQualifiedAccess>]
module Ours =

    /// <summary>One fit, its standard errors included.</summary>
    let fit (case: Case) (frame: Frame) =
        let options = {
            FitOptions.defaults with
                Criterion = case.Criterion
        }

        match Lmm.fitFormula options frame case.Formula with
        | Ok fit ->
            fit.Coefficients |> ignore
            fit
        | Error problems -> raise (InvalidDataException(problems |> List.map LmmError.describe |> String.concat " "))

    /// <summary>Mean seconds of so many fits.</summary>
    let seconds case frame times =
        let started = Stopwatch.GetTimestamp()

        for _ in 1..times do
            fit case frame |> ignore

        Stopwatch.GetElapsedTime(started).TotalSeconds / float times

    /// Every number that a thread could change, bit by bit.
    let private bits (fit: Fit) =
        (fit.CriterionValue :: fit.Theta)
        @ (fit.Coefficients |> List.collect (fun c -> [ c.Estimate; c.StandardError ]))
        |> List.map BitConverter.DoubleToInt64Bits

    /// <summary>Whether one thread and two find the same bits.</summary>
    let isSameOnThreads case frame =
        let before = Tiles.Threads

        let withThreads count =
            Tiles.Threads <- count
            fit case frame |> bits

        try
            withThreads 1 = withThreads 2
        finally
            Tiles.Threads <- before

    // Memory

    let private resetPeak () =
        GCSettings.LargeObjectHeapCompactionMode <- GCLargeObjectHeapCompactionMode.CompactOnce
        GC.Collect(2, GCCollectionMode.Aggressive, true, true)

        // Linux can forget the peak so far; elsewhere the peak is that of the whole run.
        if File.Exists "/proc/self/clear_refs" then
            File.WriteAllText("/proc/self/clear_refs", "5")

    let private peak () =
        use self = Process.GetCurrentProcess()
        float self.PeakWorkingSet64

    /// <summary>A fit, and the peak memory of this process during it, in bytes: with the data, the runtime and what
    /// earlier fits have left in the pools.</summary>
    let fitWatched case frame =
        resetPeak ()
        let fit = fit case frame
        fit, peak ()
