using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Covariance parameters held and bounded from C#.</summary>
public class BoundTests
{
    private static readonly LmmModel Sleep =
        Parse("Reaction ~ Days + (1 | Subject); residual = ar1(Days | Subject)");

    private static FittedLmm Fit(ParameterBound bound) =>
        Sleep.Fit(TestData.Sleepstudy, bounds: new Dictionary<string, ParameterBound> { ["Residual.rho"] = bound });

    [Test]
    public void AParameterAtItsBoundIsThatHeldThere()
    {
        var bounded = Fit(new(Upper: 0.5));
        var held = Sleep.Fit(
            TestData.Sleepstudy, held: new Dictionary<string, double> { ["Residual.rho"] = 0.5 });

        Assert.Multiple(() =>
        {
            Assert.That(bounded.CriterionValue, Is.EqualTo(held.CriterionValue).Within(1e-8));
            Assert.That(bounded.Certificate.Verdict, Is.EqualTo(FitVerdict.BoundaryOptimum));
            Assert.That(bounded.Certificate.Names, Is.EqualTo(new[] { "Residual.rho at its upper bound 0.5" }));
            Assert.That(bounded.Certificate.Multipliers.Single().Name, Is.EqualTo("Residual.rho"));
            Assert.That(bounded.Certificate.Multipliers.Single().Derivative, Is.GreaterThan(0.0));
            Assert.That(bounded.IsConverged, Is.True);
            Assert.That(bounded.IsSingular, Is.False);
        });
    }

    [Test]
    public void ABoundThatDoesNotBiteChangesNothing() =>
        Assert.That(
            Fit(new(Lower: 0.0, Upper: 0.9)).CriterionValue,
            Is.EqualTo(Sleep.Fit(TestData.Sleepstudy).CriterionValue));

    [Test]
    public void WrongBoundsAreToldInWords() =>
        Assert.That(
            Assert.Throws<LmmException>(() => Fit(new(0.9, 0.1)))?.Issues.Single().Message,
            Is.EqualTo("Parameter 'Residual.rho' cannot be above 0.9 and below 0.1; exchange its bounds."));
}
