namespace LmmFunctional.Model

open System
open System.Globalization

/// <summary>Values as a person reads them in an interactive session: a headline, and a few lines below it.</summary>
[<RequireQualifiedAccess>]
module internal Display =

    /// Six significant digits.
    let number (value: float) =
        value.ToString("G6", CultureInfo.InvariantCulture)

    let private most = 20

    /// The first of many, and how many more there are.
    let few (items: string list) : string list =
        match items.Length - most with
        | more when more > 0 -> List.truncate most items @ [ $"{more} more" ]
        | _ -> items

    /// The first of many, in one line.
    let listed (items: string list) = few items |> String.concat ", "

    /// A headline with lines below it.
    let below (headline: string) (lines: string list) =
        headline :: List.map (fun line -> "  " + line) lines |> String.concat "\n"

    /// An estimate with its standard error and its test.
    let tested estimate error statistic df p =
        let letter, degrees =
            if Double.IsInfinity df then
                "z", ""
            else
                "t", $" on {number df} df"

        $"{number estimate}, se {number error}, {letter} {number statistic}{degrees}, p {number p}"

    /// A headline with the first rows of a table below it, names to the left and numbers to the right.
    let table (headline: string) (headers: string list) (count: int) (rows: string list seq) =
        let shown = headers :: (rows |> Seq.truncate most |> List.ofSeq)

        let widths =
            shown |> List.map (List.map String.length) |> List.reduce (List.map2 max)

        let line (cells: string list) =
            List.map2
                (fun (at, width) (cell: string) -> if at = 0 then cell.PadRight width else cell.PadLeft width)
                (List.indexed widths)
                cells
            |> String.concat "  "

        let rest = if count > most then [ $"{count - most} more" ] else []

        below headline (List.map line shown @ rest)
