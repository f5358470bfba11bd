using NUnit.Framework;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Predictions and diagnostics, as C# users call them.</summary>
public class DiagnosticsTests
{
    private static readonly FittedLmm Fit =
        Model.Parse("Reaction ~ Days + (Days | Subject)").Fit(Data.ReadCsv(TestData.Csv("sleepstudy")));

    private static Frame NewRows() =>
        Data.FromObjects([new { Days = 10.0, Subject = "308" }, new { Days = 10.0, Subject = "999" }]);

    [Test]
    public void PredictionsOfTheDataAreTheFittedValues() =>
        Assert.That(Fit.Predict().Select(found => found.Estimate), Is.EqualTo(Fit.Fitted()));

    [Test]
    public void ANewLevelIsPredictedAtThePopulationWithItsVariance()
    {
        var conditional = Fit.Predict(NewRows());
        var population = Fit.Predict(NewRows(), new PredictionSettings { Effects = [] });

        Assert.That(conditional[1].Estimate, Is.EqualTo(population[1].Estimate));
        Assert.That(conditional[1].StandardError, Is.GreaterThan(population[1].StandardError));
        Assert.That(conditional[1].NewLevels["Subject"], Is.EqualTo("999"));
        Assert.That(conditional[0].NewLevels, Is.Empty);
    }

    [Test]
    public void ASavedModelIsLoadedAsItWas()
    {
        var path = Path.GetTempFileName();

        try
        {
            Fit.Save(path);
            var loaded = FittedLmm.Load(path);
            Assert.That(loaded.Fitted(), Is.EqualTo(Fit.Fitted()));
            Assert.That(loaded.Certificate.ToString(), Is.EqualTo(Fit.Certificate.ToString()));
        }
        finally
        {
            File.Delete(path);
        }

        Assert.That(() => FittedLmm.Load(path), Throws.TypeOf<LmmException>());
    }

    [Test]
    public void CombinationsOfRowsAndFunctionsOfEffectsAgree()
    {
        var rows = Data.FromObjects([new { Days = 0.0, Subject = "308" }, new { Days = 5.0, Subject = "308" }]);
        var combined = Fit.PredictCombinations(rows, "change: row2 - row1")[0];
        var named = Fit.PredictFunctions("change: 5 Days + 5 Subject[308].Days")[0];

        Assert.That(combined.Name, Is.EqualTo("change"));
        Assert.That(named.Estimate, Is.EqualTo(combined.Estimate).Within(1e-9).Percent);
        Assert.That(named.StandardError, Is.EqualTo(combined.StandardError).Within(1e-9).Percent);
        Assert.That(() => Fit.PredictFunctions("Subject[0].Days"), Throws.TypeOf<LmmException>());
    }

    [Test]
    public void AFutureObservationAddsItsResidualVariance()
    {
        var mean = Fit.Predict(NewRows())[0].StandardError;
        var observation = Fit.Predict(
            NewRows(), new PredictionSettings { Quantity = PredictedQuantity.Observation })[0].StandardError;

        Assert.That(
            (observation * observation) - (mean * mean),
            Is.EqualTo(Fit.Sigma * Fit.Sigma).Within(1e-9).Percent);
    }

    [Test]
    public void NewLevelsAndMissingColumnsAreRefusedInWords()
    {
        Assert.That(
            () => Fit.Predict(NewRows(), new PredictionSettings { NewLevels = UnseenLevels.Refuse }),
            Throws.TypeOf<LmmException>().With.Message.Contains("'999'"));
        Assert.That(
            () => Fit.Predict(Data.FromObjects([new { Days = 1.0 }])),
            Throws.TypeOf<LmmException>().With.Message.Contains("Subject"));
        Assert.That(
            () => Fit.Predict(new PredictionSettings { Level = 95 }), Throws.TypeOf<ArgumentException>());
    }

