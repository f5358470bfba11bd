namespace LmmFunctional.Classical

open LmmFunctional.Model
open System
open System.Collections.Generic
open MathNet.Numerics
open MathNet.Numerics.Distributions

/// <summary>Intervals for combinations and ratios of variances that stay good where coefficients are
/// negative.</summary>
[<RequireQualifiedAccess>]
module VarianceIntervals =

    // The upper α quantile of F with these degrees of freedom; infinite ones make it χ²/df.
    let private upperF alpha (df1: float) df2 =
        if Double.IsInfinity df2 then
            ChiSquared.InvCDF(df1, 1.0 - alpha) / df1
        else
            FisherSnedecor.InvCDF(df1, df2, 1.0 - alpha)

    // A search asks for the same few quantiles at every step.
    let private remembering () =
        let known = Dictionary<struct (float * float * float), float>()

        fun alpha df1 df2 ->
            let key = struct (alpha, df1, df2)

            match known.TryGetValue key with
            | true, value -> value
            | false, _ ->
                let value = upperF alpha df1 df2
                known[key] <- value
                value

    let private g upperF alpha (df: float) : float = 1.0 - 1.0 / upperF alpha df infinity

    let private h upperF alpha (df: float) : float =
        1.0 / upperF (1.0 - alpha) df infinity - 1.0

    // Weights of the products of two mean squares with opposite signs, and of two with the same.
    let private mixedLower upperF alpha (a: float) (b: float) : float =
        let f = upperF alpha a b

        ((f - 1.0) ** 2.0 - g upperF alpha a ** 2.0 * f * f - h upperF alpha b ** 2.0)
        / f

    let private mixedUpper upperF alpha (a: float) (b: float) : float =
        let f = upperF (1.0 - alpha) a b

        ((1.0 - f) ** 2.0 - h upperF alpha a ** 2.0 * f * f - g upperF alpha b ** 2.0)
        / f

    let private same upperF alpha count (a: float) (b: float) =
        let pooled = g upperF alpha (a + b)

        (pooled * pooled * (a + b) ** 2.0 / (a * b)
         - g upperF alpha a ** 2.0 * a / b
         - g upperF alpha b ** 2.0 * b / a)
        / float (count - 1)

    let private pairs (parts: (float * float) list) = [
        for i, a in List.indexed parts do
            for b in List.skip (i + 1) parts -> a, b
    ]

    // Positive and negative parts as (|c| S², df).
    let private split (parts: WeightedMeanSquare list) =
        let take sign =
            parts
            |> List.filter (fun part -> sign * part.Coefficient > 0.0)
            |> List.map (fun part -> abs part.Coefficient * part.MeanSquare, float part.Df)

        take 1.0, take -1.0

    let private distance own other mixed (same: int -> float -> float -> float) (mine: (float * float) list) theirs =
        let squares weight parts =
            parts |> List.sumBy (fun (value, df) -> (weight df * value) ** 2.0)

        let crossed =
            Seq.allPairs mine theirs
            |> Seq.sumBy (fun ((a, dfA), (b, dfB)) -> mixed dfA dfB * a * b)

        let within =
            if List.isEmpty theirs || mine.Length < 2 then
                0.0
            else
                pairs mine
                |> List.sumBy (fun ((a, dfA), (b, dfB)) -> same mine.Length dfA dfB * a * b)

        sqrt (max 0.0 (squares own mine + squares other theirs + crossed + within))

    let private interval upperF level (parts: WeightedMeanSquare list) =
        let alpha = (1.0 - level) / 2.0
        let total = MeanSquareCombination.estimate parts
        let positive, negative = split parts
        let g, h = g upperF alpha, h upperF alpha
        let same = same upperF alpha

        {
            Level = level
            Lower = total - distance g h (mixedLower upperF alpha) same positive negative
            // The weights of products are those of a positive and a negative part, whichever comes first.
            Upper =
                total
                + distance g h (fun n p -> mixedUpper upperF alpha p n) same negative positive
        }

    /// <summary>The modified large-sample interval of Σ aᵢE(MSᵢ).</summary>
    /// <param name="level">Coverage aimed at, between 0 and 1.</param>
    /// <param name="parts">The combination; coefficients of any sign. Limits may be negative.</param>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    /// <remarks>Graybill and Wang (1980) for sums; Ting, Burdick, Graybill, Jeyaratnam and Lu (1990) for differences.
    /// </remarks>
    let modifiedLargeSample level (parts: WeightedMeanSquare list) : ConfidenceInterval =
        Guard.level (nameof level) level
        interval upperF level parts

    // The point in (low, high) where a decreasing function changes sign; infinite when it stays positive.
    let private root (f: float -> float) =
        let rec bracket high =
            if high > 1e12 then None
            elif f high <= 0.0 then Some high
            else bracket (4.0 * high)

        let rec bisect low high count =
            let middle = 0.5 * (low + high)

            if count = 200 || high - low <= 1e-13 * (abs low + abs high) then
                middle
            elif f middle > 0.0 then
                bisect middle high (count + 1)
            else
                bisect low middle (count + 1)

        if f 0.0 <= 0.0 then
            0.0
        else
            match bracket 1.0 with
            | Some high -> bisect 0.0 high 0
            | None -> infinity

    /// <summary>The interval of a ratio N/D of two combinations, those ρ ≥ 0 for which the modified large-sample
    /// interval of N − ρD holds zero.</summary>
    /// <param name="level">Coverage aimed at, between 0 and 1.</param>
    /// <param name="numerator">The combination above.</param>
    /// <param name="denominator">The combination below; it stands for a variance, so it is positive.</param>
    /// <returns>The interval; its upper limit is infinite where the data cannot bound the ratio.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let ratio level (numerator: WeightedMeanSquare list) (denominator: WeightedMeanSquare list) : ConfidenceInterval =
        Guard.level (nameof level) level
        let upperF = remembering ()

        let at pick rho =
            MeanSquareCombination.add numerator (MeanSquareCombination.scale -rho denominator)
            |> interval upperF level
            |> pick

        {
            Level = level
            Lower = root (at _.Lower)
            Upper = root (at _.Upper)
        }

    /// <summary>The generalised interval of any function of the expected mean squares, by simulation.</summary>
    /// <param name="level">Coverage aimed at, between 0 and 1.</param>
    /// <param name="seed">The same seed gives the same interval.</param>
    /// <param name="draws">How many draws; 10,000 give two digits of the limits.</param>
    /// <param name="parts">The mean squares; coefficients do not matter here.</param>
    /// <param name="quantity">The function of the expected mean squares, in the order of the parts.</param>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1, or there are less than 100 draws.
    /// </exception>
    /// <remarks>The pivotal quantity puts dfᵢMSᵢ/χ²ᵢ in place of E(MSᵢ) (Weerahandi 1993).</remarks>
    let generalised level seed draws (parts: WeightedMeanSquare list) (quantity: float list -> float) =
        Guard.level (nameof level) level

        Guard.atLeast (nameof draws) "The number of draws" 100 draws

        let random = Random(seed: int)

        let values =
            Array.init draws (fun _ ->
                parts
                |> List.map (fun part -> float part.Df * part.MeanSquare / ChiSquared.Sample(random, float part.Df))
                |> quantity)

        Array.sortInPlace values
        let tail = (1.0 - level) / 2.0

        let at share =
            Statistics.SortedArrayStatistics.Quantile(values, share)

        {
            Level = level
            Lower = at tail
            Upper = at (1.0 - tail)
        }

    /// <summary>The generalised interval of Σ aᵢE(MSᵢ), by simulation.</summary>
    /// <param name="level">Coverage aimed at, between 0 and 1.</param>
    /// <param name="seed">The same seed gives the same interval.</param>
    /// <param name="draws">How many draws.</param>
    /// <param name="parts">The combination; negative values of the quantity are taken as zero, as a variance
    /// is.</param>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1, or there are less than 100 draws.
    /// </exception>
    let generalisedCombination level seed draws (parts: WeightedMeanSquare list) : ConfidenceInterval =
        let coefficients = parts |> List.map _.Coefficient

        generalised level seed draws parts (fun expected ->
            List.fold2 (fun sum a e -> sum + a * e) 0.0 coefficients expected |> max 0.0)
