namespace LmmFunctional.CSharp;

/// <summary>A fitted linear mixed model, immutable; every number is on the scale of the data.</summary>
public sealed partial class FittedLmm
{
    private readonly Fit fit;
    private readonly Lazy<IReadOnlyList<RandomEffect>> randomEffects;
    private readonly Lazy<IReadOnlyList<CovarianceParameterEstimate>> covarianceParameters;

    internal FittedLmm(Fit fit)
    {
        this.fit = fit;
        randomEffects = new(() => Convert.RandomEffects(fit));
        covarianceParameters = new(() => Convert.List(fit.CovarianceParameters, Convert.CovarianceParameter));
        Model = new LmmModel(fit.Spec);
        Certificate = Convert.Certificate(fit.Certificate);
        Iterations = Convert.List(fit.Iterations, Convert.Iteration);
        Coefficients = Convert.List(fit.Coefficients, Convert.Coefficient);
        VarianceComponents = Convert.List(fit.VarianceComponents, Convert.VarianceComponent);
    }

    internal Fit Inner => fit;

    /// <summary>The model as written.</summary>
    public LmmModel Model { get; }

    /// <summary>What was maximised.</summary>
    public FitBy By => Convert.FitBy(fit.Criterion);

    // Estimates

    /// <summary>Fixed effects with their standard errors, named and ordered as in R.</summary>
    public IReadOnlyList<CoefficientEstimate> Coefficients { get; }

    /// <summary>Columns of X left out because they depend on those before them; they have no coefficient.</summary>
    public IReadOnlyList<string> Dropped => Convert.List(fit.Dropped);

    /// <summary>Cov(β̂), p×p in the order of <see cref="Coefficients"/>: a new array.</summary>
    public double[,] CoefficientCovariance() => fit.CoefficientCovariance.ToArray2D();

    /// <summary>Variances, then covariances, of each random term in formula order; the residual last.</summary>
    public IReadOnlyList<VarianceEstimate> VarianceComponents { get; }

    /// <summary>The parameters of covariance structures: of random terms that have some, and of structured residuals, such as
    /// the standard deviations and correlations of an MMRM.</summary>
    public IReadOnlyList<CovarianceParameterEstimate> CovarianceParameters => covarianceParameters.Value;

    /// <summary>The covariance matrix of each random term, in the order of the formula: new arrays.</summary>
    public IReadOnlyList<RandomCovariance> RandomCovariances() => Convert.RandomCovariances(fit);

    /// <summary>The lower triangles of the relative covariance factors, by columns, term after term.</summary>
    public IReadOnlyList<double> Theta => Convert.List(fit.Theta);

    /// <summary>The residual standard deviation, of a row of weight one.</summary>
    public double Sigma => fit.Sigma;

    /// <summary>The random effects of every level, term after term in the order of the formula.</summary>
    public IReadOnlyList<RandomEffect> RandomEffects => randomEffects.Value;

    /// <summary>The random effects of one grouping factor, by level.</summary>
    /// <example><code>fit.RandomEffectsBy("Subject")["308"].First().Mode</code></example>
    /// <exception cref="ArgumentException">The model has no such grouping factor.</exception>
    public ILookup<string, RandomEffect> RandomEffectsBy(string group)
    {
        ArgumentNullException.ThrowIfNull(group);

        return Groups.Any(known => known.Group == group)
            ? RandomEffects.Where(effect => effect.Group == group).ToLookup(effect => effect.Level)
            : throw new ArgumentException($"The model has no grouping factor '{group}'.", nameof(group));
    }

    /// <summary>Fitted values including random effects and offset, one for each row used: a new array.</summary>
    public double[] Fitted() => FitModule.fitted(fit);

    /// <summary>Response less fitted values, one for each row used: a new array.</summary>
    public double[] Residuals() => FitModule.residuals(fit);

    // Tests

    /// <summary>Fixed effects with degrees of freedom, p-values and intervals.</summary>
    /// <param name="method">How to find degrees of freedom.</param>
    /// <param name="convention">Whose Satterthwaite or Kenward-Roger; other methods have no conventions.</param>
    /// <param name="level">Of the intervals, between 0 and 1.</param>
    /// <exception cref="LmmException">The method does not apply to the fit.</exception>
    public IReadOnlyList<TestedEstimate> TestCoefficients(
        DfMethod method = DfMethod.Satterthwaite, DfConvention convention = DfConvention.Usual, double level = 0.95) =>
        Convert.List(InferenceModule.coefficients(level, Inference(method, convention)), Convert.Tested);

