namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>One fixed effect.</summary>
[<StructuredFormatDisplay("{Display}")>]
type Coefficient = {
    /// R's name of the column.
    Name: string
    Estimate: float
    StandardError: float
    /// Estimate / standard error.
    Statistic: float
} with

    member private this.Display =
        $"{this.Name}: {Display.number this.Estimate}, se {Display.number this.StandardError}, t {Display.number this.Statistic}"

    /// Estimate, standard error and their ratio in one line.
    override this.ToString() = this.Display


/// <summary>One variance or covariance of the random effects, or the residual variance.</summary>
[<StructuredFormatDisplay("{Display}")>]
type VarianceComponent = {
    /// The grouping factor, or Residual.
    Group: string
    /// The effect; None for the residual.
    First: string option
    /// The other effect of a covariance; None for a variance.
    Second: string option
    /// The variance or covariance, in squared units of the response.
    Covariance: float
    /// The standard deviation, or for a covariance the correlation.
    StandardDeviation: float
} with

    member private this.Display =
        let names =
            this.Group :: Option.toList this.First @ Option.toList this.Second
            |> String.concat " "

        match this.Second with
        | None -> $"{names}: variance {Display.number this.Covariance}, sd {Display.number this.StandardDeviation}"
        | Some _ ->
            $"{names}: covariance {Display.number this.Covariance}, correlation {Display.number this.StandardDeviation}"

    /// Variance and standard deviation, or covariance and correlation, in one line.
    override this.ToString() = this.Display


/// <summary>The random effects of one term: conditional modes with their standard deviations given the data and β.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type RandomEffects = {
    Group: string
    /// The S effects.
    Effects: ImmutableArray<string>
    Levels: ImmutableArray<string>
    /// Levels × S.
    Modes: Matrix
    /// Levels × S.
    StandardDeviations: Matrix
    /// Levels × S: standard deviations of estimated less true effects, the estimation of β included; their squares are the
    /// prediction error variances (PEV).
    PredictionErrors: Matrix
    /// Levels × S: 1 − PEV / variance of the effect, the squared correlation of estimated and true effects; zero where the
    /// variance is zero.
    Reliabilities: Matrix
} with

    member private this.Display =
        let levels = Plural.count this.Levels.Length "level"
        let effects = Display.listed (List.ofSeq this.Effects)
        $"{this.Group}: {levels}, effects {effects}"

    /// The group with the number of its levels, and the effects.
    override this.ToString() = this.Display


/// <summary>Criteria for comparing models; smaller is better.</summary>
type InformationCriteria = {
    /// −2ℓ + 2 df.
    Aic: float
    /// AIC + 2 df (df + 1) / (n − df − 1); None when there are not more rows than df + 1.
    Aicc: float option
    /// −2ℓ + df log n.
    Bic: float
}

/// <summary>How long the parts of a fit took.</summary>
type Timings = {
    /// Design and cross-products.
    Build: TimeSpan
    /// Iterations and certificate.
    Solve: TimeSpan
}
