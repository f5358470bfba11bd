namespace LmmFunctional.Analysis

open System
open MathNet.Numerics
open MathNet.Numerics.Distributions

/// <summary>A test of a sample: its statistic and p-value.</summary>
[<Struct>]
type internal SampleTest = { Statistic: float; P: float }

/// <summary>Tests of normality, mean and variance estimated.</summary>
[<RequireQualifiedAccess>]
module internal NormalTests =

    /// The most values of Shapiro and Wilk's test: its p-value is known up to there.
    let mostShapiroWilk = 5000

    let private polynomial (coefficients: float list) x =
        List.foldBack (fun c sum -> c + x * sum) coefficients 0.0

    /// Royston's weights: a₁ and a₂ from polynomials in 1/√n, the others proportional to normal scores; the upper half,
    /// largest first.
    let private weights n : float[] =
        let half = n / 2

        if n = 3 then
            [| sqrt 0.5 |]
        else
            let scores =
                Array.init half (fun i -> Normal.InvCDF(0.0, 1.0, (float i + 0.625) / (float n + 0.25)))

            let square = 2.0 * Array.sumBy (fun m -> m * m) scores
            let length = sqrt square
            let x = 1.0 / sqrt (float n)

            let first =
                polynomial [ 0.0; 0.221157; -0.147981; -2.07119; 4.434685; -2.706056 ] x
                - scores[0] / length

            if n > 5 then
                let second =
                    polynomial [ 0.0; 0.042981; -0.293762; -1.752461; 5.682633; -3.582633 ] x
                    - scores[1] / length

                let factor =
                    (square - 2.0 * scores[0] * scores[0] - 2.0 * scores[1] * scores[1])
                    / (1.0 - 2.0 * first * first - 2.0 * second * second)
                    |> sqrt

                Array.init half (fun i ->
                    match i with
                    | 0 -> first
                    | 1 -> second
                    | _ -> -scores[i] / factor)
            else
                let factor =
                    (square - 2.0 * scores[0] * scores[0]) / (1.0 - 2.0 * first * first) |> sqrt

                Array.init half (fun i -> if i = 0 then first else -scores[i] / factor)

    /// P of W = 1 − w: exact for three values, else 1 − W brought to a normal deviate.
    let private pOfShapiroWilk n (w: float) =
        if n = 3 then
            max 0.0 (6.0 / Math.PI * (Math.Asin(sqrt (1.0 - w)) - Math.Asin(sqrt 0.75)))
        else
            let size = float n

            let upper value mean deviation =
                0.5 * SpecialFunctions.Erfc((value - mean) / (deviation * sqrt 2.0))

            if n <= 11 then
                let gamma = 0.459 * size - 2.273
                let mean = polynomial [ 0.544; -0.39978; 0.025054; -6.714e-4 ] size
                let deviation = exp (polynomial [ 1.3822; -0.77857; 0.062767; -0.0020322 ] size)

                if log w >= gamma then
                    0.0
                else
                    upper -(log (gamma - log w)) mean deviation
            else
                let x = log size
                let mean = polynomial [ -1.5861; -0.31082; -0.083751; 0.0038915 ] x
                let deviation = exp (polynomial [ -0.4803; -0.082676; 0.0030302 ] x)
                upper (log w) mean deviation

    /// <summary>Shapiro and Wilk's test with Royston's weights and p-value (1995, algorithm AS R94).</summary>
    /// <param name="values">3 to 5000 values, not all equal.</param>
    let shapiroWilk (values: float[]) : SampleTest =
        let n = values.Length
        let sorted = Array.sort values
        let a = weights n
        let mean = Array.average sorted
        // Relative to the range, so that squares neither overflow nor vanish.
        let range = sorted[n - 1] - sorted[0]
        let deviations = sorted |> Array.map (fun x -> (x - mean) / range)

        let weight i =
            if 2 * i + 1 = n then 0.0
            elif i < n / 2 then -a[i]
            else a[n - 1 - i]

        let ssa = Seq.sumBy (fun i -> weight i * weight i) (seq { 0 .. n - 1 })
        let ssx = Array.sumBy (fun x -> x * x) deviations
        let sax = Seq.sumBy (fun i -> weight i * deviations[i]) (seq { 0 .. n - 1 })
        let size = sqrt (ssa * ssx)
        // 1 − W without the digits that W near one would cost.
        let w = (size - sax) * (size + sax) / (ssa * ssx)

        {
            Statistic = 1.0 - w
            P = pOfShapiroWilk n w
        }

    /// P of A²*, D'Agostino and Stephens (1986), table 4.9.
    let private pOfAndersonDarling a =
        if a < 0.2 then
            1.0 - exp (-13.436 + 101.14 * a - 223.73 * a * a)
        elif a < 0.34 then
            1.0 - exp (-8.318 + 42.796 * a - 59.938 * a * a)
        elif a < 0.6 then
            exp (0.9177 - 4.279 * a - 1.38 * a * a)
        elif a < 10.0 then
            exp (1.2937 - 5.709 * a + 0.0186 * a * a)
        else
            0.0

    /// <summary>Anderson and Darling's test, for any number of values from 8: A², and p of A²(1 + 0.75/n + 2.25/n²).</summary>
    let andersonDarling (values: float[]) : SampleTest =
        let n = values.Length
        let sorted = Array.sort values
        let mean = Array.average sorted

        let deviation =
            sqrt (Array.sumBy (fun x -> (x - mean) * (x - mean)) sorted / float (n - 1))

        let z = sorted |> Array.map (fun x -> (x - mean) / deviation)

        let logUpper x =
            log (0.5 * SpecialFunctions.Erfc(x / sqrt 2.0))

        let sum =
            Seq.sumBy (fun i -> float (2 * i + 1) * (logUpper -z[i] + logUpper z[n - 1 - i])) (seq { 0 .. n - 1 })

        let statistic = -float n - sum / float n
        let size = float n

        {
            Statistic = statistic
            P = pOfAndersonDarling (statistic * (1.0 + 0.75 / size + 2.25 / (size * size)))
        }

    /// The third and fourth standardised moments, the latter less three: zero for a normal distribution.
    let shape (values: float[]) : struct (float * float) =
        let mean = Array.average values

        let moment (k: int) =
            values |> Array.averageBy (fun x -> Math.Pow(x - mean, float k))

        let variance = moment 2
        struct (moment 3 / Math.Pow(variance, 1.5), moment 4 / (variance * variance) - 3.0)
