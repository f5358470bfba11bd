namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra

/// <summary>What holds of the predicted random effects and of their errors.</summary>
[<RequireQualifiedAccess>]
module internal PredictionIdentities =

    open IdentityWords

    let private toleranceOf (setting: Setting) cancellation =
        setting.Rounding
        * sqrt (float setting.N)
        * setting.FixedCondition
        * max 1.0 cancellation

    let private tolerance (setting: Setting) =
        toleranceOf
            setting
            (setting.Model.Response.L2Norm()
             / max Double.Epsilon (norm setting.MarginalResidual))

    let private blup (setting: Setting) =
        let image = setting.WeightedResidual.Value

        distance setting.Effects (Marginal.timesG setting.Model (Marginal.timesTransposedZ setting.Model image))
        |> within (tolerance setting)

    let private residuals (setting: Setting) =
        let claimed =
            setting.Claims.Fitted
            |> Array.mapi (fun row value -> setting.Offset row + setting.Model.Response[row] - value)

        distance
            (Matrix<float>.Build.Dense(setting.N, 1, claimed))
            (Marginal.timesR setting.Model (setting.Project setting.Deviations))
        |> within (toleranceOf setting setting.ConditionalCancellation)

    /// Whether the residuals of different levels of a term are independent.
    let private standsAlone (setting: Setting) (term: MarginalTerm) =
        setting.Model.Residual.Blocks
        |> Array.forall (fun block ->
            block.Rows
            |> Array.forall (fun row -> term.Codes[row] = term.Codes[block.Rows[0]]))

    /// With one grouping factor every level stands alone: its effects are those of least squares, shrunken.
    let private shrinkage (setting: Setting) =
        match setting.Model.Terms with
        | [ term ] when term.Relation.IsSome ->
            IdentityOutcome.NotApplicable "the levels of the random term are related"
        | [ term ] when not (standsAlone setting term) ->
            IdentityOutcome.NotApplicable "residuals of different levels are correlated"
        | [ term ] ->
            let s = term.Order
            let r = setting.MarginalResidual
            let squares = Array.init term.Levels (fun _ -> Matrix<float>.Build.Dense(s, s))
            let sums = Array.init term.Levels (fun _ -> Vector<float>.Build.Dense s)
            // The columns of all levels at once: R⁻¹ does not mix rows of different levels.
            let weighted =
                Marginal.solveR setting.Model (Matrix<float>.Build.DenseOfColumnArrays term.Columns)

            for row in 0 .. setting.N - 1 do
                let level = term.Codes[row]
                let image = weighted.Row row
                let z = Vector<float>.Build.Dense(s, fun k -> term.Columns[k][row])
                squares[level].Add(image.OuterProduct z, squares[level])
                sums[level].Add(r[row, 0] * image, sums[level])

            let expected =
                Array.map2
                    (fun (square: Matrix<float>) (sum: Vector<float>) ->
                        (Matrix<float>.Build.DenseIdentity s + term.Covariance * square)
                            .Solve(term.Covariance * sum: Vector<float>))
                    squares
                    sums
                |> Array.collect (fun (u: Vector<float>) -> u.ToArray())

            distance setting.Effects (Matrix<float>.Build.Dense(expected.Length, 1, expected))
            |> within (tolerance setting)
        | [] -> IdentityOutcome.NotApplicable "the model has no random effects"
        | _ -> IdentityOutcome.NotApplicable "levels stand alone only with one random term"

    // Levels of each term that a check looks at, spread over all of them.
    let private sampled = 4

    /// G − GZᵀMZG of some levels against claims, M being what a block is multiplied with.
    let private leftOver (setting: Setting) multiply (claims: float[][]) =
        let model = setting.Model
        let starts = Marginal.effectStarts model

        let chosen =
            model.Terms
            |> List.indexed
            |> List.collect (fun (t, term) ->
                let count = min sampled term.Levels
                List.init count (fun i -> t, i * term.Levels / count))

        // One solve for the columns of all levels chosen.
        let columns =
            chosen
            |> List.collect (fun (t, level) ->
                let s = model.Terms[t].Order
                List.init s (fun k -> starts[t] + level * s + k))
            |> Array.ofList

        let image =
            Matrix<float>
                .Build.Dense(Marginal.effects model, columns.Length, fun i j -> if i = columns[j] then 1.0 else 0.0)
            |> Marginal.timesG model
            |> Marginal.timesZ model

        let squares = image.TransposeThisAndMultiply(multiply image: Matrix<float>)

        let compare first (t, level) =
            let term = model.Terms[t]
            let s = term.Order
            let own = term.Related level level * term.Covariance

            let claimed =
                Matrix<float>.Build.Dense(s, s, Array.sub claims[t] (level * s * s) (s * s))

            let size = norm own

            if size = 0.0 then
                norm claimed
            else
                norm (claimed - (own - squares.SubMatrix(first, s, first, s))) / size

        let firsts =
            chosen |> List.scan (fun first (t, _) -> first + model.Terms[t].Order) 0

        List.map2 compare (List.truncate chosen.Length firsts) chosen
        |> largest
        |> within (tolerance setting)

    let private givenData (setting: Setting) =
        leftOver setting setting.SolveV setting.Claims.EffectCovariances

    let private errors (setting: Setting) =
        leftOver setting setting.Project setting.Claims.PredictionCovariances

    /// Var of [β̂ − β; ũ − u] in the bases of X and Λ, by V and as the inverse of Henderson's matrix.
    let private predictionErrors (setting: Setting) (dense: Dense) =
        let k = dense.Loadings
        let q = k.ColumnCount
        let f = setting.BasisCovariance
        let cross = -(f * (setting.Basis.TransposeThisAndMultiply(dense.Precision * k)))

        let own =
            Matrix<float>.Build.DenseIdentity q
            - k.TransposeThisAndMultiply(dense.Projection * k)

        let byV = (f.Append cross).Stack(cross.Transpose().Append own)

        distance byV (dense.Henderson.Cholesky().Solve(Matrix<float>.Build.DenseIdentity dense.Henderson.RowCount))
        |> within (tolerance setting)

    /// With ũ = A y, A = GZᵀP: var(ũ) = AVAᵀ, cov(ũ, u) = AZG.
    let private covarianceOfBlup (setting: Setting) (dense: Dense) =
        let a = dense.Loadings.TransposeThisAndMultiply dense.Projection
        let variance = a * dense.V * a.Transpose()

        largest [
            distance variance (a * dense.Loadings)
            distance variance (dense.Loadings.TransposeThisAndMultiply(setting.Project dense.Loadings))
        ]
        |> within (tolerance setting)

    /// Var of [u; y] from [I 0; Z I] diag(G, R) [I 0; Z I]ᵀ, its last block against V by pairs of rows.
    let private joint (setting: Setting) (dense: Dense) =
        let k = dense.Loadings

        let byProducts =
            k * k.Transpose()
            + Marginal.timesR setting.Model (Matrix<float>.Build.DenseIdentity setting.N)

        largest [
            distance dense.V byProducts
            distance (dense.V * setting.Probes) (Marginal.timesV setting.Model setting.Probes)
        ]
        |> within (tolerance setting)

    /// Any other linear unbiased predictor is (A + N)y with NX = 0; its error has the variance of ours plus NVNᵀ.
    let private smallestError (setting: Setting) (dense: Dense) =
        let random = Random 2
        let k = dense.Loadings
        let a = k.TransposeThisAndMultiply dense.Projection

        let other =
            Matrix<float>.Build.Dense(k.ColumnCount, setting.N, fun _ _ -> 2.0 * random.NextDouble() - 1.0)
            |> fun m -> m - (m * setting.Basis) * setting.Basis.Transpose()

        let identity = Matrix<float>.Build.DenseIdentity k.ColumnCount

        // var{M y − u} = MVMᵀ − MK − KᵀMᵀ + I in the basis Λ.
        let errors (m: Matrix<float>) =
            let cross = m * k
            m * dense.V * m.Transpose() - cross - cross.Transpose() + identity

        distance (errors (a + other)) (errors a + other * dense.V * other.Transpose())
        |> within (tolerance setting)

    let private robinson = "Robinson (1991), Statist. Sci. 6, 15–32"
    let private henderson75 = "Henderson (1975), Biometrics 31, 423–447"

    /// <summary>The identities.</summary>
    let all: Identity list = [
        create "BLUP" "ũ = GZᵀV⁻¹(y − Xβ̂)" robinson (withEffects blup)
        create
            "conditional residuals"
            "y − Xβ̂ − Zũ = RPy"
            "Haslett & Hayes (1998), J. R. Statist. Soc. B 60, 201–215"
            residuals
        create
            "BLUP is shrinkage"
            "ũⱼ = (I + GZⱼᵀRⱼ⁻¹Zⱼ)⁻¹GZⱼᵀRⱼ⁻¹rⱼ: for an intercept, nⱼσ²ᵤ/(σ² + nⱼσ²ᵤ) times the mean of r = y − Xβ̂"
            robinson
            shrinkage
        create
            "effects given the data"
            "var(u | y, β) = G − GZᵀV⁻¹ZG"
            "Laird & Ware (1982), Biometrics 38, 963–974"
            (withEffects givenData)
        create "errors of BLUP" "var(ũ − u) = G − GZᵀPZG" henderson75 (withEffects errors)
        create
            "prediction error variance"
            "var(β̂ − β, ũ − u) = C⁻¹"
            henderson75
            (withEffects (onDense predictionErrors))
        create "variance of BLUP" "var(ũ) = cov(ũ, u) = GZᵀPZG" henderson75 (withEffects (onDense covarianceOfBlup))
        create
            "joint variance of u and y"
            "cov(u, y) = GZᵀ, var(y) = ZGZᵀ + R"
            henderson75
            (withEffects (onDense joint))
        create
            "BLUP has the smallest error"
            "var{(A + N)y − u} = var(ũ − u) + NVNᵀ for ũ = Ay and NX = 0"
            henderson75
            (withEffects (onDense smallestError))
    ]
