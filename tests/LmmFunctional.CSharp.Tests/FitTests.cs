using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Fitting by either front end, with options, weights and bad data.</summary>
public class FitTests
{
    private const string SleepText = "Reaction ~ Days + (Days | Subject)";

    private static readonly LmmModel Sleep =
        Response("Reaction").Fixed(Intercept + Col("Days")).Random(Intercept + Col("Days"), by: "Subject");

    [Test]
    public void TheFluentModelFitsToTheSameBitsAsTheText()
    {
        var fluent = Sleep.Fit(TestData.Sleepstudy);
        var parsed = Parse(SleepText).Fit(TestData.Sleepstudy);

        Assert.Multiple(() =>
        {
            Assert.That(fluent.Model, Is.EqualTo(parsed.Model));
            Assert.That(fluent.CriterionValue, Is.EqualTo(parsed.CriterionValue));
            Assert.That(fluent.Theta, Is.EqualTo(parsed.Theta));
            Assert.That(fluent.Coefficients, Is.EqualTo(parsed.Coefficients));
            Assert.That(fluent.RandomEffects, Is.EqualTo(parsed.RandomEffects));
        });
    }

    [Test]
    public void TheDefaultsAreThoseOfTheLibrary()
    {
        var fit = Sleep.Fit(TestData.Sleepstudy);
        var own = Lmm.fitFormula(FitOptionsModule.defaults, TestData.Sleepstudy, SleepText).ResultValue;

        Assert.That(fit.Iterations.Select(item => item.Criterion), Is.EqualTo(own.Iterations.Select(i => i.Criterion)));
    }

    [Test]
    public void EveryAlgorithmReachesTheSameOptimum([Values] SolverAlgorithm algorithm)
    {
        var fit = Sleep.Fit(TestData.Sleepstudy, algorithm: algorithm);

        Assert.That(fit.IsConverged, Is.True);
        Assert.That(fit.CriterionValue, Is.EqualTo(Sleep.Fit(TestData.Sleepstudy).CriterionValue).Within(1e-8));
    }

