namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Estimates from the factored equations, and effects with their covariances from the inner to the user's scale.
/// </summary>
[<RequireQualifiedAccess>]
module internal UserScale =

    /// Φ = (LLᵀ)⁻¹ of the leading p×p part of a P×P factor, and β = L⁻ᵀ l_y.
    let fixedEffects p (l: float[]) =
        let size = p + 1
        // X = L⁻¹ by columns.
        let inverse: float[] = Array.zeroCreate (p * p)

        for j in 0 .. p - 1 do
            for i in j .. p - 1 do
                let mutable sum = if i = j then 1.0 else 0.0

                for k in j .. i - 1 do
                    sum <- sum - l[i + k * size] * inverse[k + j * p]

                inverse[i + j * p] <- sum / l[i + i * size]

        let beta =
            Array.init p (fun i ->
                let mutable sum = 0.0

                for k in i .. p - 1 do
                    sum <- sum + inverse[k + i * p] * l[p + k * size]

                sum)

        let phi =
            Array.init (p * p) (fun index ->
                let i, j = index % p, index / p
                let mutable sum = 0.0

                for k in max i j .. p - 1 do
                    sum <- sum + inverse[k + i * p] * inverse[k + j * p]

                sum)

        beta, phi

    /// Σ w y² on the inner scale.
    let totalSquare (standard: Standardised) =
        match standard.RootWeights with
        | None -> standard.Response |> Array.sumBy (fun y -> y * y)
        | Some roots -> Array.fold2 (fun sum y root -> sum + y * y * root * root) 0.0 standard.Response roots

    /// T G v for the scores v of each level in units of the response: effects on the user's scale.
    let effects (term: StandardisedTerm) (g: float[]) scale (scores: float[]) =
        let n = term.Factor.Order
        let map: float[] = Array.zeroCreate (n * n)
        Small.Multiply(n, term.Transform, 0, false, g, 0, map, 0)
        let result: float[] = Array.zeroCreate (term.Levels * n)

        for level in 0 .. term.Levels - 1 do
            for k in 0 .. n - 1 do
                let score = scale * scores[level * n + k]

                for i in 0 .. n - 1 do
                    result[level * n + i] <- result[level * n + i] + map[i + k * n] * score

        result

    /// Covariances of all levels of a term, from the inner to the user's scale.
    let conditional (term: StandardisedTerm) (inner: int -> float[]) =
        let n = term.Factor.Order
        let result: float[] = Array.zeroCreate (term.Levels * n * n)

        for level in 0 .. term.Levels - 1 do
            Array.blit (Semidefinite.congruence n term.Transform (inner level)) 0 result (level * n * n) (n * n)

        result

    /// Covariances of û − u with β estimated: C + (T G e)(T G e)ᵀ for the columns e (S each, p of them) of each level.
    let prediction (term: StandardisedTerm) (g: float[]) p (conditional: float[]) (fixedScores: int -> float[]) =
        let n = term.Factor.Order
        let map: float[] = Array.zeroCreate (n * n)
        Small.Multiply(n, term.Transform, 0, false, g, 0, map, 0)
        let result = Array.copy conditional

        for level in 0 .. term.Levels - 1 do
            let scores = fixedScores level
            let at = level * n * n

            for c in 0 .. p - 1 do
                let image =
                    Array.init n (fun i -> Seq.init n (fun k -> map[i + k * n] * scores[k + c * n]) |> Seq.sum)

                for j in 0 .. n - 1 do
                    for i in 0 .. n - 1 do
                        result[at + i + j * n] <- result[at + i + j * n] + image[i] * image[j]

        result
