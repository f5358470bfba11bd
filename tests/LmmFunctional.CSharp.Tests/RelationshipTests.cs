using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Known matrices and held variances from C#: Mrode (2014), example 3.1.</summary>
public class RelationshipTests
{
    private static readonly (string, string?, string?)[] Calves =
        [("4", "1", null), ("5", "3", "2"), ("6", "1", "2"), ("7", "4", "5"), ("8", "3", "6")];

    private static readonly Frame Gains = Data.FromColumns(
        ("gain", Columns.Numbers([4.5, 2.9, 3.9, 3.5, 5.0])),
        ("sex", Columns.Categories(["male", "female", "female", "male", "male"])),
        ("calf", Columns.Categories(["4", "5", "6", "7", "8"])));

    private static readonly Dictionary<string, double> Variances =
        new() { ["calf.(Intercept)"] = 20, ["Residual"] = 40 };

    private static FittedLmm Fit(Relationship relationship) =>
        Parse("gain ~ 0 + sex + known(A | calf)").Fit(
            Gains, known: new Dictionary<string, Relationship> { ["A"] = relationship }, held: Variances);

    [Test]
    public void ThePedigreeGivesMrodesSolutions()
    {
        var fit = Fit(Relationships.FromPedigree(Calves));

        Assert.Multiple(() =>
        {
            Assert.That(fit.Coefficients[0].Estimate, Is.EqualTo(3.4044).Within(5.1e-5));
            Assert.That(fit.RandomEffects.Count, Is.EqualTo(8));
            Assert.That(fit.RandomEffects.Single(effect => effect.Level == "8").Mode, Is.EqualTo(0.1826).Within(5.1e-5));
        });
    }

    [Test]
    public void EveryFormGivesTheSameCriterion()
    {
        var identity = new double[5, 5];
        string[] levels = ["4", "5", "6", "7", "8"];

        for (var i = 0; i < 5; i++)
        {
            identity[i, i] = 1;
        }

        var dense = Fit(Relationships.FromMatrix(levels, identity));
        var inverse = Fit(Relationships.FromInverse(levels.Select(level => (level, level, 1.0))));
        Assert.That(dense.CriterionValue, Is.EqualTo(inverse.CriterionValue).Within(1e-10));
    }

    [Test]
    public void ALoopIsTold()
    {
        var problem = Assert.Throws<LmmException>(() => Relationships.FromPedigree([("a", "b", null), ("b", "a", null)]));
        Assert.That(problem!.Issues.Single().Kind, Is.EqualTo("PedigreeLoop"));
    }
}
