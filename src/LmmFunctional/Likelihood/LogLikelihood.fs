namespace LmmFunctional

open System
open System.Collections.Concurrent
open System.Collections.Immutable

/// <summary>The −2 log likelihood of a model and its data, as a function of the inner θ, with what belongs to it.</summary>
/// <remarks>β and σ² are profiled out. The value is −2ℓ on the user's scale as lme4 and SAS have it; θ holds the free entries
/// of the relative covariance factors on the inner scale of <see cref="T:LmmFunctional.Standardised"/>.</remarks>
[<NoComparison; ReferenceEquality>]
type LogLikelihood = internal {
    Model: Design
    Kind: Criterion
    Standard: Standardised
    Cross: CrossProducts
    Engines: ConcurrentBag<BlockEngine>
    Layout: ThetaLayout
    /// What the inner value lacks: scales of X and y, and weights.
    Constant: float
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
    let internal residualDf kind (cross: CrossProducts) =
        match kind with
        | Criterion.Ml -> float cross.Rows
        | Criterion.Reml -> float (cross.Rows - cross.P + 1)

    let private rent (engines: ConcurrentBag<BlockEngine>) cross =
        match engines.TryTake() with
        | true, engine -> engine
        | false, _ -> BlockEngine cross

    let private objective (design: Design) kind (layout: ThetaLayout) (cross: CrossProducts) engines constant =
        let entries = layout.Entries
        let df = residualDf kind cross
        let reml = (kind = Criterion.Reml)

        let value (engine: BlockEngine) =
            let fixedPart =
                match kind with
                | Criterion.Reml -> engine.LogDeterminantFixed
                | Criterion.Ml -> 0.0

            engine.LogDeterminant
            + fixedPart
            + df * (1.0 + log (2.0 * Math.PI * engine.ResidualSquare / df))
            + constant

        let withEngine theta ifNot (action: BlockEngine -> float[][] -> 'result) =
            let engine = rent engines cross
            let lambdas = ThetaLayout.matrices layout theta

            try
                if lambdas |> Array.forall Semidefinite.isFinite && engine.Factor lambdas then
                    action engine lambdas
                else
                    ifNot
            finally
                engines.Add engine

        let outside = {
            Value = infinity
            Gradient = ImmutableArray.Empty
            Curvature = Matrix(0, 0, [||])
        }

        let evaluate theta order =
            withEngine theta outside (fun engine lambdas ->
                let f = value engine

                match order with
                | Order.Value -> { outside with Value = f }
                | Order.Gradient ->
                    let parts = Curvature.score reml df engine entries lambdas

                    {
                        Value = f
                        Gradient = ImmutableArray.CreateRange parts.Gradient
                        Curvature = Matrix(0, 0, [||])
                    }
                | Order.Curvature information ->
                    let parts = Curvature.score reml df engine entries lambdas

                    {
                        Value = f
                        Gradient = ImmutableArray.CreateRange parts.Gradient
                        Curvature = Curvature.matrix information reml engine entries parts
                    })

        let derivatives theta =
            withEngine theta [||] (fun engine lambdas ->
                let parts = Curvature.score reml df engine entries lambdas
                Array.map2 (fun d (part: TermDerivative) -> d, part.Trace) parts.D parts.Derivatives)

        let tail = float cross.Tail
        let square = float (cross.LeadOrder * cross.LeadOrder)
        let evaluationWork = tail * tail * tail + 50.0 * float cross.EntryValues.Length

        {
            Names = ThetaLayout.names design layout
            Start = StartingValues.create layout cross |> ImmutableArray.CreateRange
            Evaluate = evaluate
            Boundary = VarianceBoundary.inspect design layout derivatives
            HasCheapCurvature = 2.0 * square * tail * tail * tail < 1e7
            Tolerance =
                if evaluationWork < 1e8 then 1e-18
                elif evaluationWork < 1e11 then 1e-12
                else 1e-8
        }

    // Five q₂×q₂ matrices of eight bytes an element.
    let private bytesPerElement = 40.0

    /// What the tail's dense matrices take; a matrix holds at most 2³¹ elements.
    let private memoryProblem (terms: StandardisedTerm list) =
        let effects =
            terms
            |> List.groupBy _.Group
            |> List.map (fun (_, group) ->
                group |> List.sumBy (fun term -> float term.Levels * float term.Columns.Length))

        let tail = List.sum effects - List.fold max 0.0 effects
        let needed = bytesPerElement * tail * tail

        let available =
            min (0.8 * float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)) (bytesPerElement * float Int32.MaxValue)

        if needed > available then
            Some(LmmError.TooLarge("The crossed random effects", needed, available))
        else
            None

    /// Runs an action on an engine factored at these λ, all of which have been evaluated before.
    let internal withEngine (likelihood: LogLikelihood) lambdas (action: BlockEngine -> 'result) =
        let engine = rent likelihood.Engines likelihood.Cross

        try
            engine.Factor lambdas |> ignore
            action engine
        finally
            likelihood.Engines.Add engine

    /// Σ log w.
    let internal sumOfLogWeights (design: Design) =
        design.Weights |> Option.map (Array.sumBy log) |> Option.defaultValue 0.0

    /// <summary>The likelihood of a design: cross-products once, then a function of θ.</summary>
    /// <returns>The likelihood, or: too little memory for the crossed effects, a response the fixed effects fit exactly.</returns>
    let create kind (design: Design) : Result<LogLikelihood, LmmError list> =
        let standard = Standardised.ofDesign design

        match memoryProblem standard.Terms with
        | Some problem -> Error [ problem ]
        | None ->
            let cross = CrossProducts.create standard
            let layout = ThetaLayout.create standard
            let df = residualDf kind cross

            let constant =
                let response = 2.0 * df * log standard.ResponseScale

                let columns =
                    match kind with
                    | Criterion.Reml -> 2.0 * Array.sumBy log standard.FixedScale
                    | Criterion.Ml -> 0.0

                response + columns - sumOfLogWeights design

            let engines = ConcurrentBag<BlockEngine>()
            let engine = rent engines cross
            engines.Add engine

            let zero =
                layout.Shapes
                |> Array.map (fun shape -> Array.zeroCreate (shape.Order * shape.Order))

            let total = cross.FixedFixed[cross.P * cross.P - 1]

            if not (engine.Factor zero) || engine.ResidualSquare <= 1e-14 * total then
                Error [ LmmError.ResponseFitsExactly(ExprText.deparse design.Spec.Response) ]
            else
                Ok {
                    Model = design
                    Kind = kind
                    Standard = standard
                    Cross = cross
                    Engines = engines
                    Layout = layout
                    Constant = constant
                    Function = objective design kind layout cross engines constant
                }
