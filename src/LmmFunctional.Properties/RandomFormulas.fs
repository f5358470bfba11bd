namespace LmmFunctional.Properties

open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Fixed and random parts of the formulas of random models.</summary>
[<RequireQualifiedAccess>]
module internal RandomFormulas =

    /// One factor; nested; crossed, fully and in part; vector-valued; several terms of one factor.
    let randomParts = [
        "(1 | g)"
        "(x | g)"
        "(x || g)"
        "(0 + x | g)"
        "(x + z | g)"
        "(0 + f | g)"
        "(1 | g) + (0 + x | g)"
        "(x | g) + (0 + z | g)"
        "(1 | g/k)"
        "(x | g/k)"
        "(1 | g) + (1 | h)"
        "(x | g) + (1 | h)"
        "(1 | g) + (x | h)"
        "(x || g) + (z | h)"
        "(x | g) + (x | h)"
        "(1 | g) + (1 | h) + (1 | g:k)"
        "(x | g) + (1 | h) + (0 + z | h)"
        "(x | g:k) + (z | h) + (1 | g)"
    ]

    // The last three lack full rank; two have no constant in their span.
    let fixedParts = [
        "1"
        "x"
        "f * x"
        "x + I(x^2) + z"
        "0 + f + z"
        "0 + x"
        "x + I(2 * x + 3)"
        "f + copy + z"
        "0 + f * copy"
    ]
