using System.Collections.Concurrent;
using NUnit.Framework;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Long work off the caller's thread.</summary>
public class AsyncTests
{
    private static readonly Frame Sleepstudy = Data.ReadCsv(TestData.Csv("sleepstudy"));

    private static readonly LmmModel Slopes = Model.Parse("Reaction ~ Days + (Days | Subject)");

    /// <summary>Tells on the caller's thread, so that no report comes late.</summary>
    private sealed class Told<T> : IProgress<T>
    {
        public ConcurrentQueue<T> Values { get; } = new();

        public void Report(T value) => Values.Enqueue(value);
    }

    [Test]
    public async Task FitsAreThoseOfTheCallersThread()
    {
        var told = new Told<SolverIteration>();
        var fit = await Slopes.FitAsync(Sleepstudy, progress: told);

        Assert.That(fit.CriterionValue, Is.EqualTo(Slopes.Fit(Sleepstudy).CriterionValue));
        Assert.That(told.Values, Is.Not.Empty);
    }

    [Test]
    public void ProblemsAndCancellationReachTheCaller()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var unknown = Model.Parse("Reaktion ~ Days");

        Assert.That(async () => await unknown.FitAsync(Sleepstudy), Throws.TypeOf<LmmException>());
        Assert.That(
            async () => await Slopes.FitAsync(Sleepstudy, cancellationToken: cancelled.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void AFitStopsBetweenIterations()
    {
        using var source = new CancellationTokenSource();
        var stop = new Progress(source);

        Assert.That(
            async () => await Slopes.FitAsync(Sleepstudy, progress: stop, cancellationToken: source.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task ResultsOfAFitAreThoseOfTheCallersThread()
    {
        var fit = await Slopes.FitAsync(Sleepstudy, FitBy.Ml);
        var smaller = await Model.Parse("Reaction ~ Days + (1 | Subject)").FitAsync(Sleepstudy, FitBy.Ml);
        var done = new Told<int>();

        Assert.That(await fit.ProfileIntervalsAsync(), Is.EqualTo(fit.ProfileIntervals()));
        Assert.That(
            await fit.BootstrapIntervalsAsync(20, progress: done), Is.EqualTo(fit.BootstrapIntervals(20)));
        Assert.That(done.Values, Does.Contain(20));
        Assert.That((await fit.InfluenceAsync("Subject")).Units, Has.Count.EqualTo(18));
        Assert.That((await smaller.TestVarianceAsync()).MixtureP, Is.EqualTo(smaller.TestVariance().MixtureP));
        Assert.That(
            (await smaller.BootstrapTestAgainstAsync(fit, 20)).P, Is.EqualTo(smaller.BootstrapTestAgainst(fit, 20).P));
    }

    [Test]
    public async Task SimulationsAreThoseOfTheCallersThread()
    {
        var fit = await Slopes.FitAsync(Sleepstudy);
        var settings = new PowerSettings { Simulations = 20 };
        var power = await fit.PowerAsync("Days = 0", settings);
        var curve = await fit.PowerCurveAsync("Days = 0", GrowthBy.Levels, "Subject", [10], settings);
        var responses = fit.SimulateMany(seed: 1, count: 2).Select((values, index) => ($"y{index}", values)).ToList();

        Assert.That(power, Is.EqualTo(fit.Power("Days = 0", settings)));
        Assert.That(curve, Has.Count.EqualTo(1));
        Assert.That(await Slopes.FitManyAsync(Sleepstudy, responses), Has.Count.EqualTo(2));
    }

    private sealed class Progress(CancellationTokenSource source) : IProgress<SolverIteration>
    {
        public void Report(SolverIteration value) => source.Cancel();
    }
}
