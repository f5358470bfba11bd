namespace LmmFunctional.CSharp;

/// <summary>How a table is written.</summary>
public enum TableLayout
{
    /// <summary>Columns of equal width.</summary>
    Text,

    /// <summary>Markdown with pipe tables.</summary>
    Markdown,

    /// <summary>A tabular with the rules of booktabs.</summary>
    Latex,

    /// <summary>HTML.</summary>
    Html,
}

/// <summary>The share of a random term in the variance of a row: heritability, or intraclass correlation.</summary>
/// <param name="Name">The term.</param>
/// <param name="Share">Between 0 and 1.</param>
/// <param name="StandardError">By the delta method; null at a bound.</param>
public sealed record TermShare(string Name, double Share, double? StandardError);

/// <summary>Tables of models, and shares of variance.</summary>
public static class ModelTables
{
    /// <summary>Models side by side: fixed effects with standard errors, standard deviations, criteria and R².</summary>
    /// <param name="models">Names with fits, at least one.</param>
    /// <param name="layout">How the table is written.</param>
    /// <exception cref="ArgumentException">There is no model.</exception>
    public static string SideBySide(
        IReadOnlyList<(string Name, FittedLmm Fit)> models, TableLayout layout = TableLayout.Text)
    {
        ArgumentNullException.ThrowIfNull(models);

        var style = layout switch
        {
            TableLayout.Text => TableStyle.Text,
            TableLayout.Markdown => TableStyle.Markdown,
            TableLayout.Latex => TableStyle.Latex,
            TableLayout.Html => TableStyle.Html,
            _ => throw new ArgumentOutOfRangeException(nameof(layout), layout, "Not a layout."),
        };

        var method = Convert.Method(DfMethod.Satterthwaite, DfConvention.Usual);

        var ready = models.Select(model =>
            Tuple.Create(model.Name, Convert.ValueOrThrow(InferenceModule.create(method, model.Fit.Inner))));

        return FrameTable.write(style, LmmFunctional.Analysis.SideBySide.create(Convert.FSharpList(ready)));
    }

    /// <summary>The share of one random term in the variance of a row.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="term">The random term, from zero in the order of the formula.</param>
    /// <exception cref="ArgumentException">There is no such term.</exception>
    public static TermShare Heritability(this FittedLmm fit, int term = 0)
    {
        ArgumentNullException.ThrowIfNull(fit);
        var share = RSquaredModule.heritability(term, fit.Inner);
        return new(share.Name, share.Estimate, share.StandardError?.Value);
    }
}
