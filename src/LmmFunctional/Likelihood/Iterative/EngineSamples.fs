namespace LmmFunctional.Estimation

/// <summary>What each probe said of a sampled likelihood at one point: their scatter is the Monte-Carlo error.</summary>
[<NoComparison; ReferenceEquality>]
type internal EngineSamples = {
    /// What each probe has for the part of log|V| that is sampled.
    Logarithms: float[]
    /// For each probe what it has for tr(Z'V⁻¹Z) of each term, S×S by columns.
    Traces: float[][][]
    /// Whether all Krylov spaces and solutions reached their tolerance.
    IsConverged: bool
    /// Steps of the longest.
    Steps: int
}
