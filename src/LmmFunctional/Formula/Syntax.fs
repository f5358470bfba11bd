namespace LmmFunctional.Language

open LmmFunctional.Model

/// How two parts of a formula are joined.
[<RequireQualifiedAccess>]
type internal Join =
    /// a + b
    | Plus
    /// a - b
    | Minus
    /// a * b
    | Cross
    /// a / b
    | Nest
    /// a %in% b
    | Within
    /// a:b
    | Interact

/// One part of a random term's covariance: what varies, or a known matrix that relates the levels.
[<RequireQualifiedAccess>]
type internal CovariancePart<'Effects> =
    | Effects of Structure * 'Effects * at: int
    | Known of name: string * at: int

/// <summary>A formula's right side as it was written, before its algebra is worked out.</summary>
/// <remarks>Each <c>at</c> is an index into the text, so that problems of meaning can be shown at their place too.</remarks>
[<RequireQualifiedAccess>]
type internal Node =
    | Variable of Expr * at: int
    | Constant of float * at: int
    | Dot of at: int
    /// The empty left side of a leading sign.
    | Nothing
    /// Parts joined from left to right; each <c>at</c> is where a part begins.
    | Chain of first: Node * rest: (Join * int * Node) list
    | Power of Node * exponent: float * at: int
    /// A random term; several parts are a Kronecker product.
    | Random of CovariancePart<Node> list * group: Node * perLevelOf: Expr option * at: int

/// What may follow the terms, after a semicolon.
[<RequireQualifiedAccess>]
type internal Clause =
    | Weights of column: string * at: int
    | Residual of ResidualTerm

/// A whole formula as it was written.
type internal FormulaSyntax = {
    Response: Expr
    Sum: Node
    Clauses: Clause list
}
