namespace LmmFunctional.Model

/// The arithmetic operators of formula expressions.
[<RequireQualifiedAccess>]
type Operator =
    | Add
    | Subtract
    | Multiply
    | Divide
    | Power

/// <summary>A variable of a model as it was written: a column, a number, or a function of them.</summary>
/// <remarks>Nothing here knows whether a column is numeric or categorical: that is decided when the model meets its data.
/// <c>pi</c> is a <c>Column</c> until no column of that name is found. A <c>Dot</c> stands for every column that the
/// model does not name elsewhere.</remarks>
[<RequireQualifiedAccess>]
type Expr =
    | Column of name: string
    | Number of value: float
    | Truth of value: bool
    | Text of value: string
    | Negate of Expr
    | Binary of Operator * left: Expr * right: Expr
    /// A call; an argument may be named, as in <c>poly(x, degree = 2)</c>.
    | Call of name: string * arguments: (string option * Expr) list
    | Dot

/// <summary>Questions about expressions.</summary>
[<RequireQualifiedAccess>]
module Expr =

    /// The columns an expression names, each once, in the order written.
    let columns expr =
        let rec visit expr =
            match expr with
            | Expr.Column name -> [ name ]
            | Expr.Number _
            | Expr.Truth _
            | Expr.Text _
            | Expr.Dot -> []
            | Expr.Negate inner -> visit inner
            | Expr.Binary(_, left, right) -> visit left @ visit right
            // The second argument of C(x, sum) names contrasts, not a column.
            | Expr.Call("C", first :: _) -> visit (snd first)
            | Expr.Call(_, arguments) -> arguments |> List.collect (snd >> visit)

        visit expr |> List.distinct
