namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra

/// <summary>What holds on average over data drawn from the fitted model.</summary>
/// <remarks>Residuals are in standard errors of the simulation; the draws are the same every time.</remarks>
[<RequireQualifiedAccess>]
module internal SimulationIdentities =

    open IdentityWords

    let private draws = 100

    // Sums of squares of few normal variables have long tails: a true identity is this far off about once in 10⁷ times.
    let private allowed = 6.0

    let private normals (random: Random) rows =
        Matrix<float>
            .Build.Dense(
                rows,
                draws,
                fun _ _ ->
                    sqrt (-2.0 * log (1.0 - random.NextDouble()))
                    * cos (2.0 * Math.PI * random.NextDouble())
            )

    /// y − Xβ̂ of each draw, n×draws, β̂ being what the fit claims: the draws have the mean that solves X'V⁻¹(y − Xβ) = 0.
    let private simulate (setting: Setting) (dense: Dense) =
        let random = Random 3
        let shift = setting.MarginalResidual.Column 0 - dense.V * dense.ProjectedResponse

        let deviations =
            dense.Loadings * normals random dense.Loadings.ColumnCount
            + Marginal.timesRootR setting.Model (normals random setting.N)

        deviations.MapIndexed(fun row _ value -> value + shift[row])

    let private standardised (variance: float) (mean: float) =
        if variance > 0.0 then
            abs mean / sqrt (variance / float draws)
        else
            0.0

    /// V̇ along all parameters at once, by random steps, and along σ²: an expectation that is wrong shows in one of them.
    let private directions (dense: Dense) =
        let random = Random 4

        [
            dense.V
            if dense.Derivatives.Length > 0 then
                dense.Derivatives
                |> Array.map (fun derivative -> (2.0 * random.NextDouble() - 1.0) * derivative)
                |> Array.reduce (+)
        ]

    let private score (setting: Setting) (dense: Dense) =
        let weighted = dense.TraceMatrix * simulate setting dense

        directions dense
        |> List.map (fun derivative ->
            let product = dense.TraceMatrix * derivative
            let squares = weighted.PointwiseMultiply(derivative * weighted).ColumnSums()
            let variance = 2.0 * product.PointwiseMultiply(product.Transpose()).RowSums().Sum()
            // A parameter that does not move V has no score.
            if variance > 1e-16 * float setting.N then
                standardised variance (squares.Sum() / float draws - product.Trace())
            else
                0.0)
        |> largest
        |> within allowed

    let private orthogonal (setting: Setting) (dense: Dense) =
        let y = simulate setting dense

        directions dense
        |> List.map (fun derivative ->
            // Of any size: squares of the smallest would vanish.
            let size = max Double.Epsilon (norm derivative)
            let a = dense.Precision * (derivative / size * setting.WeightedBasis)
            let means = (a.TransposeThisAndMultiply y).RowSums() / float draws
            let variances = (a.TransposeThisAndMultiply(dense.V * a)).Diagonal()
            Seq.map2 standardised variances means |> largest)
        |> largest
        |> within allowed

    /// <summary>The identities.</summary>
    let all: Identity list = [
        create
            "expected score"
            "E{u(κ)} = 0 over data drawn from the fit"
            "Searle, Casella & McCulloch (1992), Variance Components"
            (onDense score)
        create
            "zero information between β and κ"
            "E{XᵀV⁻¹V̇V⁻¹(y − Xβ)} = 0 over data drawn from the fit"
            "Searle, Casella & McCulloch (1992), Variance Components"
            (onDense orthogonal)
    ]
