namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>A p-value from simulation.</summary>
type SimulatedP = {
    P: float
    /// Its Monte Carlo standard error.
    MonteCarloError: float
    /// Number of draws.
    Draws: int
}

/// <summary>A test that one variance is zero.</summary>
[<StructuredFormatDisplay("{Display}")>]
type VarianceTest = {
    /// The parameter, such as <c>sd(Subject Days)</c>.
    Name: string
    Criterion: Criterion
    /// The fall of −2 log likelihood, restricted under REML, when the effect is in the model.
    Statistic: float
    /// χ² degrees of freedom and their weights under the null.
    Mixture: (float * int) list
    /// By that mixture of χ² distributions.
    MixtureP: float
    /// By the exact distribution; None where it does not apply.
    Exact: SimulatedP option
    /// By the parametric bootstrap; None when it was not asked for.
    Bootstrap: SimulatedP option
    /// Which of these applies, and why.
    Advice: string
} with

    member private this.Display =
        let simulated name (found: SimulatedP option) =
            match found with
            | Some own -> $", {name} p {Display.number own.P}"
            | None -> ""

        let exact, bootstrap =
            simulated "exact" this.Exact, simulated "bootstrap" this.Bootstrap

        let statistic, mixture = Display.number this.Statistic, Display.number this.MixtureP
        $"{this.Name}: statistic {statistic}, mixture p {mixture}{exact}{bootstrap}"

    /// The parameter, its statistic and every p.
    override this.ToString() = this.Display

/// <summary>How a variance is tested.</summary>
[<NoComparison; NoEquality>]
type VarianceTestOptions = {
    /// Draws from the exact distribution.
    Draws: int
    /// The seed of those draws.
    Seed: int
    /// The bootstrap, when it is wanted.
    Bootstrap: BootstrapOptions option
}

/// <summary>Tests of a variance being zero, which lies on the boundary of the parameters.</summary>
[<RequireQualifiedAccess>]
module VarianceTest =

    /// 10,000 draws from the exact distribution, no bootstrap.
    let defaults: VarianceTestOptions = {
        Draws = 10000
        Seed = 1
        Bootstrap = None
    }

    let private check (options: VarianceTestOptions) =
        Guard.atLeast "Draws" "The number of draws" 2 options.Draws
        options.Bootstrap |> Option.iter BootstrapOptions.check

    /// <summary>Half and half: with one effect less the term has s − 1 covariances less, and a variance that may only grow
    /// (Self and Liang 1987; Stram and Lee 1994).</summary>
    let private mixtureOf (term: RandomDesign) =
        let covariances =
            match term.Term.Structure with
            | Structure.Unstructured -> term.Names.Length - 1
            | _ -> 0

        [ 0.5, covariances; 0.5, covariances + 1 ]

    let private adviceFor isOnly (exact: SimulatedP option) (bootstrap: SimulatedP option) (larger: Fit) =
        match exact, bootstrap with
        | Some _, _ -> "the exact distribution applies: the model has one variance beside the residual"
        | None, Some _ when isOnly ->
            "the exact distribution applies, but the term has too many levels to decompose; the bootstrap stands for it"
        | None, Some _ -> "the bootstrap applies; the χ² mixture holds for many levels of every grouping factor"
        | None, None ->
            let others =
                if larger.Certificate.IsSingular then
                    ", and other parameters are at a bound, where it is not known to hold"
                else
                    ""

            $"only the χ² mixture was computed; it holds for many levels of every grouping factor{others}; ask for the bootstrap if there are few"

    let private simulated statistic (draws: float[]) : SimulatedP =
        let p, error = BootstrapTest.pValue statistic draws

        {
            P = p
            MonteCarloError = error
            Draws = draws.Length
        }

    /// The test from the fits with and without the effect, and the statistics of a bootstrap.
    let private create
        (options: VarianceTestOptions)
        parameter
        (fit: Fit)
        (smaller: Fit)
        (own: RandomDesign)
        bootstrap
        =
        let statistic = max 0.0 (smaller.CriterionValue - fit.CriterionValue)
        let mixture = mixtureOf own

        let isOnly =
            fit.Design.Random.Length = 1
            && own.Names.Length = 1
            && LogLikelihood.isPlain fit.Model

        let exact =
            if not isOnly then
                None
            else
                ExactRlrt.create fit.Criterion fit.Design own
                |> Option.map (
                    ExactRlrt.simulate {
                        BootstrapOptions.defaults with
                            Replicates = options.Draws
                            Seed = options.Seed
                    }
                    >> simulated statistic
                )

        let bootstrap = bootstrap |> Option.map (simulated statistic)

        {
            Name = VarianceParameters.nameIn fit.Design parameter
            Criterion = fit.Criterion
            Statistic = statistic
            Mixture = mixture
            MixtureP =
                mixture
                |> List.sumBy (fun (weight, df) -> weight * Quantile.upperChiSquared (float df) statistic)
            Exact = exact
            Bootstrap = bootstrap
            Advice = adviceFor isOnly exact bootstrap fit
        }

    /// <summary>Tests the variance of one effect of one random term.</summary>
    /// <param name="options">Draws, seed, and the bootstrap if wanted.</param>
    /// <param name="parameter">A variance of the model.</param>
    /// <param name="fit">The fit with the effect; it is fitted again without it, by the same criterion.</param>
    /// <returns>The test with every p-value that applies; or why the model without the effect cannot be fitted.</returns>
    /// <exception cref="T:System.ArgumentException">The parameter is not a variance of a random term of the model; there are
    /// fewer than two draws or replicates.</exception>
    let run
        (options: VarianceTestOptions)
        (parameter: VarianceParameter)
        (fit: Fit)
        : Result<VarianceTest, LmmError list> =
        check options

        match parameter with
        | VarianceParameter.EffectVariance(term, effect) when
            term >= 0
            && term < fit.Design.Random.Length
            && effect >= 0
            && effect < fit.Design.Random[term].Names.Length
            ->
            let bootstrap smaller =
                match options.Bootstrap with
                | None -> Ok None
                | Some options ->
                    BootstrapTest.statistics options smaller fit
                    |> Result.map (Array.choose id >> Some)

            Design.needRows "A test of a variance" fit.Design
            |> Result.bind (fun () -> Refit.withoutEffectOf term effect fit)
            |> Result.bind (fun smaller ->
                bootstrap smaller
                |> Result.map (fun draws -> create options parameter fit smaller fit.Design.Random[term] draws))
        | _ ->
            invalidArg
                (nameof parameter)
                "Only the variance of an effect of the model's own random terms can be tested."
