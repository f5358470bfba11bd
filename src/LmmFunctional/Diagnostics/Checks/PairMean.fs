namespace LmmFunctional.Analysis

open System

/// <summary>What pairs of rows of a class, a lag or a distance, have in common: sums of one number over the pairs of every
/// subject.</summary>
/// <remarks>Subjects are independent, so that the spread of their sums gives the standard error of the mean over all pairs as of
/// a ratio (Cochran 1977, chapter 6), whatever the correlations within subjects are.</remarks>
[<NoComparison; NoEquality>]
type internal PairMean = {
    Pairs: int
    Mean: float
    /// NaN for fewer than two subjects with pairs.
    StandardError: float
    /// Subjects with pairs.
    Subjects: int
}

/// <summary>Means over pairs.</summary>
[<RequireQualifiedAccess>]
module internal PairMean =

    /// The mean of pairs, given subject by subject: the number of pairs and the sum.
    let ofSubjects (parts: struct (int * float) seq) : PairMean =
        let parts =
            parts |> Seq.filter (fun (struct (count, _)) -> count > 0) |> Array.ofSeq

        let pairs = parts |> Array.sumBy (fun (struct (count, _)) -> count)
        let m = parts.Length

        if pairs = 0 then
            {
                Pairs = 0
                Mean = nan
                StandardError = nan
                Subjects = 0
            }
        else
            let total = parts |> Array.sumBy (fun (struct (_, sum)) -> sum)
            let mean = total / float pairs

            let square =
                parts
                |> Array.sumBy (fun (struct (count, sum)) -> (sum - mean * float count) ** 2.0)

            {
                Pairs = pairs
                Mean = mean
                StandardError =
                    if m < 2 then
                        nan
                    else
                        sqrt (float m / float (m - 1) * square) / float pairs
                Subjects = m
            }

    /// Two-sided p of a mean of differences, t on one degree of freedom less than there are subjects; NaN without an error.
    let p (difference: PairMean) =
        if difference.StandardError > 0.0 then
            Probability.twoSided (float (difference.Subjects - 1)) (difference.Mean / difference.StandardError)
        else
            nan

    /// The p-values of several classes by Holm's rule, those that are no number left as they are.
    let holm (p: float[]) : float[] =
        let known =
            p
            |> Array.indexed
            |> Array.filter (snd >> Double.IsNaN >> not)
            |> Array.sortBy snd

        let result = Array.copy p
        let mutable largest = 0.0

        known
        |> Array.iteri (fun step (index, own) ->
            largest <- max largest (min 1.0 (float (known.Length - step) * own))
            result[index] <- largest)

        result
