namespace LmmFunctional.Estimation

open LmmFunctional.Analysis

/// <summary>Parts of the formulas of elements (i, j).</summary>
[<RequireQualifiedAccess>]
module internal ElementMath =

    let letter text = MathText.Letter text

    let number text = MathText.Number text

    let operator text = MathText.Operator text

    let sub body lower = MathText.Sub(letter body, letter lower)

    /// i j as a subscript.
    let pair = MathText.Row [ letter "i"; letter "j" ]

    let private ifEqual = [ MathText.Name " if "; letter "i"; operator "="; letter "j" ]

    /// A variance on the diagonal, and nothing else.
    let onDiagonal variance = MathText.Row(variance :: ifEqual)

    /// σ².
    let variance = MathText.Super(letter "σ", number "2")

    /// σ_i².
    let ownVariance = MathText.SubSuper(letter "σ", letter "i", number "2")

    /// σ_i σ_j.
    let deviations = MathText.Row [ sub "σ" "i"; sub "σ" "j" ]

    /// |i − j|.
    let lag =
        MathText.Row [ operator "|"; letter "i"; operator "−"; letter "j"; operator "|" ]

    /// ρ to a power.
    let power exponent = MathText.Super(letter "ρ", exponent)

    /// The distance h_ij.
    let distance = MathText.Sub(letter "h", pair)

    /// h_ij/ρ.
    let ratio = MathText.Fraction(distance, letter "ρ")

    /// h_ij²/ρ².
    let squaredRatio =
        MathText.Fraction(MathText.SubSuper(letter "h", pair, number "2"), MathText.Super(letter "ρ", number "2"))

    /// exp(−x).
    let exponential x =
        MathText.Row [ MathText.Name "exp"; MathText.Brackets(MathText.Row [ operator "−"; x ]) ]

    /// (ΓΓ′)_ij.
    let common =
        MathText.Sub(MathText.Brackets(MathText.Row [ MathText.Bold "Γ"; MathText.Bold "Γ"; operator "′" ]), pair)
