namespace LmmFunctional.Classical

open LmmFunctional

/// <summary>What becomes of variance estimates below zero.</summary>
[<RequireQualifiedAccess>]
type NegativeEstimates =
    /// They are reported: they are unbiased, and a sign that the model may be wrong.
    | Keep
    /// They are set to zero: the others stay as they are.
    | SetToZero

/// <summary>A variance component estimated from mean squares.</summary>
type ComponentEstimate = {
    /// The random term, or Error.
    Source: string
    /// The estimate after the choice about negative ones.
    Estimate: float
    /// Whether a negative estimate was set to zero.
    WasNegative: bool
    /// The combination of mean squares that estimates it, before that choice.
    Combination: WeightedMeanSquare list
} with

    /// The root of 2Σaᵢ²MSᵢ²/(dfᵢ + 2).
    member estimate.StandardError =
        MeanSquareCombination.standardError estimate.Combination

/// <summary>Variance components by the analysis of variance: mean squares equated to their expectations.</summary>
[<RequireQualifiedAccess>]
module AnovaEstimates =

    let private expected (row: AnovaRow) : ExpectedMeanSquare = {
        Source = row.Source
        Df = row.Df
        IsRandom = row.IsRandom
        Expected = row.Expected
    }

    let private noEquation (table: AnovaTable) =
        let without =
            table.Rows
            |> List.filter (fun row -> row.IsRandom && (row.Df = 0 || not row.Expected.Fixed.IsEmpty))
            |> List.map _.Source

        let reason =
            match without with
            | [] -> "the expected mean squares of its random terms are dependent"
            | names ->
                let names = names |> List.map (fun name -> $"'{name}'") |> String.concat ", "
                $"random terms {names} have no mean square free of fixed effects; try type I"

        [ LmmError.NotClassical reason ]

    /// <summary>The estimates of all components, the error last.</summary>
    /// <param name="negative">What becomes of estimates below zero.</param>
    /// <param name="table">The analysis of variance. Type I with fixed terms first is Henderson's method III.</param>
    /// <returns>The estimates, or that the mean squares do not determine them.</returns>
    /// <remarks>Unbiased without normality. Standard errors take mean squares as independent, which they are in
    /// balanced designs.</remarks>
    let create negative (table: AnovaTable) : Result<ComponentEstimate list, LmmError list> =
        let rows = table.Rows |> List.map expected |> MeanSquareRatio.errorRows
        let random = table.Rows |> List.filter _.IsRandom |> List.map _.Source

        let estimate source =
            let target =
                if source = ExpectedMeanSquares.errorSource then
                    MeanSquareRatio.combine rows 1.0 []
                else
                    MeanSquareRatio.combine rows 0.0 [ source, 1.0 ]

            target
            |> Option.map (fun coefficients ->
                let parts =
                    List.zip (rows |> List.map _.Source) coefficients
                    |> List.filter (fun (_, a) -> abs a > 1e-12)
                    |> AnovaTable.combine table

                let value = MeanSquareCombination.estimate parts

                let isZeroed = value < 0.0 && negative = NegativeEstimates.SetToZero

                {
                    Source = source
                    Estimate = if isZeroed then 0.0 else value
                    WasNegative = isZeroed
                    Combination = parts
                })

        match random |> List.map estimate with
        | found when found |> List.forall _.IsSome -> Ok(found |> List.map Option.get)
        | _ -> Error(noEquation table)
