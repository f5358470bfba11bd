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
}
