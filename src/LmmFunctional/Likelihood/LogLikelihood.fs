namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>The −2 log likelihood of a model and its data, as a function of the inner θ, with what belongs to it.</summary>
/// <remarks>β and σ² are profiled out, σ² where it is not known. The value is −2ℓ on the user's scale as lme4 and SAS have
/// it; θ holds the free entries of the relative covariance factors on the inner scale of
/// <see cref="T:LmmFunctional.Estimation.Standardised"/>. What is held is left out of the function.</remarks>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type LogLikelihood = internal {
    Model: Design
    Kind: Criterion
    Standard: Standardised
    Layout: ThetaLayout
    /// The covariance parameters by name; made when first asked for, as hardly any fit needs them.
    Named: Lazy<NamedParameters list>
    Held: HeldParameters
    /// Seconds that a fit may take, if anything was said.
    Budget: float option
    Method: LikelihoodMethod
    /// The function of all of θ, at a known σ² or with σ² profiled out.
    Full: float option -> Objective
    Function: Objective
} with

    /// The design it was made from.
    member likelihood.Design = likelihood.Model

    /// Maximum likelihood or restricted maximum likelihood.
    member likelihood.Criterion = likelihood.Kind

    /// What the solver minimises.
    member likelihood.Objective = likelihood.Function

    /// The covariance parameters by name.
    member internal likelihood.Parameters = likelihood.Named.Value

    member private this.Display =
        let criterion = if this.Kind = Criterion.Reml then "REML" else "ML"
        let parameters = Plural.count this.Function.Names.Length "parameter"
        $"{criterion} log likelihood of {this.Model.Spec}, {parameters}"

    /// The model and the number of parameters.
    override this.ToString() = this.Display

