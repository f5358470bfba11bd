namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open MathNet.Numerics.Distributions
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>How an interval is made from bootstrap replicates.</summary>
[<RequireQualifiedAccess>]
type BootstrapInterval =
    /// Quantiles of the replicates.
    | Percentile
    /// Twice the estimate less the opposite quantile.
    | Basic
    /// <summary>Quantiles corrected for bias and for a standard error that changes with the parameter (Efron 1987), the
    /// acceleration from the skewness of the score in the parameter's direction.</summary>
    | BiasCorrectedAccelerated

/// <summary>Estimates from responses that were drawn from a fit.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Bootstrap = internal {
    Labels: ImmutableArray<string>
    Original: ImmutableArray<float>
    /// B×m, failed refits left out.
    Draws: Matrix
    /// One for each parameter; when an interval first needs them.
    Accelerations: Lazy<float[]>
    FailedRefits: int
    SingularRefits: int
    UsedSeed: int
} with

    /// The parameters: fixed effects, standard deviations and correlations, σ, then the functions asked for.
    member bootstrap.Names = bootstrap.Labels

    /// Their estimates in the fit.
    member bootstrap.Estimates = bootstrap.Original

    /// Their estimates in each replicate, one row for each.
    member bootstrap.Replicates = bootstrap.Draws

    /// Replicates that could not be fitted, left out.
    member bootstrap.Failed = bootstrap.FailedRefits

    /// Replicates fitted with a variance or correlation at its bound.
    member bootstrap.Singular = bootstrap.SingularRefits

    /// The seed of the replicates.
    member bootstrap.Seed = bootstrap.UsedSeed

    member private this.Display =
        let names = Display.listed (List.ofSeq this.Labels)
        $"{this.Draws.Rows} replicates from seed {this.UsedSeed}, {this.FailedRefits} failed: {names}"

    /// Replicates, seed and parameters.
    override this.ToString() = this.Display

/// <summary>A bootstrap interval with the error that the finite number of replicates leaves in its ends.</summary>
type BootstrapEstimate = {
    Interval: ParameterInterval
    /// The standard deviation of the replicates.
    StandardError: float
    /// The mean of the replicates less the estimate.
    Bias: float
    /// Monte Carlo standard errors of the ends.
    LowerError: float
    UpperError: float
}

