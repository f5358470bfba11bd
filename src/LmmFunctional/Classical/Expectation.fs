namespace LmmFunctional.Classical

/// <summary>Which side conditions random interactions with fixed factors obey.</summary>
[<RequireQualifiedAccess>]
type InteractionForm =
    /// Independent effects: the mixed models of <c>Lmm.fit</c>, of SAS and of Searle.
    | Unrestricted
    /// Effects of an interaction sum to zero over its fixed factors, as in many textbooks of design.
    | Restricted

/// <summary>The expectation of a mean square: multiples of variance components, and fixed effects that enter.</summary>
type Expectation = {
    /// The coefficient of σ²: one for a mean square.
    Error: float
    /// Coefficients of the variance components of random terms; none that are zero.
    Variances: (string * float) list
    /// Fixed terms whose effects enter. Balanced: with the multiple of Σα²/df; otherwise a quadratic form of theirs.
    Fixed: (string * float option) list
}

/// <summary>A source of an analysis of variance with the expectation of its mean square.</summary>
type ExpectedMeanSquare = {
    Source: string
    Df: int
    IsRandom: bool
    Expected: Expectation
}

/// <summary>Questions about expectations.</summary>
[<RequireQualifiedAccess>]
module Expectation =

    /// σ² alone.
    let error = {
        Error = 1.0
        Variances = []
        Fixed = []
    }

    /// The coefficient of a random term's variance; zero where it does not enter.
    let coefficient source (expectation: Expectation) =
        expectation.Variances
        |> List.tryFind (fst >> (=) source)
        |> Option.map snd
        |> Option.defaultValue 0.0

    /// <summary>The value at given variance components, fixed effects none.</summary>
    /// <param name="errorVariance">σ².</param>
    /// <param name="variances">The components by source.</param>
    /// <param name="expectation">The expectation.</param>
    let at errorVariance (variances: (string * float) list) (expectation: Expectation) =
        variances
        |> List.fold
            (fun sum (source, variance) -> sum + coefficient source expectation * variance)
            (expectation.Error * errorVariance)
