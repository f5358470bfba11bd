namespace LmmFunctional.Data

open System
open System.Globalization
open LmmFunctional

/// <summary>What the sums for a model cost where the rows lie, and what reading the rows would.</summary>
type SumCost = {
    /// What sums the rows: DuckDB, PostgreSQL, or this program once they are read.
    Engine: string
    /// Rows that would be summed.
    Rows: int64
    /// Combinations of keys: so many rows of sums come back.
    Cells: int64
    /// The columns that rows are grouped by.
    Keys: string list
    /// The columns that are summed.
    Summed: string list
    /// How long it took to count rows and cells.
    Counting: TimeSpan
} with

    /// Bytes of sums that come back: eight for each key, count, weight, mean and product.
    member cost.Bytes =
        let m = cost.Summed.Length
        8.0 * float cost.Cells * float (cost.Keys.Length + 2 + m + m * (m + 1) / 2)

    /// Bytes of the columns of all rows.
    member cost.BytesOfRows =
        8.0 * float cost.Rows * float (cost.Keys.Length + cost.Summed.Length)

    /// Two passes over the rows, each of which computes more than the one that counted.
    member cost.Seconds = 3.0 * cost.Counting.TotalSeconds

/// <summary>Costs in words.</summary>
[<RequireQualifiedAccess>]
module SumCost =

    let internal size (bytes: float) =
        let number (value: float) (mark: string) =
            value.ToString("0.#", CultureInfo.InvariantCulture) + " " + mark

        if bytes >= 1e9 then number (bytes / 1e9) "GB"
        elif bytes >= 1e6 then number (bytes / 1e6) "MB"
        elif bytes >= 1e3 then number (bytes / 1e3) "kB"
        else number bytes "bytes"

    let private list names =
        match names with
        | [] -> "nothing"
        | _ -> String.concat ", " names

    let internal counted (count: int64) (what: string) =
        let text = count.ToString("#,0", CultureInfo.InvariantCulture)
        if count = 1L then $"1 {what}" else $"{text} {what}s"

    /// <summary>What is pushed down and what comes back, a sentence each; times are left out.</summary>
    let describe (cost: SumCost) : string list = [
        let rows, cells = counted cost.Rows "row", counted cost.Cells "cell"
        $"Sums: {cost.Engine} makes {cells} of {rows}, {size cost.Bytes} instead of {size cost.BytesOfRows}."
        $"Grouped by: {list cost.Keys}. Summed: {list cost.Summed}."

        if 2L * cost.Cells > cost.Rows && cost.Rows > 1L then
            "Most rows are cells of their own: sums save little."
    ]

    /// <summary>How long the sums would take, roughly.</summary>
    let time (cost: SumCost) : string =
        let seconds (value: float) =
            value.ToString((if value < 10.0 then "0.0" else "0"), CultureInfo.InvariantCulture)

        $"Counting took {seconds cost.Counting.TotalSeconds} s; the sums take about {seconds cost.Seconds} s."
