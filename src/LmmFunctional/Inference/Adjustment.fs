namespace LmmFunctional.Analysis

open System
open MathNet.Numerics.RootFinding
open LmmFunctional

/// <summary>How p-values and intervals of several comparisons allow for there being several.</summary>
[<RequireQualifiedAccess>]
type Adjustment =
    /// Not at all.
    | None
    /// All pairwise comparisons, by the studentized range (Tukey 1953; Kramer 1956 for unequal standard errors).
    | Tukey
    /// 1 − (1 − p)^m.
    | Sidak
    /// m p.
    | Bonferroni
    /// Bonferroni step by step (Holm 1979).
    | Holm
    /// Comparisons with one reference, by the largest |t| (Dunnett 1955); other correlations than his are brought to
    /// the nearest with one factor (Hsu 1992).
    | Dunnett
    /// All contrasts whatever (Scheffé 1953).
    | Scheffe
    /// The share of false discoveries (Benjamini and Hochberg 1995).
    | Fdr

/// <summary>What an adjustment must know of a family of comparisons.</summary>
[<NoComparison; NoEquality>]
type internal ComparisonFamily = {
    /// The number of means compared.
    Means: int
    /// The number of comparisons that could be estimated.
    Count: int
    /// The number of independent ones among them, counted when asked for.
    Rank: Lazy<int>
    /// P beyond a studentised range of the means, by df and range.
    RangeUpper: Lazy<float -> float -> float>
    /// P beyond a largest |t| of the comparisons, by df and t.
    LargestUpper: Lazy<float -> float -> float>
}

/// <summary>Families of comparisons.</summary>
[<RequireQualifiedAccess>]
module internal ComparisonFamily =

    /// <summary>A family: its means, its comparisons, how many of them are independent, and the loadings of their
    /// correlations.</summary>
    let create means count (rank: Lazy<int>) (loadings: Lazy<float[]>) : ComparisonFamily = {
        Means = means
        Count = count
        Rank = rank
        RangeUpper = lazy (StudentizedRange.ofMeans means)
        LargestUpper = lazy (Dunnett.ofLoadings loadings.Value)
    }

/// <summary>Adjustments by name, and what they do.</summary>
[<RequireQualifiedAccess>]
module Adjustment =

    let private known = [
        "none", Adjustment.None
        "tukey", Adjustment.Tukey
        "sidak", Adjustment.Sidak
        "bonferroni", Adjustment.Bonferroni
        "holm", Adjustment.Holm
        "dunnett", Adjustment.Dunnett
        "scheffe", Adjustment.Scheffe
        "fdr", Adjustment.Fdr
    ]

    /// The names by which adjustments are chosen in text.
    let names = known |> List.map fst

    /// <summary>The adjustment of a name, whatever its case; bh is fdr.</summary>
    /// <returns>The adjustment, or: the name is not known.</returns>
    let ofName (name: string) : Result<Adjustment, LmmError list> =
        let wanted =
            match name.ToLowerInvariant() with
            | "bh" -> "fdr"
            | "dunnettx" -> "dunnett"
            | other -> other

        match known |> List.tryFind (fun (own, _) -> own = wanted) with
        | Some(_, adjustment) -> Ok adjustment
        | Option.None -> Error [ LmmError.UnknownChoice("adjustment", name, names) ]

    /// The name of an adjustment in text.
    let name adjustment =
        known |> List.find (fun (_, own) -> own = adjustment) |> fst

    /// P of one comparison, where the adjustment looks at one at a time: P(|T| > t) of the family's largest.
    let private single adjustment (family: ComparisonFamily) df (t: float) =
        let raw = Probability.twoSided df t
        let m = float family.Count

        match adjustment with
        | Adjustment.Tukey -> family.RangeUpper.Value df (sqrt 2.0 * abs t)
        | Adjustment.Dunnett -> family.LargestUpper.Value df (abs t)
        | Adjustment.Scheffe -> Probability.upperF family.Rank.Value df (t * t / float family.Rank.Value)
        | Adjustment.Sidak -> StudentizedRange.missing m raw
        | Adjustment.Bonferroni -> min 1.0 (m * raw)
        | Adjustment.None
        | Adjustment.Holm
        | Adjustment.Fdr -> raw

    // The p-values in ascending order, each made no smaller than those before it.
    let private stepDown (p: float[]) =
        let m = p.Length
        let result = Array.zeroCreate m
        let mutable largest = 0.0

        p
        |> Array.indexed
        |> Array.sortBy snd
        |> Array.iteri (fun step (index, own) ->
            largest <- max largest (min 1.0 (float (m - step) * own))
            result[index] <- largest)

        result

    // In descending order, each made no larger than those before it.
    let private stepUp (p: float[]) =
        let m = p.Length
        let result = Array.zeroCreate m
        let mutable smallest = 1.0

        p
        |> Array.indexed
        |> Array.sortByDescending snd
        |> Array.iteri (fun step (index, own) ->
            smallest <- min smallest (float m / float (m - step) * own)
            result[index] <- smallest)

        result

    /// The adjusted p-values of a family, given df and t of each comparison; never below the raw ones.
    let internal pValues adjustment (family: ComparisonFamily) (tests: (float * float)[]) : float[] =
        let raw = tests |> Array.map (fun (df, t) -> Probability.twoSided df t)

        match adjustment with
        | Adjustment.Holm -> stepDown raw
        | Adjustment.Fdr -> stepUp raw
        | _ -> tests |> Array.map (fun (df, t) -> single adjustment family df t)
        // Quadrature may fall short of the raw value by rounding.
        |> Array.map2 max raw

    /// <summary>The multiple of a standard error that an interval of one comparison reaches to either side.</summary>
    /// <remarks>Holm and the false discovery rate have no intervals of their own: theirs are Bonferroni's.</remarks>
    let internal criticalValue adjustment (family: ComparisonFamily) level (df: float) =
        let alpha = 1.0 - level
        let m = float (max 1 family.Count)

        match adjustment with
        | Adjustment.None -> Probability.quantile df level
        | Adjustment.Sidak -> Probability.quantile df (Math.Pow(level, 1.0 / m))
        | Adjustment.Bonferroni
        | Adjustment.Holm
        | Adjustment.Fdr -> Probability.quantile df (1.0 - alpha / m)
        | Adjustment.Tukey
        | Adjustment.Dunnett
        | Adjustment.Scheffe ->
            let lowest = Probability.quantile df level
            let excess t = single adjustment family df t - alpha

            if Double.IsNaN lowest then
                nan
            elif excess lowest <= 0.0 then
                lowest
            else
                let mutable highest = 1.5 * lowest

                while excess highest > 0.0 && highest < 1e100 do
                    highest <- 2.0 * highest

                Brent.FindRoot(excess, lowest, highest, 1e-10, 200)
