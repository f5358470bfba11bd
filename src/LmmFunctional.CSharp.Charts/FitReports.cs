using LmmFunctional.Charts;
using Microsoft.FSharp.Core;

namespace LmmFunctional.CSharp;

/// <summary>A model in the language of another program.</summary>
/// <param name="Program">SAS PROC MIXED, lme4 or nlme.</param>
/// <param name="Code">The code; null where the program cannot say the model.</param>
/// <param name="Notes">What it cannot say, or what must be done besides.</param>
public sealed record ModelCode(string Program, string? Code, IReadOnlyList<string> Notes);

/// <summary>What a report says besides what the fit says.</summary>
public sealed record ReportSettings
{
    /// <summary>The heading; null for one from the response.</summary>
    public string? Title { get; init; }

    /// <summary>Where the data came from, such as the name of a file.</summary>
    public string? Source { get; init; }

    /// <summary>The command or the code that made it.</summary>
    public string? Command { get; init; }

    /// <summary>When it was made; null leaves the time out, so that equal fits have equal reports.</summary>
    public DateTimeOffset? Made { get; init; }

    /// <summary>Of all intervals, between 0 and 1.</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>Whether identities of the estimates are checked, up to 2,000 rows.</summary>
    public bool ChecksIdentities { get; init; } = true;

    /// <summary>How to find degrees of freedom.</summary>
    public DfMethod Method { get; init; } = DfMethod.Satterthwaite;

    /// <summary>Whose Satterthwaite or Kenward-Roger.</summary>
    public DfConvention Convention { get; init; } = DfConvention.Usual;
}

/// <summary>Charts, reports, tables and code of a fit.</summary>
public static class FitReports
{
    /// <summary>The charts of the fit.</summary>
    public static FitCharts Charts(this FittedLmm fit)
    {
        ArgumentNullException.ThrowIfNull(fit);
        return new(fit);
    }

    // Report

    /// <summary>One page about the fit: model, data, estimates, tests, means, diagnostics.</summary>
    /// <exception cref="LmmException">The method for degrees of freedom does not apply to the fit.</exception>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    public static string Report(this FittedLmm fit, ReportSettings? settings = null)
    {
        settings ??= new();
        return FitReport.toHtml(Options(settings), Inference(fit, settings.Method, settings.Convention));
    }

    /// <summary>The same page, made off the caller's thread.</summary>
    /// <exception cref="LmmException">The method for degrees of freedom does not apply to the fit.</exception>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before it began.</exception>
    public static Task<string> ReportAsync(
        this FittedLmm fit, ReportSettings? settings = null, CancellationToken cancellationToken = default) =>
        Task.Run(() => fit.Report(settings), cancellationToken);

    /// <summary>Writes the report to a file.</summary>
    /// <exception cref="LmmException">The file cannot be written, or the method does not apply to the fit.</exception>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    public static void SaveReport(this FittedLmm fit, string path, ReportSettings? settings = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        settings ??= new();
        Convert.Throw(
            FitReport.save(path, Options(settings), Inference(fit, settings.Method, settings.Convention)));
    }

    // Tables

    /// <summary>A row for each fixed effect and each covariance parameter.</summary>
    public static Frame Tidy(
        this FittedLmm fit,
        DfMethod method = DfMethod.Satterthwaite,
        DfConvention convention = DfConvention.Usual,
        double level = 0.95) => LmmFunctional.Analysis.Tidy.fit(level, Inference(fit, method, convention));

    /// <summary>A row for the model: sizes, criteria, R², verdict.</summary>
    public static Frame Glance(this FittedLmm fit) => LmmFunctional.Analysis.Tidy.glance(Inner(fit));

    /// <summary>A row for each row used: columns of the model, fitted values, residuals, leverages.</summary>
    public static Frame Augment(this FittedLmm fit) => LmmFunctional.Analysis.Tidy.augment(Inner(fit));

    /// <summary>A frame as Markdown, numbers with five significant digits.</summary>
    public static string ToMarkdown(this Frame frame) => FrameTable.toMarkdown(frame);

    /// <summary>A frame as LaTeX with the rules of booktabs.</summary>
    public static string ToLatex(this Frame frame) => FrameTable.toLatex(frame);

    /// <summary>A frame as HTML.</summary>
    public static string ToHtml(this Frame frame) => FrameTable.toHtml(frame);

    // Other words

    /// <summary>The equations of the model in LaTeX.</summary>
    public static string Equation(this FittedLmm fit) => ModelEquationModule.toLatex(Inner(fit).Spec);

    /// <summary>The sentences for the methods section of a paper.</summary>
    public static string MethodsText(
        this FittedLmm fit,
        DfMethod method = DfMethod.Satterthwaite,
        DfConvention convention = DfConvention.Usual) =>
        LmmFunctional.Analysis.MethodsText.ofInference(Inference(fit, method, convention));

    /// <summary>The model as SAS PROC MIXED.</summary>
    public static ModelCode SasCode(
        this FittedLmm fit,
        DfMethod method = DfMethod.Satterthwaite,
        DfConvention convention = DfConvention.Usual) =>
        Code(LmmFunctional.Analysis.SasCode.ofFit(Convert.Method(method, convention), Inner(fit)));

    /// <summary>The model as a call of lme4.</summary>
    public static ModelCode Lme4Code(this FittedLmm fit) => Code(RCode.lme4(Inner(fit)));

    /// <summary>The model as a call of nlme.</summary>
    public static ModelCode NlmeCode(this FittedLmm fit) => Code(RCode.nlme(Inner(fit)));

    private static ModelCode Code(ForeignCode code) =>
        new(code.Program, OptionModule.ToObj(code.Code), [.. code.Notes]);

    private static Fit Inner(FittedLmm fit)
    {
        ArgumentNullException.ThrowIfNull(fit);
        return fit.Inner;
    }

    private static Inference Inference(FittedLmm fit, DfMethod method, DfConvention convention) =>
        Convert.ValueOrThrow(InferenceModule.create(Convert.Method(method, convention), Inner(fit)));

    private static FSharpOption<string> Some(string? value) =>
        value is null ? FSharpOption<string>.None : FSharpOption<string>.Some(value);

    private static ReportOptions Options(ReportSettings settings) =>
        new(
            Some(settings.Title),
            Some(settings.Source),
            Some(settings.Command),
            settings.Made is { } made ? FSharpOption<DateTimeOffset>.Some(made) : FSharpOption<DateTimeOffset>.None,
            settings.Level,
            settings.ChecksIdentities);
}