    /// <summary>Tests linear functions of the fixed effects, each and together.</summary>
    /// <param name="hypotheses">Such as <c>recipeB - recipeC = 0, temperature = 0</c>.</param>
    /// <param name="method">How to find degrees of freedom.</param>
    /// <param name="convention">Whose Satterthwaite or Kenward-Roger; other methods have no conventions.</param>
    /// <param name="level">Of the intervals, between 0 and 1.</param>
    /// <example><code>fit.Test("recipeB - recipeC = 0", DfMethod.KenwardRoger).Joint.P</code></example>
    /// <exception cref="LmmException">A name is not known, or a function cannot be estimated.</exception>
    public TestedHypothesis Test(
        string hypotheses,
        DfMethod method = DfMethod.Satterthwaite,
        DfConvention convention = DfConvention.Usual,
        double level = 0.95)
    {
        ArgumentNullException.ThrowIfNull(hypotheses);
        var hypothesis = Convert.ValueOrThrow(LinearHypothesisModule.parse(fit.Design, hypotheses));
        return Convert.Tested(
            Convert.ValueOrThrow(InferenceModule.test(level, hypothesis, Inference(method, convention))));
    }

    /// <summary>F tests of the fixed terms.</summary>
    /// <param name="type">Type I, II or III, after SAS.</param>
    /// <param name="method">How to find denominator degrees of freedom.</param>
    /// <param name="convention">Whose Satterthwaite or Kenward-Roger; other methods have no conventions.</param>
    /// <exception cref="LmmException">The method does not apply to the fit.</exception>
    public TestedTerms Anova(
        AnovaType type = AnovaType.Three,
        DfMethod method = DfMethod.Satterthwaite,
        DfConvention convention = DfConvention.Usual) =>
        Convert.Terms(AnovaModule.ofInference(Convert.Hypotheses(type), Inference(method, convention)));

    /// <summary>Estimated marginal means, or slopes.</summary>
    /// <param name="over">Such as <c>variety | nitro</c>: compared variables, then those that hold them apart.</param>
    /// <param name="settings">Covariate values, weights, scale and method; null for the defaults.</param>
    /// <exception cref="LmmException">A variable is not in the model, or a setting does not fit.</exception>
    public MarginalTable MarginalMeans(string over, MarginalSettings? settings = null) =>
        Convert.Table(Marginal(over, settings));

    /// <summary>Comparisons of marginal means within each family.</summary>
    /// <param name="over">Such as <c>variety | nitro</c>: compared variables, then those that hold them apart.</param>
    /// <param name="comparison">Which comparisons.</param>
    /// <param name="adjustment">Of p-values and intervals.</param>
    /// <param name="reference">The level that <see cref="Comparison.Reference"/> compares with; null for the
    /// first.</param>
    /// <param name="settings">Covariate values, weights, scale and method; null for the defaults.</param>
    /// <exception cref="LmmException">A variable is not in the model, or an adjustment does not fit.</exception>
    public MarginalTable MarginalContrasts(
        string over,
        Comparison comparison = Comparison.Pairwise,
        PAdjustment adjustment = PAdjustment.Usual,
        string? reference = null,
        MarginalSettings? settings = null) =>
        Convert.Table(Convert.ValueOrThrow(MarginalContrastsModule.create(
            Convert.Contrast(comparison, reference), Convert.Adjusted(adjustment), Marginal(over, settings))));

    /// <summary>Comparisons of marginal means by weights of one's own, within each family.</summary>
    /// <param name="over">Such as <c>variety | nitro</c>: compared variables, then those that hold them apart.</param>
    /// <param name="contrasts">Names of comparisons with a weight for each mean of a family, in the order of
    /// <see cref="MarginalMeans"/>.</param>
    /// <param name="adjustment">Of p-values and intervals; usual is none.</param>
    /// <param name="settings">Covariate values, weights, scale and method; null for the defaults.</param>
    /// <example><code>fit.MarginalContrasts("dose", new Dictionary&lt;string, IReadOnlyList&lt;double&gt;&gt;
    /// {
    ///     ["control - rest"] = [1, -0.5, -0.5],
    /// })</code></example>
    /// <exception cref="LmmException">A variable is not in the model, weights are too few or too many, or an adjustment does
    /// not fit.</exception>
    public MarginalTable MarginalContrasts(
        string over,
        IReadOnlyDictionary<string, IReadOnlyList<double>> contrasts,
        PAdjustment adjustment = PAdjustment.Usual,
        MarginalSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(contrasts);

        return Convert.Table(Convert.ValueOrThrow(MarginalContrastsModule.create(
            Convert.Contrasts(contrasts), Convert.Adjusted(adjustment), Marginal(over, settings))));
    }

