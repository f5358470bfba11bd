using System.Reflection;
using System.Text.Json;
using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Charts, reports, tables and code of a fit, from C#.</summary>
public class ChartTests
{
    private static readonly FittedLmm Fit =
        Response("Reaction").Fixed(Intercept + Col("Days")).Random(Intercept + Col("Days"), by: "Subject")
            .Fit(TestData.Sleepstudy);

    private static string InFolder(string name, Action<string> test)
    {
        var folder = Directory.CreateTempSubdirectory("lmm-csharp-");

        try
        {
            var path = Path.Combine(folder.FullName, name);
            test(path);
            return File.ReadAllText(path);
        }
        finally
        {
            folder.Delete(true);
        }
    }

    private static IEnumerable<TestCaseData> Kinds()
    {
        (string Kind, Func<FitCharts, LmmChart> Draw)[] all =
        [
            ("panel", charts => charts.Panel()),
            ("residuals", charts => charts.Residuals()),
            ("scale-location", charts => charts.ScaleLocation()),
            ("qq", charts => charts.Qq()),
            ("leverage", charts => charts.Leverage()),
            ("effects-qq", charts => charts.EffectsQq()),
            ("caterpillar", charts => charts.Caterpillar()),
            ("subjects", charts => charts.Subjects()),
            ("subjects", charts => charts.Subjects("Subject", "Days")),
            ("predictions", charts => charts.Predictions()),
            ("predictions", charts => charts.Predictions("Days", null)),
            ("means", charts => charts.Means("1")),
            ("coefficients", charts => charts.Coefficients()),
            ("influence", charts => charts.Influence("Subject")),
            ("outliers", charts => charts.Outliers()),
            ("profile", charts => charts.Profile()),
            ("likelihood", charts => charts.Likelihood()),
            ("lags", charts => charts.Lags()),
            ("variogram", charts => charts.Variogram()),
            ("correlation", charts => charts.Correlation()),
            ("coefficient-correlation", charts => charts.CoefficientCorrelation()),
            ("bootstrap", charts => charts.Bootstrap(30)),
            ("trace", charts => charts.Trace()),
            ("field", charts => charts.Field("Days", "Subject")),
        ];

        return all.Select((own, index) =>
            new TestCaseData(own.Kind, own.Draw).SetArgDisplayNames($"{index}", own.Kind));
    }

    [TestCaseSource(nameof(Kinds))]
    public void EveryKindIsDrawn(string kind, Func<FitCharts, LmmChart> draw)
    {
        var chart = draw(Fit.Charts());
        Assert.That(chart.Kind, Is.EqualTo(kind));
        Assert.That(chart.Data.Rows, Is.Positive);
        Assert.That(chart.Description, Is.Not.Empty);
        Assert.That(() => JsonDocument.Parse(chart.ToJson()), Throws.Nothing);
    }

    [Test]
    public void AChartOfTwoFactorsNeedsTwo() =>
        Assert.That(
            () => Fit.Charts().Interaction("1"),
            Throws.TypeOf<LmmException>().With.Message.EqualTo(
                "There is no chart 'interaction' to show: it needs the means of two variables, such as 'variety * nitro'."));

    [Test]
    public void AMapNeedsTwoColumns() =>
        Assert.That(() => Fit.Charts().Field(), Throws.TypeOf<LmmException>());

    [Test]
    public void ChartsChangeByMakingOthers()
    {
        var chart = Fit.Charts().Residuals();
        var other = chart.WithTitle("Mine").WithSize(300, 200).Restyle("""{"height": 111}""");
        Assert.That(chart.Title, Is.EqualTo("Residuals against fitted values"));
        Assert.That(other.Title, Is.EqualTo("Mine"));
        using var json = JsonDocument.Parse(other.ToJson());
        Assert.That(json.RootElement.GetProperty("width").GetInt32(), Is.EqualTo(300));
        Assert.That(json.RootElement.GetProperty("height").GetInt32(), Is.EqualTo(111));
        Assert.That(other.ToString(), Does.StartWith("Mine (residuals: "));
        Assert.That(() => chart.WithSize(0, 1), Throws.ArgumentException);
        Assert.That(() => chart.Restyle("{"), Throws.ArgumentException);
    }

    [Test]
    public void ChartsStandTogether()
    {
        var page = LmmChart.Together("Two", Fit.Charts().Residuals(), Fit.Charts().Qq());
        Assert.That(page.Kind, Is.EqualTo("panel"));
        Assert.That(InFolder("two.html", page.Save), Is.EqualTo(page.ToHtml()));
        Assert.That(() => page.Save("two.png"), Throws.TypeOf<LmmException>());
    }

    [Test]
    public void TheReportIsAPage()
    {
        var settings = new ReportSettings { Title = "Sleep", Source = "sleepstudy.csv", Method = DfMethod.KenwardRoger };
        var page = Fit.Report(settings);
        Assert.That(page, Does.Contain("<title>Sleep</title>"));
        Assert.That(page, Does.Contain("Kenward-Roger"));
        Assert.That(InFolder("report.html", path => Fit.SaveReport(path, settings)), Is.EqualTo(page));
    }

    [Test]
    public void TablesAreFrames()
    {
        Assert.That(Fit.Tidy().Rows, Is.EqualTo(6));
        Assert.That(Fit.Glance().Rows, Is.EqualTo(1));
        Assert.That(Fit.Augment().Rows, Is.EqualTo(180));
        Assert.That(Fit.Tidy().ToMarkdown(), Does.StartWith("| effect | group "));
        Assert.That(Fit.Tidy().ToLatex(), Does.StartWith("\\begin{tabular}"));
        Assert.That(Fit.Tidy().ToHtml(), Does.StartWith("<table>"));
    }

    [Test]
    public void OtherProgramsSayTheModel()
    {
        Assert.That(Fit.SasCode(DfMethod.Containment).Code, Does.Contain("DDFM=CONTAIN"));
        Assert.That(Fit.Lme4Code().Code, Does.Contain("lmer(Reaction ~ 1 + Days + (1 + Days | Subject)"));
        Assert.That(Fit.NlmeCode().Code, Does.Contain("pdSymm(~ 1 + Days)"));
        Assert.That(Fit.Equation(), Does.StartWith("\\begin{align*}"));
        Assert.That(Fit.MethodsText(), Does.StartWith("We fitted a linear mixed model for Reaction"));
    }

    [Test]
    public void WhatAProgramCannotSayHasNoCode()
    {
        var crossed = Response("diameter").Fixed(Intercept).Random(Intercept, by: "plate").Random(Intercept, by: "sample")
            .Fit(Data.ReadCsv(TestData.Csv("penicillin")));

        Assert.That(crossed.NlmeCode().Code, Is.Null);
        Assert.That(crossed.NlmeCode().Notes, Has.Count.EqualTo(1));
    }

    [Test]
    public void NoSignatureHasATypeOfFSharpCore()
    {
        static IEnumerable<Type> Parts(Type type) =>
            type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type) : [type];

        var found =
            from type in typeof(LmmChart).Assembly.GetExportedTypes()
            from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            from part in method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType).SelectMany(Parts)
            where part.Namespace?.StartsWith("Microsoft.FSharp", StringComparison.Ordinal) ?? false
            select $"{type.Name}.{method.Name}: {part}";

        Assert.That(found, Is.Empty);
    }
}
