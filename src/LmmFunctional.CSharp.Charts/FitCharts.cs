using LmmFunctional.Charts;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace LmmFunctional.CSharp;

/// <summary>The charts of a fit. Each is made when it is asked for.</summary>
/// <remarks>A chart that the fit has nothing for is an <see cref="LmmException"/> that says why.</remarks>
public sealed class FitCharts
{
    private readonly FittedLmm fit;

    internal FitCharts(FittedLmm fit) => this.fit = fit;

    /// <summary>The charts to look at first.</summary>
    public LmmChart Panel() => Made(Chart.panel(fit.Inner));

    /// <summary>Studentised conditional residuals against fitted values.</summary>
    public LmmChart Residuals() => Made(Chart.residuals(fit.Inner));

    /// <summary>Roots of absolute studentised residuals against fitted values.</summary>
    public LmmChart ScaleLocation() => Made(Chart.scaleLocation(fit.Inner));

    /// <summary>Normal quantiles of the residuals with an envelope.</summary>
    public LmmChart Qq() => Made(Chart.qq(fit.Inner));

    /// <summary>Residuals against leverages.</summary>
    public LmmChart Leverage() => Made(Chart.leverage(fit.Inner));

    /// <summary>Normal quantiles of the predicted random effects.</summary>
    public LmmChart EffectsQq() => Made(Chart.effectsQq(fit.Inner));

    /// <summary>Predicted random effects of every level, sorted.</summary>
    public LmmChart Caterpillar() => Made(Chart.caterpillar(fit.Inner));

    /// <summary>Data and fitted curves of each subject.</summary>
    public LmmChart Subjects() => Made(Chart.subjects(fit.Inner));