    /// <summary>The letters of marginal means: two means that share a letter do not differ.</summary>
    /// <param name="over">As for <see cref="MarginalMeans"/>.</param>
    /// <param name="alpha">Adjusted p-values below this are differences.</param>
    /// <param name="adjustment">Of the pairwise comparisons; usual is Tukey.</param>
    /// <param name="settings">Covariate values, weights, scale and method; null for the defaults.</param>
    /// <exception cref="LmmException">A variable is not in the model, or a setting does not fit.</exception>
    public IReadOnlyList<string> CompactLetters(
        string over,
        double alpha = 0.05,
        PAdjustment adjustment = PAdjustment.Usual,
        MarginalSettings? settings = null) =>
        Convert.List(Convert.ValueOrThrow(LmmFunctional.Analysis.CompactLetters.create(
            alpha, Convert.Adjusted(adjustment)?.Value ?? Adjustment.Tukey, Marginal(over, settings))));

    private MarginalMeans Marginal(string over, MarginalSettings? settings)
    {
        ArgumentNullException.ThrowIfNull(over);
        settings ??= new MarginalSettings();
        var spec = Convert.ValueOrThrow(MarginalSpecModule.parse(over));
        var inference = Inference(settings.Method, settings.Convention);
        var options = Convert.Options(settings);

        return Convert.ValueOrThrow(
            settings.Trend is { } covariate
                ? MarginalTrends.create(options, covariate, spec, inference)
                : MarginalMeansModule.create(options, spec, inference));
    }

    private Inference Inference(DfMethod method, DfConvention convention) =>
        Convert.ValueOrThrow(InferenceModule.create(Convert.Method(method, convention), fit));

    // Quality

    /// <summary>−2 log likelihood, restricted under REML: what was minimised.</summary>
    public double CriterionValue => fit.CriterionValue;

    /// <summary>The log likelihood, restricted under REML.</summary>
    public double LogLikelihood => fit.LogLikelihood;

    /// <summary>−2 log likelihood (ML) at the estimates, as R's deviance.</summary>
    public double Deviance => fit.Deviance;

    /// <summary>Parameters in all: fixed effects, covariance parameters and σ².</summary>
    public int DegreesOfFreedom => fit.DegreesOfFreedom;

    /// <summary>−2ℓ + 2 df.</summary>
    public double Aic => fit.InformationCriteria.Aic;

    /// <summary>AIC + 2 df (df + 1) / (n − df − 1); null when there are not more rows than df + 1.</summary>
    public double? Aicc => fit.InformationCriteria.Aicc?.Value;

    /// <summary>−2ℓ + df log n.</summary>
    public double Bic => fit.InformationCriteria.Bic;

    /// <summary>AIC, AICC and BIC as SAS PROC MIXED counts parameters, rows and subjects.</summary>
    public SasInformationCriteria SasCriteria() => Convert.ToSasCriteria(fit);

    // Data used

    /// <summary>Number of rows used.</summary>
    public int Observations => fit.Observations;

    /// <summary>The rows of the data that the fit used, from zero: those that <see cref="Fitted"/> and
    /// <see cref="Residuals"/> are of.</summary>
    public IReadOnlyList<int> RowsUsed => Convert.List(fit.Design.Rows);

    /// <summary>p, the number of estimated fixed effects.</summary>
    public int FixedCount => fit.FixedCount;

    /// <summary>q, the number of random effects in all.</summary>
    public int RandomCount => fit.RandomCount;

    /// <summary>Rows left out because a column that the model uses is missing there.</summary>
    public int MissingRows => fit.Design.MissingRows;

    /// <summary>Rows left out because their weight is zero.</summary>
    public int ZeroWeightRows => fit.Design.ZeroWeightRows;

    /// <summary>Grouping factors with their numbers of levels, each once, in the order of the formula.</summary>
    public IReadOnlyList<GroupSize> Groups => Convert.Groups(fit.Groups);

    // Optimum

    /// <summary>The evidence of the optimum.</summary>
    public FitCertificate Certificate { get; }

    /// <summary>Whether an optimum was reached, inside or at a bound.</summary>
    public bool IsConverged => fit.Certificate.IsConverged;

    /// <summary>Whether a variance or correlation is at its bound.</summary>
    public bool IsSingular => fit.Certificate.IsSingular;

    /// <summary>The iterations, from the start to the optimum.</summary>
    public IReadOnlyList<SolverIteration> Iterations { get; }

    /// <summary>How long the fit took.</summary>
    public FitTimings Timings => new(fit.Timings.Build, fit.Timings.Solve);

    // Identities

    /// <summary>Checks the equations that every fitted linear mixed model satisfies, on this one.</summary>
    /// <returns>The whole catalogue, in its order: residual and tolerance of each, or why it does not apply.</returns>
    public IReadOnlyList<IdentityResult> Verify() => Convert.List(Identities.check(fit), Convert.Identity);
}
