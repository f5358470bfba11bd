namespace LmmFunctional

open System
open MathNet.Numerics.LinearAlgebra

/// <summary>Scores and information matrices. Those of the engines are of −2 log likelihood, by θ, with σ² profiled out.</summary>
[<RequireQualifiedAccess>]
module internal InformationIdentities =

    open IdentityWords

    // Products of V⁻¹ and V̇, twice over.
    let private tolerance (setting: Setting) =
        16.0 * setting.Rounding * sqrt (float setting.N)

    /// The parts of scores and informations along each parameter.
    [<NoComparison; ReferenceEquality>]
    type private Parts = {
        /// tr(Q V̇ₖ), Q being P or V⁻¹.
        Traces: float[]
        /// yᵀPV̇ₖPy.
        Squares: float[]
        /// tr(Q V̇ₖ Q V̇ₗ).
        Products: float[,]
        /// yᵀPV̇ₖPV̇ₗPy.
        Images: float[,]
    }

    let private parts (dense: Dense) =
        let weighted = dense.ProjectedResponse
        let products = dense.Products.Value
        let images = dense.Derivatives |> Array.map (fun d -> d * weighted)
        let projected = images |> Array.map (fun image -> dense.Projection * image)
        let k = images.Length

        {
            Traces = products |> Array.map _.Trace()
            Squares = images |> Array.map (fun image -> image * weighted)
            Products =
                Array2D.init k k (fun i j -> products[i].PointwiseMultiply(products[j].Transpose()).RowSums().Sum())
            Images = Array2D.init k k (fun i j -> images[i] * projected[j])
        }

    let private matrix (values: float[,]) : Matrix<float> = Matrix<float>.Build.DenseOfArray values

    let private withParameters test (setting: Setting) (dense: Dense) =
        if dense.Derivatives.Length = 0 then
            IdentityOutcome.NotApplicable "the model has no random effects"
        else
            test setting dense

    /// The engine's score against the textbook's, where it is not zero.
    let private gradient (setting: Setting) (dense: Dense) =
        let parts = parts dense

        Array.map3
            (fun trace square claimed -> gap (abs trace + abs square) claimed (trace - square))
            parts.Traces
            parts.Squares
            setting.Claims.Gradient
        |> largest
        |> within (tolerance setting)

    let private observed (setting: Setting) (dense: Dense) =
        let parts = parts dense
        let own = dense.OwnCurvature.Value

        let value =
            parts.Images
            |> Array2D.mapi (fun k l image ->
                2.0 * image - parts.Products[k, l] + own[k, l]
                - parts.Squares[k] * parts.Squares[l] / setting.Df)

        distance (setting.Claims.Curvature Information.Observed) (matrix value)
        |> within (tolerance setting)

    /// What keeps steps sound near a variance of zero: the positive part of the curvature of G = ΛΛᵀ itself.
    let private raised (dense: Dense) (value: Matrix<float>) : Matrix<float> =
        let own = dense.OwnCurvature.Value
        let n = own.RowCount

        value
        + Matrix<float>.Build.Dense(n, n, Semidefinite.positivePart n (own.ToColumnMajorArray()))

    /// The engines raise it only where it would be singular without.
    let private expected (setting: Setting) (dense: Dense) =
        let parts = parts dense

        let value =
            parts.Products
            |> Array2D.mapi (fun k l product -> product - parts.Traces[k] * parts.Traces[l] / setting.Df)
            |> matrix

        let claimed = setting.Claims.Curvature Information.Expected

        min (distance claimed value) (distance claimed (raised dense value))
        |> within (tolerance setting)

    let private average (setting: Setting) (dense: Dense) =
        let parts = parts dense

        let value =
            parts.Images
            |> Array2D.mapi (fun k l image -> image - parts.Squares[k] * parts.Squares[l] / setting.Df)
            |> matrix

        distance (setting.Claims.Curvature Information.Average) (raised dense value)
        |> within (tolerance setting)

    // The curvature of G itself is there what the solver left of the score.
    let private atOptimum (setting: Setting) =
        tolerance setting + 100.0 * setting.Unsettled

    /// Needs no matrices but those of the fit.
    let private mean (setting: Setting) =
        let claimed = setting.Claims.Curvature

        distance (claimed Information.Average) (0.5 * (claimed Information.Observed + claimed Information.Expected))
        |> within (atOptimum setting)

    /// The blocks of one term on the diagonal of a matrix over all effects, added up.
    let private blockSum (setting: Setting) t (a: Matrix<float>) =
        let model = setting.Model

        let start =
            model.Terms
            |> List.truncate t
            |> List.sumBy (fun term -> term.Levels * term.Columns.Length)

        let s = model.Terms[t].Columns.Length

        List.init model.Terms[t].Levels (fun level -> a.SubMatrix(start + level * s, s, start + level * s, s))
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

        let forG =
            model.Terms
            |> List.mapi (fun t term ->
                let l = term.Factor

                let byV =
                    l
                    * blockSum setting t (k.TransposeThisAndMultiply(traceMatrix * k) - outer images)
                    * l.Transpose()

                let effects = outer setting.Effects |> blockSum setting t
                let byC = l * blockSum setting t (identity - own) * l.Transpose() - effects
                distance byV byC)

        let residual = Marginal.solveR model setting.ConditionalResidual

        let forR =
            Marginal.residualDerivatives model
            |> List.map (fun derivative ->
                let trace = (derivative traceMatrix).Trace()
                let square = (weighted.TransposeThisAndMultiply(derivative weighted))[0, 0]
                let scaled = Marginal.solveR model w

                let traceByC =
                    (Marginal.solveR model (derivative (Matrix<float>.Build.DenseIdentity setting.N))).Trace()
                    - (inverse * scaled.TransposeThisAndMultiply(derivative scaled)).Trace()

                let squareByC = (residual.TransposeThisAndMultiply(derivative residual))[0, 0]
                gap (abs trace + abs square) (trace - square) (traceByC - squareByC))

        largest (forG @ forR) |> within (tolerance setting * setting.FixedCondition)

    /// [Q y X Z]ᵀR⁻¹[Q y X Z] with G⁻¹ added, W absorbed: what is left is [Q y]ᵀP[Q y].
    let private absorbed (setting: Setting) (dense: Dense) =
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
        let average = rest.SubMatrix(0, k, 0, k) - outer along / setting.Df |> raised dense

        largest [
            distance rest (left.TransposeThisAndMultiply(dense.Projection * left))
            gap setting.Df rest[k, k] setting.Df
            distance average (setting.Claims.Curvature Information.Average)
        ]
        |> within (tolerance setting * setting.FixedCondition)

    let private harville = "Harville (1977), J. Am. Statist. Assoc. 72, 320–338"
    let private gilmour = "Gilmour, Thompson & Cullis (1995), Biometrics 51, 1440–1450"
    let private johnson = "Johnson & Thompson (1995), J. Dairy Sci. 78, 449–456"

    /// <summary>The identities.</summary>
    let all: Identity list = [
        create
            "score by V"
            "∂(−2ℓ_R)/∂κᵢ = tr(P V̇ᵢ) − yᵀP V̇ᵢ P y; V⁻¹ in the trace under ML"
            harville
            (beside (onDense (withParameters gradient)))
        create
            "score by C"
            "tr(G⁻¹Ġ) − tr(G⁻¹ĠG⁻¹C^ZZ) − ũᵀG⁻¹ĠG⁻¹ũ and tr(R⁻¹Ṙ) − tr(C⁻¹WᵀR⁻¹ṘR⁻¹W) − ẽᵀR⁻¹ṘR⁻¹ẽ equal the score by V"
            johnson
            (withEffects (beside (onDense byBlocks)))
        create
            "observed information"
            "−2 ∂²ℓ_R/∂κᵢ∂κⱼ = tr(P V̈ᵢⱼ) − tr(P V̇ᵢ P V̇ⱼ) + 2 yᵀP V̇ᵢ P V̇ⱼ P y − yᵀP V̈ᵢⱼ P y, σ² profiled out"
            harville
            (beside (onDense (withParameters observed)))
        create
            "expected information"
            "E(−2 ∂²ℓ_R/∂κᵢ∂κⱼ) = tr(P V̇ᵢ P V̇ⱼ), σ² profiled out"
            harville
            (beside (onDense (withParameters expected)))
        create
            "average information"
            "𝓘_A = yᵀP V̇ᵢ P V̇ⱼ P y, σ² profiled out"
            gilmour
            (beside (onDense (withParameters average)))
        create "average information is the mean" "𝓘_A = ½(𝓘_O + 𝓘_E) at an optimum" gilmour (withEffects (inside mean))
        create
            "absorption of the mixed model equations"
            "[Q y X Z]ᵀR⁻¹[Q y X Z] + G⁻¹, less X and Z, = [Q y]ᵀP[Q y], qᵢ = V̇ᵢPy"
            johnson
            (onDense (withParameters absorbed))
    ]
