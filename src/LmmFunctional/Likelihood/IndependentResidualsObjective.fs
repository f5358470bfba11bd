namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open System.Runtime.InteropServices
open LmmFunctional
open LmmFunctional.Model

/// <summary>−2 log likelihood given the random effects as a function of θ: cross-products and an engine; residuals are
/// independent.</summary>
[<RequireQualifiedAccess>]
module internal IndependentResidualsObjective =

    /// Degrees of freedom of σ²: n, less p under REML.
    let residualDf kind (engine: Engine) =
        match kind with
        | Criterion.Ml -> float engine.Rows
        | Criterion.Reml -> float (engine.Rows - engine.P + 1)

    /// Σ log w.
    let sumOfLogWeights (design: Design) =
        match design.Sums, design.Weights with
        | Some sums, _ -> sums.SumOfLogWeights
        | None, Some weights -> Array.sumBy log weights
        | None, None -> 0.0

    /// What −2 log likelihood on the inner scale lacks: the scales of y and X.
    let constantOf kind df (standard: Standardised) =
        let response = 2.0 * df * log standard.ResponseScale

        match kind with
        | Criterion.Ml -> response
        | Criterion.Reml -> response - 2.0 * standard.LogDeterminant

    /// First derivatives, σ² profiled out or known, at the λ an engine has been factored for.
    let scoreAt (variance: float option) reml df (engine: Engine) (layout: ThetaLayout) theta lambdas =
        let weight = MarginalObjective.weightOf variance df engine.ResidualSquare
        Curvature.score reml weight variance.IsNone engine layout theta lambdas

    // Where the likelihood is not defined.
    let private nowhere = {
        Value = infinity
        Gradient = ImmutableArray.Empty
        Curvature = Matrix(0, 0, [||])
    }

    /// The function of θ: −2 log likelihood with its derivatives, everything but θ held fixed.
    let private evaluate kind constant layout variance (engines: EnginePool) (theta: ImmutableArray<float>) order =
        let lambdas = ThetaLayout.matrices layout theta
        let reml = (kind = Criterion.Reml)

        engines.Run(fun engine ->
            if not (lambdas |> Array.forall Semidefinite.isFinite && engine.Factor lambdas) then
                nowhere
            else
                let df = residualDf kind engine
                let fixedPart = if reml then engine.LogDeterminantFixed else 0.0
                let residualPart = MarginalObjective.residualPart variance df engine.ResidualSquare

                let valued = {
                    nowhere with
                        Value = engine.LogDeterminant + fixedPart + residualPart + constant
                }

                match order with
                | Order.Value -> valued
                | Order.Gradient
                | Order.Curvature _ ->
                    let score = scoreAt variance reml df engine layout theta lambdas

                    {
                        valued with
                            // The score's own array: nobody writes to it any more.
                            Gradient = ImmutableCollectionsMarshal.AsImmutableArray score.Gradient
                            Curvature =
                                match order with
                                | Order.Curvature information -> Curvature.matrix information reml engine layout score
                                | _ -> valued.Curvature
                    })

    /// D = ∂f/∂G of each term with its trace part, at a θ that can be evaluated.
    let private covarianceDerivatives kind layout variance (engines: EnginePool) theta =
        let lambdas = ThetaLayout.matrices layout theta

        engines.Run(fun engine ->
            engine.Factor lambdas |> ignore

            let score =
                scoreAt variance (kind = Criterion.Reml) (residualDf kind engine) engine layout theta lambdas

            Array.map2 (fun d (part: TermDerivative) -> d, part.Trace) score.D score.Derivatives)

    // Second derivatives of more operations would take longer than most fits.
    let affordable = 1e10

    // What a step may cost decides how far it is worth going on. A decrement of 1e-9 is 3e-5 of a standard error.
    let toleranceFor work =
        if work < 1e8 then 1e-18
        elif work < 1e9 then 1e-12
        elif work < 1e11 then 1e-9
        else 1e-8

    // Of an objective whose own error is a decrement of a hundredth.
    let private sampledTolerance = 5e-7

    /// The function of θ by a plan, σ² profiled out or known, and how it is computed. What it says of its parameters is taken
    /// from one alike, where there is one: that of another response.
    let create kind (design: Design) (standard: Standardised) layout (alike: Objective option) (plan: Plan) =
        let engines = EnginePool plan.NewEngine
        let terms = Array.ofList standard.Terms

        let df, moments =
            engines.Run(fun engine -> residualDf kind engine, StartingValues.deviations layout terms engine)

        let constant = constantOf kind df standard - sumOfLogWeights design

        let value (theta: float[]) =
            (evaluate kind constant layout None engines (ImmutableArray.CreateRange theta) Order.Value).Value

        let first = StartingValues.place layout moments |> CoarseStart.best layout value
        let start = ImmutableArray.CreateRange first

        let further =
            lazy
                (FurtherStarts.ofTerms layout moments first
                 |> StartPrice.afforded plan.Chosen.Work start)

        let names, unbounded, ends =
            match alike with
            | Some other -> other.Names, other.Unbounded, other.Ends
            | None ->
                ThetaLayout.names design layout,
                ImmutableArray.CreateRange(ThetaLayout.unbounded layout),
                ImmutableArray.CreateRange(ThetaLayout.ends design layout)

        let objective variance = {
            Names = names
            Start = start
            FurtherStarts = further
            Following =
                let ofSmall =
                    if Array.exists Option.isSome layout.Forms then
                        Following.Every
                    else
                        Following.Promising

                StartPrice.following plan.Chosen.Work start.Length ofSmall Following.Close
            Evaluate = evaluate kind constant layout variance engines
            Boundary =
                covarianceDerivatives kind layout variance engines
                |> VarianceBoundary.inspect design layout
                |> Objective.remembering
            HasCheapCurvature = plan.CurvatureWork < 1e7 || plan.CurvatureWork <= plan.Chosen.Work
            IsCurvatureAffordable = plan.CurvatureWork < affordable
            Tolerance =
                if plan.Sampling.IsSome then
                    sampledTolerance
                else
                    toleranceFor plan.Chosen.Work
            Unbounded = unbounded
            Ends = ends
            Ray = None
        }

        LikelihoodMethod.Conditional(plan, engines), objective
