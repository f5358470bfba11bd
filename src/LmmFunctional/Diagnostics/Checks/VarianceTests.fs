namespace LmmFunctional.Analysis

open System

/// <summary>Tests of equal variances.</summary>
[<RequireQualifiedAccess>]
module internal VarianceTests =

    let private median (values: float[]) =
        let sorted = Array.sort values
        let n = sorted.Length
        0.5 * (sorted[(n - 1) / 2] + sorted[n / 2])

    /// <summary>Levene's test with medians (Brown and Forsythe 1974): F of the absolute deviations from the median of each group.
    /// </summary>
    /// <returns>F with its two degrees of freedom and p.</returns>
    let brownForsythe (groups: float[][]) : struct (float * int * int * float) =
        let deviations =
            groups
            |> Array.map (fun values ->
                let center = median values
                values |> Array.map (fun x -> abs (x - center)))

        let n = deviations |> Array.sumBy _.Length
        let k = groups.Length
        let mean = Array.sumBy Array.sum deviations / float n

        let between =
            deviations
            |> Array.sumBy (fun own -> float own.Length * (Array.average own - mean) ** 2.0)

        let within =
            deviations
            |> Array.sumBy (fun own ->
                let center = Array.average own
                own |> Array.sumBy (fun x -> (x - center) ** 2.0))

        let f = between / float (k - 1) / (within / float (n - k))
        struct (f, k - 1, n - k, Probability.upperF (k - 1) (float (n - k)) f)

    /// <summary>Koenker's studentised Breusch-Pagan test along one variable: n R² of the squares regressed on it, χ² on one degree
    /// of freedom.</summary>
    /// <returns>The statistic, p, and the correlation of squares and variable.</returns>
    let breuschPagan (squares: float[]) (along: float[]) : struct (float * float * float) =
        let n = float squares.Length
        let meanY, meanX = Array.average squares, Array.average along
        let mutable xx = 0.0
        let mutable yy = 0.0
        let mutable xy = 0.0

        for i in 0 .. squares.Length - 1 do
            let x, y = along[i] - meanX, squares[i] - meanY
            xx <- xx + x * x
            yy <- yy + y * y
            xy <- xy + x * y

        let correlation = xy / sqrt (xx * yy)
        let statistic = n * correlation * correlation
        struct (statistic, Probability.upperF 1 infinity statistic, correlation)
