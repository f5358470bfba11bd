namespace LmmFunctional.CSharp;

/// <summary>Where an iteration of the solver stands.</summary>
public enum SolverState
{
    /// <summary>The criterion still falls by more than its rounding.</summary>
    Descending,

    /// <summary>The criterion no longer resolves the steps; they are judged by the Newton decrement.</summary>
    Polishing,

    /// <summary>Nothing is left to gain.</summary>
    Converged,

    /// <summary>No step from here lowers the criterion, though the gradient is not zero.</summary>
    Stalled,
}

/// <summary>One point on the way to the optimum.</summary>
/// <param name="Number">From zero, the starting point.</param>
/// <param name="Criterion">The value to be minimised, −2 log likelihood.</param>
/// <param name="Theta">Parameters on the solver's own scale.</param>
/// <param name="Gradient">First derivatives of the criterion by them.</param>
/// <param name="Step">The step that led here; zero at the start.</param>
/// <param name="Halvings">How often that step had to be shortened.</param>
/// <param name="NewtonDecrement">g'H⁻¹g: twice the predicted fall of the criterion.</param>
/// <param name="ActiveBounds">Variances and correlations found at their bound.</param>
/// <param name="State">Where the iteration stands.</param>
public sealed record SolverIteration(
    int Number,
    double Criterion,
    IReadOnlyList<double> Theta,
    IReadOnlyList<double> Gradient,
    IReadOnlyList<double> Step,
    int Halvings,
    double NewtonDecrement,
    IReadOnlyList<string> ActiveBounds,
    SolverState State);
