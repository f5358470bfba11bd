namespace LmmFunctional

open System.Collections.Immutable

/// <summary>The −2 log likelihood of a model and its data, as a function of the inner θ, with what belongs to it.</summary>
/// <remarks>β and σ² are profiled out. The value is −2ℓ on the user's scale as lme4 and SAS have it; θ holds the free entries
/// of the relative covariance factors on the inner scale of <see cref="T:LmmFunctional.Standardised"/>.</remarks>
[<NoComparison; ReferenceEquality>]
type LogLikelihood = internal {
    Model: Design
    Kind: Criterion
    Standard: Standardised
    Layout: ThetaLayout
    Held: HeldVariances
    Method: LikelihoodMethod
    Function: Objective
} with

    /// The design it was made from.
    member likelihood.Design = likelihood.Model

    /// Maximum likelihood or restricted maximum likelihood.
    member likelihood.Criterion = likelihood.Kind

    /// What the solver minimises.
    member likelihood.Objective = likelihood.Function

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
            ConditionalObjective.borrow engines plan (fun engine ->
                engine.Factor lambdas |> ignore
                action engine)

    /// The likelihood with another θ to start from.
    let internal startingAt theta (likelihood: LogLikelihood) = {
        likelihood with
            Function = {
                likelihood.Function with
                    Start = theta
            }
    }

    /// dn: n, or n − p under REML.
    let internal degreesOfFreedom (likelihood: LogLikelihood) =
        match likelihood.Kind with
        | Criterion.Ml -> float likelihood.Standard.Rows
        | Criterion.Reml -> float (likelihood.Standard.Rows - likelihood.Standard.Fixed.Length)

    /// First derivatives at a θ that can be evaluated, from an engine.
    let private scoreOf (likelihood: LogLikelihood) (theta: ImmutableArray<float>) (select: ScoreParts -> 'result) =
        let lambdas = ThetaLayout.matrices likelihood.Layout theta

        withEngine likelihood lambdas (fun engine ->
            ConditionalObjective.scoreAt
                likelihood.Held
                (likelihood.Kind = Criterion.Reml)
                (ConditionalObjective.residualDf likelihood.Kind engine)
                engine
                likelihood.Layout
                theta
                lambdas
            |> select)

    /// D = ∂f/∂G of each random term at a θ that can be evaluated.
    let internal covarianceScore (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : float[][] =
        let reml = (likelihood.Kind = Criterion.Reml)

        match likelihood.Method with
        | LikelihoodMethod.Conditional _ -> scoreOf likelihood theta _.D
        | LikelihoodMethod.Marginal model -> MarginalObjective.covarianceDerivatives reml model theta |> Array.map fst
        | LikelihoodMethod.Separable(_, engine) ->
            SeparableObjective.covarianceDerivatives reml engine theta |> Array.map fst
        | LikelihoodMethod.Whitened(_, engine) ->
            WhitenedObjective.covarianceDerivatives reml engine theta |> Array.map fst

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

    /// The likelihood of a design by a method with its function of θ.
    let private ofMethod kind (design: Design) standard layout held (method, objective) = {
        Model = design
        Kind = kind
        Standard = standard
        Layout = layout
        Held = held
        Method = method
        Function = objective
    }

    /// Structured residuals.
    let private ofStructure kind (design: Design) standard layout (held: Map<string, float>) =
        let problems = [
            for KeyValue(name, _) in held do
                LmmError.HeldWithStructure name
        ]

        if problems.IsEmpty then
            ResidualPlan.create design standard layout
            |> Result.bind (ResidualObjective.create kind design standard layout)
            |> Result.map (ofMethod kind design standard layout HeldVariances.none)
        else
            Error problems

    /// Independent residuals.
    let private ofPlan kind design standard layout held plan =
        ConditionalObjective.create kind design standard layout held plan
        |> Result.map (ofMethod kind design standard layout held)

    /// <summary>The likelihood of a design with some variances held: cross-products and plan once, then a function of θ.</summary>
    /// <param name="held">Variances in squared units of the response, by name: <c>group.effect</c> or <c>Residual</c>.</param>
    /// <param name="kind">Maximum likelihood or REML.</param>
    /// <param name="design">The model with its data.</param>
    /// <returns>The likelihood, or: a structure that cannot be fitted, too little memory for the random effects, a response
    /// the fixed effects fit exactly, variances that cannot be held.</returns>
    let createWith (held: Map<string, float>) kind (design: Design) : Result<LogLikelihood, LmmError list> =
        let standard = Standardised.ofDesign design
        let layout = ThetaLayout.create standard

        match design.Residual with
        | Some _ -> ofStructure kind design standard layout held
        | None ->
            HeldVariances.create design standard layout held
            |> Result.bind (fun held -> Plan.create standard |> Result.bind (ofPlan kind design standard layout held))

    /// <summary>The likelihood of a design: cross-products and plan once, then a function of θ.</summary>
    /// <returns>The likelihood, or: a structure that cannot be fitted, too little memory for the random effects, a response
    /// the fixed effects fit exactly.</returns>
    let create kind (design: Design) : Result<LogLikelihood, LmmError list> = createWith Map.empty kind design

    /// <summary>The likelihood of the same model for another response of the rows: scales and what is held are kept.</summary>
    /// <returns>The likelihood, or a response that the fixed effects fit exactly.</returns>
    let internal withResponse (response: float[]) (likelihood: LogLikelihood) : Result<LogLikelihood, LmmError list> =
        let design = {
            likelihood.Model with
                Response = response
        }

        let standard = Standardised.withResponse design likelihood.Standard

        match likelihood.Method with
        | LikelihoodMethod.Conditional _ ->
            Plan.create standard
            |> Result.bind (ofPlan likelihood.Kind design standard likelihood.Layout likelihood.Held)
        | method ->
            ResidualObjective.withResponse
                likelihood.Kind
                design
                standard
                likelihood.Layout
                likelihood.Function.Start
                method
            |> Result.map (ofMethod likelihood.Kind design standard likelihood.Layout likelihood.Held)

    /// Whether levels are independent and no variance is held.
    let internal isUnrelated (likelihood: LogLikelihood) =
        likelihood.Held.Residual.IsNone
        && likelihood.Held.Entries.IsEmpty
        && likelihood.Standard.Terms |> List.forall (fun term -> term.Relationship.IsNone)

    /// Whether residuals are independent, levels are independent, and no variance is held.
    let internal isPlain (likelihood: LogLikelihood) =
        likelihood.Model.Residual.IsNone && isUnrelated likelihood
