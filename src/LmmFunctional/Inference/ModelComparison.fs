namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>A model among others: its likelihood, what it costs in parameters, and criteria of which smaller is better.</summary>
[<StructuredFormatDisplay("{Display}")>]
type ComparedModel = {
    /// The model as written.
    Formula: string
    /// Parameters in all.
    Parameters: int
    /// −2 log likelihood, restricted under REML.
    Deviance: float
    Aic: float
    /// None when there are not more rows than parameters and one.
    Aicc: float option
    Bic: float
    /// −2ℓ + df (log n + 1) (Bozdogan 1987).
    Caic: float
    /// AIC above the least of all.
    DeltaAic: float
    /// exp(−Δ/2), scaled to the sum one: how the evidence is shared among the models (Burnham and Anderson 2002).
    Weight: float
} with

    member private this.Display =
        $"{this.Formula}: {this.Parameters} parameters, -2 log likelihood {Display.number this.Deviance}, AIC {Display.number this.Aic}, BIC {Display.number this.Bic}, weight {Display.number this.Weight}"

    /// Parameters, likelihood and criteria in one line.
    override this.ToString() = this.Display


/// <summary>A likelihood ratio test of a model against one that contains it.</summary>
[<StructuredFormatDisplay("{Display}")>]
type LikelihoodRatioTest = {
    Smaller: string
    Larger: string
    /// The fall of −2 log likelihood.
    Statistic: float
    /// How many parameters more.
    Df: int
    /// By χ² with these degrees of freedom.
    P: float
    /// χ² degrees of freedom and their weights, where the smaller model has one parameter at its bound, such as a variance of zero;
    /// empty where χ² holds or no mixture is known.
    Mixture: (float * int) list
    /// By that mixture of χ² distributions, which holds for many groups.
    MixtureP: float option
    /// The likelihood both were maximised by.
    Criterion: Criterion
    /// What a reader must know: refitted by ML, or variances that are zero under the smaller model.
    Notes: string list
} with

    member private this.Display =
        $"{this.Smaller} in {this.Larger}: chi-squared {Display.number this.Statistic} on {this.Df} df, p {Display.number this.P}"

    /// Statistic, df and p in one line.
    override this.ToString() = this.Display


/// <summary>Several models of the same data, sorted by their number of parameters, with tests of neighbours that are nested.</summary>
[<StructuredFormatDisplay("{Display}")>]
type ModelTable = {
    Criterion: Criterion
    /// Whether REML fits were fitted again by ML, because their fixed effects differ.
    IsRefitted: bool
    Models: ComparedModel list
    /// One for each neighbouring pair: a test, or why there is none.
    Tests: Result<LikelihoodRatioTest, LmmError list> list
} with

    member private this.Display =
        Display.below "Comparison of models" [
            yield! this.Models |> List.map string |> Display.few

            for test in this.Tests do
                match test with
                | Ok test -> string test
                | Error problems -> yield! problems |> List.map LmmError.describe
        ]

    /// The models and the tests of neighbours.
    override this.ToString() = this.Display


