namespace LmmFunctional.Benchmarks

open System
open System.Globalization

/// <summary>What the table shows of a fit besides its time.</summary>
type Evidence = {
    /// Ours less the rival's, in −2 log likelihood units; None without a rival.
    Difference: float option
    /// What the difference may be at most.
    Allowed: float
    Decrement: float
    Verdict: string
    IsSameOnThreads: bool
    PeakBytes: float
}

/// <summary>A row of the table; times in seconds.</summary>
type RatioRow = {
    Title: string
    Package: string
    /// Median; None without a rival.
    Rival: float option
    Ours: float
    /// Runs that the medians are of.
    Runs: int
    Must: float
    Stretch: float
    /// None for rows that are not fits.
    Evidence: Evidence option
}

/// <summary>The table of ratios, in Markdown.</summary>
[<RequireQualifiedAccess>]
module RatioTable =

    let private number (format: string) (value: float) =
        value.ToString(format, CultureInfo.InvariantCulture)

    /// Three significant digits with a unit.
    let private time seconds =
        if seconds >= 1.0 then
            number "0.00" seconds + " s"
        elif seconds >= 1e-3 then
            number "0.00" (1e3 * seconds) + " ms"
        else
            number "0.0" (1e6 * seconds) + " µs"

    let private short value = number "0.###" value

    let private marked isGood text = if isGood then text else $"**{text}**"

    let private ratioOf row =
        row.Rival |> Option.map (fun rival -> rival / row.Ours)

    let private evidenceCells evidence = [
        match evidence.Difference with
        | Some difference -> marked (difference <= evidence.Allowed) (number "0.0e+0" difference)
        | None -> "–"
        marked (evidence.Decrement < 1e-8) (number "0.0e+0" evidence.Decrement)
        evidence.Verdict
        marked evidence.IsSameOnThreads (if evidence.IsSameOnThreads then "same" else "differ")
        number "0" (evidence.PeakBytes / 1e6) + " MB"
    ]

    let private cells row = [
        row.Title
        row.Package
        row.Rival |> Option.map time |> Option.defaultValue "–"
        time row.Ours
        match ratioOf row with
        | Some ratio -> marked (ratio >= row.Must) (short ratio)
        | None -> "–"
        short row.Must
        short row.Stretch
        string row.Runs
        match row.Evidence with
        | Some evidence -> yield! evidenceCells evidence
        | None -> yield! List.replicate 5 "–"
    ]

    let private line cells = "| " + String.concat " | " cells + " |"

    /// The two lines above the rows.
    let header =
        let titles = [
            "case"
            "rival"
            "its median"
            "our median"
            "ratio"
            "must"
            "stretch"
            "runs"
            "criterion, ours − its"
            "Newton decrement"
            "verdict"
            "bits, 1 and 2 threads"
            "peak memory"
        ]

        line titles + Environment.NewLine + line (titles |> List.map (fun _ -> "---"))

    /// One row. What misses its goal is bold.
    let render row = line (cells row)
