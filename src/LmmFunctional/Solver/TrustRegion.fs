namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model

/// <summary>The step of a Newton method within a radius, from the eigenvalues of the curvature.</summary>
/// <remarks>A negative eigenvalue counts by its size, so that the step goes down along it (Dauphin et al. 2014); an eigenvalue
/// near zero is raised to a floor, so that the matrix in use is always positive definite.</remarks>
[<RequireQualifiedAccess>]
module internal TrustRegion =

    /// A step, its length, the model's decrease and the Newton decrement g'H⁻¹g.
    [<NoComparison; ReferenceEquality>]
    type Step = {
        Direction: float[]
        Length: float
        Decrement: float
        /// By how much a quadratic with this curvature falls.
        Fall: float
        IsPositive: bool
        /// The step within a smaller radius.
        Within: float -> Step
    }

    // Relative to the largest, an eigenvalue below this is zero to the accuracy of the curvature.
    let private flat = 1e-12

    // On a dimensionless scale a curvature below this is rounding: nothing is to be gained along it.
    let private rounding = 1e-10

    let private norm (values: float[]) =
        let mutable sum = 0.0

        for value in values do
            sum <- sum + value * value

        sqrt sum

    // Of a radius that is a rule of thumb.
    let private closeToRadius = 1e-12

    /// The shift μ ≥ 0 with ‖(E + μ)⁻¹ c‖ = radius; zero where the length is within it already.
    /// Newton's steps for 1/length, which is concave in μ, come up to the root from below: Moré and Sorensen (1983).
    let private shiftFor radius (eigenvalues: float[]) (coefficients: float[]) =
        let mutable shift = 0.0
        let mutable isFound = false

        while not isFound do
            let mutable square = 0.0
            let mutable slope = 0.0

            for k in 0 .. eigenvalues.Length - 1 do
                let part = coefficients[k] / (eigenvalues[k] + shift)
                square <- square + part * part
                slope <- slope + part * part / (eigenvalues[k] + shift)

            let length = sqrt square
            let next = shift + square / slope * (length - radius) / radius

            if length > radius * (1.0 + closeToRadius) && next > shift then
                shift <- next
            else
                isFound <- true

        shift

    // Relative to the largest element of the diagonal, pivots above this leave no eigenvalue near the floor.
    let private regular = 1e-7

    /// Newton's step from a Cholesky factor, where the curvature is far from singular.
    let private newton k (gradient: ImmutableArray<float>) (curvature: Matrix) within : Step option =
        let factor: float[] = Array.zeroCreate (k * k)
        curvature.Values.AsSpan().CopyTo(factor.AsSpan())
        let mutable largest = 0.0

        for i in 0 .. k - 1 do
            largest <- max largest factor[i + i * k]

        let isRegular () =
            let mutable least = infinity

            for i in 0 .. k - 1 do
                least <- min least (factor[i + i * k] * factor[i + i * k])

            least > regular * largest && least > regular

        if Small.Cholesky(k, factor, 0) && isRegular () then
            let direction: float[] = Array.zeroCreate k

            for i in 0 .. k - 1 do
                direction[i] <- -gradient[i]

            Small.SolveLower(k, factor, 0, 1, direction, 0)
            let decrement = direction |> Array.sumBy (fun c -> c * c)
            Small.SolveLowerTransposed(k, factor, 0, 1, direction, 0)

            Some {
                Direction = direction
                Length = norm direction
                Decrement = decrement
                Fall = 0.5 * decrement
                IsPositive = true
                Within = within
            }
        else
            None

    let rec private nowhere = {
        Direction = [||]
        Length = 0.0
        Decrement = 0.0
        Fall = 0.0
        IsPositive = true
        Within = fun _ -> nowhere
    }

    // One reference, replaced as a whole: any thread may ask.
    let private last: (Matrix * struct (float[] * float[])) option ref = ref None

    /// Eigenvalues and eigenvectors. The last ones are kept: a curvature is asked for its decrement, then for a step.
    let private decomposed k (curvature: Matrix) =
        match last.Value with
        | Some(known, decomposition) when LanguagePrimitives.PhysicalEquality known curvature -> decomposition
        | _ ->
            let decomposition =
                Semidefinite.eigen k (Array.init (k * k) (fun index -> curvature[index % k, index / k]))

            last.Value <- Some(curvature, decomposition)
            decomposition

    /// The step within any radius.
    let private shifted k (gradient: ImmutableArray<float>) (curvature: Matrix) : float -> Step =
        if k = 0 then
            fun _ -> nowhere
        else
            let struct (values, vectors) = decomposed k curvature

            let largest = values |> Array.fold (fun m v -> max m (abs v)) 1e-300

            let eigenvalues =
                values |> Array.map (fun v -> max (abs v) (max rounding (flat * largest)))

            let along =
                Array.init k (fun e ->
                    let mutable sum = 0.0

                    for i in 0 .. k - 1 do
                        sum <- sum + vectors[i + e * k] * gradient[i]

                    sum)

            let rec within radius =
                let shift = shiftFor radius eigenvalues along

                let direction =
                    Array.init k (fun i ->
                        let mutable sum = 0.0

                        for e in 0 .. k - 1 do
                            sum <- sum - vectors[i + e * k] * along[e] / (eigenvalues[e] + shift)

                        sum)

                let fallAlong c e =
                    c * c * (0.5 * e + shift) / ((e + shift) * (e + shift))

                {
                    Direction = direction
                    Length = norm direction
                    Decrement = Array.fold2 (fun sum c e -> sum + c * c / e) 0.0 along eigenvalues
                    Fall = Array.fold2 (fun sum c e -> sum + fallAlong c e) 0.0 along eigenvalues
                    IsPositive = values |> Array.forall (fun v -> v > flat * largest)
                    Within = within
                }

            within

    /// <summary>The step from a point with this gradient and curvature (k×k), no longer than the radius.</summary>
    let step (radius: float) (gradient: ImmutableArray<float>) (curvature: Matrix) : Step =
        let k = gradient.Length
        let shifted radius = shifted k gradient curvature radius

        match newton k gradient curvature shifted with
        | Some step when k > 0 && step.Length <= radius -> step
        | _ -> shifted radius

    // Scaled to a unit diagonal, an eigenvalue above this is not negative to the accuracy of the curvature.
    let private negative = -1e-6

    // A second derivative below this is rounding.
    let private unresolved = 1e-8

    /// <summary>The direction in which the curvature among the free parameters is most negative, of length one and not up the
    /// gradient; None where it is nowhere negative.</summary>
    let downward
        (fixedAt: ImmutableArray<bool>)
        (gradient: ImmutableArray<float>)
        (curvature: Matrix)
        : float[] option =
        let free = Array.init fixedAt.Length id |> Array.filter (fun i -> not fixedAt[i])

        let scale =
            free |> Array.map (fun i -> 1.0 / sqrt (max unresolved (abs curvature[i, i])))

        if free.Length = 0 then
            None
        else
            let n = free.Length

            let struct (values, vectors) =
                Semidefinite.eigen
                    n
                    (Array.init (n * n) (fun k -> curvature[free[k % n], free[k / n]] * scale[k % n] * scale[k / n]))

            if values[0] >= negative then
                None
            else
                let direction: float[] = Array.zeroCreate fixedAt.Length

                free |> Array.iteri (fun a i -> direction[i] <- vectors[a] * scale[a])

                let slope = Seq.fold2 (fun sum d g -> sum + d * g) 0.0 direction gradient
                let length = if slope > 0.0 then -(norm direction) else norm direction
                Some(direction |> Array.map (fun d -> d / length))
