using LmmFunctional.Classical;
using Microsoft.FSharp.Collections;

namespace LmmFunctional.CSharp;

/// <summary>A linear combination Σ aᵢMSᵢ of independent mean squares: a variance with its intervals; immutable.</summary>
/// <example><code>
/// var total = analysis.Component("blend") + analysis.Component("Error");
/// var share = analysis.Component("blend").RatioTo(total);
/// </code></example>
public sealed class VarianceCombination
{
    private readonly FSharpList<WeightedMeanSquare> parts;

    internal VarianceCombination(FSharpList<WeightedMeanSquare> parts) => this.parts = parts;

    /// <summary>The estimate Σ aᵢMSᵢ.</summary>
    public double Estimate => MeanSquareCombination.estimate(parts);

    /// <summary>The root of 2Σaᵢ²MSᵢ²/(dfᵢ + 2).</summary>
    public double StandardError => MeanSquareCombination.standardError(parts);

    /// <summary>The degrees of freedom of Cochran and Satterthwaite.</summary>
    public double SatterthwaiteDf => MeanSquareCombination.satterthwaiteDf(parts);

    /// <summary>The χ² interval of Cochran and Satterthwaite, good for sums; null for an estimate that is not
    /// positive.</summary>
    /// <param name="level">Coverage aimed at.</param>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    public VarianceLimits? Satterthwaite(double level = 0.95) =>
        Convert.OrNull(MeanSquareCombination.satterthwaite(level, parts)) is { } interval
            ? Convert.Limits(interval)
            : null;

    /// <summary>The modified large-sample interval, good for differences too; limits may be negative.</summary>
    /// <param name="level">Coverage aimed at.</param>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    public VarianceLimits ModifiedLargeSample(double level = 0.95) =>
        Convert.Limits(VarianceIntervals.modifiedLargeSample(level, parts));

    /// <summary>The generalised interval, by simulation; never negative.</summary>
    /// <param name="level">Coverage aimed at.</param>
    /// <param name="seed">The same seed gives the same interval.</param>
    /// <param name="draws">How many draws, 100 or more.</param>
    /// <exception cref="ArgumentException">The level is not between 0 and 1, or there are too few draws.</exception>
    public VarianceLimits Generalised(double level = 0.95, int seed = 1, int draws = 10000) =>
        Convert.Limits(VarianceIntervals.generalisedCombination(level, seed, draws, parts));

    /// <summary>The interval of the ratio of this to another combination; its upper limit is infinite where the data
    /// cannot bound the ratio.</summary>
    /// <param name="other">The combination below; a variance, so positive.</param>
    /// <param name="level">Coverage aimed at.</param>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    public VarianceLimits RatioTo(VarianceCombination other, double level = 0.95)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Convert.Limits(VarianceIntervals.ratio(level, parts, other.parts));
    }

    /// <summary>The sum; mean squares that both have occur once.</summary>
    public static VarianceCombination operator +(VarianceCombination left, VarianceCombination right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new VarianceCombination(MeanSquareCombination.add(left.parts, right.parts));
    }

    /// <summary>The difference.</summary>
    public static VarianceCombination operator -(VarianceCombination left, VarianceCombination right) =>
        left + (-1.0 * right);

    /// <summary>A multiple.</summary>
    public static VarianceCombination operator *(double factor, VarianceCombination combination)
    {
        ArgumentNullException.ThrowIfNull(combination);
        return new VarianceCombination(MeanSquareCombination.scale(factor, combination.parts));
    }

    /// <summary>The combination in mean squares: <c>0.25 MS(blend) − 0.25 MS(Error)</c>.</summary>
    public override string ToString() => Convert.Text(parts);
}
