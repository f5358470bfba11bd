namespace LmmFunctional.CSharp;

/// <summary>How tests of fixed effects allow for the covariance parameters being estimated.</summary>
public enum DfMethod
{
    /// <summary>Not at all: z and χ².</summary>
    Asymptotic,

    /// <summary>n − p.</summary>
    Residual,

    /// <summary>SAS's containment method.</summary>
    Containment,

    /// <summary>SAS's between-within method.</summary>
    BetweenWithin,

    /// <summary>Moments of the variance of each contrast.</summary>
    Satterthwaite,

    /// <summary>Adjusted covariance and scaled F; for fits by REML.</summary>
    KenwardRoger,
}

/// <summary>Whose Satterthwaite or Kenward-Roger.</summary>
public enum DfConvention
{
    /// <summary>lmerTest for Satterthwaite, pbkrtest for Kenward-Roger.</summary>
    Usual,

    /// <summary>SAS PROC MIXED: observed information of variances.</summary>
    Sas,

    /// <summary>SAS PROC MIXED, Kenward-Roger without the term of the second derivatives.</summary>
    SasLinear,

    /// <summary>The R package pbkrtest: expected information of variances.</summary>
    Pbkrtest,

    /// <summary>The R package lmerTest: observed information in the factors of the covariances.</summary>
    LmerTest,

    /// <summary>The R package mmrm: observed information in factors, with second derivatives.</summary>
    Mmrm,
}

/// <summary>The estimate of a linear function of the fixed effects, with its test and interval.</summary>
/// <param name="Name">What the function is called.</param>
/// <param name="Estimate">In units of the response.</param>
/// <param name="StandardError">Of the estimate; adjusted under Kenward-Roger.</param>
/// <param name="Df">Degrees of freedom of t; infinite for z.</param>
/// <param name="Statistic">(Estimate − tested value) / standard error.</param>
/// <param name="P">Two-sided.</param>
/// <param name="Lower">The lower end of the interval.</param>
/// <param name="Upper">The upper end of the interval.</param>
/// <param name="NotTestable">Why there is no test, in words; null where there is one. Without a test df, statistic, p and the
/// ends are NaN.</param>
public sealed record TestedEstimate(
    string Name,
    double Estimate,
    double StandardError,
    double Df,
    double Statistic,
    double P,
    double Lower,
    double Upper,
    string? NotTestable = null);

/// <summary>An F test of a term or of several functions at once.</summary>
/// <param name="Name">The term, or the functions.</param>
/// <param name="NumeratorDf">The number of independent functions.</param>
/// <param name="DenominatorDf">Infinite for χ².</param>
/// <param name="F">The statistic, scaled under Kenward-Roger.</param>
/// <param name="P">Of a larger F under the null hypothesis.</param>
/// <param name="NotTestable">Why there is no test, in words; null where there is one. Without a test F, its denominator df and
/// p are NaN.</param>
public sealed record FTest(
    string Name, int NumeratorDf, double DenominatorDf, double F, double P, string? NotTestable = null);

/// <summary>The test of a hypothesis: each of its functions, and all of them together.</summary>
/// <param name="Estimates">Each function.</param>
/// <param name="Joint">All of them at once.</param>
/// <param name="Method">How the degrees of freedom were found, in words.</param>
public sealed record TestedHypothesis(IReadOnlyList<TestedEstimate> Estimates, FTest Joint, string Method);

/// <summary>A table of F tests, one for each fixed term.</summary>
/// <param name="Tests">The terms in the order of the model.</param>
/// <param name="Method">How the degrees of freedom were found, in words.</param>
public sealed record TestedTerms(IReadOnlyList<FTest> Tests, string Method);
