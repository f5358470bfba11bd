namespace LmmFunctional

open System
open System.Collections.Immutable

/// <summary>One covariance parameter of a model, told on the scale of the data.</summary>
[<RequireQualifiedAccess>]
type VarianceParameter =
    /// The variance of an effect of one random term (terms are counted from zero in the order of the formula).
    | EffectVariance of term: int * effect: int
    /// The covariance of two effects of one term.
    | EffectCovariance of term: int * first: int * second: int
    /// The residual variance.
    | Residual

/// <summary>Covariance matrices to compute with: what a function of covariance parameters is given.</summary>
[<ReferenceEquality>]
type CovarianceEstimates = {
    /// Per random term, in the order of the formula, the covariance of its effects; squared units of the response.
    Random: Matrix list
    /// The residual variance of a row of weight one.
    Residual: float
} with

    /// The variance of one effect.
    member estimates.Variance(term: int, effect: int) = estimates.Random[term][effect, effect]

    /// The standard deviation of one effect.
    member estimates.StandardDeviation(term: int, effect: int) = sqrt (estimates.Variance(term, effect))

    /// The correlation of two effects of a term; zero where a variance is zero.
    member estimates.Correlation(term: int, first: int, second: int) =
        let product = estimates.Variance(term, first) * estimates.Variance(term, second)

        if product > 0.0 then
            estimates.Random[term][first, second] / sqrt product
        else
            0.0

/// <summary>The covariance parameters of fits.</summary>
[<RequireQualifiedAccess>]
module VarianceParameters =

    /// The parameters of a design in the order of <see cref="P:LmmFunctional.Fit.VarianceComponents"/>.
    let internal ofDesign (design: Design) : VarianceParameter list = [
        for t, term in List.indexed design.Random do
            for i in 0 .. term.Names.Length - 1 do
                VarianceParameter.EffectVariance(t, i)

            if
                term.Term.Structure <> Structure.Diagonal
                && term.Term.Structure <> Structure.Identity
            then
                for i in 0 .. term.Names.Length - 1 do
                    for j in i + 1 .. term.Names.Length - 1 do
                        VarianceParameter.EffectCovariance(t, i, j)

        VarianceParameter.Residual
    ]

    /// The parameters of a fit, in the order of its variance components.
    let ofFit (fit: Fit) : VarianceParameter list = ofDesign fit.Design

    /// The value of a parameter: a variance or covariance in squared units of the response.
    let valueOf (parameter: VarianceParameter) (estimates: CovarianceEstimates) : float =
        match parameter with
        | VarianceParameter.EffectVariance(term, effect) -> estimates.Random[term][effect, effect]
        | VarianceParameter.EffectCovariance(term, first, second) -> estimates.Random[term][first, second]
        | VarianceParameter.Residual -> estimates.Residual

    /// The value as users read it: a standard deviation, or the correlation of a covariance.
    let deviationOf (parameter: VarianceParameter) (estimates: CovarianceEstimates) : float =
        match parameter with
        | VarianceParameter.EffectVariance(term, effect) -> estimates.StandardDeviation(term, effect)
        | VarianceParameter.EffectCovariance(term, first, second) -> estimates.Correlation(term, first, second)
        | VarianceParameter.Residual -> sqrt estimates.Residual

    /// The covariance matrices of a fit.
    let estimates (fit: Fit) : CovarianceEstimates = {
        Random = fit.RandomCovariances |> List.map snd
        Residual = fit.Sigma * fit.Sigma
    }

    /// <summary>A name such as <c>sd(Subject (Intercept))</c>, <c>cor(Subject (Intercept), Days)</c> or <c>sigma</c>.</summary>
    let nameIn (design: Design) (parameter: VarianceParameter) : string =
        match parameter with
        | VarianceParameter.EffectVariance(term, effect) ->
            let term = design.Random[term]
            $"sd({term.Group} {term.Names[effect]})"
        | VarianceParameter.EffectCovariance(term, first, second) ->
            let term = design.Random[term]
            $"cor({term.Group} {term.Names[first]}, {term.Names[second]})"
        | VarianceParameter.Residual -> "sigma"

    /// The covariance matrices at an inner θ and a logarithm of the residual standard deviation.
    let internal at (likelihood: LogLikelihood) (theta: ImmutableArray<float>) (logSigma: float) : CovarianceEstimates =
        let variance = exp (2.0 * logSigma)

        {
            Random =
                List.map2
                    (fun (term: StandardisedTerm) (lambda: float[]) ->
                        let n = term.Factor.Order

                        let relative =
                            Semidefinite.congruence n term.Transform (Semidefinite.square n lambda)

                        Matrix.init n n (fun i j -> variance * relative[i + j * n]))
                    likelihood.Standard.Terms
                    (List.ofArray (ThetaLayout.matrices likelihood.Layout theta))
            Residual = variance
        }
