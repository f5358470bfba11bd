namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>What small-sample inference needs of a likelihood, by whichever method it is computed.</summary>
[<RequireQualifiedAccess>]
module internal LikelihoodMoments =

    /// <summary>What inference about β needs of the covariance parameters at an inner θ that can be
    /// evaluated.</summary>
    /// <returns>The moments in elements of G on the inner scale, and σ²; then the same in the parameters of the
    /// user.</returns>
    let private momentsAt (likelihood: LogLikelihood) (point: ParameterPoint) =
        let standard = likelihood.Standard
        let layout = likelihood.Layout
        let lambdas = ThetaLayout.matrices layout point.Theta

        let weight, variance =
            LogLikelihood.withEngine likelihood lambdas (fun engine ->
                let df = LogLikelihood.degreesOfFreedom likelihood
                let square = engine.ResidualSquare
                let variance = Option.defaultValue (square / df) point.Variance

                CriterionFunction.weightOf point.Variance df square,
                standard.ResponseScale * standard.ResponseScale * variance)

        let inner =
            EngineMoments.create
                (likelihood.Kind = Criterion.Reml)
                weight
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
        | LikelihoodMethod.Separable engine -> ofSolver (SeparableVariance.solver engine)
        | LikelihoodMethod.Whitened engine -> ofSolver (WhitenedVariance.solver engine)
        | LikelihoodMethod.Conditional _ when likelihood.Layout.IsPlain -> None
        | LikelihoodMethod.Conditional _ ->
            let layout = likelihood.Layout
            let model = MarginalModel.parameters likelihood.Model likelihood.Standard layout

            Some(fun isFixed held (point: ParameterPoint) ->
                let lambdas = ThetaLayout.matrices layout point.Theta

                EngineParts.at
                    reml
                    (Array.ofList likelihood.Standard.Terms)
                    model.Forms
                    layout
                    point.Theta
                    {
                        new IFactored with
                            member _.Run action =
                                LogLikelihood.withEngine likelihood lambdas action
                    }
                |> MomentParts.moments
                    reml
                    parametrisation
                    likelihood.Model
                    likelihood.Standard
                    model
                    isFixed
                    held
                    point)

    /// Whether the moments are known: not where a part of a term's matrix is held, whose elements are not those of θ.
    let isKnown (likelihood: LogLikelihood) : bool =
        let layout = likelihood.Layout
        let held = likelihood.Held.Entries

        let isWhole t =
            let own = seq { layout.ParameterStarts[t] .. layout.ParameterStarts[t + 1] - 1 }
            let count = own |> Seq.filter held.ContainsKey |> Seq.length

            count = 0
            || count = Seq.length own
            || RelativeFactor.count layout.Shapes[t] = layout.Shapes[t].Order

        match likelihood.Method with
        | LikelihoodMethod.Conditional _ when layout.IsPlain ->
            Seq.forall isWhole (seq { 0 .. layout.Shapes.Length - 1 })
        | _ -> true

    /// <summary>The moments for small-sample methods at an inner θ that can be evaluated.</summary>
    /// <remarks>Variances stay on the inner scale, where they are well determined: no method that is linear in them
    /// can tell.
    /// </remarks>
    let moments parametrisation (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : CovarianceMoments =
        let point = LogLikelihood.pointAt likelihood theta

        match ofStructures parametrisation likelihood with
        | Some create ->
            let isFixed =
                ((likelihood.Full point.Variance).Boundary point.Theta).Fixed |> Seq.toArray

            create isFixed likelihood.Held point
        | None ->
            let inner, covariances = momentsAt likelihood point

            match parametrisation with
            | Parametrisation.VarianceScale -> inner
            | Parametrisation.FactorScale ->
                MomentScales.factors likelihood.Standard likelihood.Layout covariances inner
            |> HeldMoments.without likelihood.Held

    // Beside σ so small that the limit at zero is met to the digits that count, and large beside its rounding.
    let private besideZero = 1e-4

    /// Whether the covariance of a term is linear in parameters of which all matter where it is zero.
    let private isLinear (term: RandomDesign) =
        (Catalogue.modelOf term.Term.Structure).IsLinearAtZero

    /// <summary>The same moments with variances of zero among the parameters, for expected information.</summary>
    /// <remarks>In elements of G zero is no special case. In the roots that structures have for variances it is one: the moments
    /// are taken beside it, where the chain rule leads to the variances.</remarks>
    let momentsWithZeros
        parametrisation
        (likelihood: LogLikelihood)
        (theta: ImmutableArray<float>)
        : CovarianceMoments =
        match ofStructures parametrisation likelihood with
        | None -> moments parametrisation likelihood theta
        | Some create ->
            let point = LogLikelihood.pointAt likelihood theta
            let starts = likelihood.Layout.ParameterStarts

            let isFixed =
                ((likelihood.Full point.Variance).Boundary point.Theta).Fixed |> Seq.toArray

            let moved = Seq.toArray point.Theta

            for t, term in List.indexed likelihood.Model.Random do
                if isLinear term then
                    let own = [| starts[t] .. starts[t + 1] - 1 |]

                    let isZero place =
                        isFixed[place]
                        && moved[place] = 0.0
                        && not (likelihood.Held.Entries.ContainsKey place)

                    // Correlations matter again beside zero.
                    if Array.exists isZero own then
                        for place in own do
                            if isZero place then
                                moved[place] <- besideZero

                            isFixed[place] <- false

            create isFixed likelihood.Held {
                point with
                    Theta = ImmutableArray.CreateRange moved
            }

    /// The moments in the parameters on the user's scale: elements of G or of its Cholesky factor, and σ².
    let userMoments parametrisation (likelihood: LogLikelihood) (theta: ImmutableArray<float>) =
        match ofStructures parametrisation likelihood, parametrisation with
        | None, Parametrisation.VarianceScale ->
            let inner, covariances =
                LogLikelihood.pointAt likelihood theta |> momentsAt likelihood

            MomentScales.variances likelihood.Standard likelihood.Layout covariances inner
            |> HeldMoments.without likelihood.Held
        | _ -> moments parametrisation likelihood theta
