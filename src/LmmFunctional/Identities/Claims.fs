namespace LmmFunctional.Verification

open System
open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>What a fit says of a model at one θ: everything that an identity may hold against the textbook.</summary>
/// <remarks>All on the user's scale but for derivatives, which are those of −2 log likelihood by the solver's θ, β profiled
/// out, and σ² too unless it is held. Changing any of it must be noticed.</remarks>
[<NoComparison; ReferenceEquality>]
type internal Claims = {
    Beta: float[]
    /// Cov(β̂), p×p.
    BetaCovariance: Matrix<float>
    Sigma: float
    /// Whether σ² is estimated.
    IsScaleFree: bool
    /// Λ per term, S×S, in units of the response: G = ΛΛᵀ.
    Factors: Matrix<float> list
    /// T of each term, S×S: effects of the user's columns are T times those of the solver's.
    Transforms: Matrix<float> list
    /// τ, the parameters of the residual structure.
    ResidualParameters: float[]
    /// Per term S effects, level after level.
    Effects: float[][]
    /// Per term the covariance of each level's effects given the data and β, S×S, level after level.
    EffectCovariances: float[][]
    /// Per term the covariance of the errors of each level's effects, S×S, level after level.
    PredictionCovariances: float[][]
    /// Fitted values with the offset.
    Fitted: float[]
    /// −2 log likelihood, restricted under REML.
    Criterion: float
    /// −2 log likelihood (ML) with β profiled, and σ² unless it is held.
    Deviance: float
    Gradient: float[]
    Jets: CovarianceJets
    /// The second derivatives, k×k, or what stands for them.
    Curvature: Information -> Matrix<float>
    /// The accuracy of the observed information, where that is made of differences.
    CurvatureError: float
    /// What is said of the rows, None where their equations are singular; None for claims that are of no fit.
    Rows: Lazy<RowClaims option> option
}

[<RequireQualifiedAccess>]
module internal Claims =

    let private square n (values: float[]) =
        Matrix<float>.Build.Dense(n, n, Array.copy values)

    // Central differences of exact first derivatives leave errors of 1e-6.
    let private differenceError = 1e-5

    /// <summary>The claims of a likelihood at an inner θ, with the estimates that belong to it.</summary>
    let at (likelihood: LogLikelihood) (theta: ImmutableArray<float>) (fitted: float[]) (solution: Solution) : Claims =
        let variance = solution.Sigma * solution.Sigma
        let layout = likelihood.Layout
        let objective = likelihood.Objective
        let complete = CovarianceJets.complete likelihood theta
        let evaluation = objective.Evaluate theta Order.Gradient

        let transforms =
            likelihood.Standard.Terms
            |> List.map (fun term -> square term.Factor.Order term.Transform)

        {
            Beta = solution.Beta
            BetaCovariance =
                let relative = solution.BetaCovariance
                Matrix<float>.Build.Dense(relative.Rows, relative.Columns, fun i j -> variance * relative[i, j])
            Sigma = solution.Sigma
            IsScaleFree = likelihood.Held.Residual.IsNone
            Factors =
                List.map2
                    (fun (transform: Matrix<float>) lambda ->
                        solution.Sigma * (transform * square transform.RowCount lambda))
                    transforms
                    (List.ofArray (ThetaLayout.matrices layout complete))
            Transforms = transforms
            ResidualParameters = complete.AsSpan().Slice(layout.Parameters).ToArray()
            Effects = solution.Effects.Value
            EffectCovariances = solution.ConditionalCovariances.Value |> Array.map (Array.map ((*) variance))
            PredictionCovariances = solution.PredictionCovariances.Value |> Array.map (Array.map ((*) variance))
            Fitted = fitted
            Criterion = evaluation.Value
            Deviance = solution.Deviance
            Gradient = Array.ofSeq evaluation.Gradient
            Jets = CovarianceJets.create likelihood complete solution.Sigma
            Curvature =
                fun information ->
                    let found = (objective.Evaluate theta (Order.Curvature information)).Curvature
                    Matrix<float>.Build.Dense(found.Rows, found.Columns, fun i j -> found[i, j])
            CurvatureError =
                if likelihood.Variance.HasExactCurvature then
                    0.0
                else
                    differenceError
            Rows = None
        }

    /// <summary>The claims of a fit.</summary>
    let ofFit (fit: Fit) : Claims = {
        at fit.Model (List.last fit.Path).Theta (Fit.fitted fit) fit.Inner with
            Criterion = fit.CriterionValue
            Rows = Some(lazy RowClaims.ofFit fit)
    }

    /// A point beside an optimum: standard deviations larger, all else smaller, and no logarithm far from zero.
    let private moved (likelihood: LogLikelihood) (optimum: ImmutableArray<float>) =
        let layout = likelihood.Layout
        let larger value = 1.2 * abs value + 0.1

        let smaller kind value =
            match kind with
            | ParameterKind.Real
            | ParameterKind.Loading -> 0.9 * value + 0.05
            | _ -> 0.9 * Math.Clamp(value, -3.0, 3.0) + 0.05

        let ofTerm t (form: EffectsForm option) =
            let own = ThetaLayout.parametersOf layout optimum t

            match form with
            | None ->
                Array.map2
                    (fun (entry: Entry) value ->
                        if entry.Row = entry.Column then
                            larger value
                        else
                            0.9 * value)
                    layout.Entries[layout.Starts[t] .. layout.Starts[t + 1] - 1]
                    own
            | Some form ->
                own
                |> Array.mapi (fun k value ->
                    if Array.contains k form.Deviations then
                        larger value
                    else
                        smaller form.Kinds[k] value)

        let ofResiduals =
            Array.map2
                smaller
                (ResidualModel.create likelihood.Model.Residual).Parameters.Kinds
                (optimum.AsSpan().Slice(layout.Parameters).ToArray())

        Array.append (layout.Forms |> Array.mapi ofTerm |> Array.concat) ofResiduals

    /// <summary>The claims of a fit's likelihood beside its optimum, where scores are not zero and G is regular.</summary>
    let besideFit (fit: Fit) : Claims =
        let optimum = (List.last fit.Path).Theta
        let likelihood = fit.Model
        let all = moved likelihood (CovarianceJets.complete likelihood optimum)

        let theta =
            likelihood.Held.Free all.Length
            |> Seq.map (fun place -> all[place])
            |> ImmutableArray.CreateRange

        // Where the likelihood is not defined there is nothing to compare: the optimum has to do.
        if Double.IsFinite (likelihood.Objective.Evaluate theta Order.Value).Value then
            at likelihood theta [||] (Solution.at likelihood theta)
        else
            ofFit fit
