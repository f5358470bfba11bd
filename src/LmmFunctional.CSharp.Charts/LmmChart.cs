using LmmFunctional.Charts;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace LmmFunctional.CSharp;

/// <summary>A chart: what is drawn and the tables behind it. Immutable; every change makes another one.</summary>
public sealed class LmmChart
{
    internal LmmChart(ChartSpec inner) => Inner = inner;

    internal ChartSpec Inner { get; }

    /// <summary>Such as residuals or qq: what <c>lmm plot</c> calls it.</summary>
    public string Kind => Inner.Kind;

    /// <summary>What it shows.</summary>
    public string Title => Inner.Title;

    /// <summary>The model, and how the values were found.</summary>
    public IReadOnlyList<string> Subtitle => [.. Inner.Subtitle];

    /// <summary>One or two sentences for those who cannot see it.</summary>
    public string Description => Inner.Description;

    /// <summary>The table that the chart is about.</summary>
    public Frame Data => Chart.data(Inner);

    /// <summary>All tables of the chart by their names.</summary>
    public IReadOnlyDictionary<string, Frame> Tables =>
        Chart.tables(Inner).DistinctBy(table => table.Item1).ToDictionary(table => table.Item1, table => table.Item2);

    /// <summary>The chart under another title.</summary>
    public LmmChart WithTitle(string title)
    {
        ArgumentNullException.ThrowIfNull(title);
        return new(Chart.withTitle(title, Inner));
    }

    /// <summary>The chart in another size, in pixels; of one small multiple where there are several.</summary>
    /// <exception cref="ArgumentException">A side is below one.</exception>
    public LmmChart WithSize(int width, int height) => new(Chart.withSize(width, height, Inner));

    /// <summary>The chart with members over those of its Vega-Lite specification, such as
    /// <c>{"config": {"axis": {"grid": false}}}</c>.</summary>
    /// <exception cref="ArgumentException">The text is not JSON.</exception>
    public LmmChart Restyle(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return new(Chart.restyle(json, Inner));
    }

    /// <summary>Charts on one page under a title.</summary>
    /// <exception cref="ArgumentException">There is no chart, or one of them is a panel.</exception>
    public static LmmChart Together(string title, params IEnumerable<LmmChart> charts)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(charts);
        return new(Chart.together(title, Convert.FSharpList(charts.Select(chart => chart.Inner))));
    }

    /// <summary>The Vega-Lite specification with its data and style, as indented text.</summary>
    public string ToJson() => Chart.toJson(Inner);

    /// <summary>One page that holds everything it needs.</summary>
    public string ToHtml() => Chart.toHtml(Inner);

    /// <summary>Writes the chart to a file: .html, .json, or .svg, which Node.js draws.</summary>
    /// <exception cref="LmmException">The file cannot be written, its name ends otherwise, or there is no Node.js for
    /// SVG.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Convert.Throw(Chart.save(path, Inner));
    }

    /// <summary>Opens the chart in the browser, from a temporary file.</summary>
    /// <returns>The path of the page.</returns>
    /// <exception cref="LmmException">No program opens it.</exception>
    public string Show() => Convert.ValueOrThrow(Chart.show(Inner));

    /// <summary>The title, the kind and the sizes of the tables.</summary>
    public override string ToString() => Inner.ToString();
}
