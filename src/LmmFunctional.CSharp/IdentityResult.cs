namespace LmmFunctional.CSharp;

/// <summary>An equation that every fitted linear mixed model satisfies, and what became of it on one fit.</summary>
/// <param name="Name">A short name, unique in the catalogue.</param>
/// <param name="Equation">The equation in the notation of the textbooks.</param>
/// <param name="Source">The book or paper that has it.</param>
/// <param name="Residual">How far the two sides are apart, relative to their size; null when it does not apply.</param>
/// <param name="Tolerance">How far rounding and the solver may leave them; null when it does not apply.</param>
/// <param name="Holds">Whether it holds; null when it does not apply.</param>
/// <param name="Reason">Why it does not apply; else null.</param>
public sealed record IdentityResult(
    string Name,
    string Equation,
    string Source,
    double? Residual,
    double? Tolerance,
    bool? Holds,
    string? Reason);
