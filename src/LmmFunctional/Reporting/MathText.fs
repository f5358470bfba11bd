namespace LmmFunctional.Analysis

/// <summary>A formula as it is set in print, for LaTeX and for MathML.</summary>
[<RequireQualifiedAccess>]
type MathText =
    /// A single letter, Greek or Latin, in italics.
    | Letter of string
    /// A bold letter: a vector or a matrix.
    | Bold of string
    /// A name, upright.
    | Name of string
    | Number of string
    /// A relation or an operation: =, +, ∼, ×.
    | Operator of string
    | Row of MathText list
    | Sub of MathText * MathText
    | Super of MathText * MathText
    | SubSuper of MathText * lower: MathText * upper: MathText
    | Fraction of MathText * MathText
    /// In round brackets, which grow with what is inside.
    | Brackets of MathText
    /// In round brackets, by rows.
    | Matrix of MathText list list
