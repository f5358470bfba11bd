using System.Text.Json;
using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Everything that a fit shows, against lme4.</summary>
public class SleepstudyTests
{
    // lme4 stops its optimiser earlier than we do: its own estimates are that far from the optimum.
    private const double EstimateTolerance = 1e-5;
    private const double ComponentTolerance = 1e-4;
    private const double CriterionTolerance = 1e-6;

    private static readonly LmmModel Sleep =
        Response("Reaction").Fixed(Intercept + Col("Days")).Random(Intercept + Col("Days"), by: "Subject");

    private static readonly FittedLmm Reml = Sleep.Fit(TestData.Sleepstudy);
    private static readonly FittedLmm Ml = Sleep.Fit(TestData.Sleepstudy, FitBy.Ml);
    private static readonly JsonElement RemlCase = Reference.Case("sleepstudy-reml");

    private static IEnumerable<TestCaseData> Fits()
    {
        yield return new TestCaseData(Reml, RemlCase).SetArgDisplayNames("REML");
        yield return new TestCaseData(Ml, Reference.Case("sleepstudy-ml")).SetArgDisplayNames("ML");
    }

    [TestCaseSource(nameof(Fits))]
    public void TheCriteriaAreThoseOfLme4(FittedLmm fit, JsonElement expected) => Assert.Multiple(() =>
    {
        Assert.That(fit.CriterionValue, Is.EqualTo(expected.Number("criterion")).Within(CriterionTolerance));
        Assert.That(fit.LogLikelihood, Is.EqualTo(expected.Number("logLik")).Within(CriterionTolerance));
        Assert.That(fit.Aic, Is.EqualTo(expected.Number("AIC")).Within(CriterionTolerance));
        Assert.That(fit.Bic, Is.EqualTo(expected.Number("BIC")).Within(CriterionTolerance));
        Assert.That(fit.DegreesOfFreedom, Is.EqualTo((int)expected.Number("df")));
        Assert.That(fit.Aicc, Is.EqualTo(fit.Aic + (2.0 * 6.0 * 7.0 / (180.0 - 7.0))).Within(1e-9));
        Assert.That(fit.Observations, Is.EqualTo((int)expected.Number("n")));
        Assert.That(fit.FixedCount, Is.EqualTo(2));
        Assert.That(fit.RandomCount, Is.EqualTo(36));
        Assert.That(fit.By.ToString().ToUpperInvariant(), Is.EqualTo(expected.Text("method")));
    });

    [Test]
    public void TestsOfFixedEffectsFollowTheConvention() => Assert.Multiple(() =>
    {
        // SAS PROC MIXED, unstructured: Kenward-Roger and Satterthwaite agree (published.md, 3.4).
        var days = Reml.TestCoefficients(DfMethod.KenwardRoger, DfConvention.Sas)[1];
        Assert.That(days.Name, Is.EqualTo("Days"));
        Assert.That(days.StandardError, Is.EqualTo(1.54578889629476).Within(1e-9));
        Assert.That(days.Df, Is.EqualTo(17.0).Within(1e-7));

        // FA0(2): by factors the second derivatives count.
        var byFactors = Reml.TestCoefficients(DfMethod.KenwardRoger, DfConvention.Mmrm)[1];
        Assert.That(byFactors.StandardError, Is.EqualTo(1.44782904221574).Within(1e-9));

        var table = Reml.Anova(AnovaType.Three);
        Assert.That(table.Tests.Single().F, Is.EqualTo(days.Statistic * days.Statistic).Within(1e-9));
        Assert.That(table.Method, Does.StartWith("Satterthwaite (lmerTest"));

        var test = Reml.Test("Days = 10, (Intercept) = 250");
        Assert.That(test.Joint.NumeratorDf, Is.EqualTo(2));
        Assert.That(test.Estimates[0].Statistic, Is.EqualTo((days.Estimate - 10) / days.StandardError).Within(1e-9));
        Assert.That(() => Reml.Test("Dyas = 0"), Throws.TypeOf<LmmException>());
        Assert.That(() => Ml.Anova(method: DfMethod.KenwardRoger), Throws.TypeOf<LmmException>());
    });

    [Test]
    public void SasCountsCovarianceParametersAndSubjects() => Assert.Multiple(() =>
    {
        var sas = Reml.SasCriteria();
        Assert.That(sas.Aic, Is.EqualTo(Reml.CriterionValue + 8.0).Within(1e-9));
        Assert.That(sas.Aicc, Is.EqualTo(Reml.CriterionValue + (8.0 * 178.0 / (178.0 - 5.0))).Within(1e-9));
        Assert.That(sas.Bic, Is.EqualTo(Reml.CriterionValue + (4.0 * Math.Log(18.0))).Within(1e-9));
    });

    [TestCaseSource(nameof(Fits))]
    public void TheCoefficientsAreThoseOfLme4(FittedLmm fit, JsonElement expected)
    {
        var covariance = fit.CoefficientCovariance();

        Assert.Multiple(() =>
        {
            Assert.That(
                fit.Coefficients.Select(row => row.Term),
                Is.EqualTo(expected.Items("fixef").Select(item => item.Text("name"))));

            foreach (var (index, (row, item)) in fit.Coefficients.Zip(expected.Items("fixef")).Index())
            {
                var error = item.Number("se");
                Assert.That(row.Estimate, Is.EqualTo(item.Number("estimate")).Within(EstimateTolerance * error));
                Assert.That(row.StandardError, Is.EqualTo(error).Within(EstimateTolerance * error));
                Assert.That(row.TValue, Is.EqualTo(row.Estimate / row.StandardError));
                Assert.That(Math.Sqrt(covariance[index, index]), Is.EqualTo(row.StandardError).Within(1e-12 * error));
            }
        });
    }

