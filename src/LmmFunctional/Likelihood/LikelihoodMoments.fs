namespace LmmFunctional

open System.Collections.Immutable

/// <summary>What small-sample inference needs of a likelihood, by whichever method it is computed.</summary>
[<RequireQualifiedAccess>]
module internal LikelihoodMoments =

    /// <summary>What inference about β needs of the covariance parameters at an inner θ that can be
    /// evaluated.</summary>
    /// <returns>The moments in elements of G on the inner scale, and σ²; then the same in the parameters of the
    /// user.</returns>
    let private momentsAt (likelihood: LogLikelihood) (theta: ImmutableArray<float>) =
        let standard = likelihood.Standard
        let layout = likelihood.Layout
        let lambdas = ThetaLayout.matrices layout theta

        let variance =
            LogLikelihood.withEngine likelihood lambdas (fun engine ->
                let df = ConditionalObjective.residualDf likelihood.Kind engine
                standard.ResponseScale * standard.ResponseScale * engine.ResidualSquare / df)

        let inner =
            EngineMoments.create
                (likelihood.Kind = Criterion.Reml)
                variance
                (Standardised.coefficientMap standard)
                layout
                (Seq.toArray (ThetaLayout.names likelihood.Model layout))
                lambdas
                {
                    new IFactored with
                        member _.Run action =
                            LogLikelihood.withEngine likelihood lambdas action
                }

        let covariances =
            Array.map2
                (fun (term: StandardisedTerm) lambda ->
                    let n = term.Factor.Order

                    Semidefinite.congruence n term.Transform (Semidefinite.square n lambda)
                    |> Array.map ((*) variance))
                (Array.ofList standard.Terms)
                lambdas

        inner, covariances

    /// What makes the moments of a model that has structures, whose own parameters matter, and θ: None where it has none.
    let private ofStructures parametrisation (likelihood: LogLikelihood) =
        let reml = (likelihood.Kind = Criterion.Reml)

        let ofBlocks model =
            Some(MarginalMoments.create reml parametrisation likelihood.Model likelihood.Standard model)

        let ofSolver model =
            Some(SolvedMoments.create reml parametrisation likelihood.Model likelihood.Standard model)

        match likelihood.Method with
        | LikelihoodMethod.Marginal model -> ofBlocks model
        | LikelihoodMethod.Separable(_, engine) -> ofSolver (SeparableObjective.solver engine)
        | LikelihoodMethod.Whitened(_, engine) -> ofSolver (WhitenedObjective.solver engine)
        | LikelihoodMethod.Conditional _ when likelihood.Layout.IsPlain -> None
        | LikelihoodMethod.Conditional _ ->
            ofBlocks (MarginalModel.create likelihood.Model likelihood.Standard likelihood.Layout)

    /// <summary>The moments for small-sample methods at an inner θ that can be evaluated.</summary>
    /// <remarks>Variances stay on the inner scale, where they are well determined: no method that is linear in them
    /// can tell.
    /// </remarks>
    let moments parametrisation (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : CovarianceMoments =
        match ofStructures parametrisation likelihood with
        | Some create -> create (Seq.toArray (likelihood.Function.Boundary theta).Fixed) theta
        | None ->
            let inner, covariances = momentsAt likelihood theta

            match parametrisation with
            | Parametrisation.VarianceScale -> inner
            | Parametrisation.FactorScale ->
                MomentScales.factors likelihood.Standard likelihood.Layout covariances inner

    /// The moments in the parameters on the user's scale: elements of G or of its Cholesky factor, and σ².
    let userMoments parametrisation (likelihood: LogLikelihood) (theta: ImmutableArray<float>) =
        match ofStructures parametrisation likelihood, parametrisation with
        | None, Parametrisation.VarianceScale ->
            let inner, covariances = momentsAt likelihood theta
            MomentScales.variances likelihood.Standard likelihood.Layout covariances inner
        | _ -> moments parametrisation likelihood theta