    /// <summary>Data and fitted curves of the levels of a grouping factor along a covariate.</summary>
    public LmmChart Subjects(string group, string covariate)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(covariate);
        return Made(Chart.subjectsAlong(group, covariate, fit.Inner));
    }

    /// <summary>Predicted means along the first covariate, by the first factor with few levels.</summary>
    public LmmChart Predictions(
        DfMethod method = DfMethod.Satterthwaite, DfConvention convention = DfConvention.Usual) =>
        Made(Chart.predictions(Inference(method, convention)));

    /// <summary>Predicted means along a covariate, by the levels of a factor where one is named.</summary>
    public LmmChart Predictions(
        string covariate,
        string? factor,
        DfMethod method = DfMethod.Satterthwaite,
        DfConvention convention = DfConvention.Usual)
    {
        ArgumentNullException.ThrowIfNull(covariate);
        var by = factor is null ? FSharpOption<string>.None : FSharpOption<string>.Some(factor);
        return Made(Chart.predictionsAlong(covariate, by, Inference(method, convention)));
    }

    /// <summary>Marginal means with intervals and letters.</summary>
    /// <param name="over">Such as <c>variety | nitro</c>.</param>
    /// <param name="method">How to find degrees of freedom.</param>
    /// <param name="convention">Whose Satterthwaite or Kenward-Roger.</param>
    public LmmChart Means(
        string over, DfMethod method = DfMethod.Satterthwaite, DfConvention convention = DfConvention.Usual) =>
        Made(Chart.means(MarginalMeans(over, method, convention)));

    /// <summary>Marginal means of two variables as lines.</summary>
    /// <param name="over">Such as <c>variety * nitro</c>.</param>
    /// <param name="method">How to find degrees of freedom.</param>
    /// <param name="convention">Whose Satterthwaite or Kenward-Roger.</param>
    public LmmChart Interaction(
        string over, DfMethod method = DfMethod.Satterthwaite, DfConvention convention = DfConvention.Usual) =>
        Made(Chart.interaction(MarginalMeans(over, method, convention)));

    /// <summary>Fixed effects with 95 % intervals.</summary>
    public LmmChart Coefficients(
        DfMethod method = DfMethod.Satterthwaite, DfConvention convention = DfConvention.Usual) =>
        Made(Chart.coefficients(Convert.FSharpList([Tuple.Create(fit.ToString()!, Inference(method, convention))])));

    /// <summary>Cook's distances.</summary>
    /// <param name="by">row, or a grouping factor.</param>
    public LmmChart Influence(string by = "row")
    {
        var units = Units(by);
        var options = new InfluenceOptions(
            InfluenceMethod.Fixed, units, FSharpOption<FSharpFunc<int, Unit>>.None, CancellationToken.None);
        return Made(Chart.influence(units, fit.Inner, Convert.ValueOrThrow(Lmm.influence(options, fit.Inner))));
    }

    /// <summary>Mean shifts, with the 5 % line of the largest.</summary>
    /// <param name="by">row, or a grouping factor.</param>
    public LmmChart Outliers(string by = "row")
    {
        var units = Units(by);
        var scan = Lmm.outliers(OutlierModel.NewMeanShift(new MeanShiftOptions(units, Adjustment.Holm, Microsoft.FSharp.Core.FSharpOption<BootstrapOptions>.None)), fit.Inner);
        return Made(Chart.outliers(units, fit.Inner, Convert.ValueOrThrow(scan)));
    }

    /// <summary>Profile ζ of all parameters.</summary>
    public LmmChart Profile() => Made(Chart.profile(Curves()));

    /// <summary>Profile likelihood of all parameters.</summary>
    public LmmChart Likelihood() => Made(Chart.likelihood(Curves()));

    /// <summary>Correlations within subjects by lag.</summary>
    public LmmChart Lags() => Made(Chart.lags(fit.Inner));

    /// <summary>The variogram within subjects.</summary>
    public LmmChart Variogram() => Made(Chart.variogram(fit.Inner));

    /// <summary>Correlations that the model gives to the rows of one subject.</summary>
    public LmmChart Correlation() => Made(Chart.correlation(fit.Inner));

    /// <summary>Correlations of the estimated fixed effects.</summary>
    public LmmChart CoefficientCorrelation() => Made(Chart.coefficientCorrelation(fit.Inner));

    /// <summary>Densities of responses drawn from the fit and fitted again.</summary>
    /// <exception cref="ArgumentException">There are fewer than two replicates.</exception>
    public LmmChart Bootstrap(int replicates = 500, int seed = 1, CancellationToken cancellation = default)
    {
        var options = new BootstrapOptions(replicates, seed, FSharpOption<FSharpFunc<int, Unit>>.None, cancellation);
        return Made(Chart.bootstrap(Convert.ValueOrThrow(BootstrapModule.run(options, fit.Inner))));
    }

    /// <summary>The convergence of the fit.</summary>
    public LmmChart Trace() => Made(Chart.trace(fit.Inner));

    /// <summary>Maps of the residuals of a field trial with residuals along rows and columns.</summary>
    public LmmChart Field() => Made(Chart.field(fit.Inner));

    /// <summary>Maps of the residuals over two columns of the data.</summary>
    public LmmChart Field(string first, string second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return Made(Chart.fieldOver(first, second, fit.Inner));
    }

    private static LmmChart Made(FSharpResult<ChartSpec, FSharpList<LmmError>> chart) =>
        new(Convert.ValueOrThrow(chart));

    private Inference Inference(DfMethod method, DfConvention convention) =>
        Convert.ValueOrThrow(InferenceModule.create(Convert.Method(method, convention), fit.Inner));

    private LmmFunctional.Analysis.MarginalMeans MarginalMeans(string over, DfMethod method, DfConvention convention)
    {
        ArgumentNullException.ThrowIfNull(over);
        return Convert.ValueOrThrow(
            MarginalMeansModule.over(MarginalOptionsModule.defaults, over, Inference(method, convention)));
    }

    private static DiagnosticUnits Units(string by)
    {
        ArgumentException.ThrowIfNullOrEmpty(by);
        return DiagnosticUnitsModule.ofName(by);
    }

    private FSharpList<ProfileCurve> Curves() =>
        Convert.FSharpList(
            from target in LmmFunctional.Analysis.Profile.targets(fit.Inner)
            select Convert.ValueOrThrow(LmmFunctional.Analysis.Profile.curve(3.0, target, fit.Inner)));
}
