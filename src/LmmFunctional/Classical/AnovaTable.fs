namespace LmmFunctional.Classical

open MathNet.Numerics
open LmmFunctional

/// <summary>A test of one source.</summary>
type AnovaTest = {
    /// The mean squares compared.
    Ratio: MeanSquareRatio
    F: float
    /// Degrees of freedom of the numerator; Satterthwaite's where it is a sum.
    NumeratorDf: float
    /// Degrees of freedom of the denominator; Satterthwaite's where it is a sum.
    DenominatorDf: float
    PValue: float
}

/// <summary>A row of an analysis of variance.</summary>
type AnovaRow = {
    /// The term, or Error.
    Source: string
    IsRandom: bool
    Df: int
    SumOfSquares: float
    /// The sum of squares per degree of freedom; None when there are none.
    MeanSquare: float option
    Expected: Expectation
    /// None for the error, and where no combination of mean squares has the expectation needed.
    Test: AnovaTest option
}

/// <summary>An analysis of variance with expected mean squares.</summary>
type AnovaTable = {
    Formula: string
    Kind: SumsOfSquares
    /// The terms in the order of the model, then the error.
    Rows: AnovaRow list
    /// Degrees of freedom about the mean.
    TotalDf: int
    /// The sum of squares about the mean.
    TotalSumOfSquares: float
}

/// <summary>Analyses of variance of data.</summary>
[<RequireQualifiedAccess>]
module AnovaTable =

    // Traces are sums of squares of the size of n; what is below is rounding.
    let private negligible = 1e-9

    // Whole numbers come out of balanced designs, but for rounding.
    let private tidy (value: float) =
        let nearest = System.Math.Round value

        if abs (value - nearest) <= 1e-10 * max 1.0 (abs value) then
            nearest
        else
            value

    let private expectation observations (reduction: Reduction) : Expectation =
        let entering =
            reduction.Traces
            |> List.filter (fun (_, trace) -> trace > negligible * float observations)

        {
            Error = 1.0
            Variances = [
                for term, trace in entering do
                    if term.IsRandom then
                        term.Name, tidy (trace / float (max 1 reduction.Df))
            ]
            Fixed = [
                for term, _ in entering do
                    if not term.IsRandom then
                        term.Name, None
            ]
        }

    let private expected (row: AnovaRow) : ExpectedMeanSquare = {
        Source = row.Source
        Df = row.Df
        IsRandom = row.IsRandom
        Expected = row.Expected
    }

    /// <summary>The mean squares of a table with coefficients by source.</summary>
    /// <param name="table">The table.</param>
    /// <param name="coefficients">Sources with their coefficients.</param>
    /// <exception cref="T:System.ArgumentException">A source has no mean square.</exception>
    let combine (table: AnovaTable) (coefficients: (string * float) list) : WeightedMeanSquare list =
        coefficients
        |> List.map (fun (source, coefficient) ->
            match table.Rows |> List.tryFind (fun row -> row.Source = source) with
            | Some {
                       MeanSquare = Some meanSquare
                       Df = df
                   } -> {
                Source = source
                Coefficient = coefficient
                MeanSquare = meanSquare
                Df = df
              }
            | _ -> invalidArg (nameof coefficients) $"The table has no mean square of '{source}'.")

    // P(F > f) as an incomplete beta function: one less the distribution function would lose small values.
    let private upperTail df1 df2 f =
        SpecialFunctions.BetaRegularized(df2 / 2.0, df1 / 2.0, df2 / (df2 + df1 * f))

    let private test quasi (table: AnovaTable) source : AnovaTest option =
        MeanSquareRatio.find quasi (table.Rows |> List.map expected) source
        |> Option.bind (fun ratio ->
            let above, below = combine table ratio.Numerator, combine table ratio.Denominator

            let numerator, denominator =
                MeanSquareCombination.estimate above, MeanSquareCombination.estimate below

            let df (parts: WeightedMeanSquare list) =
                match parts with
                | [ only ] -> float only.Df
                | _ -> MeanSquareCombination.satterthwaiteDf parts

            // A difference of mean squares may be negative, and then it is no denominator.
            if denominator > 0.0 then
                let f = numerator / denominator

                Some {
                    Ratio = ratio
                    F = f
                    NumeratorDf = df above
                    DenominatorDf = df below
                    PValue = upperTail (df above) (df below) f
                }
            else
                None)

    /// <summary>The analysis of variance of a model.</summary>
    /// <param name="kind">Which sums of squares.</param>
    /// <param name="quasi">What to do where no single mean square is the right denominator.</param>
    /// <param name="model">The model.</param>
    /// <remarks>Expected mean squares come from the data by synthesis, balanced or not, in the unrestricted form. Cost
    /// 2np² for the triangle and p³ for each sum of squares.</remarks>
    let create kind quasi (model: AnovaModel) : AnovaTable =
        let errorDf, errorSquare = Reductions.residual model
        let totalDf, totalSquare = Reductions.total model

        let rows =
            Reductions.all kind model
            |> List.map (fun reduction -> {
                Source = reduction.Term.Name
                IsRandom = reduction.Term.IsRandom
                Df = reduction.Df
                SumOfSquares = reduction.SumOfSquares
                MeanSquare =
                    if reduction.Df > 0 then
                        Some(reduction.SumOfSquares / float reduction.Df)
                    else
                        None
                Expected = expectation model.Observations reduction
                Test = None
            })

        let error = {
            Source = ExpectedMeanSquares.errorSource
            IsRandom = true
            Df = errorDf
            SumOfSquares = errorSquare
            MeanSquare =
                if errorDf > 0 then
                    Some(errorSquare / float errorDf)
                else
                    None
            Expected = Expectation.error
            Test = None
        }

        let table = {
            Formula = Formula.print model.Spec
            Kind = kind
            Rows = rows @ [ error ]
            TotalDf = totalDf
            TotalSumOfSquares = totalSquare
        }

        {
            table with
                Rows =
                    table.Rows
                    |> List.map (fun row -> {
                        row with
                            Test = test quasi table row.Source
                    })
        }
