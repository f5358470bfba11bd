using Relationship = LmmFunctional.Relationship;

namespace LmmFunctional.CSharp;

/// <summary>How a model would be fitted, and what that would cost.</summary>
/// <param name="Rows">Rows used.</param>
/// <param name="FixedCount">The rank of the fixed effects.</param>
/// <param name="RandomCount">Random effects in all.</param>
/// <param name="ParameterCount">Covariance parameters, without the residual variance.</param>
/// <param name="Engine">The engine that would be used.</param>
/// <param name="Lead">The grouping factor that is eliminated first; null where there is no such choice.</param>
/// <param name="Work">Floating-point operations of one evaluation with its gradient.</param>
/// <param name="Bytes">Memory of one workspace.</param>
/// <param name="Starts">How many starts the search may try.</param>
/// <param name="Sampled">Why log determinants would be sampled; null where the fit is exact.</param>
public sealed record FitPlan(
    int Rows,
    int FixedCount,
    int RandomCount,
    int ParameterCount,
    string Engine,
    string? Lead,
    double Work,
    double Bytes,
    int Starts,
    string? Sampled);

/// <summary>Plans of models.</summary>
public static class ModelPlans
{
    /// <summary>How the model would be fitted to data, and what that would cost; nothing is factored.</summary>
    /// <param name="model">The model.</param>
    /// <param name="frame">The data.</param>
    /// <param name="known">Known matrices that relate the levels of random terms, by their names in the model.</param>
    /// <param name="budget">Seconds that a fit may take; null for any time.</param>
    /// <exception cref="LmmException">The data do not suit the model, or it takes too much memory.</exception>
    public static FitPlan Plan(
        this LmmModel model,
        Frame frame,
        IReadOnlyDictionary<string, Relationship>? known = null,
        double? budget = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(frame);

        var options = Convert.Options(
            FitBy.Reml,
            SolverAlgorithm.AverageInformation,
            null,
            null,
            known,
            null,
            null,
            null,
            budget,
            CancellationToken.None);

        var plan = Convert.ValueOrThrow(Lmm.planFor(options, frame, model.Inner));
        var chosen = plan.Chosen;

        return new(
            plan.Rows,
            plan.FixedCount,
            plan.RandomCount,
            plan.ParameterCount,
            chosen.Engine,
            Convert.OrNull(chosen.Lead),
            chosen.Work,
            chosen.Bytes,
            plan.Starts,
            Convert.OrNull(plan.Sampled));
    }
}
