namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra
open LmmFunctional

/// <summary>Scores and informations by Henderson's matrix C in place of V.</summary>
[<RequireQualifiedAccess>]
module internal HendersonIdentities =

    open IdentityWords

    // Products of C⁻¹ and V̇, twice over.
    let private tolerance (setting: Setting) =
        16.0 * setting.Rounding * sqrt (float setting.N) * setting.FixedCondition

    /// The blocks of one term on the diagonal of a matrix over all effects, added up.
    let private blockSum (setting: Setting) t (a: Matrix<float>) =
        let model = setting.Model
        let start = (Marginal.sphereStarts model)[t]
        let s = model.Terms[t].Order

        List.init model.Terms[t].Rank (fun level -> a.SubMatrix(start + level * s, s, start + level * s, s))
        |> List.reduce (+)

    let private outer (a: Matrix<float>) = a * a.Transpose()

    /// tr(P V̇) − yᵀP V̇ P y from V against the same from C, R⁻¹ and G⁻¹; the score of G times G on both sides.
    let private byBlocks (setting: Setting) (dense: Dense) =
        let model = setting.Model
        let p = setting.Basis.ColumnCount
        let k = dense.Loadings
        let traceMatrix = dense.TraceMatrix
        let weighted = dense.ProjectedResponse.ToColumnMatrix()

        // C⁻¹ with u = Λv, and W to match; under ML the fixed effects are no part of it.
        let first = if setting.IsRestricted then 0 else p
        let size = dense.Henderson.RowCount - first

        let inverse =
            dense.Henderson.SubMatrix(first, size, first, size).Cholesky().Solve(Matrix<float>.Build.DenseIdentity size)

        let w = if setting.IsRestricted then setting.Basis.Append k else k
        let q = k.ColumnCount
        let own = inverse.SubMatrix(size - q, q, size - q, q)
        let identity = Matrix<float>.Build.DenseIdentity q
        let images = k.TransposeThisAndMultiply weighted
        let unrelated = Marginal.unrelated model setting.Effects

        let forG =
            model.Terms
            |> List.mapi (fun t term ->
                let l = term.Factor

                let byV =
                    l
                    * blockSum setting t (k.TransposeThisAndMultiply(traceMatrix * k) - outer images)
                    * l.Transpose()

                let effects = outer unrelated |> blockSum setting t
                let byC = l * blockSum setting t (identity - own) * l.Transpose() - effects
                // What the difference from I is taken of.
                distanceOf (float term.Rank * norm term.Covariance) byV byC)

        let residual = Marginal.solveR model setting.ConditionalResidual

        let forR =
            dense.ResidualDerivatives
            |> List.map (fun derivative ->
                let trace = traceMatrix.PointwiseMultiply(derivative).RowSums().Sum()
                let square = (weighted.TransposeThisAndMultiply(derivative * weighted))[0, 0]
                let scaled = Marginal.solveR model w

                let own = Marginal.solveR model derivative

                let traceByC =
                    own.Trace()
                    - (inverse * scaled.TransposeThisAndMultiply(derivative * scaled)).Trace()

                let squareByC = (residual.TransposeThisAndMultiply(derivative * residual))[0, 0]
                // Where the residuals are small, what is left of these sums is much less than they are.
                let size = own.Diagonal().PointwiseAbs().Sum() + abs squareByC
                gap size (trace - square) (traceByC - squareByC))

        // Effects of unrelated levels are those of related ones divided by T.
        let conditions =
            model.Terms |> List.choose _.Relation |> List.map _.Root.ConditionNumber()

        largest (forG @ forR)
        |> within (tolerance setting * List.fold max 1.0 conditions)

    /// [Q y X Z]ᵀR⁻¹[Q y X Z] with G⁻¹ added, W absorbed: what is left is [Q y]ᵀP[Q y].
    let private absorbed isBeside (setting: Setting) (dense: Dense) =
        let working =
            dense.Derivatives
            |> Array.map (fun d -> d * dense.ProjectedResponse)
            |> Matrix<float>.Build.DenseOfColumnVectors

        let left = working.Append setting.Deviations
        let w = setting.Basis.Append dense.Loadings
        let scaled = Marginal.solveR setting.Model left
        let corner = w.TransposeThisAndMultiply scaled

        let rest =
            left.TransposeThisAndMultiply scaled
            - corner.TransposeThisAndMultiply(dense.Henderson.Cholesky().Solve corner)

        let k = working.ColumnCount
        let along = rest.SubMatrix(0, k, k, 1)

        let profile =
            if setting.Claims.IsScaleFree then
                outer along / setting.Df
            else
                Matrix<float>.Build.Dense(k, k)

        let raised (value: Matrix<float>) =
            setting.Scores
            |> Option.map (fun scores -> Scores.raised scores.Value value)
            |> Option.defaultValue value

        let average = rest.SubMatrix(0, k, 0, k) - profile |> raised

        if not (Double.IsFinite(norm rest)) then
            IdentityOutcome.NotApplicable "the derivatives of V are too large"
        else
            largest [
                distance rest (left.TransposeThisAndMultiply(dense.Projection * left))
                if setting.Claims.IsScaleFree then
                    gap setting.Df rest[k, k] setting.Df
                // At an optimum the curvature of G is what rounding leaves of the score.
                if isBeside then
                    distanceOf (norm profile + leastCurvature) average (setting.Claims.Curvature Information.Average)
            ]
            |> within (tolerance setting)

    let private johnson = "Johnson & Thompson (1995), J. Dairy Sci. 78, 449–456"

    /// <summary>The identities.</summary>
    let all: Identity list = [
        create
            "score by C"
            "tr(G⁻¹Ġ) − tr(G⁻¹ĠG⁻¹C^ZZ) − ũᵀG⁻¹ĠG⁻¹ũ and tr(R⁻¹Ṙ) − tr(C⁻¹WᵀR⁻¹ṘR⁻¹W) − ẽᵀR⁻¹ṘR⁻¹ẽ equal the score by V"
            johnson
            (withEffects (beside (onDense byBlocks)))
        create
            "absorption of the mixed model equations"
            "[Q y X Z]ᵀR⁻¹[Q y X Z] + G⁻¹, less X and Z, = [Q y]ᵀP[Q y], qᵢ = V̇ᵢPy"
            johnson
            (worst [
                withParameters (fun setting -> onDense (absorbed setting.Beside.IsNone) setting)
                beside (withParameters (onDense (absorbed true)))
            ])
    ]
