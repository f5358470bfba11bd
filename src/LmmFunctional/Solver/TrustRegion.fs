namespace LmmFunctional

open System
open System.Collections.Immutable

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

    /// <summary>The step from a point with this gradient and curvature (k×k), no longer than the radius.</summary>
    let step (radius: float) (gradient: ImmutableArray<float>) (curvature: Matrix) : Step =
        let k = gradient.Length

        if k = 0 then
            {
                Direction = [||]
                Length = 0.0
                Decrement = 0.0
                IsPositive = true
            }
        else
            // Parameters differ in scale: eigenvalues are taken after scaling the diagonal to one.
            let scale =
                Array.init k (fun i ->
                    let d = abs curvature[i, i] in if d > 0.0 && Double.IsFinite d then 1.0 / sqrt d else 1.0)

            let scaled =
                Array.init (k * k) (fun index ->
                    let i, j = index % k, index / k
                    curvature[i, j] * scale[i] * scale[j])

            let struct (values, vectors) = Semidefinite.eigen k scaled
            let largest = values |> Array.fold (fun m v -> max m (abs v)) 1e-300
            let eigenvalues = values |> Array.map (fun v -> max (abs v) (1e-10 * largest))

            let coefficients =
                Array.init k (fun e ->
                    let mutable sum = 0.0

                    for i in 0 .. k - 1 do
                        sum <- sum + vectors[i + e * k] * scale[i] * gradient[i]

                    sum)

            let directionFor shift =
                Array.init k (fun i ->
                    let mutable sum = 0.0

                    for e in 0 .. k - 1 do
                        sum <- sum - vectors[i + e * k] * coefficients[e] / (eigenvalues[e] + shift)

                    sum * scale[i])

            // The radius is measured on the user's scale, so the shift found on the scaled one is tightened if need be.
            let rec within shift tries =
                let direction = directionFor shift
                let length = norm direction

                if length <= radius * 1.0000001 || tries = 0 then
                    if length <= radius * 1.0000001 then
                        direction
                    else
                        direction |> Array.map (fun d -> d * radius / length)
                else
                    within (max (4.0 * shift) (1e-3 * largest)) (tries - 1)

            let newton = directionFor 0.0

            let direction =
                if norm newton <= radius then
                    newton
                else
                    let scaledRadius =
                        radius / norm newton
                        * norm (Array.map2 (fun c e -> c / e) coefficients eigenvalues)

                    within (shiftFor scaledRadius eigenvalues coefficients) 20

            {
                Direction = direction
                Length = norm direction
                Decrement = Array.fold2 (fun sum c e -> sum + c * c / e) 0.0 coefficients eigenvalues
                IsPositive = values |> Array.forall (fun v -> v > 1e-10 * largest)
            }
