namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>A likelihood ratio test whose null distribution was simulated from the smaller model.</summary>
type BootstrapTest = {
    /// The test by χ²; its statistic is the one referred to the replicates.
    Asymptotic: LikelihoodRatioTest
    /// (1 + replicates with a statistic at least as large) / (1 + replicates).
    P: float
    /// The Monte Carlo standard error of P.
    MonteCarloError: float
    /// <summary>By χ² with the statistic scaled to the mean of the replicates (Bartlett); None where their mean is zero.</summary>
    BartlettP: float option
    /// The simulated statistics of the refits that succeeded.
    Replicates: float list
    /// Replicates that could not be fitted.
    Failed: int
}

/// <summary>Parametric bootstrap tests of nested models (Halekoh and Højsgaard 2014).</summary>
[<RequireQualifiedAccess>]
module BootstrapTest =

    // A refit whose optimum lies this little above that of the smaller model has a statistic of zero.
    let private rounding = 1e-7

    /// <summary>Statistics simulated under the smaller model: the fall of the criterion from its refit to that of the larger.</summary>
    /// <returns>A statistic for each replicate, None where a refit failed; or that fewer than two replicates could be
    /// fitted.</returns>
    let internal statistics
        (options: BootstrapOptions)
        (smaller: Fit)
        (larger: Fit)
        : Result<float option[], LmmError list> =
        let draw = Simulation.sampler options.Seed smaller

        let all =
            Replicates.run options (fun index ->
                let response = draw index

                match Refit.withResponse response smaller, Refit.withResponse response larger with
                | Ok first, Ok second ->
                    let fall = first.CriterionValue - second.CriterionValue
                    Some(if fall > rounding then fall else 0.0)
                | _ -> None)

        let fitted = all |> Array.filter Option.isSome |> Array.length

        if fitted < 2 then
            Error [ LmmError.TooFewRefits(fitted, options.Replicates) ]
        else
            Ok all

    /// <summary>The share of statistics at least as large as the observed one, and its Monte Carlo standard error.</summary>
    let internal pValue observed (simulated: float[]) : float * float =
        let count =
            simulated |> Array.filter (fun value -> value >= observed) |> Array.length

        let p = float (count + 1) / float (simulated.Length + 1)
        p, sqrt (p * (1.0 - p) / float simulated.Length)

    /// <summary>Tests a model against one that contains it.</summary>
    /// <param name="options">Number of replicates, seed and progress.</param>
    /// <param name="smaller">The null model.</param>
    /// <param name="larger">The model that contains it.</param>
    /// <returns>The test, by ML where the fixed effects differ; or data that differ, models that are not nested, or
    /// replicates that could not be fitted.</returns>
    /// <exception cref="T:System.ArgumentException">There are fewer than two replicates.</exception>
    let run (options: BootstrapOptions) (smaller: Fit) (larger: Fit) : Result<BootstrapTest, LmmError list> =
        BootstrapOptions.check options

        Design.needRows "A bootstrap" larger.Design
        |> Result.bind (fun () -> ModelComparison.test smaller larger)
        |> Result.bind (fun asymptotic ->
            [ smaller; larger ]
            |> List.map (Refit.withCriterion asymptotic.Criterion)
            |> Problems.all
            |> Result.bind (fun fits -> statistics options fits[0] fits[1])
            |> Result.map (fun all ->
                let kept = Array.choose id all
                let p, error = pValue asymptotic.Statistic kept
                let mean = if kept.Length = 0 then 0.0 else Array.average kept

                {
                    Asymptotic = asymptotic
                    P = p
                    MonteCarloError = error
                    BartlettP =
                        if mean > 0.0 && asymptotic.Df > 0 then
                            let df = float asymptotic.Df
                            Some(Quantile.upperChiSquared df (asymptotic.Statistic * df / mean))
                        else
                            None
                    Replicates = List.ofArray kept
                    Failed = all.Length - kept.Length
                }))
