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
    let private evaluate kind constant layout borrow (theta: ImmutableArray<float>) order =
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
                let residualPart = df * (1.0 + log (2.0 * Math.PI * engine.ResidualSquare / df))

                let valued = {
                    nothing with
                        Value = engine.LogDeterminant + fixedPart + residualPart + constant
                }

                let score = lazy (Curvature.score reml df engine layout.Entries lambdas)

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
    let private covarianceDerivatives kind layout borrow theta =
        let lambdas = ThetaLayout.matrices layout theta

        borrow (fun (engine: Engine) ->
            engine.Factor lambdas |> ignore

            let score =
                Curvature.score (kind = Criterion.Reml) (residualDf kind engine) engine layout.Entries lambdas

            Array.map2 (fun d (part: TermDerivative) -> d, part.Trace) score.D score.Derivatives)

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

    let private ofPlan kind (design: Design) (standard: Standardised) (plan: Plan) =
        let layout = ThetaLayout.create standard
        let engines = ConcurrentBag<Engine>()
        let levels = standard.Terms |> List.map _.Levels |> Array.ofList

        let zero =
            layout.Shapes
            |> Array.map (fun shape -> Array.zeroCreate (shape.Order * shape.Order))

        // Without random effects: least squares. A residual that is rounding only means that nothing is left to model.
        let df, start, fitsExactly =
            borrow engines plan (fun engine ->
                let total = engine.FixedFixed[engine.P * engine.P - 1]
                let isExact = not (engine.Factor zero) || engine.ResidualSquare <= 1e-14 * total
                residualDf kind engine, StartingValues.create layout levels engine, isExact)

        if fitsExactly then
            Error [ LmmError.ResponseFitsExactly(ExprText.deparse design.Spec.Response) ]
        else
            let borrow action = borrow engines plan action

            Ok {
                Model = design
                Kind = kind
                Standard = standard
                Layout = layout
                Plan = plan
                Engines = engines
                Function = {
                    Names = ThetaLayout.names design layout
                    Start = ImmutableArray.CreateRange start
                    Evaluate = evaluate kind (constantOf kind df standard design) layout borrow
                    Boundary = VarianceBoundary.inspect design layout (covarianceDerivatives kind layout borrow)
                    HasCheapCurvature = plan.CurvatureWork < 1e7 || plan.CurvatureWork <= plan.Chosen.Work
                    Tolerance = toleranceFor plan.Chosen.Work
                }
            }

    /// <summary>The likelihood of a design: cross-products and plan once, then a function of θ.</summary>
    /// <returns>The likelihood, or: too little memory for the random effects, a response the fixed effects fit exactly.</returns>
    let create kind (design: Design) : Result<LogLikelihood, LmmError list> =
        let standard = Standardised.ofDesign design
        Plan.create standard |> Result.bind (ofPlan kind design standard)

    /// <summary>The likelihood of the same model for another response of the rows: columns, scales and analysis are kept.</summary>
    /// <returns>The likelihood, or a response that the fixed effects fit exactly.</returns>
    let internal withResponse (response: float[]) (likelihood: LogLikelihood) : Result<LogLikelihood, LmmError list> =
        let design = {
            likelihood.Model with
                Response = response
        }

        let standard = Standardised.withResponse design likelihood.Standard
        Plan.create standard |> Result.bind (ofPlan likelihood.Kind design standard)
