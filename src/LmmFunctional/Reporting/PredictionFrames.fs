namespace LmmFunctional.Analysis

open LmmFunctional

/// <summary>Linear combinations of effects and the covariances of predictions as frames. Column names are those of JSON.</summary>
[<RequireQualifiedAccess>]
module PredictionFrames =

    /// <summary>Linear combinations, one row for each: name, estimate, se, df, lower, upper.</summary>
    /// <exception cref="T:System.ArgumentException">There are not as many combinations as predictions.</exception>
    let combinations (combinations: LinearCombination list) (found: Prediction list) : Frame =
        if combinations.Length <> found.Length then
            invalidArg
                (nameof found)
                $"There are {found.Length} predictions for {combinations.Length} linear combinations."

        let number (f: Prediction -> float) = found |> List.map f |> Column.ofFloats

        ModelCheck.table [
            "name", combinations |> List.map _.Name |> Column.ofStrings
            "estimate", number _.Estimate
            "se", number _.StandardError
            "df", number _.Df
            "lower", number _.Lower
            "upper", number _.Upper
        ]

    /// <summary>The covariance matrix of the errors of predictions: a row for each, its number, and a column for each number.
    /// </summary>
    let covariance (joint: JointPredictions) : Frame =
        let rows = joint.Predictions |> List.map _.Row

        ModelCheck.table [
            "row", Column.ofInts rows

            for j, row in List.indexed rows do
                string row, Column.ofFloats (joint.Covariance.Column j)
        ]
