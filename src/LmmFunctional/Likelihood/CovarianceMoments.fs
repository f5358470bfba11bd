namespace LmmFunctional.Estimation

open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Model

/// <summary>The parameters that the covariance of the data is said to have: small-sample methods depend on the
/// choice.</summary>
[<RequireQualifiedAccess>]
type Parametrisation =
    /// Variances and covariances, σ² among them; structures of the residual by their own parameters.
    | VarianceScale
    /// Entries of the Cholesky factors of the covariance matrices, and σ²: SAS's FA0.
    | FactorScale

/// <summary>What inference about β needs of the k covariance parameters ψ, V absolute, at the estimates.</summary>
/// <remarks>The p×p matrices, by columns, are those of the fixed effects R⁻¹β, whose covariance is the identity:
/// nothing is lost
/// to columns of X far from zero. Symmetric pairs (i, j), j ≤ i, stand at i(i + 1)/2 + j.</remarks>
[<NoComparison; ReferenceEquality>]
type internal CovarianceMoments = {
    /// Names of ψ.
    Names: string[]
    Values: float[]
    /// Whether a parameter is a variance or a factor of zero or belongs to one: SAS holds such parameters fixed.
    AtBound: bool[]
    /// R, p×p on the user's scale: Cov(β̂) = (X'V⁻¹X)⁻¹ = R Rᵀ.
    Root: Matrix
    /// P_i = Rᵀ X'V⁻¹V̇_iV⁻¹X R, so that ∂Cov(β̂)/∂ψ_i = R P_i Rᵀ.
    First: float[][]
    /// The symmetric parts of Q_ij = Rᵀ X'V⁻¹V̇_iV⁻¹V̇_jV⁻¹X R, pair by pair.
    Products: Lazy<float[][]>
    /// R_ij = Rᵀ X'V⁻¹V̈_ijV⁻¹X R, pair by pair; None where V is linear in ψ.
    Seconds: Lazy<float[][]> option
    /// First derivatives of the criterion in ψ: zero inside the parameter space.
    Gradient: Lazy<float[]>
    /// Curvature of −2 log likelihood in ψ, k×k: β profiled out or integrated, σ² one of the parameters.
    Information: Information -> Matrix
}

[<RequireQualifiedAccess>]
module internal CovarianceMoments =

    /// The place of a symmetric pair.
    let pair i j =
        if i >= j then i * (i + 1) / 2 + j else j * (j + 1) / 2 + i

    /// All pairs in their order, made from (i, j), j ≤ i.
    let pairs count (create: int -> int -> float[]) : float[][] = [|
        for i in 0 .. count - 1 do
            for j in 0..i do
                create i j
    |]

    /// Σ_k weight_k a_k.
    let combine length (terms: seq<float * float[]>) : float[] =
        let sum: float[] = Array.zeroCreate length

        for weight, a in terms do
            if weight <> 0.0 then
                for index in 0 .. length - 1 do
                    sum[index] <- sum[index] + weight * a[index]

        sum

    /// <summary>Moments from matrices on the user's scale: Φ = (X'V⁻¹X)⁻¹, and X'V⁻¹ … V⁻¹X for all others,
    /// p×p.</summary>
    /// <remarks>Products and second derivatives are listed pair by pair.</remarks>
    let ofUserScale names values atBound (phi: Matrix) first (products: Lazy<float[][]>) seconds gradient information =
        let p = phi.Rows

        let root =
            Matrix<float>.Build.Dense(p, p, Array.copy phi.Values).Cholesky().Factor.ToColumnMajorArray()

        let transposed = Array.init (p * p) (fun k -> root[k / p + k % p * p])

        let inFrame (a: float[]) =
            let framed = Semidefinite.congruence p transposed a
            Array.init (p * p) (fun k -> 0.5 * (framed[k] + framed[k / p + k % p * p]))

        {
            Names = names
            Values = values
            AtBound = atBound
            Root = Matrix(p, p, root)
            First = first |> Array.map inFrame
            Products = lazy (products.Value |> Array.map inFrame)
            Seconds =
                seconds
                |> Option.map (fun (seconds: Lazy<float[][]>) -> lazy (seconds.Value |> Array.map inFrame))
            Gradient = gradient
            Information = information
        }

    /// <summary>The moments in other parameters η, m of them, by the chain rule.</summary>
    /// <param name="names">Names of η.</param>
    /// <param name="values">Values of η.</param>
    /// <param name="atBound">Which of η are variances of zero.</param>
    /// <param name="jacobian">∂ψ/∂η, k×m.</param>
    /// <param name="curvatures">For each ψ its second derivatives by η, m×m; None for a linear map.</param>
    /// <param name="moments">The moments in ψ.</param>
    let reparametrise
        names
        values
        atBound
        (jacobian: Matrix)
        (curvatures: SquareBlock[] option)
        (moments: CovarianceMoments)
        : CovarianceMoments =
        let k, m = jacobian.Rows, jacobian.Columns
        let size = moments.Root.Rows * moments.Root.Rows

        let bilinear (packed: float[][]) =
            pairs m (fun i j ->
                combine
                    size
                    (seq {
                        for a in 0 .. k - 1 do
                            for b in 0 .. k - 1 do
                                jacobian[a, i] * jacobian[b, j], packed[pair a b]
                    }))

        let curved =
            curvatures
            |> Option.map (fun curvatures ->
                lazy (pairs m (fun i j -> combine size (Seq.init k (fun a -> curvatures[a].[i, j], moments.First[a])))))

        let information kind =
            let own = moments.Information kind

            // The expectation of the gradient is zero.
            let curvature i j =
                match curvatures, kind with
                | Some curvatures, Information.Observed ->
                    Seq.init k (fun a -> moments.Gradient.Value[a] * curvatures[a].[i, j])
                    |> Seq.sum
                | _ -> 0.0

            Matrix.init m m (fun i j ->
                let mutable sum = curvature i j

                for a in 0 .. k - 1 do
                    for b in 0 .. k - 1 do
                        sum <- sum + jacobian[a, i] * own[a, b] * jacobian[b, j]

                sum)

        {
            Names = names
            Values = values
            AtBound = atBound
            Root = moments.Root
            First = Array.init m (fun i -> combine size (Seq.init k (fun a -> jacobian[a, i], moments.First[a])))
            Products = lazy (bilinear moments.Products.Value)
            Seconds =
                match moments.Seconds, curved with
                | None, curved -> curved
                | Some own, None -> Some(lazy (bilinear own.Value))
                | Some own, Some curved -> Some(lazy (Array.map2 (Array.map2 (+)) (bilinear own.Value) curved.Value))
            Gradient =
                lazy
                    (Array.init m (fun i -> Seq.init k (fun a -> jacobian[a, i] * moments.Gradient.Value[a]) |> Seq.sum))
            Information = information
        }
