using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Variance components and combinations of mean squares through the facade.</summary>
public class ComponentTests
{
    private static readonly LmmModel Yield = Response("Yield").Fixed(Intercept).Random(Intercept, by: "Batch");

    private static VarianceAnalysis Blends() =>
        Response("yield").Fixed(Intercept + Col("process") + Col("blend"))
            .AnalyseVariance(Data.ReadCsv(TestData.Csv("penicillin_blend")), random: ["blend"]);

    [Test]
    public void EveryMethodAgreesOnBalancedData([Values] ComponentMethod method)
    {
        var data = Data.ReadCsv(TestData.Csv("dyestuff"));
        var found = Yield.EstimateComponents(data, method);

        // Mean squares 11271.5 and 2451.25 of the textbook's table.
        Assert.Multiple(() =>
        {
            Assert.That(found.Components.Select(item => item.Source), Is.EqualTo(new[] { "Batch", "Error" }));
            Assert.That(found.Components[0].Estimate, Is.EqualTo((11271.5 - 2451.25) / 5.0).Within(1e-7));
            Assert.That(found.Components[1].Estimate, Is.EqualTo(2451.25).Within(1e-7));
            Assert.That(found.IsConverged, Is.True);
            Assert.That(found.Components[0].StandardError is null, Is.EqualTo(method == ComponentMethod.HendersonOne));
        });
    }

    [Test]
    public void PriorValuesOfOnesOwn()
    {
        var data = Data.ReadCsv(TestData.Csv("dyestuff"));
        var found = Yield.EstimateComponents(data, relative: [1.0]);
        Assert.That(found, Is.Not.Null);

        Assert.That(
            found.Components.Select(item => item.Estimate),
            Is.EqualTo(Yield.EstimateComponents(data, ComponentMethod.MinqueOne).Components.Select(i => i.Estimate)));

        Assert.That(() => Yield.EstimateComponents(data, relative: [1.0, 2.0]), Throws.ArgumentException);
    }

    [Test]
    public void ProblemsOfAMethod()
    {
        var data = Data.ReadCsv(TestData.Csv("sleepstudy"));
        var model = Response("Reaction").Fixed(Intercept + Col("Days")).Random(Intercept + Col("Days"), by: "Subject");

        Assert.That(
            model.TryEstimateComponents(data, ComponentMethod.MinqueOne, out var estimates, out var issues), Is.False);

        Assert.That(estimates, Is.Null);
        Assert.That(issues[0].Message, Does.Contain("has correlated effects; write || for independent ones"));
        Assert.That(model.TryEstimateComponents(data, ComponentMethod.HendersonOne, out _, out issues), Is.False);
        Assert.That(issues[0].Message, Does.Contain("has slopes"));
    }

    [Test]
    public void ATotalVarianceAndItsInterval()
    {
        var analysis = Blends();
        var total = analysis.Component("blend") + analysis.Component("Error");
        var (blend, error) = (66.0, 226.0 / 12.0);
        var (a, b) = (0.25 * blend, 0.75 * error);

        Assert.Multiple(() =>
        {
            Assert.That(total.ToString(), Is.EqualTo("0.25 MS(blend) + 0.75 MS(Error)"));
            Assert.That(total.Estimate, Is.EqualTo(a + b).Within(1e-12));
            Assert.That(total.StandardError, Is.EqualTo(Math.Sqrt(2.0 * ((a * a / 6.0) + (b * b / 14.0)))).Within(1e-12));

            Assert.That(
                total.SatterthwaiteDf, Is.EqualTo((a + b) * (a + b) / ((a * a / 4.0) + (b * b / 12.0))).Within(1e-12));

            Assert.That(total.Satterthwaite()!.Lower, Is.LessThan(total.Estimate));
            Assert.That(total.ModifiedLargeSample().Upper, Is.GreaterThan(total.Estimate));
            Assert.That(total.Generalised(draws: 1000), Is.EqualTo(total.Generalised(draws: 1000)));
        });
    }

    [Test]
    public void DifferencesAndMultiples()
    {
        var analysis = Blends();
        var own = 0.25 * (analysis.MeanSquare("blend") - analysis.MeanSquare("Error"));
        var component = analysis.Component("blend");

        Assert.Multiple(() =>
        {
            Assert.That(own.Estimate, Is.EqualTo(component.Estimate).Within(1e-12));
            Assert.That(own.ModifiedLargeSample(0.9), Is.EqualTo(component.ModifiedLargeSample(0.9)));
            Assert.That(own.ToString(), Is.EqualTo("0.25 MS(blend) − 0.25 MS(Error)"));
        });
    }

    [Test]
    public void TheShareOfAComponentHasTheIntervalOfF()
    {
        var analysis = Blends();
        var blend = analysis.Component("blend");
        var share = blend.RatioTo(blend + analysis.Component("Error"));

        // (F/f − 1)/(F/f + 3) at the quantiles 4.1212 and 1/8.7512 of F with 4 and 12 degrees of freedom, at least zero.
        var f = 66.0 / (226.0 / 12.0);
        Assert.That(share.Lower, Is.EqualTo(0.0));
        Assert.That(share.Upper, Is.EqualTo(((f * 8.7512) - 1.0) / ((f * 8.7512) + 3.0)).Within(1e-5));
    }

    [Test]
    public void NamesThatAreNotThere()
    {
        var analysis = Blends();

        Assert.That(
            () => analysis.Component("process"),
            Throws.ArgumentException.With.Message.StartsWith(
                "There is no component 'process'; take one of blend, Error."));

        Assert.That(
            () => analysis.MeanSquare("blends"),
            Throws.ArgumentException.With.Message.StartsWith(
                "There is no mean square 'blends'; take one of process, blend, Error."));

        Assert.That(() => analysis.Component("blend").Satterthwaite(95.0), Throws.ArgumentException);
    }
}
