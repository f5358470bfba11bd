namespace LmmFunctional.Analysis

open System
open System.Diagnostics
open System.Threading
open System.Threading.Tasks
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Influence by fits without the unit: θ moved by one scoring step, or all the way.</summary>
[<RequireQualifiedAccess>]
module internal RefittedInfluence =

    let private determined = "the other rows do not determine all fixed effects"

    /// What is held by the user, not by a bound in force.
    let private knownOf (fit: Fit) =
        let bounded =
            fit.Limits
            |> Map.keys
            |> Seq.map (ParameterNames.canonical fit.Model.Parameters)
            |> Set.ofSeq

        if bounded.IsEmpty then
            fit.Model.Held.Known
        else
            fit.Model.Held.Known |> Map.filter (fun name _ -> not (bounded.Contains name))

    let private pointOf (fit: Fit) : ParameterPoint =
        LogLikelihood.pointAt fit.Model (List.last fit.Path).Theta

    /// The model on the other rows, to start at the fit.
    let private likelihoodOf (fit: Fit) known (design: Design) =
        LogLikelihood.createWith known fit.Criterion design
        |> Result.map (fun likelihood ->
            if fit.HasNoResidual then
                likelihood
            else
                LogLikelihood.startingAlsoFrom (PointTransfer.across fit.Model (pointOf fit) likelihood) likelihood)

    let private scoring = {
        SolverOptions.defaults with
            Algorithm = Algorithm.FisherScoring
            MaxIterations = 1
    }

    let private oneStep (fit: Fit) design =
        likelihoodOf fit fit.Model.Held.Known design
        |> Result.map (fun likelihood ->
            Solver.iterations scoring likelihood.Objective
            |> Seq.last
            |> Fit.ofIteration likelihood)

    let private exact cancellation (fit: Fit) design =
        let options = {
            FitOptions.defaults with
                Criterion = fit.Criterion
                Held = knownOf fit
                Bounds = fit.Limits
                Cancellation = cancellation
        }

        likelihoodOf fit options.Held design
        |> Result.bind (FitSearch.ofLikelihood options (Stopwatch.GetTimestamp()))

    /// The fit without some rows, or why there is none.
    let without cancellation how (fit: Fit) (rows: int[]) : Result<Fit, string> =
        let isLeft = Array.create fit.Observations true

        for row in rows do
            isLeft[row] <- false

        let left = [| 0 .. fit.Observations - 1 |] |> Array.filter (fun row -> isLeft[row])

        let design = DesignRows.select left fit.Design

        let checkedFit (found: Fit) =
            match found.Certificate.Verdict with
            | Verdict.NotConverged reason when how = InfluenceMethod.Exact -> Error reason
            | _ -> Ok found

        if left.Length <= fit.FixedCount || not (DesignRows.isFullRank design) then
            Error determined
        else
            (if how = InfluenceMethod.OneStep then
                 oneStep fit design
             else
                 exact cancellation fit design)
            |> Result.mapError (List.map LmmError.describe >> String.concat " ")
            |> Result.bind checkedFit

    // Measures

    /// −2 log likelihood of all rows as a function of β, θ and σ at the estimates without a unit, less that at the fit; and
    /// Cov(β̂) of all rows there.
    let private distance (fit: Fit) (found: Fit) : struct (float * Matrix) =
        let likelihood = fit.Model
        let p = fit.FixedCount
        let point = PointTransfer.across found.Model (pointOf found) likelihood
        let joint = PointTransfer.jointly likelihood point found.Sigma
        let value = (JointLikelihood.objective likelihood joint).Evaluate joint Order.Value
        let inner = found.Sigma / likelihood.Standard.ResponseScale
        let estimated = HeldParameters.project likelihood.Held point.Theta (inner * inner)
        let solution = Solution.at likelihood estimated
        let variance = found.Sigma * found.Sigma
        let covariance = solution.BetaCovariance.Values |> Array.map ((*) variance)
        let change = Array.map2 (-) found.Inner.Beta solution.Beta
        let factor = Array.copy covariance

        if Dense.Factor(p, factor) then
            Dense.Solve(p, 1, factor, false, change)
            struct (value.Value - fit.CriterionValue + Dense.Dot(change, change), Matrix(p, p, covariance))
        else
            struct (nan, Matrix(p, p, covariance))

    let private relative before after =
        if before = after then 0.0 else (after - before) / before

    let private componentName (part: VarianceComponent) =
        part.Group :: Option.toList part.First |> String.concat " "

    /// Relative changes of variances, then of the parameters of structures.
    let private changes (fit: Fit) (found: Fit) = [
        for before, after in Seq.zip fit.VarianceComponents found.VarianceComponents do
            if before.Second.IsNone then
                componentName before, relative before.Covariance after.Covariance

        if not (fit.Model.Layout.IsPlain && fit.Design.Residual.IsNone) then
            let before, after =
                VarianceParameters.estimates fit, VarianceParameters.estimates found

            for parameter in VarianceParameters.ofFit fit do
                match parameter with
                | VarianceParameter.TermStructure _
                | VarianceParameter.ResidualStructure _ ->
                    let value = VarianceParameters.deviationOf parameter
                    VarianceParameters.nameIn fit.Design parameter, relative (value before) (value after)
                | _ -> ()
    ]

    let private dffits (fit: Fit) (covariance: Matrix) (change: float[]) (unit: DiagnosticUnit) =
        if unit.Rows.Length <> 1 then
            None
        else
            let x = fit.Design.Fixed.Matrix
            let p = fit.FixedCount
            let own = Array.init p (fun j -> x[unit.Rows[0], j])
            let image = Dense.Multiply(p, 1, p, covariance.Values, false, own, false)
            Some(Dense.Dot(own, change) / sqrt (Dense.Dot(own, image)))

    /// The measures of a unit from the fit without it; β̂ − β̂₍ᵢ₎ in the frame of M = LLᵀ.
    let private measures (fit: Fit) (unit: DiagnosticUnit) (found: Fit) : Result<InfluenceOfUnit, string> =
        let p = fit.FixedCount
        let root = Array.copy fit.CoefficientCovariance.Values
        let covariance = found.CoefficientCovariance.Values
        let rootWithout = Array.copy covariance
        let change = Array.map2 (-) fit.Inner.Beta found.Inner.Beta

        if not (Dense.Factor(p, root) && Dense.Factor(p, rootWithout)) then
            Error determined
        else
            let square (factor: float[]) =
                let own = Array.copy change
                Dense.Solve(p, 1, factor, false, own)
                Dense.Dot(own, own)

            let logDeterminant (factor: float[]) =
                Seq.sumBy (fun i -> 2.0 * log factor[i * (p + 1)]) (seq { 0 .. p - 1 })

            // tr(M⁻¹M₍ᵢ₎) is the square of L⁻¹L₍ᵢ₎.
            let lower =
                Array.init (p * p) (fun k -> if k % p >= k / p then rootWithout[k] else 0.0)

            Dense.Solve(p, p, root, false, lower)
            let struct (distance, ofAllRows) = distance fit found

            Ok {
                Unit = unit
                CookD = square root / float p
                Mdffits = square rootWithout / float p
                Dffits = dffits fit ofAllRows change unit
                CovTrace = abs (Dense.Dot(lower, lower) - float p)
                CovRatio = exp (logDeterminant rootWithout - logDeterminant root)
                LikelihoodDistance = distance
                FixedChanges = change |> Array.map (~-) |> List.ofArray
                VarianceChanges = changes fit found
            }

    /// The influence of units by fits without them, in parallel; the same numbers at any number of threads.
    let table
        how
        (progress: (int -> unit) option)
        (cancellation: CancellationToken)
        (fit: Fit)
        (units: DiagnosticUnit[])
        : InfluenceTable =
        let found: Result<InfluenceOfUnit, string>[] =
            Array.create units.Length (Error determined)

        let mutable finished = 0

        let threads =
            ParallelOptions(MaxDegreeOfParallelism = Tiles.Threads, CancellationToken = cancellation)

        let body index =
            found[index] <-
                without cancellation how fit (Seq.toArray units[index].Rows)
                |> Result.bind (measures fit units[index])

            let count = Interlocked.Increment &finished
            progress |> Option.iter (fun report -> report count)

        Parallel.For(0, units.Length, threads, Action<int> body) |> ignore

        {
            Method = how
            Units = found |> Seq.choose Result.toOption |> List.ofSeq
            Impossible = [
                for index in 0 .. units.Length - 1 do
                    match found[index] with
                    | Error reason -> units[index], reason
                    | Ok _ -> ()
            ]
        }
