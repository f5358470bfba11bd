namespace LmmFunctional.Benchmarks

open System
open System.Diagnostics
open System.IO
open LmmFunctional
open LmmFunctional.Data
open LmmFunctional.DuckDb

/// <summary>How fast data are read, and how fast DuckDB sums them for a fit.</summary>
/// <remarks>The data are made by DuckDB from hashes of the row numbers, so that every run has the same.</remarks>
[<RequireQualifiedAccess>]
module DataSources =

    let private orRaise (result: Result<'ok, LmmError list>) : 'ok =
        match result with
        | Ok value -> value
        | Error problems -> raise (InvalidDataException(problems |> List.map LmmError.describe |> String.concat "; "))

    let private peak () =
        use own = Process.GetCurrentProcess()
        own.PeakWorkingSet64 / 1_000_000L

    /// The shortest of some runs, and the last result.
    let private timed runs (action: unit -> 'result) =
        let mutable best = TimeSpan.MaxValue
        let mutable last = Unchecked.defaultof<'result>

        for _ in 1..runs do
            GC.Collect()
            let started = Stopwatch.GetTimestamp()
            last <- action ()
            best <- min best (Stopwatch.GetElapsedTime started)

        best, last

    let private row (title: string) (time: TimeSpan) (detail: string) =
        printfn $"| {title} | {time.TotalSeconds:F2} s | {detail} | {peak ()} MB |"

    // Uniform on (0, 1), by the number of a row and of a draw.
    let private uniform draw =
        $"(((hash(i * 16 + {draw}) %% 1000003) + 0.5) / 1000003.0)"

    // The sum of four uniforms is near enough to normal.
    let private noise draw =
        [ for k in 0..3 -> uniform (draw + k) ]
        |> String.concat " + "
        |> fun sum -> $"(({sum}) - 2.0) * 1.732"

    let private write (path: string) (format: string) (select: string) =
        use connection = Duck.connect ()
        connection.Open()
        use command = connection.CreateCommand()
        command.CommandText <- $"copy ({select}) to '{path}' ({format})"
        command.ExecuteNonQuery() |> ignore

    let private spec text = Formula.parse text |> orRaise

    let private csv folder =
        let path = Path.Combine(folder, "ratings.csv")

        write
            path
            "format csv, header"
            $"select round(3 + {noise 0}, 4) as y, round({uniform 4}, 5) as x,
                     hash(i * 16 + 5) %% 60000 as \"user\", hash(i * 16 + 6) %% 12000 as item
              from range(3000000) r(i)"

        let size = (FileInfo path).Length / 1_000_000L
        let time, frame = timed 5 (fun () -> Csv.read path |> orRaise)

        row
            $"CSV, 3 million rows, {size} MB"
            time
            $"{frame.Columns.Length} columns, {frame.Rows * 32 / 1_000_000} MB of numbers"

    let private slopes folder millions =
        let path = Path.Combine(folder, "slopes.parquet")

        write
            path
            "format parquet"
            $"select 1 + 0.5 * x + u + v * x + e as y, x, g from (
                select {noise 0} as e, {uniform 4} as x, hash(i * 16 + 5) %% 100000 as g,
                       ((hash(hash(i * 16 + 5) %% 100000) %% 1009) / 1009.0 - 0.5) as u,
                       ((hash(hash(i * 16 + 5) %% 100000 + 7) %% 1013) / 1013.0 - 0.5) as v
                from range({millions}000000) r(i))"

        let spec = spec "y ~ x + (x | g)"
        let sums, partial = timed 1 (fun () -> Duck.sums path spec |> orRaise)
        row $"Parquet, {millions} million rows, 100 000 groups: sums by DuckDB" sums $"{partial}"

        let fitting, fit =
            timed 1 (fun () -> Partial.fitOf FitOptions.defaults spec [ partial ] |> orRaise)

        row "the fit of the sums" fitting $"criterion {fit.CriterionValue:F3}"

    let private crossed folder =
        let path = Path.Combine(folder, "crossed.parquet")

        write
            path
            "format parquet"
            $"select 3 + {noise 0} as y, {uniform 4} as x, hash(i * 16 + 5) %% 6040 as \"user\",
                     hash(i * 16 + 6) %% 3706 as item
              from range(1000000) r(i)"

        let spec = spec "y ~ x + (1 | user) + (1 | item)"
        let frame = Parquet.read path |> orRaise
        let memory, _ = timed 3 (fun () -> Lmm.plan frame spec |> orRaise)
        row "crossed, 1 million rows, 6040 × 3706: design from memory" memory ""
        let time, partial = timed 3 (fun () -> Duck.sums path spec |> orRaise)
        row "the same: sums by DuckDB" time $"{partial}"

    /// Prints a line for each case; the Parquet file of slopes has so many million rows.
    let run (millions: int) : int =
        let folder = Directory.CreateTempSubdirectory "lmm-data-"

        try
            printfn "| case | time | detail | peak memory |"
            printfn "|---|---|---|---|"
            csv folder.FullName
            slopes folder.FullName millions
            crossed folder.FullName
            0
        finally
            folder.Delete true
