namespace LmmFunctional.CSharp;

/// <summary>Problems in the data, the formula or the model: all of them at once.</summary>
/// <remarks>Mistakes of the program, such as a null, are <see cref="ArgumentException"/>s instead.</remarks>
public sealed class LmmException : Exception
{
    internal LmmException(IReadOnlyList<LmmIssue> issues)
        : base(string.Join(Environment.NewLine, issues.Select(issue => issue.Message))) => Issues = issues;

    /// <summary>Every problem found, in order.</summary>
    public IReadOnlyList<LmmIssue> Issues { get; }
}
