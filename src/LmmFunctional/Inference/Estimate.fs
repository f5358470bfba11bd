namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model

/// <summary>The estimate of one linear function of the fixed effects, with its test and interval.</summary>
[<StructuredFormatDisplay("{Display}")>]
type Estimate = {
    Name: string
    /// In units of the response.
    Estimate: float
    StandardError: float
    /// Degrees of freedom of t; infinite for z.
    Df: float
    /// (Estimate − tested value) / standard error.
    Statistic: float
    /// Two-sided.
    P: float
    /// Ends of the interval at the level asked for.
    Lower: float
    Upper: float
    /// Why there is no test, in words; None where there is one. Without a test df, statistic, p and the ends are NaN.
    NotTestable: string option
} with

    member private this.Display =
        match this.NotTestable with
        | Some reason -> $"{this.Name}: {Display.number this.Estimate}, not testable: {reason}"
        | None ->
            let test =
                Display.tested this.Estimate this.StandardError this.Statistic this.Df this.P

            $"{this.Name}: {test}, [{Display.number this.Lower}, {Display.number this.Upper}]"

    /// Estimate, test and interval in one line.
    override this.ToString() = this.Display

/// <summary>A test of several linear functions at once.</summary>
[<StructuredFormatDisplay("{Display}")>]
type JointTest = {
    Name: string
    /// The number of independent functions.
    NumeratorDf: int
    /// Infinite for χ², which is then the numerator df times F.
    DenominatorDf: float
    /// The statistic, scaled under Kenward-Roger.
    F: float
    /// What F was multiplied by: Kenward and Roger's λ, else one.
    Scale: float
    P: float
    /// Why there is no test, in words; None where there is one. Without a test F, its denominator df and p are NaN.
    NotTestable: string option
} with

    member private this.Display =
        match this.NotTestable with
        | Some reason -> $"{this.Name}: not testable: {reason}"
        | None ->
            $"{this.Name}: F {Display.number this.F} on {this.NumeratorDf} and {Display.number this.DenominatorDf} df, p {Display.number this.P}"

    /// F, degrees of freedom and p in one line.
    override this.ToString() = this.Display

/// <summary>Both: each function of a hypothesis, and all of them together.</summary>
[<StructuredFormatDisplay("{Display}")>]
type HypothesisTest = {
    Estimates: Estimate list
    Joint: JointTest
    /// How the degrees of freedom were found.
    Method: DegreesOfFreedomMethod
} with

    member private this.Display =
        Display.below "Linear functions of the fixed effects" [
            yield! this.Estimates |> List.map string |> Display.few
            string this.Joint
            DegreesOfFreedomMethod.describe this.Method
        ]

    /// Each function, then all of them together.
    override this.ToString() = this.Display