[<RequireQualifiedAccess>]
module LogLikelihood =

    /// <summary>Runs an action on an engine factored at these λ, which have been evaluated before.</summary>
    /// <exception cref="T:System.ArgumentException">The likelihood is a marginal one, which has no engine.</exception>
    let internal withEngine (likelihood: LogLikelihood) lambdas (action: Engine -> 'result) =
        match likelihood.Method with
        | LikelihoodMethod.Marginal _
        | LikelihoodMethod.Separable _
        | LikelihoodMethod.Whitened _ -> invalidArg (nameof likelihood) "A marginal model has no engine."
        | LikelihoodMethod.Conditional(plan, engines) ->
            IndependentResidualsObjective.borrow engines plan (fun engine ->
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
        match likelihood.Kind with
        | Criterion.Ml -> float likelihood.Standard.Observations
        | Criterion.Reml -> float (likelihood.Standard.Observations - likelihood.Standard.Fixed.Length)

    /// First derivatives at a θ that can be evaluated, from an engine.
    let private scoreOf (likelihood: LogLikelihood) (theta: ImmutableArray<float>) (select: ScoreParts -> 'result) =
        let lambdas = ThetaLayout.matrices likelihood.Layout theta

        withEngine likelihood lambdas (fun engine ->
            IndependentResidualsObjective.scoreAt
                likelihood.Held.Residual
                (likelihood.Kind = Criterion.Reml)
                (IndependentResidualsObjective.residualDf likelihood.Kind engine)
                engine
                likelihood.Layout
                theta
                lambdas
            |> select)

    /// D = ∂f/∂G of each random term at a θ that can be evaluated.
    let internal covarianceScore (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : float[][] =
        let reml = (likelihood.Kind = Criterion.Reml)
        let variance = likelihood.Held.Residual

        match likelihood.Method with
        | LikelihoodMethod.Conditional _ -> scoreOf likelihood theta _.D
        | LikelihoodMethod.Marginal model ->
            MarginalObjective.covarianceDerivatives reml variance model theta
            |> Array.map fst
        | LikelihoodMethod.Separable(_, engine) ->
            SeparableObjective.covarianceDerivatives reml variance engine theta
            |> Array.map fst
        | LikelihoodMethod.Whitened(_, engine) ->
            WhitenedObjective.covarianceDerivatives reml variance engine theta
            |> Array.map fst

    /// −∂ log r²/∂θ at a θ that can be evaluated, r² = (y − Xβ)'V⁻¹(y − Xβ) with V relative to σ².
    let internal squares (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : float[] =
        let reml = (likelihood.Kind = Criterion.Reml)

        match likelihood.Method with
        | LikelihoodMethod.Conditional _ -> scoreOf likelihood theta (Curvature.squares likelihood.Layout)
        | LikelihoodMethod.Marginal model ->
            match MarginalObjective.factor model theta with
            | None -> Array.create theta.Length nan
            | Some factor -> (snd (MarginalObjective.parts reml model theta factor)).Squares
        | LikelihoodMethod.Separable(_, engine) -> SeparableObjective.squares reml engine theta
        | LikelihoodMethod.Whitened(_, engine) -> WhitenedObjective.squares reml engine theta

    /// r² = (y − Xβ)'V⁻¹(y − Xβ) at a θ that can be evaluated, with V relative to σ², on the inner scale.
    let internal residualSquare (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : float =
        match likelihood.Method with
        | LikelihoodMethod.Conditional _ ->
            withEngine likelihood (ThetaLayout.matrices likelihood.Layout theta) _.ResidualSquare
        | LikelihoodMethod.Marginal model ->
            MarginalObjective.factor model theta
            |> Option.map MarginalObjective.residualSquare
            |> Option.defaultValue nan
        | LikelihoodMethod.Separable(_, engine) ->
            SeparableObjective.withFactor engine theta _.ResidualSquare
            |> Option.defaultValue nan
        | LikelihoodMethod.Whitened(_, engine) ->
            WhitenedObjective.withFactor engine theta _.ResidualSquare
            |> Option.defaultValue nan

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
    let private ofMethod
        kind
        (design: Design)
        standard
        layout
        parameters
        held
        budget
        (method, full: float option -> Objective)
        =
        let full variance =
            full variance |> Objective.guarded |> EndBounds.extend

        holdingAll held {
            Model = design
            Kind = kind
            Standard = standard
            Layout = layout
            Named = parameters
            Held = held
            Budget = budget
            Method = method
            Full = full
            Function = full None
        }

    /// What is held, in the units of the scale of another response.
    let private heldOn standard (likelihood: LogLikelihood) =
        if standard.Precision > 1.0 then
            Ok HeldParameters.limit
        else
            HeldParameters.create standard likelihood.Named likelihood.Held.Known

    /// Structured residuals, or independent ones.
    let private ofDesign budget kind (design: Design) standard layout =
        match design.Residual with
        | Some _ ->
            ResidualPlan.create design standard layout
            |> Result.bind (StructuredResidualsObjective.create kind design standard layout)
        | None ->
            Plan.within budget standard
            |> Result.map (IndependentResidualsObjective.create kind design standard layout)

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

    /// The method of a likelihood for another response on its own columns: residual structures start at a θ or where they would.
    let private methodFor (design: Design) standard from (likelihood: LogLikelihood) =
        match likelihood.Method with
        | LikelihoodMethod.Conditional(plan, _) ->
            Ok(
                IndependentResidualsObjective.create
                    likelihood.Kind
                    design
                    standard
                    likelihood.Layout
                    (plan.ForResponse standard)
            )
        | method ->
            StructuredResidualsObjective.withResponse likelihood.Kind design standard likelihood.Layout from method

    let private assembled (design: Design) standard (likelihood: LogLikelihood) method =
        // Another response has another scale, and held variances are in its units.
        match method, heldOn standard likelihood with
        | Ok method, Ok held ->
            Ok(
                ofMethod
                    likelihood.Kind
                    design
                    standard
                    likelihood.Layout
                    likelihood.Named
                    held
                    likelihood.Budget
                    method
            )
        | Error problems, _
        | _, Error problems -> Error problems

    /// <summary>The likelihood of the same model for another response of the rows: scales and what is held are kept.</summary>
    /// <returns>The likelihood, or a response that the fixed effects fit exactly.</returns>
    let internal withResponse (response: float[]) (likelihood: LogLikelihood) : Result<LogLikelihood, LmmError list> =
        let design = {
            likelihood.Model with
                Response = response
        }

        let standard = Standardised.withResponse design likelihood.Standard

        if Conditioning.isSound standard then
            likelihood
            |> methodFor design standard (Some (likelihood.Full None).Start)
            |> assembled design standard likelihood
        else
            Conditioning.ensure design standard
            |> Result.bind (fun standard ->
                ofDesign likelihood.Budget likelihood.Kind design standard likelihood.Layout
                |> assembled design standard likelihood)

    /// <summary>The likelihood of a design that differs in its response only from that of a likelihood made by
    /// <c>createWith</c>: bit for bit what <c>createWith</c> would make, with what does not depend on the response shared.</summary>
    /// <returns>The likelihood, or what <c>createWith</c> would say.</returns>
    let internal forResponse (design: Design) (likelihood: LogLikelihood) : Result<LogLikelihood, LmmError list> =
        let standard = Standardised.withResponse design likelihood.Standard

        // Columns that were replaced for one response are not those of another.
        if likelihood.Standard.Base.IsSome || not (Conditioning.isSound standard) then
            createWithin likelihood.Budget likelihood.Held.Known likelihood.Kind design
        else
            likelihood
            |> methodFor design standard None
            |> assembled design standard likelihood

    /// The same likelihood computed from other columns of X and Z that span the same, or in the limit of no residual variance.
    let internal onStandard standard (likelihood: LogLikelihood) : Result<LogLikelihood, LmmError list> =
        let likelihood = {
            likelihood with
                Named = lazy NamedParameters.create likelihood.Model standard likelihood.Layout
        }

        ofDesign likelihood.Budget likelihood.Kind likelihood.Model standard likelihood.Layout
        |> Result.bind (fun method ->
            heldOn standard likelihood
            |> Result.map (fun held ->
                ofMethod
                    likelihood.Kind
                    likelihood.Model
                    standard
                    likelihood.Layout
                    likelihood.Named
                    held
                    likelihood.Budget
                    method))

    /// The same likelihood by a plan that samples otherwise or not at all; what is held stays.
    let internal withPlan (plan: Plan) (likelihood: LogLikelihood) : LogLikelihood =
        IndependentResidualsObjective.create likelihood.Kind likelihood.Model likelihood.Standard likelihood.Layout plan
        |> ofMethod
            likelihood.Kind
            likelihood.Model
            likelihood.Standard
            likelihood.Layout
            likelihood.Named
            likelihood.Held
            likelihood.Budget

    /// The same model by another criterion, on the same inner scale.
    let internal withCriterion kind (likelihood: LogLikelihood) : Result<LogLikelihood, LmmError list> =
        onStandard likelihood.Standard { likelihood with Kind = kind }

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
