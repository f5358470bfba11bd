namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module LogLikelihood =

    /// <summary>Runs an action on an engine factored at these λ, which have been evaluated before.</summary>
    /// <exception cref="T:System.ArgumentException">The likelihood is a marginal one, which has no engine.</exception>
    let internal withEngine (likelihood: LogLikelihood) lambdas (action: Engine -> 'result) =
        match likelihood.Method with
        | LikelihoodMethod.Marginal _
        | LikelihoodMethod.Separable _
        | LikelihoodMethod.Whitened _ -> invalidArg (nameof likelihood) "A marginal model has no engine."
        | LikelihoodMethod.Conditional(_, engines) ->
            engines.Run(fun engine ->
                engine.Factor lambdas |> ignore
                action engine)

    /// The likelihood with another θ to start from, and no further ones.
    let internal startingAt theta (likelihood: LogLikelihood) = {
        likelihood with
            Function = {
                likelihood.Function with
                    Start = theta
                    FurtherStarts = lazy []
            }
    }

    /// dn: n, or n − p under REML.
    let internal degreesOfFreedom (likelihood: LogLikelihood) =
        CriterionFunction.residualDf
            (likelihood.Kind = Criterion.Reml)
            likelihood.Standard.Observations
            likelihood.Standard.Fixed.Length

    let private isReml (likelihood: LogLikelihood) = (likelihood.Kind = Criterion.Reml)

    /// D = ∂f/∂G of each random term at a θ that can be evaluated.
    let internal covarianceScore (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : float[][] =
        CriterionFunction.covarianceScores (isReml likelihood) likelihood.Held.Residual likelihood.Variance theta
        |> Array.map fst

    /// −∂ log r²/∂θ at a θ that can be evaluated, r² = (y − Xβ)'V⁻¹(y − Xβ) with V relative to σ².
    let internal squares (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : float[] =
        CriterionFunction.squares (isReml likelihood) likelihood.Variance theta

    /// r² = (y − Xβ)'V⁻¹(y − Xβ) at a θ that can be evaluated, with V relative to σ², on the inner scale.
    let internal residualSquare (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : float =
        CriterionFunction.residualSquareAt likelihood.Variance theta

    // Held parameters

    /// The likelihood with this held, and nothing else.
    let private holdingAll held (likelihood: LogLikelihood) =
        let likelihood = { likelihood with Held = held }

        {
            likelihood with
                Function =
                    HeldObjective.create
                        (degreesOfFreedom likelihood)
                        (residualSquare likelihood)
                        (squares likelihood)
                        held
                        likelihood.Full
        }

    /// <summary>The same likelihood with these parameters held, and no others.</summary>
    /// <returns>The likelihood, or the parameters that cannot be held.</returns>
    let internal holding
        (known: Map<string, float>)
        (likelihood: LogLikelihood)
        : Result<LogLikelihood, LmmError list> =
        HeldParameters.create likelihood.Standard likelihood.Named known
        |> Result.map (fun held -> holdingAll held likelihood)

    /// All of θ, and σ² on the inner scale where it is not profiled out, at coordinates of the function.
    let internal pointAt (likelihood: LogLikelihood) (estimated: ImmutableArray<float>) : ParameterPoint =
        HeldParameters.embed likelihood.Held (likelihood.Full None).Names.Length estimated

    /// σ² on the inner scale at a point that can be evaluated.
    let internal varianceAt (likelihood: LogLikelihood) (point: ParameterPoint) : float =
        point.Variance
        |> Option.defaultWith (fun () -> residualSquare likelihood point.Theta / degreesOfFreedom likelihood)

    /// The likelihood with another point to start from, and no further ones; what is held stays.
    let internal startingFrom (point: ParameterPoint) (likelihood: LogLikelihood) =
        startingAt (HeldParameters.project likelihood.Held point.Theta (varianceAt likelihood point)) likelihood

    /// The likelihood with a point to start from beside its further starts; what is held stays.
    let internal startingAlsoFrom (point: ParameterPoint) (likelihood: LogLikelihood) =
        let further = likelihood.Function.FurtherStarts
        let single = startingFrom point likelihood

        {
            single with
                Function = {
                    single.Function with
                        FurtherStarts = further
                }
        }

    /// The number of covariance parameters that are estimated, σ² among them.
    let internal estimatedCount (likelihood: LogLikelihood) =
        likelihood.Function.Names.Length + (if likelihood.Held.IsProfiled then 1 else 0)

    // Making

    /// The likelihood of a design by a method with its function of θ.
    let internal ofMethod
        kind
        (design: Design)
        standard
        layout
        parameters
        held
        budget
        (method, variance, full: float option -> Objective)
        =
        let create variance =
            full variance |> Objective.guarded |> EndBounds.extend

        // Asked for again and again, and always the same.
        let profiled = create None

        let full variance =
            if Option.isNone variance then profiled else create variance

        holdingAll held {
            Model = design
            Kind = kind
            Standard = standard
            Layout = layout
            Named = parameters
            Held = held
            Budget = budget
            Method = method
            Variance = variance
            Full = full
            Function = full None
        }

    /// What is held, in the units of the scale of another response.
    let internal heldOn standard (likelihood: LogLikelihood) =
        if standard.Precision > 1.0 then
            Ok HeldParameters.limit
        else
            HeldParameters.create standard likelihood.Named likelihood.Held.Known

    /// Structured residuals, or independent ones.
    let internal ofDesign budget kind (design: Design) standard layout =
        match design.Residual with
        | Some _ ->
            ResidualPlan.create design standard layout
            |> Result.bind (StructuredResidualsObjective.create kind design standard layout)
        | None ->
            Plan.within budget standard
            |> Result.map (IndependentResidualsObjective.create kind design standard layout None)

    /// <summary>The likelihood of a design with some covariance parameters held: cross-products and plan once, then a function
    /// of the others.</summary>
    /// <param name="held">Values by name, in the units that are printed: variances (<c>group.effect</c>), parameters of
    /// structures (<c>Residual.rho</c>), and <c>Residual</c>, σ².</param>
    /// <param name="kind">Maximum likelihood or REML.</param>
    /// <param name="design">The model with its data.</param>
    /// <param name="budget">Seconds that a fit may take: beyond, random effects are solved for by iteration; None for any time.
    /// </param>
    /// <returns>The likelihood, or: a structure that cannot be fitted, too little memory for the random effects, a response
    /// the fixed effects fit exactly, parameters that cannot be held.</returns>
    let internal createWithin
        budget
        (held: Map<string, float>)
        kind
        (design: Design)
        : Result<LogLikelihood, LmmError list> =
        Standardised.ofDesign design
        |> Conditioning.ensure design
        |> Result.bind (fun standard ->
            let layout = ThetaLayout.create standard
            let parameters = lazy NamedParameters.create design standard layout

            HeldParameters.create standard parameters held
            |> Result.bind (fun held ->
                ofDesign budget kind design standard layout
                |> Result.map (ofMethod kind design standard layout parameters held budget)))

    /// <summary>The likelihood of a design with some covariance parameters held: cross-products and plan once, then a function
    /// of the others.</summary>
    /// <param name="held">Values by name, in the units that are printed: variances (<c>group.effect</c>), parameters of
    /// structures (<c>Residual.rho</c>), and <c>Residual</c>, σ².</param>
    /// <param name="kind">Maximum likelihood or REML.</param>
    /// <param name="design">The model with its data.</param>
    /// <returns>The likelihood, or: a structure that cannot be fitted, too little memory for the random effects, a response
    /// the fixed effects fit exactly, parameters that cannot be held.</returns>
    let createWith (held: Map<string, float>) kind (design: Design) : Result<LogLikelihood, LmmError list> =
        createWithin None held kind design

    /// <summary>The likelihood of a design: cross-products and plan once, then a function of θ.</summary>
    /// <returns>The likelihood, or: a structure that cannot be fitted, too little memory for the random effects, a response
    /// the fixed effects fit exactly.</returns>
    let create kind (design: Design) : Result<LogLikelihood, LmmError list> = createWith Map.empty kind design

    /// How log determinants are sampled; None where they are exact.
    let internal samplingOf (likelihood: LogLikelihood) : Sampling option =
        match likelihood.Method with
        | LikelihoodMethod.Conditional(plan, _) -> plan.Sampling
        | _ -> None

    /// Whether log determinants are sampled.
    let internal isSampled (likelihood: LogLikelihood) = (samplingOf likelihood).IsSome

    /// Whether levels are independent and no parameter is held.
    let internal isUnrelated (likelihood: LogLikelihood) =
        likelihood.Held.IsEmpty
        && likelihood.Standard.Terms |> List.forall (fun term -> term.Relationship.IsNone)

    /// Whether residuals are independent, levels are independent, and no parameter is held.
    let internal isPlain (likelihood: LogLikelihood) =
        likelihood.Model.Residual.IsNone && isUnrelated likelihood
