namespace LmmFunctional.CSharp;

/// <summary>A problem in the data, the formula or the model.</summary>
/// <param name="Kind">What kind of problem, for programs: <c>UnknownColumn</c>, <c>NegativeWeight</c>, ...</param>
/// <param name="Message">What is wrong, where, and what to try, for people.</param>
public sealed record LmmIssue(string Kind, string Message);
