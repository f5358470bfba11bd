using System.Diagnostics.CodeAnalysis;

namespace LmmFunctional.CSharp;

/// <content>Classical analyses.</content>
public sealed partial class LmmModel
{
    /// <summary>The analysis of variance of the model, with expected mean squares.</summary>
    /// <param name="frame">The data.</param>
    /// <param name="random">Factors among the fixed effects that are random, with every term they are in.</param>
    /// <param name="type">Which sums of squares.</param>
    /// <param name="zeroNegative">Whether negative variance estimates are set to zero.</param>
    /// <exception cref="LmmException">The data do not suit the model; all problems are in it.</exception>
    public VarianceAnalysis AnalyseVariance(
        Frame frame,
        IReadOnlyList<string>? random = null,
        AnovaType type = AnovaType.One,
        bool zeroNegative = false)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return Convert.ValueOrThrow(Convert.VarianceAnalysis(spec, frame, random, type, zeroNegative));
    }

    /// <summary>The analysis of variance of the model, or the problems of the data.</summary>
    /// <param name="frame">The data.</param>
    /// <param name="analysis">The analysis; null if there are problems.</param>
    /// <param name="issues">All problems.</param>
    /// <param name="random">Factors among the fixed effects that are random, with every term they are in.</param>
    /// <param name="type">Which sums of squares.</param>
    /// <param name="zeroNegative">Whether negative variance estimates are set to zero.</param>
    public bool TryAnalyseVariance(
        Frame frame,
        [NotNullWhen(true)] out VarianceAnalysis? analysis,
        out IReadOnlyList<LmmIssue> issues,
        IReadOnlyList<string>? random = null,
        AnovaType type = AnovaType.One,
        bool zeroNegative = false)
    {
        ArgumentNullException.ThrowIfNull(frame);

        return Convert.TryValue(
            Convert.VarianceAnalysis(spec, frame, random, type, zeroNegative), out analysis, out issues);
    }

    /// <summary>Variance components without maximising a likelihood.</summary>
    /// <param name="frame">The data.</param>
    /// <param name="method">How; its remarks say for which models.</param>
    /// <exception cref="LmmException">The data do not suit the model, or the model the method; all problems are in
    /// it.</exception>
    public ComponentEstimates EstimateComponents(Frame frame, ComponentMethod method)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return Convert.ValueOrThrow(Convert.ComponentEstimates(spec, frame, method));
    }

    /// <summary>Variance components without maximising a likelihood, or the problems.</summary>
    /// <param name="frame">The data.</param>
    /// <param name="method">How; its remarks say for which models.</param>
    /// <param name="estimates">The estimates; null if there are problems.</param>
    /// <param name="issues">All problems of the data, of the model, and of the method on it.</param>
    public bool TryEstimateComponents(
        Frame frame,
        ComponentMethod method,
        [NotNullWhen(true)] out ComponentEstimates? estimates,
        out IReadOnlyList<LmmIssue> issues)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return Convert.TryValue(Convert.ComponentEstimates(spec, frame, method), out estimates, out issues);
    }

    /// <summary>Variance components by MINQUE with prior values: of least variance where these are true.</summary>
    /// <param name="frame">The data.</param>
    /// <param name="relative">Prior values of the components relative to the residual variance, one for each.</param>
    /// <exception cref="LmmException">The data do not suit the model; all problems are in it.</exception>
    /// <exception cref="ArgumentException">Values are negative, or not one for each component.</exception>
    public ComponentEstimates EstimateComponents(Frame frame, IReadOnlyList<double> relative)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(relative);
        return Convert.ValueOrThrow(Convert.ComponentEstimates(spec, frame, relative));
    }

    /// <summary>Variance components by MINQUE with prior values, or the problems.</summary>
    /// <param name="frame">The data.</param>
    /// <param name="relative">Prior values of the components relative to the residual variance, one for each.</param>
    /// <param name="estimates">The estimates; null if there are problems.</param>
    /// <param name="issues">All problems.</param>
    /// <exception cref="ArgumentException">Values are negative, or not one for each component.</exception>
    public bool TryEstimateComponents(
        Frame frame,
        IReadOnlyList<double> relative,
        [NotNullWhen(true)] out ComponentEstimates? estimates,
        out IReadOnlyList<LmmIssue> issues)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(relative);
        return Convert.TryValue(Convert.ComponentEstimates(spec, frame, relative), out estimates, out issues);
    }
}
