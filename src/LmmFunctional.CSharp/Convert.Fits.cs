namespace LmmFunctional.CSharp;

/// <summary>Fits between F# and C#.</summary>
internal static partial class Convert
{
    public static CoefficientEstimate Coefficient(Coefficient coefficient) =>
        new(coefficient.Name, coefficient.Estimate, coefficient.StandardError, coefficient.Statistic);

    public static VarianceEstimate VarianceComponent(VarianceComponent component) =>
        new(
            component.Group,
            OrNull(component.First),
            OrNull(component.Second),
            component.Covariance,
            component.StandardDeviation);

    public static CovarianceParameterEstimate CovarianceParameter(CovarianceParameter parameter) =>
        new(parameter.Group, parameter.Name, parameter.Estimate, parameter.StandardError?.Value);

    public static IReadOnlyList<RandomEffect> RandomEffects(Fit fit) =>
    [
        .. from term in FitModule.randomEffects(fit)
           from level in Enumerable.Range(0, term.Levels.Length)
           from effect in Enumerable.Range(0, term.Effects.Length)
           select new RandomEffect(
               term.Group,
               term.Levels[level],
               term.Effects[effect],
               term.Modes[level, effect],
               term.StandardDeviations[level, effect],
               term.PredictionErrors[level, effect],
               term.Reliabilities[level, effect]),
    ];

    public static IReadOnlyList<RandomCovariance> RandomCovariances(Fit fit) =>
    [
        .. from pair in fit.Design.Random.Zip(fit.RandomCovariances)
           let covariance = pair.Second.Item2.ToArray2D()
           select new RandomCovariance(pair.Second.Item1, List(pair.First.Names), covariance),
    ];

    public static IReadOnlyList<GroupSize> Groups(IEnumerable<Tuple<string, int>> groups) =>
        List(groups, group => new GroupSize(group.Item1, group.Item2));

    public static FitCertificate Certificate(Certificate certificate)
    {
        var (verdict, names, reason) = Verdict(certificate.Verdict);

        return new FitCertificate(
            verdict,
            names,
            reason,
            certificate.Gradient,
            certificate.NewtonDecrement,
            List(certificate.Eigenvalues),
            [
                .. certificate.Multipliers.Select(pair => new BoundMultiplier(pair.Item1, pair.Item2)),
                .. certificate.BoundsInForce.Select(bound => new BoundMultiplier(bound.Name, bound.Multiplier)),
            ],
            new FitStartSearch(
                certificate.Search.Starts,
                certificate.Search.EndedHere,
                certificate.Search.Descents,
                certificate.Search.NextBest?.Value),
            certificate.MonteCarlo?.Value is { } error
                ? new FitMonteCarlo(error.Probes, error.Criterion, error.Gradient, error.Share, error.Exact?.Value)
                : null);
    }

    public static IdentityResult Identity(IdentityCheck check)
    {
        var found = check.Outcome as IdentityOutcome.Checked;

        return new IdentityResult(
            check.Name,
            check.Equation,
            check.Source,
            found?.residual,
            found?.tolerance,
            check.Holds?.Value,
            (check.Outcome as IdentityOutcome.NotApplicable)?.reason);
    }

    public static SolverIteration Iteration(Iteration iteration) =>
        new(
            iteration.Number,
            iteration.Criterion,
            List(iteration.Theta),
            List(iteration.Gradient),
            List(iteration.Step),
            iteration.Halvings,
            iteration.Decrement,
            List(iteration.ActiveBounds),
            State(iteration.Progress));

    private static (FitVerdict Verdict, IReadOnlyList<string> Names, string? Reason) Verdict(Verdict verdict) =>
        verdict switch
        {
            LmmFunctional.Verdict.BoundaryOptimum bound => (FitVerdict.BoundaryOptimum, List(bound.names), null),
            LmmFunctional.Verdict.FlatDirection flat => (FitVerdict.FlatDirection, List(flat.names), null),
            LmmFunctional.Verdict.NotConverged stopped => (FitVerdict.NotConverged, [], stopped.reason),
            _ => (FitVerdict.Optimum, [], null),
        };

    private static SolverState State(Progress progress) =>
        progress.IsDescending ? SolverState.Descending
        : progress.IsPolishing ? SolverState.Polishing
        : progress.IsStalled ? SolverState.Stalled
        : SolverState.Converged;

    internal static SasInformationCriteria ToSasCriteria(Fit fit)
    {
        var criteria = LmmFunctional.Estimation.SasCriteria.create(fit);
        return new SasInformationCriteria(criteria.Aic, criteria.Aicc!.Value, criteria.Bic);
    }
}
