namespace LmmFunctional

open System
open System.Collections.Immutable
open LmmFunctional.Numerics

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
        IsPositive: bool
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

    /// The shift μ ≥ 0 with ‖(E + μ)⁻¹ c‖ = radius, by bisection on a bracket that always holds the root.
    let private shiftFor radius (eigenvalues: float[]) (coefficients: float[]) =
        let lengthAt shift =
            norm (Array.map2 (fun e c -> c / (e + shift)) eigenvalues coefficients)

        if lengthAt 0.0 <= radius then
            0.0
        else
            let mutable low = 0.0
            let mutable high = norm coefficients / radius

            for _ in 1..60 do
                let middle = 0.5 * (low + high)

                if lengthAt middle > radius then
                    low <- middle
                else
                    high <- middle

            high

    // For so many parameters eigenvalues cost far more than a triangular factor.
    let private many = 12

    // A factor with smaller pivots than this, relative to the largest, does not show that all eigenvalues are positive.
    let private sound = 1e-8

    /// Newton's step by a triangular factor, where the curvature is positive definite by a margin and the step within the
    /// radius: the same as by eigenvalues.
    let private newton radius (gradient: ImmutableArray<float>) (curvature: Matrix) : Step option =
        let k = gradient.Length
        let factor = Array.init (k * k) (fun index -> curvature[index % k, index / k])
        let largest = Seq.init k (fun i -> factor[i + i * k]) |> Seq.max

        let isSound =
            Dense.Factor(k, factor)
            && Seq.forall (fun i -> factor[i + i * k] * factor[i + i * k] > sound * largest) (seq { 0 .. k - 1 })

        if not isSound then
            None
        else
            let half = Array.init k (fun i -> -gradient[i])
            Dense.Solve(k, 1, factor, false, half)
            let direction = Array.copy half
            Dense.Solve(k, 1, factor, true, direction)
            let length = norm direction

            if length <= radius then
                Some {
                    Direction = direction
                    Length = length
                    Decrement = half |> Array.sumBy (fun h -> h * h)
                    IsPositive = true
                }
            else
                None

    let private byEigenvalues radius (gradient: ImmutableArray<float>) (curvature: Matrix) : Step =
        let k = gradient.Length

        let struct (values, vectors) =
            Semidefinite.eigen k (Array.init (k * k) (fun index -> curvature[index % k, index / k]))

        let largest = values |> Array.fold (fun m v -> max m (abs v)) 1e-300

        let eigenvalues =
            values |> Array.map (fun v -> max (abs v) (max rounding (flat * largest)))

        let along =
            Array.init k (fun e ->
                let mutable sum = 0.0

                for i in 0 .. k - 1 do
                    sum <- sum + vectors[i + e * k] * gradient[i]

                sum)

        let shift = shiftFor radius eigenvalues along

        let direction =
            Array.init k (fun i ->
                let mutable sum = 0.0

                for e in 0 .. k - 1 do
                    sum <- sum - vectors[i + e * k] * along[e] / (eigenvalues[e] + shift)

                sum)

        {
            Direction = direction
            Length = norm direction
            Decrement = Array.fold2 (fun sum c e -> sum + c * c / e) 0.0 along eigenvalues
            IsPositive = values |> Array.forall (fun v -> v > flat * largest)
        }

    /// <summary>The step from a point with this gradient and curvature (k×k), no longer than the radius.</summary>
    let step (radius: float) (gradient: ImmutableArray<float>) (curvature: Matrix) : Step =
        if gradient.IsEmpty then
            {
                Direction = [||]
                Length = 0.0
                Decrement = 0.0
                IsPositive = true
            }
        else
            (if gradient.Length >= many then
                 newton radius gradient curvature
             else
                 None)
            |> Option.defaultWith (fun () -> byEigenvalues radius gradient curvature)

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