    [TestCaseSource(nameof(Fits))]
    public void TheVarianceComponentsAreThoseOfLme4(FittedLmm fit, JsonElement expected) => Assert.Multiple(() =>
    {
        Assert.That(fit.VarianceComponents, Has.Count.EqualTo(expected.Items("varcorr").Length));

        foreach (var (row, item) in fit.VarianceComponents.Zip(expected.Items("varcorr")))
        {
            Assert.That(row.Group, Is.EqualTo(item.Text("group")));
            Assert.That(row.First, Is.EqualTo(item.Text("var1")));
            Assert.That(row.Second, Is.EqualTo(item.Text("var2")));

            // Relative for standard deviations, all of them above one here; absolute for the correlation.
            var expectedSd = item.Number("sdcor");
            var tolerance = ComponentTolerance * Math.Max(1.0, expectedSd);
            Assert.That(row.StandardDeviation, Is.EqualTo(expectedSd).Within(tolerance));
        }

        Assert.That(fit.Sigma, Is.EqualTo(expected.Number("sigma")).Within(ComponentTolerance));
        var covariance = fit.RandomCovariances().Single();
        Assert.That(covariance.Group, Is.EqualTo("Subject"));
        Assert.That(covariance.Effects, Is.EqualTo(fit.Coefficients.Select(row => row.Term)));
        Assert.That(covariance.Covariance[1, 1], Is.EqualTo(fit.VarianceComponents[1].Covariance));
        Assert.That(covariance.Covariance[0, 1], Is.EqualTo(fit.VarianceComponents[2].Covariance));

        Assert.That(
            fit.Theta,
            Is.EqualTo(expected.Items("theta").Select(item => item.GetDouble())).Within(ComponentTolerance));
    });

    [Test]
    public void TheRandomEffectsAreThoseOfLme4()
    {
        var expected = RemlCase.Items("ranef").Single();
        var byLevel = Reml.RandomEffectsBy("Subject");

        Assert.Multiple(() =>
        {
            Assert.That(Reml.RandomEffects, Has.Count.EqualTo(36));
            Assert.That(Reml.Groups, Is.EqualTo(new[] { new GroupSize("Subject", 18) }));

            foreach (var (index, level) in expected.Items("levels").Index())
            {
                var effects = byLevel[level.GetString()!].ToArray();
                var modes = expected.Items("values")[index].EnumerateArray().Select(item => item.GetDouble());
                var errors = expected.Items("condSd")[index].EnumerateArray().Select(item => item.GetDouble());

                Assert.That(effects.Select(effect => effect.Effect), Is.EqualTo(new[] { "(Intercept)", "Days" }));
                Assert.That(effects.Select(effect => effect.Mode), Is.EqualTo(modes).Within(1e-3));
                Assert.That(effects.Select(effect => effect.StandardDeviation), Is.EqualTo(errors).Within(1e-3));
            }

            Assert.Throws<ArgumentException>(() => Reml.RandomEffectsBy("Days"));
        });
    }

    [Test]
    public void FittedValuesAndResidualsAreThoseOfLme4()
    {
        var fitted = RemlCase.Items("fitted_head").Select(item => item.GetDouble()).ToArray();
        var residuals = RemlCase.Items("resid_head").Select(item => item.GetDouble()).ToArray();

        Assert.Multiple(() =>
        {
            Assert.That(Reml.Fitted(), Has.Length.EqualTo(180));
            Assert.That(Reml.Fitted()[..10], Is.EqualTo(fitted).Within(1e-3));
            Assert.That(Reml.Residuals()[..10], Is.EqualTo(residuals).Within(1e-3));
        });
    }

    [Test]
    public void TheCertificateSaysOptimum() => Assert.Multiple(() =>
    {
        Assert.That(Reml.Certificate.Verdict, Is.EqualTo(FitVerdict.Optimum));
        Assert.That(Reml.Certificate.Names, Is.Empty);
        Assert.That(Reml.Certificate.Reason, Is.Null);
        Assert.That(Reml.Certificate.NewtonDecrement, Is.LessThan(1e-6));
        Assert.That(Reml.Certificate.Eigenvalues, Has.Count.EqualTo(3));
        Assert.That(Reml.Certificate.MinEigenvalue, Is.GreaterThan(0.0));
        Assert.That(Reml.Certificate.Multipliers, Is.Empty);
        Assert.That(Reml.IsConverged, Is.True);
        Assert.That(Reml.IsSingular, Is.False);
    });

    [Test]
    public void TheDevianceOfMaximumLikelihoodIsItsCriterion() =>
        Assert.That(Ml.Deviance, Is.EqualTo(Ml.CriterionValue).Within(CriterionTolerance));

    [Test]
    public void TheSummaryIsThatOfTheLibrary()
    {
        using var json = JsonDocument.Parse(Reml.ToJson(TimeSpan.FromSeconds(2.0)));

        Assert.Multiple(() =>
        {
            Assert.That(Reml.Summary(), Does.Contain("Number of obs: 180, groups: Subject, 18"));
            Assert.That(Reml.ToString(), Is.EqualTo(Reml.Summary()));
            Assert.That(Reml.Summary(SummaryLayout.Markdown), Does.Contain("| (Intercept) |"));
            Assert.That(json.RootElement.Number("criterion"), Is.EqualTo(Reml.CriterionValue));
            Assert.That(json.RootElement.GetProperty("seconds").Number("read"), Is.EqualTo(2.0));
        });
    }
}