/// <summary>The parametric bootstrap.</summary>
[<RequireQualifiedAccess>]
module Bootstrap =

    let private valuesOf parameters functions (fit: Fit) : float[] =
        let estimates = VarianceParameters.estimates fit

        [|
            yield! fit.Inner.Beta

            for parameter in parameters -> VarianceParameters.deviationOf parameter estimates

            for _, (f: CovarianceEstimates -> float) in functions -> f estimates
        |]

    /// One replicate: its place and its estimates.
    type private Replicate = {
        Index: int
        Values: float[]
        IsSingular: bool
    }

    let private replicate parameters functions (fit: Fit) (draw: int -> float[]) index =
        match Refit.withResponse (draw index) fit with
        | Error _ -> None
        | Ok refit ->
            Some {
                Index = index
                Values = valuesOf parameters functions refit
                IsSingular = refit.Certificate.IsSingular
            }

    /// The score of each response at the parameters of the fit; the responses are drawn again.
    let private scores (fit: Fit) (draw: int -> float[]) (indices: int[]) : float[][] =
        let point = CoordinateCovariance.pointOf fit

        indices
        |> Array.Parallel.choose (fun index ->
            DerivedLikelihood.withResponse (draw index) fit.Model
            |> Result.toOption
            |> Option.map (fun likelihood ->
                ((JointLikelihood.objective likelihood point).Evaluate point Order.Gradient).Gradient
                |> Array.ofSeq))

    let private skewness (values: float[]) =
        let mean = Array.average values

        let moment power =
            values |> Array.averageBy (fun v -> (v - mean) ** power)

        let variance = moment 2.0
        if variance > 0.0 then moment 3.0 / variance ** 1.5 else 0.0

    /// <summary>A sixth of the skewness of the score in the direction in which each parameter moves with least information; zero
    /// for fixed effects, whose scores are normal.</summary>
    let private accelerations functions (fit: Fit) (scores: float[][]) : float[] =
        let directions =
            CoordinateCovariance.directions
                [
                    for parameter in VarianceParameters.ofFit fit -> VarianceParameters.deviationOf parameter
                    for _, f in functions -> f
                ]
                fit

        [|
            for _ in 1 .. fit.FixedCount do
                yield 0.0

            for direction in directions do
                // The score is −½ of the gradient of −2 log likelihood.
                let along gradient =
                    -0.5 * Array.fold2 (fun sum d g -> sum + d * g) 0.0 direction gradient

                yield skewness (Array.map along scores) / 6.0
        |]

    let private replicates
        (options: BootstrapOptions)
        (functions: (string * (CovarianceEstimates -> float)) list)
        (fit: Fit)
        : Bootstrap =
        let draw = Simulation.sampler options.Seed fit
        let parameters = VarianceParameters.ofFit fit
        let all = Replicates.run options (replicate parameters functions fit draw)

        let kept = all |> Array.choose id
        let original = valuesOf parameters functions fit

        {
            Labels =
                ImmutableArray.CreateRange [
                    yield! fit.Design.Fixed.Names

                    for parameter in parameters do
                        VarianceParameters.nameIn fit.Design parameter

                    yield! List.map fst functions
                ]
            Original = ImmutableArray.CreateRange original
            Draws = Matrix.init kept.Length original.Length (fun row column -> kept[row].Values[column])
            Accelerations = lazy (kept |> Array.map _.Index |> scores fit draw |> accelerations functions fit)
            FailedRefits = all.Length - kept.Length
            SingularRefits = kept |> Array.filter _.IsSingular |> Array.length
            UsedSeed = options.Seed
        }

    /// <summary>Draws responses from a fit, fits each again, and keeps the estimates.</summary>
    /// <param name="options">Number of replicates, seed and progress.</param>
    /// <param name="functions">Functions of the covariance parameters to be kept too, with their names.</param>
    /// <param name="fit">The fit; its columns and analysis serve all refits, which start at its optimum.</param>
    /// <returns>The estimates; or that fewer than two replicates could be fitted.</returns>
    /// <exception cref="T:System.ArgumentException">There are fewer than two replicates.</exception>
    let runWith
        (options: BootstrapOptions)
        (functions: (string * (CovarianceEstimates -> float)) list)
        (fit: Fit)
        : Result<Bootstrap, LmmError list> =
        BootstrapOptions.check options

        Design.needRows "A bootstrap" fit.Design
        |> Result.bind (fun () ->
            let bootstrap = replicates options functions fit
            let fitted = bootstrap.Draws.Rows

            if fitted < 2 then
                Error [ LmmError.TooFewRefits(fitted, options.Replicates) ]
            else
                Ok bootstrap)

    /// <summary>Draws responses from a fit, fits each again, and keeps the estimates of all parameters.</summary>
    /// <returns>The estimates, or why there are none, as <c>runWith</c>.</returns>
    /// <exception cref="T:System.ArgumentException">There are fewer than two replicates.</exception>
    let run (options: BootstrapOptions) (fit: Fit) : Result<Bootstrap, LmmError list> = runWith options [] fit

    /// The p-quantile of sorted values: order statistic p (B + 1), straight between two.
    let internal quantile (sorted: float[]) (p: float) =
        let at = p * float (sorted.Length + 1) - 1.0
        let low = int (floor at) |> max 0 |> min (sorted.Length - 1)
        let high = min (sorted.Length - 1) (low + 1)
        let share = at - float low |> max 0.0 |> min 1.0
        sorted[low] + share * (sorted[high] - sorted[low])

    /// Half the width of the quantiles one standard error of p to either side.
    let private quantileError (sorted: float[]) (p: float) =
        let error = sqrt (p * (1.0 - p) / float sorted.Length)

        0.5
        * (quantile sorted (min 1.0 (p + error)) - quantile sorted (max 0.0 (p - error)))

    // Parameters may be tied at a bound: half of the ties count as below.
    let private biasOf (sorted: float[]) (estimate: float) =
        let below =
            sorted
            |> Array.sumBy (fun v ->
                if v < estimate then 1.0
                elif v = estimate then 0.5
                else 0.0)

        let share = (below + 0.5) / (float sorted.Length + 1.0)
        Normal.InvCDF(0.0, 1.0, share)

    let private corrected bias acceleration (p: float) =
        let z = bias + Normal.InvCDF(0.0, 1.0, p)
        Normal.CDF(0.0, 1.0, bias + z / (1.0 - acceleration * z))

    /// <summary>Intervals of all parameters.</summary>
    /// <param name="kind">Percentile, basic or BCa.</param>
    /// <param name="level">The level of confidence, such as 0.95.</param>
    /// <param name="bootstrap">The replicates.</param>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let intervals (kind: BootstrapInterval) (level: float) (bootstrap: Bootstrap) : BootstrapEstimate list =
        Guard.level (nameof level) level

        let tail = 0.5 - 0.5 * level

        let note =
            if bootstrap.FailedRefits > 0 then
                let refits = Plural.count bootstrap.FailedRefits "refit"
                Some $"{refits} failed and left out"
            else
                None

        [
            for k in 0 .. bootstrap.Labels.Length - 1 do
                let values = bootstrap.Draws.Column k
                let sorted = Array.sort values
                let estimate = bootstrap.Original[k]
                let mean = Array.average values

                let lowAt, highAt =
                    match kind with
                    | BootstrapInterval.BiasCorrectedAccelerated ->
                        let bias = biasOf sorted estimate
                        let at = corrected bias bootstrap.Accelerations.Value[k]
                        at tail, at (1.0 - tail)
                    | BootstrapInterval.Percentile
                    | BootstrapInterval.Basic -> tail, 1.0 - tail

                let low, high = quantile sorted lowAt, quantile sorted highAt
                let lowError, highError = quantileError sorted lowAt, quantileError sorted highAt

                let (lower, lowerError), (upper, upperError) =
                    match kind with
                    | BootstrapInterval.Basic -> (2.0 * estimate - high, highError), (2.0 * estimate - low, lowError)
                    | BootstrapInterval.Percentile
                    | BootstrapInterval.BiasCorrectedAccelerated -> (low, lowError), (high, highError)

                {
                    Interval = {
                        Name = bootstrap.Labels[k]
                        Estimate = estimate
                        Lower = Some lower
                        Upper = Some upper
                        Note = note
                    }
                    StandardError =
                        sqrt (
                            (values |> Array.sumBy (fun v -> (v - mean) * (v - mean)))
                            / float (values.Length - 1)
                        )
                    Bias = mean - estimate
                    LowerError = lowerError
                    UpperError = upperError
                }
        ]
