namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional.Numerics

/// <summary>A start for the parameters of residuals whose covariances depend on positions only: the structure fitted to the
/// covariances of least-squares residuals, which are a handful of numbers.</summary>
/// <remarks>S_ab is the mean of e_a e_b over the subjects seen at both positions. −2ℓ of independent vectors with covariances
/// S is a model of one pattern without fixed effects, so the same likelihood and the same solver find the parameters; a fit
/// to the data then starts a step or two from its optimum. Where rows are missing S need not be positive definite: its
/// covariances are shrunk until it is.</remarks>
[<RequireQualifiedAccess>]
module internal MomentStart =

    /// β of least squares on the vectors of all patterns; None where X'X is singular to working precision.
    let private leastSquares (model: MarginalModel) =
        let p = model.FixedCount
        let columns = p + 1
        let gram: float[] = Array.zeroCreate (columns * columns)

        for pattern in model.Patterns do
            let length = pattern.Size * pattern.Vectors
            Dense.Add(columns, columns, length, pattern.Data, 0, true, pattern.Data, 0, false, gram, 0)

        if Dense.Factor(columns, gram) then
            let ly: float[] = Array.init p (fun i -> gram[p + i * columns])
            Some(Dense.Multiply(p, 1, p, MarginalSweep.inverseFactor p gram, true, ly, false))
        else
            None

    /// For each level Σ e_a e_b over subjects and their number, M×M by columns.
    let private sums (model: MarginalModel) (grid: PositionGrid) (beta: float[]) =
        let m = grid.Positions
        let squares = Array.init grid.Levels (fun _ -> Array.zeroCreate<float>(m * m))
        let counts = Array.init grid.Levels (fun _ -> Array.zeroCreate<float>(m * m))
        let weights = Array.append (beta |> Array.map (~-)) [| 1.0 |]

        for pattern in model.Patterns do
            let size = pattern.Size
            let length = size * pattern.Vectors

            let e =
                Dense.Multiply(length, 1, weights.Length, pattern.Data, false, weights, false)

            let own = Dense.Multiply(size, size, pattern.Vectors, e, false, e, true)
            let level = pattern.Rows.Levels[0]

            for j in 0 .. size - 1 do
                for i in 0 .. size - 1 do
                    let at = pattern.Rows.Positions[i] + pattern.Rows.Positions[j] * m
                    squares[level].[at] <- squares[level].[at] + own[i + j * size]
                    counts[level].[at] <- counts[level].[at] + float pattern.Count

        Array.zip squares counts

    // Shares of the covariances that are kept, the largest first.
    let private shares = [ 1.0; 0.95; 0.8; 0.5; 0.0 ]

    /// The root of S, lower, M×M; None where a position has no residuals that vary.
    let private rootOf m (squares: float[], counts: float[]) =
        let covariance share =
            Array.init (m * m) (fun at ->
                if counts[at] = 0.0 then 0.0
                elif at % m = at / m then squares[at] / counts[at]
                else share * squares[at] / counts[at])

        shares
        |> List.tryPick (fun share ->
            let root = covariance share
            if Dense.Factor(m, root) then Some root else None)

    /// The model of vectors with covariances LLᵀ for each level, standing for so many subjects: without fixed effects, all
    /// positions seen.
    let private ofRoots (model: MarginalModel) (grid: PositionGrid) (subjects: float[]) (roots: float[][]) =
        let m = grid.Positions

        let pattern level (root: float[]) =
            let count = max 1 (int (round subjects[level]))

            {
                Size = m
                Count = count
                Vectors = m
                Data = root |> Array.map (fun value -> sqrt (float count) * value)
                Rows = {
                    Subjects = Array.zeroCreate m
                    Levels = Array.create m level
                    Positions = Array.init m id
                    Covariates = [||]
                    RootVariances = Array.create m 1.0
                }
                Terms = [||]
                Members = [||]
            }

        let patterns = Array.mapi pattern roots

        {
            model with
                Patterns = patterns
                FixedCount = 0
                Rows = patterns |> Array.sumBy (fun pattern -> pattern.Count * m)
        }

    // As good as exact for a start.
    let private tolerance = 1e-3

    // Where the structure does not come to terms with the covariances in so many steps, they are no good start.
    let private mostSteps = 40

    // On the scales of logarithms and of atanh: what goes further is on its way to a bound, where no fit should start.
    let private furthest = 3.0

    // The same for a coordinate that turns at its end.
    let private nearest = 0.01

    let private isInside (model: MarginalModel) (theta: ImmutableArray<float>) =
        let isAwayFrom value (own: ParameterEnd) =
            match own with
            | ParameterEnd.Turning _ -> own.Distance value > nearest
            | ParameterEnd.Infinite _ -> true

        let parameters = model.Residual.Parameters

        Seq.forall2
            (fun kind value ->
                kind = ParameterKind.Real
                || kind = ParameterKind.Loading
                || abs value <= furthest)
            parameters.Kinds
            theta
        && Seq.forall2
            (fun (ends: ParameterEnds) value -> List.forall (isAwayFrom value) ends.All)
            parameters.Ends
            theta

    let private fit (model: MarginalModel) : ImmutableArray<float> option =
        let names = model.Residual.Parameters.Names

        let objective = {
            Names = ImmutableArray.CreateRange names
            Start = ImmutableArray.CreateRange model.Residual.Parameters.Start
            FurtherStarts = lazy []
            Following = Following.Close
            Evaluate = CriterionFunction.evaluate false None 0.0 (MarginalVariance.create model)
            Boundary =
                fun theta -> {
                    Snapped = theta
                    Active = []
                    Fixed = ImmutableArray.CreateRange(Seq.replicate names.Length false)
                    Escape = None
                    Turn = None
                }
            HasCheapCurvature = false
            IsCurvatureAffordable = false
            Tolerance = tolerance
            Unbounded = ImmutableArray.CreateRange(Seq.replicate names.Length false)
            Ends = ImmutableArray.CreateRange(names |> Array.map ParameterEnds.none)
            Ray = None
        }

        let last =
            Solver.iterations SolverOptions.defaults objective
            |> Seq.truncate mostSteps
            |> Seq.last

        if isInside model last.Theta then Some last.Theta else None

    /// <summary>τ to start from, for a model whose covariances depend on positions only.</summary>
    /// <returns>None for other models, few parameters, data that do not vary at some position, and a structure that the
    /// covariances push to a bound.</returns>
    let tryFind (model: MarginalModel) : ImmutableArray<float> option =
        match model.Grid with
        | Some grid when model.Forms.Length = 0 && model.Residual.Parameters.Names.Length > 2 ->
            leastSquares model
            |> Option.bind (fun beta ->
                let sums = sums model grid beta
                let roots = sums |> Array.choose (rootOf grid.Positions)

                if roots.Length < grid.Levels then
                    None
                else
                    let subjects =
                        sums
                        |> Array.map (fun (_, counts) ->
                            Seq.init grid.Positions (fun i -> counts[i * (grid.Positions + 1)])
                            |> Seq.average)

                    fit (ofRoots model grid subjects roots))
        | _ -> None
