namespace LmmFunctional

open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra

/// <summary>How G changes along one element of θ: in one term only.</summary>
[<NoComparison; ReferenceEquality>]
type internal Direction = {
    Term: int
    Row: int
    Column: int
    /// ∂G/∂θ of one level, S×S.
    Derivative: Matrix<float>
}

/// <summary>What a fit says of a model at one θ: everything that an identity may hold against the textbook.</summary>
/// <remarks>All on the user's scale but for derivatives, which are those of −2 log likelihood by the solver's θ, σ²
/// and β profiled out. Changing any of it must be noticed.</remarks>
[<NoComparison; ReferenceEquality>]
type internal Claims = {
    Beta: float[]
    /// Cov(β̂), p×p.
    BetaCovariance: Matrix<float>
    Sigma: float
    /// Λ per term, S×S, in units of the response: G = ΛΛᵀ.
    Factors: Matrix<float> list
    /// Per term S effects, level after level.
    Effects: float[][]
    /// Per term the covariance of each level's effects given the data and β, S×S, level after level.
    EffectCovariances: float[][]
    /// Fitted values with the offset.
    Fitted: float[]
    /// −2 log likelihood, restricted under REML.
    Criterion: float
    /// −2 log likelihood (ML) with σ² and β profiled.
    Deviance: float
    Gradient: float[]
    /// ∂G/∂θₖ.
    Directions: Direction[]
    /// ∂²G/∂θₖ∂θₗ, S×S; None where it is zero.
    SecondDerivative: int -> int -> Matrix<float> option
    /// The second derivatives, k×k, or what stands for them.
    Curvature: Information -> Matrix<float>
}

[<RequireQualifiedAccess>]
module internal Claims =

    let private square n (values: float[]) =
        Matrix<float>.Build.Dense(n, n, Array.copy values)

    /// <summary>The claims of a likelihood at an inner θ, with the estimates that belong to it.</summary>
    let at (likelihood: LogLikelihood) (theta: ImmutableArray<float>) (fitted: float[]) (solution: Solution) : Claims =
        let variance = solution.Sigma * solution.Sigma
        let layout = likelihood.Layout
        let objective = likelihood.Objective
        let lambdas = ThetaLayout.matrices layout theta

        let transforms =
            likelihood.Standard.Terms
            |> List.map (fun term -> square term.Factor.Order term.Transform)
            |> Array.ofList

        let factor t =
            square layout.Shapes[t].Order lambdas[t]

        let unit (entry: Entry) =
            let e =
                Matrix<float>.Build.Dense(layout.Shapes[entry.Term].Order, layout.Shapes[entry.Term].Order)

            e[entry.Row, entry.Column] <- 1.0
            e

        // G = σ² T λλᵀ Tᵀ.
        let outside t (a: Matrix<float>) =
            variance * (transforms[t] * (a + a.Transpose()) * transforms[t].Transpose())

        let evaluation = objective.Evaluate theta Order.Gradient
        let entries = layout.Entries

        {
            Beta = solution.Beta
            BetaCovariance =
                let relative = solution.BetaCovariance
                Matrix<float>.Build.Dense(relative.Rows, relative.Columns, fun i j -> variance * relative[i, j])
            Sigma = solution.Sigma
            Factors = [
                for t in 0 .. lambdas.Length - 1 -> solution.Sigma * (transforms[t] * factor t)
            ]
            Effects = solution.Effects.Value
            EffectCovariances = solution.ConditionalCovariances.Value |> Array.map (Array.map ((*) variance))
            Fitted = fitted
            Criterion = evaluation.Value
            Deviance = solution.Deviance
            Gradient = Array.ofSeq evaluation.Gradient
            Directions =
                entries
                |> Array.map (fun entry -> {
                    Term = entry.Term
                    Row = entry.Row
                    Column = entry.Column
                    Derivative = outside entry.Term (unit entry * (factor entry.Term).Transpose())
                })
            SecondDerivative =
                fun k l ->
                    if entries[k].Term = entries[l].Term && entries[k].Column = entries[l].Column then
                        Some(outside entries[k].Term (unit entries[k] * (unit entries[l]).Transpose()))
                    else
                        None
            Curvature =
                fun information ->
                    let found = (objective.Evaluate theta (Order.Curvature information)).Curvature
                    Matrix<float>.Build.Dense(found.Rows, found.Columns, fun i j -> found[i, j])
        }

    /// <summary>The claims of a fit.</summary>
    let ofFit (fit: Fit) : Claims = {
        at fit.Model (List.last fit.Path).Theta (Fit.fitted fit) fit.Inner with
            Criterion = fit.CriterionValue
    }

    /// <summary>The claims of a fit's likelihood beside its optimum, where scores are not zero and G is regular.</summary>
    let besideFit (fit: Fit) : Claims =
        let optimum = (List.last fit.Path).Theta

        let theta =
            fit.Model.Layout.Entries
            |> Seq.mapi (fun k entry ->
                if entry.Row = entry.Column then
                    1.2 * abs optimum[k] + 0.1
                else
                    0.9 * optimum[k])
            |> ImmutableArray.CreateRange

        at fit.Model theta [||] (Solution.at fit.Model theta)
