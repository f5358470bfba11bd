using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests;

/// <summary>The fluent words mean what formula text means.</summary>
public class ModelTests
{
    private static LmmModel Sleep =>
        Response("Reaction").Fixed(Intercept + Col("Days")).Random(Intercept + Col("Days"), by: "Subject");

    private static IEnumerable<TestCaseData> SameModels()
    {
        var y = Response("y").Fixed(Intercept);

        TestCaseData Same(LmmModel model, string formula) =>
            new TestCaseData(model, formula).SetArgDisplayNames(formula);

        yield return Same(Sleep, "Reaction ~ Days + (Days | Subject)");
        yield return Same(Response("y").Fixed(Col("x")), "y ~ 0 + x");
        yield return Same(y.Fixed(Col("a") * Col("b")), "y ~ a * b");
        yield return Same(y.Fixed(Interaction(Col("a"), Col("b"))), "y ~ a:b");
        yield return Same(y.Fixed(Col("a")).Fixed(Factor("week")), "y ~ a + factor(week)");
        yield return Same(y.Fixed(Expression("log(x)") + Expression("x^2")), "y ~ log(x) + I(x^2)");
        yield return Same(y.Fixed(Col("x") + Offset("base")), "y ~ x + offset(base)");
        yield return Same(ResponseExpression("log(y)").Fixed(Intercept + Col("x")), "log(y) ~ x");
        yield return Same(y.Random(Intercept + Col("x"), by: "g", correlated: false), "y ~ 1 + (x || g)");
        yield return Same(y.Random(Intercept, by: ["a", "b"]), "y ~ 1 + (1 | a:b)");
        yield return Same(
            y.Random(Intercept + Col("x"), by: ["a", "b"], correlated: false), "y ~ 1 + (x || a:b)");
        yield return Same(y.Random(Intercept, by: "a").Random(Intercept, by: "b"), "y ~ 1 + (1 | a) + (1 | b)");
        yield return Same(y.Random(Intercept, by: "my group").Weights("w"), "y ~ 1 + (1 | `my group`); weights = w");
        yield return Same(Parse("y ~ a * b + (1 | g)").WithFixed(Intercept + Col("a")), "y ~ a + (1 | g)");
        yield return Same(Parse("y ~ a + (1 | g) + (1 | h)").WithoutRandom(), "y ~ a");
        yield return Same(y.Weights("v").Weights("w"), "y ~ 1; weights = w");

        (LmmModel, string)[] structured =
        [
            (y.Residual(Covariance.Unstructured, along: "visit", within: "subject", perLevelOf: "arm"),
                "us(visit | subject) per arm"),
            (y.Residual(Covariance.Ar1, along: "week", within: "subject"), "ar1(week | subject)"),
            (y.ResidualInRowOrder(Covariance.Arma(1, 1), within: "Mare"), "arma(1,1)(1 | Mare)"),
            (y.Residual(Covariance.Ar1, "t", "s").WithVariance(Variance.Power("dose")), "ar1(t | s) * varpower(dose)"),
            (y.Residual(Covariance.SpatialExponential, along: ["lat", "lon"], nugget: true),
                "sp_exp(lat + lon) + nugget"),
            (y.Residual(Covariance.SpatialMaternOf(1.5).Anisotropic(), along: ["lat", "lon"]),
                "sp_mata(1.5)(lat + lon)"),
            (y.ResidualProduct([(Covariance.Ar1, "row"), (Covariance.Ar1, "col")], nugget: true),
                "kron(ar1(row), ar1(col)) + nugget"),
            (y.WithVariance(Variance.Ident("Sex")).WithVariance(Variance.PowerOfFitted),
                "ident(Sex) * varpower(fitted())"),
            (y.Residual("toep(3)(visit | subject)"), "toep(3)(visit | subject)"),
            (y.Residual(Covariance.BandedToeplitz(3), "visit", "subject"), "toep(3)(visit | subject)"),
        ];

        foreach (var (model, residual) in structured)
        {
            yield return Same(model, $"y ~ 1; residual = {residual}");
        }

        yield return Same(y.Random(Col("visit"), by: "g", covariance: Covariance.Ar1), "y ~ 1 + ar1(0 + visit | g)");
        yield return Same(
            y.Random(Intercept, by: "animal", covariance: Covariance.Unstructured, relatedBy: "A"),
            "y ~ 1 + known(A | animal)");
        yield return Same(
            y.Random(Intercept + Col("x"), by: "g", covariance: Covariance.CompoundSymmetry, perLevelOf: "arm"),
            "y ~ 1 + cs(x | g per arm)");
        yield return Same(
            y.RandomProduct([(Covariance.Unstructured, "trait"), (Covariance.Ar1, "visit")], by: "g", relatedBy: "A"),
            "y ~ 1 + kron(us(0 + trait), ar1(0 + visit), known(A) | g)");
    }