    [Test]
    public void ResidualsHaveOneEntryForEachRow()
    {
        var rows = Fit.ResidualDiagnostics();

        Assert.That(rows.Select(row => row.Conditional), Is.EqualTo(Fit.Residuals()).Within(1e-9));
        // hatvalues of lme4 sum to the effective number of parameters.
        Assert.That(rows.Sum(row => row.LeverageFixed), Is.EqualTo(2).Within(1e-9));
    }

    [Test]
    public void TheScansNameTheMostConspicuousUnitFirst()
    {
        Assert.That(Fit.MeanShifts()[0].Unit, Is.EqualTo("57"));
        Assert.That(Fit.MeanShifts("Subject")[0].Unit, Is.EqualTo("309"));
        Assert.That(Fit.VarianceShifts("Subject", refits: 1)[0].Unit, Is.EqualTo("332"));
        Assert.That(() => Fit.MeanShifts("Sbject"), Throws.TypeOf<LmmException>());
        Assert.That(() => Fit.MeanShifts(adjustment: PAdjustment.Tukey), Throws.ArgumentException);
        Assert.That(() => Fit.VarianceShifts(refits: -1), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void InfluenceNamesTheSubjectThatMattersMost()
    {
        var closed = Fit.Influence("Subject");
        var exact = Fit.Influence("Subject", InfluenceBy.Refits);

        Assert.That(closed.Units, Has.Count.EqualTo(18));
        Assert.That(closed.Impossible, Is.Empty);
        Assert.That(closed.Units[0].VarianceChanges, Is.Empty);
        Assert.That(exact.Units[0].VarianceChanges, Is.Not.Empty);
        Assert.That(exact.Units[0].FixedChanges.Keys, Is.EqualTo(new[] { "(Intercept)", "Days" }));
        Assert.That(exact.Units.MaxBy(unit => unit.CookD)!.Unit, Is.EqualTo(closed.Units.MaxBy(unit => unit.CookD)!.Unit));
        Assert.That(() => Fit.Influence("Sbject"), Throws.TypeOf<LmmException>());
    }

    [Test]
    public void ChecksAreSentencesWithNumbers()
    {
        var checks = Fit.Check();

        Assert.That(checks, Is.Not.Empty);
        Assert.That(checks.Select(check => check.Finding), Has.All.EndsWith("."));
        Assert.That(checks.Any(check => check.IsNotable == true), Is.True);
        Assert.That(() => Fit.Check(significance: 5), Throws.ArgumentException);
    }

    [Test]
    public void ManyResponsesHaveTheNumbersOfOneFitEach()
    {
        var responses = Fit.SimulateMany(seed: 3, count: 5);
        var many = Fit.Model
            .FitMany(Data.ReadCsv(TestData.Csv("sleepstudy")), responses.Select((values, k) => ($"y{k}", values)))
            .ToList();

        Assert.That(many.Select(own => own.Response), Is.EqualTo(new[] { "y0", "y1", "y2", "y3", "y4" }));
        Assert.That(many.SelectMany(own => own.Issues), Is.Empty);
        Assert.That(many[0].Coefficients, Has.Count.EqualTo(2));
        Assert.That(Fit.SimulateMany(3, 5)[4], Is.EqualTo(responses[4]));
    }

    [Test]
    public void PowerGrowsWithTheDesign()
    {
        var settings = new PowerSettings
        {
            Effects = new Dictionary<string, double> { ["Days"] = 3 },
            Simulations = 200,
            HalfWidth = null,
        };
        var curve = Fit.PowerCurve("Days = 0", GrowthBy.Levels, "Subject", [6, 24], settings);

        Assert.That(curve.Select(own => own.Rows), Is.EqualTo(new[] { 60, 240 }));
        Assert.That(curve[1].Power, Is.GreaterThan(curve[0].Power));
        Assert.That(Fit.Power("Days = 0", settings).Simulations, Is.EqualTo(200));
        Assert.That(() => Fit.Power("Dys = 0", settings), Throws.TypeOf<LmmException>());
    }
}
