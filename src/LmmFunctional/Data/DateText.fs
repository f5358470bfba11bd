namespace LmmFunctional.Data

open System
open System.Globalization

/// <summary>Dates as data files write them.</summary>
/// <remarks>Only the order year, month, day is read: 03/04/2023 is March in one country and April in another.</remarks>
[<RequireQualifiedAccess>]
module internal DateText =

    // R counts the days of its dates from here.
    let private epoch = DateTime(1970, 1, 1)

    let private formats = [|
        for date in [ "yyyy-MM-dd"; "yyyy/MM/dd"; "yyyy-M-d"; "yyyy/M/d" ] do
            date

            for join in [ " "; "'T'" ] do
                for time in [ "HH:mm"; "HH:mm:ss"; "HH:mm:ss.FFFFFFF" ] do
                    date + join + time
                    date + join + time + "K"
    |]

    // No other text begins with four digits and a dash or slash; the parser is slow where it fails.
    let private mayBeDate (text: string) =
        text.Length >= 8
        && (text[4] = '-' || text[4] = '/')
        && Char.IsAsciiDigit text[0]
        && Char.IsAsciiDigit text[3]

    /// <summary>The days from 1970-01-01 to a date, with a time of day as a fraction; times with a zone in UTC.</summary>
    let tryDays (text: string) (days: byref<float>) =
        let mutable date = DateTime.MinValue
        let cell = text.Trim()

        if
            mayBeDate cell
            && DateTime.TryParseExact(
                cell,
                formats,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AdjustToUniversal,
                &date
            )
        then
            days <- (date - epoch).TotalDays
            true
        else
            false

    /// Whether a text is a date in some country: 7.1.2023, 01/07/23, 7-Jan-2023.
    let looksLikeDate (text: string) =
        let parts = text.Trim().Split([| '/'; '.'; '-' |])

        let isShort (part: string) =
            part.Length >= 1 && part.Length <= 2 && Seq.forall Char.IsAsciiDigit part

        let isYear (part: string) =
            (part.Length = 4 || part.Length = 2) && Seq.forall Char.IsAsciiDigit part

        let isMonth (part: string) =
            part.Length >= 3 && part.Length <= 9 && Seq.forall Char.IsAsciiLetter part

        match parts with
        | [| first; second; year |] -> isShort first && (isShort second || isMonth second) && isYear year
        | _ -> false
