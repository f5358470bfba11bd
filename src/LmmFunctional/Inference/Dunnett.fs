namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>The distribution of the largest of several t in absolute value whose correlations have one factor:
/// ρ_ij = b_i b_j.</summary>
/// <remarks>Comparisons of independent means with one control are so (Dunnett 1955), and any with equal correlation.
/// Others are brought to the nearest such form, as SAS does (Hsu 1992).</remarks>
[<RequireQualifiedAccess>]
module internal Dunnett =

    // A loading of one would leave nothing of its own.
    let private largestLoading = 1.0 - 1e-9

    let private mostSweeps = 2000

    /// <summary>The loadings b whose products are nearest to correlations off the diagonal, in least squares.</summary>
    /// <remarks>One loading at a time, each its least-squares value given the others, until nothing changes.</remarks>
    let loadings (correlation: Matrix) : float[] =
        let n = correlation.Rows

        if n = 1 then
            [| 0.0 |]
        else
            // The signs of the first row's correlations: contrasts may be written either way round.
            let start =
                Array.init n (fun i ->
                    let size =
                        Seq.init n (fun j -> if i = j then 0.0 else abs correlation[i, j]) |> Seq.sum

                    let sign = if i > 0 && correlation[0, i] < 0.0 then -1.0 else 1.0
                    sign * sqrt (size / float (n - 1)))

            let b = Array.copy start
            let mutable change = 1.0
            let mutable sweep = 0

            while change > 1e-14 && sweep < mostSweeps do
                change <- 0.0
                sweep <- sweep + 1

                for i in 0 .. n - 1 do
                    let mutable above = 0.0
                    let mutable below = 0.0

                    for j in 0 .. n - 1 do
                        if j <> i then
                            above <- above + correlation[i, j] * b[j]
                            below <- below + b[j] * b[j]

                    let next =
                        if below > 0.0 then
                            min largestLoading (max -largestLoading (above / below))
                        else
                            0.0
                    // Half a step: two loadings alone would swing to and fro.
                    let next = 0.5 * (b[i] + next)
                    change <- max change (abs (next - b[i]))
                    b[i] <- next

            b

    // No largest of normals is beyond this with a probability above the smallest number.
    let private none = 45.0

    /// P(max |Z| > c), Z_i = b_i z + √(1 − b_i²) e_i.
    let private upperOfNormals (loadings: float[]) (c: float) =
        let own = loadings |> Array.map (fun b -> sqrt (1.0 - b * b))

        let part z =
            let mutable logInside = 0.0

            for i in 0 .. loadings.Length - 1 do
                let center = loadings[i] * z
                let above = StudentizedRange.normal ((center - c) / own[i])
                let below = StudentizedRange.normal (-(center + c) / own[i])

                logInside <-
                    logInside
                    + NumericFunction.evaluate NumericFunction.Log1p -(min 1.0 (above + below))

            StudentizedRange.density z * -Probability.expm1 logInside

        // A narrow conditional distribution would slip between the nodes of the rule. The integrand is even.
        let panel = max 0.01 (Array.min own)

        if c <= 0.0 then
            1.0
        elif c > none then
            0.0
        else
            min 1.0 (2.0 * StudentizedRange.integrate panel 0.0 8.5 part)

    let private upperBy (tail: float -> float) (loadings: float[]) (df: float) (c: float) =
        if Double.IsNaN c || Double.IsNaN df then nan
        elif c <= 0.0 then 1.0
        elif Double.IsInfinity c then 0.0
        elif loadings.Length = 1 then Probability.twoSided df c
        else RandomScale.expectation df (fun s -> tail (c * s))

    /// <summary>P(max |T| > c) for t with a common standard error of df degrees of freedom.</summary>
    let upper (loadings: float[]) (df: float) (c: float) =
        upperBy (upperOfNormals loadings) loadings df c

    /// <summary>The same for many questions about one family, by df and c, the inner integral interpolated; for one thread at a
    /// time.</summary>
    let ofLoadings (loadings: float[]) : float -> float -> float =
        let tail = InterpolatedTail(upperOfNormals loadings)
        upperBy tail.Upper loadings
