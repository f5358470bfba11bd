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

    /// D = ∂f/∂G of each term: trace part less dn times the part of the residual.
    let private covarianceDerivatives df (derivatives: TermDerivative[]) =
        derivatives
        |> Array.map (fun d -> Array.map2 (fun trace square -> trace - df * square) d.Trace d.Square)

    /// Element (row, column) of D λ.
    let private alongFactor (d: float[]) (lambda: float[]) row column =
        let n = int (sqrt (float d.Length))
        let mutable sum = 0.0

        for i in 0 .. n - 1 do
            sum <- sum + d[row + i * n] * lambda[i + column * n]

        sum

    let private nothing = Matrix(0, 0, [||])

    let private average df (f: float[,]) (squares: float[]) k l =
        df * (f[k, l] - squares[k] * squares[l])

    type private Parts = {
        Df: float
        Lambdas: float[][]
        Derivatives: TermDerivative[]
        D: float[][]
        Gradient: float[]
    }

    let private gradientParts kind cross (entries: Entry[]) (engine: BlockEngine) (lambdas: float[][]) =
        engine.Solve()
        let df = residualDf kind cross
        let derivatives = TermDerivative.create engine (kind = Criterion.Reml)
        let d = covarianceDerivatives df derivatives

        let slope (entry: Entry) =
            2.0 * alongFactor d[entry.Term] lambdas[entry.Term] entry.Row entry.Column

        {
            Df = df
            Lambdas = lambdas
            Derivatives = derivatives
            D = d
            Gradient = entries |> Array.map slope
        }

    /// 2⟨D, E_k E_lᵀ⟩: the curvature of G = λλᵀ itself.
    let private factorCurvature (d: float[][]) (entries: Entry[]) k l =
        let a, b = entries[k], entries[l]

        if a.Term = b.Term && a.Column = b.Column then
            let n = int (sqrt (float d[a.Term].Length))
            2.0 * d[a.Term][a.Row + b.Row * n]
        else
            0.0

    let private projections (parts: Parts) select (entries: Entry[]) =
        entries
        |> Array.map (fun entry ->
            2.0
            * alongFactor (select parts.Derivatives[entry.Term]) parts.Lambdas[entry.Term] entry.Row entry.Column)

    let private objective (design: Design) kind (layout: ThetaLayout) (cross: CrossProducts) engines constant =
        let entries = layout.Entries
        let df = residualDf kind cross

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

        let hasTail = cross.TailTerms.Length > 0

        let curvature information engine (parts: Parts) =
            let k = entries.Length
            let squares = projections parts _.Square entries
            let f = lazy (BlockCurvature.average engine parts.Lambdas entries)

            let positive =
                parts.D
                |> Array.map (fun d -> Semidefinite.positivePart (int (sqrt (float d.Length))) d)

            let trace =
                lazy
                    (if hasTail then
                         TraceProducts.create engine entries (kind = Criterion.Reml)
                     else
                         BlockCurvature.expected engine entries (kind = Criterion.Reml))

            match information with
            | Information.Average ->
                Matrix.init k k (fun i j -> average df f.Value squares i j + factorCurvature positive entries i j)
            | Information.Observed ->
                Matrix.init k k (fun i j ->
                    df * (2.0 * f.Value[i, j] - squares[i] * squares[j]) - trace.Value[i, j]
                    + factorCurvature parts.D entries i j)
            | Information.Expected ->
                let traces = projections parts _.Trace entries

                Matrix.init k k (fun i j ->
                    trace.Value[i, j] - traces[i] * traces[j] / df
                    + factorCurvature positive entries i j)

        let outside = {
            Value = infinity
            Gradient = ImmutableArray.Empty
            Curvature = nothing
        }

        let evaluate theta order =
            withEngine theta outside (fun engine lambdas ->
                let f = value engine

                match order with
                | Order.Value -> { outside with Value = f }
                | Order.Gradient ->
                    let parts = gradientParts kind cross entries engine lambdas

                    {
                        Value = f
                        Gradient = ImmutableArray.CreateRange parts.Gradient
                        Curvature = nothing
                    }
                | Order.Curvature information ->
                    let parts = gradientParts kind cross entries engine lambdas

                    {
                        Value = f
                        Gradient = ImmutableArray.CreateRange parts.Gradient
                        Curvature = curvature information engine parts
                    })

        let derivatives theta =
            withEngine theta [||] (fun engine lambdas ->
                let parts = gradientParts kind cross entries engine lambdas
                Array.map2 (fun d (part: TermDerivative) -> d, part.Trace) parts.D parts.Derivatives)

        let tail = float (cross.Tail)
        let flops = tail * tail * tail + float cross.EntryValues.Length * 50.0

        {
            Names = ThetaLayout.names design layout
            Start = StartingValues.create layout cross |> ImmutableArray.CreateRange
            Evaluate = evaluate
            Boundary = VarianceBoundary.inspect design layout derivatives
            HasCheapCurvature = not hasTail
            Tolerance =
                if flops < 1e8 then 1e-18
                elif flops < 1e11 then 1e-12
                else 1e-8
        }

    let private memoryNeeded (cross: StandardisedTerm list) =
        let effects =
            cross |> List.map (fun term -> float term.Levels * float term.Columns.Length)

        match effects with
        | [] -> 0.0
        | _ -> let tail = List.sum effects - List.max effects in 40.0 * tail * tail

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
        let available = float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
        let needed = memoryNeeded standard.Terms

        if needed > 0.8 * available || needed > 40.0 * 4.0e9 then
            Error [ LmmError.TooLarge("The crossed random effects", needed, available) ]
        else
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
