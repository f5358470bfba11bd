namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>One covariance parameter of a model, told on the scale of the data.</summary>
[<RequireQualifiedAccess>]
type VarianceParameter =
    /// The variance of an effect of one random term (terms are counted from zero in the order of the formula).
    | EffectVariance of term: int * effect: int
    /// The covariance of two effects of one term.
    | EffectCovariance of term: int * first: int * second: int
    /// <summary>A parameter of the structure of one random term, such as a standard deviation, a correlation or a range
    /// (parameters are counted from zero in the order of <see cref="P:LmmFunctional.Fit.CovarianceParameters"/>).</summary>
    | TermStructure of term: int * parameter: int
    /// The residual variance.
    | Residual
    /// <summary>A parameter of the structure of the residuals, such as a correlation, a range, a nugget or a standard deviation relative to
    /// σ (parameters are counted from zero in the order of <see cref="P:LmmFunctional.Fit.CovarianceParameters"/>, σ left out).</summary>
    | ResidualStructure of parameter: int

/// <summary>Covariance matrices to compute with: what a function of covariance parameters is given.</summary>
[<ReferenceEquality>]
type CovarianceEstimates = {
    /// Per random term, in the order of the formula, the covariance of its effects; squared units of the response.
    Random: Matrix list
    /// Per random term the parameters of its structure, as the fit prints them; empty where these are the elements of the
    /// matrix.
    TermStructures: ImmutableArray<float> list
    /// The residual variance of a row of weight one.
    Residual: float
    /// The parameters of the structure of the residuals as they are usually written, σ left out; empty for independent residuals.
    Structure: ImmutableArray<float>
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

    /// The parameters of the structure of the residuals.
    let internal structureOf (design: Design) : ParameterBlock =
        (ResidualModel.create design.Residual).Parameters

    /// The parameters of a design, term by term: those of a structure, else the elements of its matrix, in the order of
    /// <see cref="P:LmmFunctional.Fit.VarianceComponents"/>.
    let internal ofDesign (design: Design) : VarianceParameter list = [
        for t, term in List.indexed design.Random do
            match StandardisedTerm.formOf term with
            | Some form ->
                for i in 0 .. form.Names.Length - 1 do
                    VarianceParameter.TermStructure(t, i)
            | None ->
                for i in 0 .. term.Names.Length - 1 do
                    VarianceParameter.EffectVariance(t, i)

                if term.Term.Structure = Structure.Unstructured then
                    for i in 0 .. term.Names.Length - 1 do
                        for j in i + 1 .. term.Names.Length - 1 do
                            VarianceParameter.EffectCovariance(t, i, j)

        VarianceParameter.Residual

        for i in 0 .. (structureOf design).Names.Length - 1 do
            VarianceParameter.ResidualStructure i
    ]

    /// The parameters of a fit, in the order of its variance components; those of the structure of the residuals last.
    let ofFit (fit: Fit) : VarianceParameter list = ofDesign fit.Design

    /// The value of a parameter: a variance or covariance in squared units of the response, a parameter of a structure as
    /// it is.
    let valueOf (parameter: VarianceParameter) (estimates: CovarianceEstimates) : float =
        match parameter with
        | VarianceParameter.EffectVariance(term, effect) -> estimates.Random[term][effect, effect]
        | VarianceParameter.EffectCovariance(term, first, second) -> estimates.Random[term][first, second]
        | VarianceParameter.TermStructure(term, parameter) -> estimates.TermStructures[term][parameter]
        | VarianceParameter.Residual -> estimates.Residual
        | VarianceParameter.ResidualStructure parameter -> estimates.Structure[parameter]

    /// The value as users read it: a standard deviation, or the correlation of a covariance.
    let deviationOf (parameter: VarianceParameter) (estimates: CovarianceEstimates) : float =
        match parameter with
        | VarianceParameter.EffectVariance(term, effect) -> estimates.StandardDeviation(term, effect)
        | VarianceParameter.EffectCovariance(term, first, second) -> estimates.Correlation(term, first, second)
        | VarianceParameter.TermStructure(term, parameter) -> estimates.TermStructures[term][parameter]
        | VarianceParameter.Residual -> sqrt estimates.Residual
        | VarianceParameter.ResidualStructure parameter -> estimates.Structure[parameter]

    /// The parameters of the structure of the residuals at an inner θ.
    let private structureAt (likelihood: LogLikelihood) (theta: ImmutableArray<float>) =
        match RowDependence.tryWhole likelihood with
        | None -> ImmutableArray.Empty
        | Some model ->
            model.Residual.Parameters.Natural(Jet.constants (MarginalModel.residualParameters model theta))
            |> Array.map (_.Value >> ParameterEnds.told)
            |> ImmutableArray.CreateRange

    /// The parameters of the structures of the random terms at an inner θ, given the residual standard deviation.
    let private termStructuresAt (likelihood: LogLikelihood) (theta: ImmutableArray<float>) sigma = [
        for t in 0 .. likelihood.Layout.Forms.Length - 1 ->
            match likelihood.Layout.Forms[t] with
            | None -> ImmutableArray.Empty
            | Some form ->
                form.Natural(Jet.constants (ThetaLayout.parametersOf likelihood.Layout theta t))
                |> Seq.mapi (fun i natural -> ParameterEnds.told (pown sigma form.Powers[i] * natural.Value))
                |> ImmutableArray.CreateRange
    ]

    /// The covariance matrices of a fit.
    let estimates (fit: Fit) : CovarianceEstimates = {
        Random = fit.RandomCovariances |> List.map snd
        TermStructures = termStructuresAt fit.Model fit.Inner.Theta fit.Unit
        Residual = fit.Sigma * fit.Sigma
        Structure = structureAt fit.Model fit.Inner.Theta
    }

    let private formOf (design: Design) term =
        StandardisedTerm.formOf design.Random[term] |> Option.get

    /// <summary>A name such as <c>sd(Subject (Intercept))</c>, <c>cor(Subject (Intercept), Days)</c>, <c>sigma</c>; <c>rho</c> or
    /// <c>range</c> of the residuals' structure, <c>plot.rho</c> of a random term's.</summary>
    let nameIn (design: Design) (parameter: VarianceParameter) : string =
        match parameter with
        | VarianceParameter.EffectVariance(term, effect) ->
            let term = design.Random[term]
            $"sd({term.Group} {term.Names[effect]})"
        | VarianceParameter.EffectCovariance(term, first, second) ->
            let term = design.Random[term]
            $"cor({term.Group} {term.Names[first]}, {term.Names[second]})"
        | VarianceParameter.TermStructure(term, parameter) ->
            $"{design.Random[term].Group}.{(formOf design term).Names[parameter]}"
        | VarianceParameter.Residual -> "sigma"
        | VarianceParameter.ResidualStructure parameter -> (structureOf design).Names[parameter]

    /// What a parameter is, told as a standard deviation, a correlation, or as its structure has it.
    let internal kindOf (design: Design) (parameter: VarianceParameter) : ParameterKind =
        match parameter with
        | VarianceParameter.EffectVariance _
        | VarianceParameter.Residual -> ParameterKind.StandardDeviation
        | VarianceParameter.EffectCovariance _ -> ParameterKind.Correlation
        | VarianceParameter.TermStructure(term, parameter) -> (formOf design term).Kinds[parameter]
        | VarianceParameter.ResidualStructure parameter -> (structureOf design).Kinds[parameter]

    /// The map of a parameter to the whole line on which its estimate is nearly normal, and back: logarithms of what is positive, Fisher's z
    /// of correlations, logits of proportions.
    let internal unboundedOf (design: Design) (parameter: VarianceParameter) : (float -> float) * (float -> float) =
        // A parameter at a bound stays a number.
        let fisherZ rho =
            Math.Atanh(max (-1.0 + 1e-15) (min (1.0 - 1e-15) rho))

        let logarithm value = log (max 1e-300 value)

        match kindOf design parameter with
        | ParameterKind.StandardDeviation
        | ParameterKind.Positive
        | ParameterKind.Variance -> logarithm, exp >> ParameterEnds.told
        | ParameterKind.Correlation -> fisherZ, tanh
        | ParameterKind.Proportion ->
            (fun share -> logarithm share - logarithm (1.0 - share)),
            (fun logit -> ParameterEnds.told (1.0 / (1.0 + exp -logit)))
        | ParameterKind.Loading
        | ParameterKind.Real -> id, id

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
            TermStructures = termStructuresAt likelihood theta (exp logSigma)
            Residual = variance
            Structure = structureAt likelihood theta
        }
