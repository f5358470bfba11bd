namespace LmmFunctional.CSharp;

/// <content>The fit as text, and as a file to be read again.</content>
public sealed partial class FittedLmm
{
    /// <summary>What a statistician expects of a summary: estimates, components, sizes and the certificate.</summary>
    /// <param name="layout">Plain text or Markdown.</param>
    public string Summary(SummaryLayout layout = SummaryLayout.Text) =>
        LmmFunctional.Summary.render(Convert.Layout(layout), fit);

    /// <summary>The fit as one JSON object, as <c>lmm fit --json</c> writes it.</summary>
    /// <param name="reading">How long the data took to read, to be reported with the other times.</param>
    public string ToJson(TimeSpan reading = default) => FitJson.render(reading, fit);

    /// <summary>The summary as plain text.</summary>
    public override string ToString() => Summary();

    /// <summary>Loads a fit that <see cref="Save"/> saved; the model is fitted to its data again, which gives the same bits on the
    /// same machine and version.</summary>
    /// <exception cref="LmmException">There is no such file, or it is no saved model, damaged, or of a later version.</exception>
    public static FittedLmm Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new FittedLmm(Convert.ValueOrThrow(Lmm.load(path)));
    }

    /// <summary>Saves the fit with the columns of the data that the model uses, as JSON.</summary>
    /// <exception cref="LmmException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Convert.Throw(Lmm.save(path, fit));
    }
}
