namespace LmmFunctional

open System
open System.Collections.Concurrent
open System.Collections.Immutable
open System.Runtime.InteropServices

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
    Plan: Plan
    /// Workspaces that no evaluation uses just now.
    Engines: ConcurrentBag<Engine>
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

    /// What −2 log likelihood on the inner scale lacks: the scales of y and X, and the weights.
    let private constantOf kind df (standard: Standardised) design =
        let response = 2.0 * df * log standard.ResponseScale

        match kind with
        | Criterion.Ml -> response - sumOfLogWeights design
        | Criterion.Reml -> response + 2.0 * Array.sumBy log standard.FixedScale - sumOfLogWeights design

    /// What the residual adds to −2 log likelihood: σ² profiled out, or known.
    let internal residualPart (held: HeldVariances) df (engine: Engine) =
        match held.Residual with
        | None -> df * (1.0 + log (2.0 * Math.PI * engine.ResidualSquare / df))
        | Some variance -> df * log (2.0 * Math.PI * variance) + engine.ResidualSquare / variance

    let private scoreAt (held: HeldVariances) reml df (engine: Engine) (layout: ThetaLayout) lambdas =
        match held.Residual with
        | None -> Curvature.score reml df true engine layout.Entries lambdas
        | Some variance -> Curvature.score reml (engine.ResidualSquare / variance) false engine layout.Entries lambdas

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
                let residualPart = residualPart held df engine

                let valued = {
                    nothing with
                        Value = engine.LogDeterminant + fixedPart + residualPart + constant
                }

                let score = lazy (scoreAt held reml df engine layout lambdas)

                // The score's own array: nobody writes to it any more.
                let gradient () =
                    ImmutableCollectionsMarshal.AsImmutableArray score.Value.Gradient

                match order with
                | Order.Value -> valued
                | Order.Gradient -> { valued with Gradient = gradient () }
                | Order.Curvature information -> {
                    valued with
                        Gradient = gradient ()
                        Curvature = Curvature.matrix information reml engine layout.Entries score.Value
                  })

    /// D = ∂f/∂G of each term with its trace part, at a θ that can be evaluated.
    let private covarianceDerivatives kind layout held borrow theta =
        let lambdas = ThetaLayout.matrices layout theta

        borrow (fun (engine: Engine) ->
            engine.Factor lambdas |> ignore

            let score =
                scoreAt held (kind = Criterion.Reml) (residualDf kind engine) engine layout lambdas

            Array.map2 (fun d (part: TermDerivative) -> d, part.Trace) score.D score.Derivatives)

    // Second derivatives of more operations would take longer than most fits.
    let private affordable = 1e10

    // What a step may cost decides how far it is worth going on.
    let private toleranceFor work =
        if work < 1e8 then 1e-18
        elif work < 1e11 then 1e-12
        else 1e-8

    /// Runs an action on an engine factored at these λ, which have been evaluated before.
    let internal withEngine (likelihood: LogLikelihood) lambdas (action: Engine -> 'result) =
        borrow likelihood.Engines likelihood.Plan (fun engine ->
            engine.Factor lambdas |> ignore
            action engine)

    let private ofPlan kind (design: Design) (standard: Standardised) layout held (plan: Plan) =
        let engines = ConcurrentBag<Engine>()
        let terms = Array.ofList standard.Terms

        let zero =
            layout.Shapes
            |> Array.map (fun shape -> Array.zeroCreate (shape.Order * shape.Order))

        // Without random effects: least squares. A residual that is rounding only means that nothing is left to model.
        let df, start, fitsExactly =
            borrow engines plan (fun engine ->
                let total = engine.FixedFixed[engine.P * engine.P - 1]
                let isExact = not (engine.Factor zero) || engine.ResidualSquare <= 1e-14 * total
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
                Plan = plan
                Engines = engines
                Function =
                    HeldVariances.restrict layout held {
                        Names = ThetaLayout.names design layout
                        Start = ImmutableArray.CreateRange start
                        Evaluate = evaluate kind (constantOf kind df standard design) layout held borrow
                        Boundary =
                            VarianceBoundary.inspect design layout (covarianceDerivatives kind layout held borrow)
                        HasCheapCurvature = plan.CurvatureWork < 1e7 || plan.CurvatureWork <= plan.Chosen.Work
                        IsCurvatureAffordable = plan.CurvatureWork < affordable
                        Tolerance = toleranceFor plan.Chosen.Work
                    }
            }

    /// <summary>The likelihood of a design with some variances held: cross-products and plan once, then a function of θ.</summary>
    /// <param name="held">Variances in squared units of the response, by name: <c>group.effect</c> or <c>Residual</c>.</param>
    /// <param name="kind">Maximum likelihood or REML.</param>
    /// <param name="design">The model with its data.</param>
    /// <returns>The likelihood, or: a structure that cannot be fitted, too little memory for the random effects, a response
    /// the fixed effects fit exactly, variances that cannot be held.</returns>
    let createWith (held: Map<string, float>) kind (design: Design) : Result<LogLikelihood, LmmError list> =
        match NotFitted.problems design.Spec with
        | [] ->
            let standard = Standardised.ofDesign design
            let layout = ThetaLayout.create standard

            HeldVariances.create design standard layout held
            |> Result.bind (fun held -> Plan.create standard |> Result.bind (ofPlan kind design standard layout held))
        | problems -> Error problems

    /// <summary>The likelihood of a design: cross-products and plan once, then a function of θ.</summary>
    /// <returns>The likelihood, or: a structure that cannot be fitted, too little memory for the random effects, a response
    /// the fixed effects fit exactly.</returns>
    let create kind (design: Design) : Result<LogLikelihood, LmmError list> = createWith Map.empty kind design
