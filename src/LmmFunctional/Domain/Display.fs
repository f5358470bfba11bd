namespace LmmFunctional

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
