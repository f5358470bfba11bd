namespace LmmFunctional

open LmmFunctional.Numerics
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Whether the curvature at an optimum tells all parameters: its eigenvalues, and directions that are flat or endless.</summary>
[<RequireQualifiedAccess>]
module internal CurvatureCheck =

    // A scaled eigenvalue below this is zero to the accuracy of the curvature.
    let flat = 1e-8

    // A curvature below this, relative to the largest or to one, is rounding: that by a standard deviation of 10⁵ times the
    // residual one is about 1e-10.
    let rounding = 1e-13

    // A parameter on a logarithmic scale with less curvature than this, in −2 log likelihood units, would have a standard
    // error above 400: factors of e^400 are as likely as not.
    let unboundedCurvature = 1e-5

    // A quantity of e^100 times the others on its scale is on its way to infinity.
    let infinite = 100.0

    /// What makes the diagonal one. What is rounding itself stays as it is: scaled up it would be curvature of either sign.
    let scaleOf (matrix: Matrix) (free: int[]) =
        let largest =
            free |> Array.fold (fun largest i -> max largest (abs matrix[i, i])) 1.0

        free
        |> Array.map (fun i ->
            let own = abs matrix[i, i]
            if own > rounding * largest then 1.0 / sqrt own else 1.0)

    /// Eigenvalues, ascending, and eigenvectors of the curvature in the free parameters, its diagonal scaled to one.
    let eigen (matrix: Matrix) (free: int[]) =
        let scale = scaleOf matrix free
        let n = free.Length

        let scaled =
            Array.init (n * n) (fun k -> matrix[free[k % n], free[k / n]] * scale[k % n] * scale[k / n])

        Semidefinite.eigen n scaled

    /// The parameters that make up a direction: those with a share in it.
    let namesIn (objective: Objective) (parameters: int[]) (direction: float[]) =
        let largest = direction |> Array.fold (fun largest d -> max largest (abs d)) 0.0

        [
            for i in 0 .. parameters.Length - 1 do
                if abs direction[i] > 0.1 * largest then
                    objective.Names[parameters[i]]
        ]

    /// The direction of least curvature among parameters without a bound, the others at their best: where there is none to
    /// speak of, the criterion only falls on and on towards the end of their scale.
    let endless (objective: Objective) (matrix: Matrix) (free: int[]) =
        let unbounded, others =
            free |> Array.partition (fun parameter -> objective.Unbounded[parameter])

        let k, n = unbounded.Length, others.Length

        let part (rows: int[]) (columns: int[]) =
            Array.init (rows.Length * columns.Length) (fun at ->
                matrix[rows[at % rows.Length], columns[at / rows.Length]])

        let factor = part others others

        if k = 0 || not (Dense.Factor(n, factor)) then
            None
        else
            let profile = part unbounded unbounded
            let half = part others unbounded
            Dense.Solve(n, k, factor, false, half)
            let taken = Dense.Multiply(k, k, n, half, true, half, false)
            let struct (values, vectors) = Semidefinite.eigen k (Array.map2 (-) profile taken)

            if values[0] < unboundedCurvature then
                Some(namesIn objective unbounded (Array.sub vectors 0 k))
            else
                None

    /// The parameters that change along the directions without curvature, in the order of the parameters.
    let flatNames (objective: Objective) natural (matrix: Matrix) (free: int[]) (values: float[]) vectors =
        let scale = scaleOf matrix free
        let n = free.Length

        let changed = [
            for e in 0 .. n - 1 do
                if values[e] < flat then
                    let along: float[] = Array.zeroCreate objective.Names.Length

                    free
                    |> Array.iteri (fun a i -> along[i] <- (vectors: float[])[a + e * n] * scale[a])

                    yield! namesIn objective [| 0 .. along.Length - 1 |] (natural along)
        ]

        objective.Names
        |> Seq.filter (fun name -> List.contains name changed)
        |> List.ofSeq
