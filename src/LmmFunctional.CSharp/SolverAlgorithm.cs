namespace LmmFunctional.CSharp;

/// <summary>The curvature that the solver steps with.</summary>
public enum SolverAlgorithm
{
    /// <summary>Average information (Gilmour, Thompson and Cullis 1995).</summary>
    AverageInformation,

    /// <summary>Observed information.</summary>
    NewtonRaphson,

    /// <summary>Expected information.</summary>
    FisherScoring,
}
