namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>The asymptotic covariance of the covariance parameters: twice the inverse of the curvature of −2 log
/// likelihood.</summary>
[<RequireQualifiedAccess>]
module internal ParameterCovariance =

    // Relative to a unit diagonal: below this a direction has no curvature to invert.
    let private smallest = 1e-10

    /// <summary>2 H⁺, k×k: directions without positive curvature are left out, and so are the parameters not
    /// kept.</summary>
    let ofCurvature (isKept: int -> bool) (curvature: Matrix) : float[,] =
        let k = curvature.Rows

        let kept =
            [| 0 .. k - 1 |] |> Array.filter (fun i -> isKept i && curvature[i, i] > 0.0)

        let n = kept.Length
        let scale = kept |> Array.map (fun i -> 1.0 / sqrt curvature[i, i])
        let result = Array2D.zeroCreate k k

        if n > 0 then
            let scaled =
                Array.init (n * n) (fun index ->
                    let i, j = index % n, index / n
                    curvature[kept[i], kept[j]] * scale[i] * scale[j])

            let struct (values, vectors) = Semidefinite.eigen n scaled

            for e in 0 .. n - 1 do
                if values[e] > smallest then
                    for i in 0 .. n - 1 do
                        for j in 0 .. n - 1 do
                            result[kept[i], kept[j]] <-
                                result[kept[i], kept[j]]
                                + 2.0 * vectors[i + e * n] * vectors[j + e * n] / values[e] * scale[i] * scale[j]

        result

    /// <summary>The covariance that a convention takes.</summary>
    /// <remarks>Observed information says nothing of a variance or a factor held at zero, and SAS leaves it out, as a
    /// factor of zero
    /// counts for nothing in lmerTest; the expected information of pbkrtest keeps a variance of zero.</remarks>
    let ofMoments (convention: Convention) (moments: CovarianceMoments) : float[,] =
        let isKept i =
            convention.Information = Information.Expected || not moments.AtBound[i]

        ofCurvature isKept (moments.Information convention.Information)
