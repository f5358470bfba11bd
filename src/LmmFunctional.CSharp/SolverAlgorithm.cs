namespace LmmFunctional.CSharp;

/// <summary>How the solver steps.</summary>
public enum SolverAlgorithm
{
    /// <summary>Average information (Gilmour, Thompson and Cullis 1995).</summary>
    AverageInformation,

    /// <summary>Observed information.</summary>
    NewtonRaphson,

    /// <summary>Expected information.</summary>
    FisherScoring,

    /// <summary>EM: covariances become the expected squares of the effects; many steps. Only for independent residuals and
    /// random effects with any covariance matrix or none.</summary>
    ExpectationMaximisation,

    /// <summary>EM with each random term multiplied by a matrix that is estimated too (Liu, Rubin and Wu 1998): fewer
    /// steps.</summary>
    ParameterExpandedEm,
}
