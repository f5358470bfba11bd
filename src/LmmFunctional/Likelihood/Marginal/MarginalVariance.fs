namespace LmmFunctional.Estimation

open System.Collections.Immutable

/// <summary>V of a marginal model, factored block by block.</summary>
[<RequireQualifiedAccess>]
module internal MarginalVariance =

    /// The factorisation at a θ, None where V is not positive definite.
    let factor (model: MarginalModel) (theta: ImmutableArray<float>) =
        MarginalSweep.factor model.FixedCount model.Patterns (MarginalModel.matrix model theta)

    /// Sums of all patterns.
    let sums reml (model: MarginalModel) factor =
        MarginalSweep.sums reml model.FixedCount model.Patterns factor

    /// What derivatives are made of, from these sums.
    let parts reml (model: MarginalModel) theta factor sums : CriterionParts =
        match model.Grid with
        | Some grid when PositionGrid.isQuicker model.FixedCount model.Parameters grid ->
            PositionDerivatives.parts reml model theta grid factor sums
        | _ ->
            MarginalDerivatives.parts
                reml
                model.FixedCount
                model.Patterns
                (MarginalModel.covariance model theta)
                factor
                sums

    let private termDerivatives (model: MarginalModel) (sums: MarginalSums[]) : TermDerivative[] =
        let trace index =
            let own = sums[index]
            let count = float model.Patterns[index].Count
            Array.map2 (fun inverse leverage -> count * inverse - leverage) own.Inverse own.Leverage

        let square index = sums[index].Square

        Array.map2
            (fun trace square -> { Trace = trace; Square = square })
            (MarginalModel.projections model trace)
            (MarginalModel.projections model square)

    let private factored (model: MarginalModel) (theta: ImmutableArray<float>) (factor: MarginalFactor) =
        let ofMl = lazy (sums false model factor)
        let ofReml = lazy (sums true model factor)

        let sumsOf reml =
            if reml then ofReml.Value else ofMl.Value

        let terms = Array.ofList model.Standard.Terms
        let scores = lazy (MarginalEffects.scores model factor)

        let byLevels length (all: float[]) level = Array.sub all (level * length) length

        {
            new IFactoredVariance with
                member _.LogDeterminant = factor.LogDeterminant
                member _.FixedFactor = factor.FixedFactor

                member _.Parts reml =
                    parts reml model theta factor (sumsOf reml)

                member _.TermDerivatives reml = termDerivatives model (sumsOf reml)

                member _.EffectResiduals t =
                    MarginalEffects.scoresOfTerm terms[t] scores.Value

                member _.FixedScores t =
                    MarginalEffects.fixedScores model factor t
                    |> byLevels (terms[t].Factor.Order * model.FixedCount)

                member _.ConditionalCovariance t =
                    let order = terms[t].Factor.Order

                    (ThetaLayout.matrices model.Layout theta)[t]
                    |> Semidefinite.square order
                    |> MarginalEffects.conditional model factor t
                    |> byLevels (order * order)
        }

    /// The model as one whose V is factored.
    let create (model: MarginalModel) : IVariance = {
        new IVariance with
            member _.Rows = model.Rows
            member _.FixedCount = model.FixedCount
            member _.Layout = model.Layout
            member _.HasExactCurvature = true

            member _.At(theta, action) =
                factor model theta |> Option.map (factored model theta >> action)
    }
