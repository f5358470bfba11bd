namespace LmmFunctional.Analysis

open System
open System.Globalization
open LmmFunctional.Model

/// <summary>Numbers as text, in the manner of R's <c>format</c>: a column shares its number of decimals.</summary>
[<RequireQualifiedAccess>]
module NumberText =

    let private invariant = CultureInfo.InvariantCulture

    /// What a number needs to show its significant digits, trailing zeros left out.
    [<Struct>]
    type private Need = {
        /// The power of ten of the leading digit, after rounding.
        Exponent: int
        Digits: int
    }

    let private need digits (value: float) =
        let text = value.ToString($"E{digits - 1}", invariant)
        let mark = text.IndexOf 'E'

        let mantissa = text.Substring(0, mark).Replace(".", "").Replace("-", "").TrimEnd '0'

        {
            Exponent = Int32.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, invariant)
            Digits = max 1 mantissa.Length
        }

    let private special (value: float) =
        if Double.IsNaN value then "NaN"
        elif value > 0.0 then "Inf"
        else "-Inf"

    let private written (format: string) (value: float) =
        if Double.IsFinite value then
            value.ToString(format, invariant)
        else
            special value

    /// <summary>A number with a fixed count of decimals.</summary>
    /// <exception cref="T:System.ArgumentException">The count is below zero.</exception>
    let fixedPoint (decimals: int) (value: float) : string =
        Guard.atLeast (nameof decimals) "The number of decimals" 0 decimals
        let text = written $"F{decimals}" value

        let isZero =
            text |> Seq.forall (fun letter -> letter = '-' || letter = '0' || letter = '.')
        // A small negative number must not read as minus zero.
        if isZero then text.TrimStart '-' else text

    /// <summary>The numbers of one column, all with the decimals that the neediest needs.</summary>
    /// <param name="digits">Significant digits, one or more; zeros that all would end in are left out.</param>
    /// <param name="values">The column; what is not finite reads NaN, Inf or -Inf.</param>
    /// <remarks>Powers of ten are written only where that is shorter, as in R's <c>formatReal</c>.</remarks>
    /// <exception cref="T:System.ArgumentException">There is not one digit at least.</exception>
    let column (digits: int) (values: float list) : string list =
        Guard.atLeast (nameof digits) "The number of significant digits" 1 digits

        let needs =
            values
            |> List.filter (fun value -> Double.IsFinite value && value <> 0.0)
            |> List.map (need digits)

        match needs with
        | [] -> values |> List.map (written "F0")
        | _ ->
            let decimals =
                needs
                |> List.map (fun need -> need.Digits - 1 - need.Exponent)
                |> List.max
                |> max 0

            let exponent = needs |> List.map _.Exponent |> List.max |> max 0
            let figures = needs |> List.map _.Digits |> List.max
            let point count = if count > 0 then count + 1 else 0
            let fixedWidth = 1 + exponent + point decimals

            let powerWidth =
                let isLong = needs |> List.exists (fun need -> abs need.Exponent >= 100)
                1 + point (figures - 1) + (if isLong then 5 else 4)

            if fixedWidth <= powerWidth then
                values |> List.map (fixedPoint decimals)
            else
                let zeros = String('0', figures - 1)
                let format = if figures > 1 then $"0.{zeros}e+00" else "0e+00"
                values |> List.map (written format)

    /// <summary>One number with its significant digits.</summary>
    let significant (digits: int) (value: float) : string = List.head (column digits [ value ])