/// <summary>Comparing models by their likelihoods.</summary>
[<RequireQualifiedAccess>]
module ModelComparison =

    let private formulaOf (fit: Fit) = string fit.Spec

    let private refitted =
        "both models were fitted again by ML: restricted likelihoods of different fixed effects cannot be compared"

    let private onBoundary =
        "the smaller model has a parameter at its bound, such as a variance of zero, where χ² is conservative: half χ² with one degree of freedom less and half χ² holds for many groups; VarianceTest gives exact and bootstrap p-values"

    let private onBoundaries =
        "the smaller model has several parameters at their bounds, such as variances of zero, where χ² is conservative; BootstrapTest gives a p-value that holds"

    let private irregular =
        "under the smaller model some parameters of the larger one do not matter, so that χ² need not hold; BootstrapTest gives a p-value that does"

    /// The mixture of χ² where one parameter is at its bound (Self and Liang 1987, case 6).
    let private mixtureOf df inclusion =
        match inclusion with
        | Inclusion.Boundary 1 when df >= 1 -> [ 0.5, df - 1; 0.5, df ]
        | _ -> []

    let private noteOf inclusion =
        match inclusion with
        | Inclusion.Interior -> None
        | Inclusion.Boundary 1 -> Some onBoundary
        | Inclusion.Boundary _ -> Some onBoundaries
        | Inclusion.Irregular -> Some irregular

    let private haveSameFixed (a: Design) (b: Design) =
        (Nesting.fixedOutside a b).IsEmpty && (Nesting.fixedOutside b a).IsEmpty

    let private byMl (fits: Fit list) =
        fits |> List.map (Refit.withCriterion Criterion.Ml) |> Problems.all

    /// Fits that can be compared: by REML while all have the same fixed effects, else by ML.
    let private comparable (fits: Fit list) : Result<bool * Fit list, LmmError list> =
        let first = List.head fits

        let strangers =
            fits
            |> List.filter (fun fit -> not (Nesting.sameData first.Design fit.Design))
            |> List.map (fun fit -> LmmError.DifferentData(formulaOf first, formulaOf fit))

        let isOneCriterion =
            fits |> List.forall (fun fit -> fit.Criterion = first.Criterion)

        let isReml = fits |> List.exists (fun fit -> fit.Criterion = Criterion.Reml)

        let unbounded =
            fits
            |> List.filter _.HasNoResidual
            |> List.map (formulaOf >> LmmError.UnboundedLikelihood)

        if not strangers.IsEmpty then
            Error strangers
        elif not unbounded.IsEmpty then
            Error unbounded
        elif
            isReml
            && not (
                isOneCriterion
                && fits |> List.forall (fun fit -> haveSameFixed first.Design fit.Design)
            )
        then
            byMl fits |> Result.map (fun fits -> true, fits)
        else
            Ok(false, fits)

    let private ratio isRefitted (smaller: Fit) (larger: Fit) : Result<LikelihoodRatioTest, LmmError list> =
        match Nesting.find smaller.Design larger.Design with
        | Error reason -> Error [ LmmError.NotNested(formulaOf smaller, formulaOf larger, reason) ]
        | Ok inclusion ->
            let df = larger.DegreesOfFreedom - smaller.DegreesOfFreedom
            // Both optima are known to rounding only.
            let statistic = max 0.0 (smaller.CriterionValue - larger.CriterionValue)

            let mixture = mixtureOf df inclusion

            Ok {
                Smaller = formulaOf smaller
                Larger = formulaOf larger
                Statistic = statistic
                Df = df
                P =
                    if df = 0 then
                        1.0
                    else
                        Quantile.upperChiSquared (float df) statistic
                Mixture = mixture
                MixtureP =
                    if mixture.IsEmpty then
                        None
                    else
                        Some(
                            mixture
                            |> List.sumBy (fun (weight, df) -> weight * Quantile.upperChiSquared (float df) statistic)
                        )
                Criterion = smaller.Criterion
                Notes = [
                    if isRefitted then
                        refitted
                    yield! Option.toList (noteOf inclusion)
                ]
            }

    /// <summary>Tests a model against one that contains it.</summary>
    /// <param name="smaller">The null model.</param>
    /// <param name="larger">The model that contains it.</param>
    /// <returns>The test; or: data that differ, or models that are not nested, in words. REML fits with different fixed
    /// effects are fitted again by ML, and a note says so.</returns>
    let test (smaller: Fit) (larger: Fit) : Result<LikelihoodRatioTest, LmmError list> =
        comparable [ smaller; larger ]
        |> Result.bind (fun (isRefitted, fits) -> ratio isRefitted fits[0] fits[1])

    let private compared least total (fit: Fit) : ComparedModel =
        let criteria = fit.InformationCriteria
        let delta = criteria.Aic - least

        {
            Formula = formulaOf fit
            Parameters = fit.DegreesOfFreedom
            Deviance = fit.CriterionValue
            Aic = criteria.Aic
            Aicc = criteria.Aicc
            Bic = criteria.Bic
            Caic = criteria.Bic + float fit.DegreesOfFreedom
            DeltaAic = delta
            Weight = exp (-0.5 * delta) / total
        }

    /// <summary>Compares models of the same data.</summary>
    /// <param name="fits">The fits, at least one.</param>
    /// <returns>Criteria of all models and tests of neighbours; or models of different data.</returns>
    /// <exception cref="T:System.ArgumentException">There is no fit.</exception>
    let table (fits: Fit list) : Result<ModelTable, LmmError list> =
        if fits.IsEmpty then
            invalidArg (nameof fits) "A comparison needs at least one fit."

        comparable fits
        |> Result.map (fun (isRefitted, fits) ->
            let fits = fits |> List.sortBy (fun fit -> fit.DegreesOfFreedom)
            let aic = fits |> List.map (fun fit -> fit.InformationCriteria.Aic)
            let least = List.min aic
            let total = aic |> List.sumBy (fun value -> exp (-0.5 * (value - least)))

            {
                Criterion = fits.Head.Criterion
                IsRefitted = isRefitted
                Models = fits |> List.map (compared least total)
                Tests = fits |> List.pairwise |> List.map (fun (a, b) -> ratio isRefitted a b)
            })
