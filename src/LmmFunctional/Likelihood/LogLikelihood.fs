namespace LmmFunctional

open System
open System.Collections.Concurrent
open System.Collections.Immutable
open System.Runtime.InteropServices
open LmmFunctional.Numerics

/// <summary>How a likelihood is computed.</summary>
[<RequireQualifiedAccess; NoComparison; ReferenceEquality>]
type internal LikelihoodMethod =
    /// Given the random effects: cross-products and an engine; residuals are independent.
    | Conditional of plan: Plan * engines: ConcurrentBag<Engine>
    /// With the random effects integrated out: dense blocks of rows; residuals have any structure.
    | Marginal of MarginalModel
    /// The same for autoregressive residuals on fields of cells, through their sparse inverse.
    | Separable of MarginalModel * SeparableEngine

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

    /// Degrees of freedom of σ²: n, less p under REML.
    let internal residualDf kind (engine: Engine) =
        match kind with
        | Criterion.Ml -> float engine.Rows
        | Criterion.Reml -> float (engine.Rows - engine.P + 1)

    /// Σ log w.
    let internal sumOfLogWeights (design: Design) =
        design.Weights |> Option.map (Array.sumBy log) |> Option.defaultValue 0.0

    /// What −2 log likelihood on the inner scale lacks: the scales of y and X.
    let private constantOf kind df (standard: Standardised) =
        let response = 2.0 * df * log standard.ResponseScale

        match kind with
        | Criterion.Ml -> response
        | Criterion.Reml -> response + 2.0 * Array.sumBy log standard.FixedScale

    /// What the residual adds to −2 log likelihood: σ² profiled out, or known.
    let internal residualPart (held: HeldVariances) df residualSquare =
        match held.Residual with
        | None -> df * (1.0 + log (2.0 * Math.PI * residualSquare / df))
        | Some variance -> df * log (2.0 * Math.PI * variance) + residualSquare / variance

    let private scoreAt (held: HeldVariances) reml df (engine: Engine) (layout: ThetaLayout) theta lambdas =
        match held.Residual with
        | None -> Curvature.score reml df true engine layout theta lambdas
        | Some variance -> Curvature.score reml (engine.ResidualSquare / variance) false engine layout theta lambdas

    let private borrow (engines: ConcurrentBag<Engine>) (plan: Plan) (action: Engine -> 'result) =
        let engine =
            match engines.TryTake() with
            | true, engine -> engine
            | false, _ -> plan.NewEngine()

        try
            action engine
        finally
            engines.Add engine

    /// The function of θ: −2 log likelihood with its derivatives, everything but θ held fixed.
    let private evaluate kind constant layout (held: HeldVariances) borrow (theta: ImmutableArray<float>) order =
        let lambdas = ThetaLayout.matrices layout theta
        let reml = (kind = Criterion.Reml)

        borrow (fun (engine: Engine) ->
            let nothing = {
                Value = infinity
                Gradient = ImmutableArray.Empty
                Curvature = Matrix(0, 0, [||])
            }

            if not (lambdas |> Array.forall Semidefinite.isFinite && engine.Factor lambdas) then
                nothing
            else
                let df = residualDf kind engine
                let fixedPart = if reml then engine.LogDeterminantFixed else 0.0
                let residualPart = residualPart held df engine.ResidualSquare

                let valued = {
                    nothing with
                        Value = engine.LogDeterminant + fixedPart + residualPart + constant
                }

                let score = lazy (scoreAt held reml df engine layout theta lambdas)

                // The score's own array: nobody writes to it any more.
                let gradient () =
                    ImmutableCollectionsMarshal.AsImmutableArray score.Value.Gradient

                match order with
                | Order.Value -> valued
                | Order.Gradient -> { valued with Gradient = gradient () }
                | Order.Curvature information -> {
                    valued with
                        Gradient = gradient ()
                        Curvature = Curvature.matrix information reml engine layout score.Value
                  })

    /// D = ∂f/∂G of each term with its trace part, at a θ that can be evaluated.
    let private covarianceDerivatives kind layout held borrow theta =
        let lambdas = ThetaLayout.matrices layout theta

        borrow (fun (engine: Engine) ->
            engine.Factor lambdas |> ignore

            let score =
                scoreAt held (kind = Criterion.Reml) (residualDf kind engine) engine layout theta lambdas

            Array.map2 (fun d (part: TermDerivative) -> d, part.Trace) score.D score.Derivatives)

    // Second derivatives of more operations would take longer than most fits.
    let private affordable = 1e10

    // What a step may cost decides how far it is worth going on. A decrement of 1e-9 is 3e-5 of a standard error.
    let private toleranceFor work =
        if work < 1e8 then 1e-18
        elif work < 1e9 then 1e-12
        elif work < 1e11 then 1e-9
        else 1e-8

    /// <summary>Runs an action on an engine factored at these λ, which have been evaluated before.</summary>
    /// <exception cref="T:System.ArgumentException">The likelihood is a marginal one, which has no engine.</exception>
    let internal withEngine (likelihood: LogLikelihood) lambdas (action: Engine -> 'result) =
        match likelihood.Method with
        | LikelihoodMethod.Marginal _
        | LikelihoodMethod.Separable _ -> invalidArg (nameof likelihood) "A marginal model has no engine."
        | LikelihoodMethod.Conditional(plan, engines) ->
            borrow engines plan (fun engine ->
                engine.Factor lambdas |> ignore
                action engine)

    /// Which parameters of random terms are logarithms or the like: not coefficients, nor standard deviations, whose sign is
    /// free.
    let private unboundedOfTerms (layout: ThetaLayout) : seq<bool> =
        let isUnbounded (form: EffectsForm) k =
            match form.Kinds[k] with
            | ParameterKind.Real
            | ParameterKind.Loading -> false
            | _ -> not (Array.contains k form.Deviations)

        seq {
            for t in 0 .. layout.Forms.Length - 1 do
                match layout.Forms[t] with
                | Some form -> yield! Seq.init form.Kinds.Length (isUnbounded form)
                | None -> yield! Seq.replicate (layout.ParameterStarts[t + 1] - layout.ParameterStarts[t]) false
        }

    let private ofPlan kind (design: Design) (standard: Standardised) layout held (plan: Plan) =
        let engines = ConcurrentBag<Engine>()
        let terms = Array.ofList standard.Terms

        // Without random effects: least squares. A residual that is rounding only means that nothing is left to model.
        let df, start, fitsExactly =
            borrow engines plan (fun engine ->
                let last = engine.P * engine.P - 1
                let factor = Array.copy engine.FixedFixed
                let isPositive = Small.Cholesky(engine.P, factor, 0)

                let isExact =
                    not isPositive || factor[last] * factor[last] <= 1e-14 * engine.FixedFixed[last]

                residualDf kind engine, StartingValues.create layout terms engine, isExact)

        if fitsExactly then
            Error [ LmmError.ResponseFitsExactly(ExprText.deparse design.Spec.Response) ]
        else
            let borrow action = borrow engines plan action

            Ok {
                Model = design
                Kind = kind
                Standard = standard
                Layout = layout
                Held = held
                Method = LikelihoodMethod.Conditional(plan, engines)
                Function =
                    HeldVariances.restrict layout held {
                        Names = ThetaLayout.names design layout
                        Start = ImmutableArray.CreateRange start
                        Evaluate =
                            evaluate kind (constantOf kind df standard - sumOfLogWeights design) layout held borrow
                        Boundary =
                            VarianceBoundary.inspect design layout (covarianceDerivatives kind layout held borrow)
                        HasCheapCurvature = plan.CurvatureWork < 1e7 || plan.CurvatureWork <= plan.Chosen.Work
                        IsCurvatureAffordable = plan.CurvatureWork < affordable
                        Tolerance = toleranceFor plan.Chosen.Work
                        Unbounded = ImmutableArray.CreateRange(unboundedOfTerms layout)
                    }
            }

    /// θ to start from: the random terms as without a residual structure, where that can be computed, and the best of what
    /// the residual structure proposes.
    let private marginalStart reml (standard: Standardised) (layout: ThetaLayout) (model: MarginalModel) =
        let terms = Array.ofList standard.Terms

        let ofTerms =
            if model.Forms.Length = 0 then
                [||]
            else
                match Plan.create standard with
                | Ok plan -> StartingValues.create layout terms (plan.NewEngine())
                | Error _ ->
                    model.Forms
                    |> Array.collect (fun form -> form.Start(Array.create form.Order 1.0))

        let withResiduals tau =
            ImmutableArray.CreateRange(Array.append ofTerms tau)

        let first = withResiduals model.Residual.Parameters.Start

        if model.Residual.FurtherStarts.Length = 0 then
            first
        else
            first :: [ for tau in model.Residual.FurtherStarts -> withResiduals tau ]
            |> List.minBy (fun theta -> (MarginalObjective.evaluate reml 0.0 model theta Order.Value).Value)

    /// Which parameters of residuals are logarithms or the like: all but coefficients. Those of random terms come first.
    let private unboundedOf (layout: ThetaLayout) (model: MarginalModel) =
        Seq.append
            (unboundedOfTerms layout)
            (model.Residual.Parameters.Kinds
             |> Seq.map (fun kind -> kind <> ParameterKind.Real && kind <> ParameterKind.Loading))
        |> ImmutableArray.CreateRange

    /// The likelihood of a model with structured residuals, however it is computed; V holds the weights already.
    let private ofResiduals kind (design: Design) standard layout (model: MarginalModel) method start makeObjective =
        let reml = (kind = Criterion.Reml)
        let constant = constantOf kind (MarginalObjective.residualDf reml model) standard

        {
            Model = design
            Kind = kind
            Standard = standard
            Layout = layout
            Held = HeldVariances.none
            Method = method
            Function =
                makeObjective constant {
                    Names =
                        ImmutableArray.CreateRange(
                            Seq.append
                                (ThetaLayout.names design layout)
                                (model.Residual.Parameters.Names |> Seq.map (fun name -> $"Residual.{name}"))
                        )
                    Start = start
                    Evaluate = MarginalObjective.evaluate reml constant model
                    Boundary =
                        VarianceBoundary.inspect design layout (MarginalObjective.covarianceDerivatives reml model)
                    HasCheapCurvature = true
                    IsCurvatureAffordable = true
                    Tolerance = toleranceFor (MarginalModel.work model)
                    Unbounded = unboundedOf layout model
                }
        }

    /// Whether a residual square is rounding only: nothing is left to model.
    let private fitsExactly (standard: Standardised) square =
        match square with
        | None -> false
        | Some square -> square <= 1e-14 * (standard.Response |> Array.sumBy (fun y -> y * y))

    /// Autoregressive residuals on fields of cells.
    let private ofCells kind (design: Design) (standard: Standardised) layout (model: SeparableModel) =
        let reml = (kind = Criterion.Reml)
        let engine = SeparableObjective.engine model

        let start =
            SeparableStart.improve model (marginalStart reml standard layout model.Marginal)

        if fitsExactly standard (SeparableObjective.withFactor engine start _.ResidualSquare) then
            Error [ LmmError.ResponseFitsExactly(ExprText.deparse design.Spec.Response) ]
        else
            let method = LikelihoodMethod.Separable(model.Marginal, engine)

            ofResiduals kind design standard layout model.Marginal method start (fun constant objective -> {
                objective with
                    Evaluate = SeparableObjective.evaluate reml constant engine
                    Boundary =
                        VarianceBoundary.inspect design layout (SeparableObjective.covarianceDerivatives reml engine)
                    HasCheapCurvature = false
                    // Two gradients for each parameter.
                    IsCurvatureAffordable = 2.0 * float start.Length * model.Work < affordable
                    Tolerance = toleranceFor model.Work
            })
            |> Ok

    /// Dense blocks, with a θ to start from.
    let private ofMarginal kind (design: Design) (standard: Standardised) layout (model: MarginalModel) start =
        // Nothing is factored before it is known to fit into memory.
        let square () =
            MarginalObjective.factor model start
            |> Option.map MarginalObjective.residualSquare

        if MarginalModel.bytes model > 0.8 * float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) then
            Error [
                LmmError.TooLarge(
                    "The covariance of dependent rows",
                    MarginalModel.bytes model,
                    float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
                )
            ]
        elif fitsExactly standard (square ()) then
            Error [ LmmError.ResponseFitsExactly(ExprText.deparse design.Spec.Response) ]
        else
            let method = LikelihoodMethod.Marginal model
            Ok(ofResiduals kind design standard layout model method start (fun _ objective -> objective))

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

    /// D = ∂f/∂G of each random term at a θ that can be evaluated.
    let internal covarianceScore (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : float[][] =
        let reml = (likelihood.Kind = Criterion.Reml)

        match likelihood.Method with
        | LikelihoodMethod.Conditional _ ->
            let lambdas = ThetaLayout.matrices likelihood.Layout theta

            withEngine likelihood lambdas (fun engine ->
                (scoreAt
                    likelihood.Held
                    reml
                    (residualDf likelihood.Kind engine)
                    engine
                    likelihood.Layout
                    theta
                    lambdas)
                    .D)
        | LikelihoodMethod.Marginal model -> MarginalObjective.covarianceDerivatives reml model theta |> Array.map fst
        | LikelihoodMethod.Separable(_, engine) ->
            SeparableObjective.covarianceDerivatives reml engine theta |> Array.map fst

    /// −∂ log r²/∂θ at a θ that can be evaluated, r² = (y − Xβ)'V⁻¹(y − Xβ) with V relative to σ².
    let internal squares (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : float[] =
        let reml = (likelihood.Kind = Criterion.Reml)

        match likelihood.Method with
        | LikelihoodMethod.Conditional _ ->
            let lambdas = ThetaLayout.matrices likelihood.Layout theta

            withEngine likelihood lambdas (fun engine ->
                scoreAt likelihood.Held reml (residualDf likelihood.Kind engine) engine likelihood.Layout theta lambdas
                |> Curvature.squares likelihood.Layout)
        | LikelihoodMethod.Marginal model ->
            match MarginalObjective.factor model theta with
            | None -> Array.create theta.Length nan
            | Some factor -> (snd (MarginalObjective.parts reml model theta factor)).Squares
        | LikelihoodMethod.Separable(_, engine) -> SeparableObjective.squares reml engine theta

    // What the language can say and no engine can do: refused here, never fitted as something else.
    let private ofStructure kind (design: Design) standard layout (held: Map<string, float>) =
        let problems = [
            for term in design.Spec.Random do
                if term.Relationship.IsSome then
                    LmmError.NotFittedYet(TermText.deparseRandom term)

            for KeyValue(name, _) in held do
                LmmError.HeldWithStructure name
        ]

        if problems.IsEmpty then
            let model = MarginalModel.create design standard layout

            match SeparableModel.tryCreate design standard model with
            | Some cells -> ofCells kind design standard layout cells
            | None ->
                marginalStart (kind = Criterion.Reml) standard layout model
                |> ofMarginal kind design standard layout model
        else
            Error problems

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
        | LikelihoodMethod.Marginal model ->
            ofMarginal
                likelihood.Kind
                design
                standard
                likelihood.Layout
                (MarginalModel.withResponse standard model)
                likelihood.Function.Start
        | LikelihoodMethod.Separable _ -> ofStructure likelihood.Kind design standard likelihood.Layout Map.empty
        | LikelihoodMethod.Conditional _ ->
            Plan.create standard
            |> Result.bind (ofPlan likelihood.Kind design standard likelihood.Layout likelihood.Held)

    /// Whether levels are independent and no variance is held.
    let internal isUnrelated (likelihood: LogLikelihood) =
        likelihood.Held.Residual.IsNone
        && likelihood.Held.Entries.IsEmpty
        && likelihood.Standard.Terms |> List.forall (fun term -> term.Relationship.IsNone)

    /// Whether residuals are independent, levels are independent, and no variance is held.
    let internal isPlain (likelihood: LogLikelihood) =
        likelihood.Model.Residual.IsNone && isUnrelated likelihood
