namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>The correlations ρ_1 … ρ_c for which the banded Toeplitz matrix of order m is positive definite.</summary>
/// <remarks>The region is convex and bounded, and F(ρ) = −log det M(ρ) is strictly convex in it and grows without bound
/// towards its edge. The gradient of such a function maps the region one to one and smoothly onto the whole space
/// (Rockafellar 1970, theorem 26.5), which gives a τ for exactly the matrices that are positive definite on these m
/// positions. An invertible moving average would give only those that stay so for every m.</remarks>
[<NoComparison; ReferenceEquality>]
type internal BandedRegion = {
    /// m.
    Order: int
    /// c, the number of lags that are not zero.
    Count: int
}

/// <summary>F with its derivatives at a point of a region.</summary>
[<NoComparison; ReferenceEquality>]
type internal BandedBarrier = {
    Value: float
    Gradient: float[]
    /// c×c by columns.
    Hessian: float[]
    /// M⁻¹ E_k for every lag, E_k the derivative of M; m×m by columns.
    Products: float[][]
}

[<RequireQualifiedAccess>]
module internal BandedRegion =

    let private matrix region (rho: float[]) =
        let m = region.Order

        Array.init (m * m) (fun at ->
            let lag = abs (at % m - at / m)

            if lag = 0 then 1.0
            elif lag <= region.Count then rho[lag - 1]
            else 0.0)

    /// Σ_ab p[a, b] q[b, a].
    let private trace m (p: float[]) (q: float[]) =
        let mutable sum = 0.0

        for b in 0 .. m - 1 do
            for a in 0 .. m - 1 do
                sum <- sum + p[a + b * m] * q[b + a * m]

        sum

    /// F and its first two derivatives: −tr(R E_k) and tr(R E_k R E_l), R = M⁻¹; None outside the region.
    let barrier region (rho: float[]) =
        let m, c = region.Order, region.Count
        let factor = matrix region rho

        if not (Small.Cholesky(m, factor, 0)) then
            None
        else
            let inverse: float[] = Array.zeroCreate (m * m)

            for i in 0 .. m - 1 do
                inverse[i + i * m] <- 1.0

            Small.SolveLower(m, factor, 0, m, inverse, 0)
            Small.SolveLowerTransposed(m, factor, 0, m, inverse, 0)

            let products =
                Array.init c (fun k ->
                    let lag = k + 1

                    Array.init (m * m) (fun at ->
                        let i, j = at % m, at / m
                        let left = if j >= lag then inverse[i + (j - lag) * m] else 0.0
                        let right = if j + lag < m then inverse[i + (j + lag) * m] else 0.0
                        left + right))

            Some {
                Value = -2.0 * Seq.sum (Seq.init m (fun i -> log factor[i + i * m]))
                Gradient = products |> Array.map (fun p -> -Seq.sum(Seq.init m (fun i -> p[i + i * m])))
                Hessian = Array.init (c * c) (fun at -> trace m products[at % c] products[at / c])
                Products = products
            }

    /// The third derivatives −2 tr(R E_j R E_k R E_l), c×c×c.
    let third region (barrier: BandedBarrier) =
        let m, c = region.Order, region.Count
        let derivatives = Array3D.zeroCreate c c c
        let product: float[] = Array.zeroCreate (m * m)

        for j in 0 .. c - 1 do
            for k in 0..j do
                Small.Multiply(m, barrier.Products[j], 0, false, barrier.Products[k], 0, product, 0)

                for l in 0..k do
                    let value = -2.0 * trace m product barrier.Products[l]

                    for struct (a, b, d) in
                        [
                            struct (j, k, l)
                            struct (j, l, k)
                            struct (k, j, l)
                            struct (k, l, j)
                            struct (l, j, k)
                            struct (l, k, j)
                        ] do
                        derivatives[a, b, d] <- value

        derivatives

    /// <summary>The ρ where the gradient of F is the target, and F there: Newton's method on F(ρ) − targetᵀρ, with steps
    /// halved until they stay inside and descend.</summary>
    let solve region (target: float[]) =
        let c = region.Count
        let barrierAt = barrier region

        let dot (a: float[]) (b: float[]) =
            Array.fold2 (fun sum x y -> sum + x * y) 0.0 a b

        let rec iterate count (rho: float[]) (barrier: BandedBarrier) =
            let gradient = Array.map2 (-) barrier.Gradient target
            let step = gradient |> Array.map (~-)
            let hessian = Array.copy barrier.Hessian
            Small.Cholesky(c, hessian, 0) |> ignore
            Small.SolveLower(c, hessian, 0, 1, step, 0)
            Small.SolveLowerTransposed(c, hessian, 0, 1, step, 0)
            let decrement = -(dot gradient step)

            let moved size =
                Array.map2 (fun x d -> x + size * d) rho step

            // Below this decrement the function no longer resolves a step, but full steps still converge quadratically.
            let rec search size =
                let next = moved size

                match barrierAt next with
                | Some there when
                    decrement < 1e-6
                    || there.Value - dot target next < barrier.Value - dot target rho - 0.1 * size * decrement
                    ->
                    Some(next, there)
                | _ when size < 1e-10 -> None
                | _ -> search (0.5 * size)

            if decrement < 1e-24 || count = 0 then
                rho, barrier
            else
                match search 1.0 with
                | Some(next, there) -> iterate (count - 1) next there
                | None -> rho, barrier

        let zero: float[] = Array.zeroCreate c

        match barrier region zero with
        | Some start -> iterate 200 zero start
        | None -> invalidOp "The identity is positive definite."
