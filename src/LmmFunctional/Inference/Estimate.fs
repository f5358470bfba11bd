namespace LmmFunctional

/// <summary>The estimate of one linear function of the fixed effects, with its test and interval.</summary>
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
}

/// <summary>A test of several linear functions at once.</summary>
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
}

/// <summary>Both: each function of a hypothesis, and all of them together.</summary>
type HypothesisTest = {
    Estimates: Estimate list
    Joint: JointTest
    /// How the degrees of freedom were found.
    Method: DegreesOfFreedomMethod
}