    [Test]
    public void ProgressSeesEveryIteration()
    {
        var seen = new List<SolverIteration>();
        var fit = Sleep.Fit(TestData.Sleepstudy, progress: seen.Add);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Select(item => item.Number), Is.EqualTo(fit.Iterations.Select(item => item.Number)));
            Assert.That(seen.Select(item => item.Criterion), Is.EqualTo(fit.Iterations.Select(item => item.Criterion)));
            Assert.That(seen[^1].State, Is.EqualTo(SolverState.Converged));
            Assert.That(seen[^1].Theta, Has.Count.EqualTo(3));
            Assert.That(seen[^1].Gradient, Has.Count.EqualTo(3));
            Assert.That(fit.Timings.Solve, Is.GreaterThan(TimeSpan.Zero));
        });
    }

    [Test]
    public void TooFewIterationsAreSaidInTheCertificate()
    {
        var fit = Sleep.Fit(TestData.Sleepstudy, maxIterations: 1);

        Assert.Multiple(() =>
        {
            Assert.That(fit.IsConverged, Is.False);
            Assert.That(fit.Certificate.Verdict, Is.EqualTo(FitVerdict.NotConverged));
            Assert.That(fit.Certificate.Reason, Is.EqualTo("stopped after step 1; more steps would lower the criterion"));
        });
    }

    [Test]
    public void IdentitiesAreCheckedOnTheFit()
    {
        var checks = Sleep.Fit(TestData.Sleepstudy).Verify();
        var other = checks.Single(check => check.Holds is null);

        Assert.Multiple(() =>
        {
            Assert.That(checks.Where(check => check.Holds == false), Is.Empty);
            Assert.That(checks, Has.All.Matches<IdentityResult>(check => check.Residual is null == check.Holds is null));
            Assert.That(other.Name, Is.EqualTo("balanced closed form"));
            Assert.That(other.Reason, Does.Contain("balanced classes"));
        });
    }

    [Test]
    public void AVarianceOfZeroIsAnOrdinaryAnswer()
    {
        var fit = Parse("Yield ~ 1 + (1 | Batch)").Fit(Data.ReadCsv(TestData.Csv("dyestuff2")));

        Assert.Multiple(() =>
        {
            Assert.That(fit.IsConverged, Is.True);
            Assert.That(fit.IsSingular, Is.True);
            Assert.That(fit.Certificate.Verdict, Is.EqualTo(FitVerdict.BoundaryOptimum));
            Assert.That(fit.Certificate.Names, Has.Count.EqualTo(1));
            Assert.That(fit.Certificate.Multipliers[0].Derivative, Is.GreaterThan(0.0));
            Assert.That(fit.Certificate.MinEigenvalue, Is.Null);
            Assert.That(fit.VarianceComponents[0].StandardDeviation, Is.Zero);
        });
    }

    // Var(e_i) = sigma^2 / 4 in every row: the same model, with sigma counted in units half as large.
    [Test]
    public void EqualWeightsScaleSigmaAndNothingElse()
    {
        var weighted = TestData.Sleepstudy.WithColumn("w", Columns.Numbers(Enumerable.Repeat(4.0, 180)));
        var plain = Sleep.Fit(TestData.Sleepstudy);
        var fit = Sleep.Weights("w").Fit(weighted);

        Assert.Multiple(() =>
        {
            Assert.That(fit.Sigma, Is.EqualTo(2.0 * plain.Sigma).Within(1e-6 * plain.Sigma));
            Assert.That(fit.CriterionValue, Is.EqualTo(plain.CriterionValue).Within(1e-7));
            Assert.That(fit.Coefficients[1].Estimate, Is.EqualTo(plain.Coefficients[1].Estimate).Within(1e-8));
        });
    }

    [Test]
    public void RowsLeftOutAreCounted()
    {
        var days = Enumerable.Range(0, 180).Select(row => row < 3 ? double.NaN : row % 10);
        var weights = Enumerable.Range(0, 180).Select(row => row == 179 ? 0.0 : 1.0);

        var frame = TestData.Sleepstudy
            .WithColumn("Days", Columns.Numbers(days))
            .WithColumn("w", Columns.Numbers(weights));

        var fit = Sleep.Weights("w").Fit(frame);

        Assert.Multiple(() =>
        {
            Assert.That(fit.Observations, Is.EqualTo(176));
            Assert.That(fit.MissingRows, Is.EqualTo(3));
            Assert.That(fit.ZeroWeightRows, Is.EqualTo(1));
        });
    }

    [Test]
    public void DependentColumnsAreNamed()
    {
        var fit = Parse("Reaction ~ Days + I(2 * Days) + (1 | Subject)").Fit(TestData.Sleepstudy);
        Assert.That(fit.Dropped, Is.EqualTo(new[] { "I(2 * Days)" }));
    }

    private static readonly LmmModel Misspelt = Parse("reaction ~ Dys + (1 | Subject)");

    private static readonly LmmIssue[] Misspellings =
    [
        new("UnknownColumn", "Column 'reaction' is not in the data; did you mean 'Reaction'?"),
        new("UnknownColumn", "Column 'Dys' is not in the data; did you mean 'Days'?"),
    ];

    [Test]
    public void AnExceptionCarriesEveryProblemOfTheData()
    {
        var problem = Assert.Throws<LmmException>(() => Misspelt.Fit(TestData.Sleepstudy))!;

        Assert.Multiple(() =>
        {
            Assert.That(problem.Issues, Is.EqualTo(Misspellings));
            Assert.That(
                problem.Message,
                Is.EqualTo(Misspellings[0].Message + Environment.NewLine + Misspellings[1].Message));
        });
    }

    [Test]
    public void TryFitGivesTheProblemsOrTheFit()
    {
        var isFitted = Misspelt.TryFit(TestData.Sleepstudy, out var nothing, out var issues);

        Assert.Multiple(() =>
        {
            Assert.That(isFitted, Is.False);
            Assert.That(nothing, Is.Null);
            Assert.That(issues, Is.EqualTo(Misspellings));
        });

        // The compiler knows that the fit is not null here.
        if (Sleep.TryFit(TestData.Sleepstudy, out var fit, out issues, FitBy.Ml))
        {
            Assert.That(fit.By, Is.EqualTo(FitBy.Ml));
            Assert.That(issues, Is.Empty);
        }
        else
        {
            Assert.Fail("Sleepstudy was not fitted.");
        }
    }
}