    [TestCaseSource(nameof(SameModels))]
    public void AFluentModelEqualsTheParsedOne(LmmModel fluent, string formula)
    {
        var parsed = Parse(formula);

        Assert.Multiple(() =>
        {
            Assert.That(fluent, Is.EqualTo(parsed));
            Assert.That(fluent.GetHashCode(), Is.EqualTo(parsed.GetHashCode()));
            Assert.That(fluent.ToString(), Is.EqualTo(parsed.ToString()));
            Assert.That(Parse(fluent.ToString()), Is.EqualTo(fluent));
        });
    }

    [Test]
    public void AModelPrintsItsCanonicalFormula() =>
        Assert.That(Sleep.ToString(), Is.EqualTo("Reaction ~ 1 + Days + (1 + Days | Subject)"));

    [Test]
    public void WordsReturnNewModelsAndLeaveTheOldOne()
    {
        var model = Response("y").Fixed(Intercept);
        var more = model.Fixed(Col("x")).Random(Intercept, by: "g").Weights("w");

        Assert.Multiple(() =>
        {
            Assert.That(model.ToString(), Is.EqualTo("y ~ 1"));
            Assert.That(more, Is.Not.EqualTo(model));
            Assert.That(model.Equals("y ~ 1"), Is.False);
            Assert.That(model.Equals(null), Is.False);
        });
    }

    [Test]
    public void TryParseGivesTheModel()
    {
        var isModel = TryParse("y ~ x + (1 | g)", out var model, out var issues);

        Assert.Multiple(() =>
        {
            Assert.That(isModel, Is.True);
            Assert.That(model?.ToString(), Is.EqualTo("y ~ 1 + x + (1 | g)"));
            Assert.That(issues, Is.Empty);
        });
    }

    [Test]
    public void ABadFormulaIsShownWithACaret()
    {
        var isModel = TryParse("y ~ x + (1 | g", out var model, out var issues);

        Assert.Multiple(() =>
        {
            Assert.That(isModel, Is.False);
            Assert.That(model, Is.Null);
            Assert.That(issues, Has.Count.EqualTo(1));
            Assert.That(issues[0].Kind, Is.EqualTo("FormulaSyntax"));
            Assert.That(
                issues[0].Message,
                Does.Contain("  y ~ x + (1 | g" + Environment.NewLine + "                ^ "));
        });
    }

    [Test]
    public void AnExceptionCarriesEveryProblemOfAFormula()
    {
        var problem = Assert.Throws<LmmException>(() => Parse("y ~ x + (1 | a + b) + (1 | c * d)"))!;

        Assert.Multiple(() =>
        {
            Assert.That(problem.Issues, Has.Count.EqualTo(2));
            Assert.That(
                problem.Message,
                Is.EqualTo(string.Join(Environment.NewLine, problem.Issues.Select(issue => issue.Message))));
        });
    }

    [Test]
    public void ABadExpressionInTheProgramIsAnArgumentException()
    {
        Assert.Throws<ArgumentException>(() => Expression("log("));
        Assert.Throws<ArgumentException>(() => ResponseExpression("1 + 2"));
    }

    [Test]
    public void CovariancesAreEqualWhenTheyMeanTheSame() =>
        Assert.Multiple(() =>
        {
            Assert.That(Covariance.FactorAnalytic(2), Is.EqualTo(Covariance.FactorAnalytic(2)));
            Assert.That(Covariance.FactorAnalytic(2), Is.Not.EqualTo(Covariance.ReducedRank(2)));
            Assert.That(Covariance.FactorAnalytic(2).GetHashCode(), Is.EqualTo(Covariance.FactorAnalytic(2).GetHashCode()));
            Assert.That(Covariance.SpatialPower.Anisotropic().ToString(), Is.EqualTo("sp_powa"));
            Assert.That(Variance.ConstantPower("x").ToString(), Is.EqualTo("varconstpower(x)"));
        });

    [Test]
    public void AStructureThatCannotBeIsAnArgumentException()
    {
        Assert.Throws<ArgumentException>(() => Covariance.Arma(0, 0));
        Assert.Throws<ArgumentException>(() => Covariance.SpatialMaternOf(2));
        Assert.Throws<ArgumentException>(() => Covariance.Ar1.Anisotropic());
        Assert.Throws<ArgumentException>(() => Response("y").ResidualProduct([(Covariance.Ar1, "row")]));
        Assert.Throws<ArgumentException>(() => Response("y").Residual(Covariance.Ar1, along: []));
        Assert.Throws<LmmException>(() => Response("y").Residual("ar1(week"));
    }
}
