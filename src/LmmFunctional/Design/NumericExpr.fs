namespace LmmFunctional.Estimation

open System
open LmmFunctional.Model

/// <summary>The functions of one number that a formula may use.</summary>
[<RequireQualifiedAccess>]
type internal NumericFunction =
    | Log
    | Exp
    | Sqrt
    | Abs
    | Sin
    | Cos
    | Tan
    | Log2
    | Log10
    | Log1p

/// <summary>A number for every row: arithmetic of numeric columns, with everything known that it needs.</summary>
[<RequireQualifiedAccess>]
type internal NumericExpr =
    | Column of name: string
    | Constant of value: float
    | Negate of NumericExpr
    | Binary of Operator * left: NumericExpr * right: NumericExpr
    | Apply of NumericFunction * NumericExpr
    /// (x − center) / divisor; both were learned from the data that the model was fitted to.
    | Standardize of center: float * divisor: float * NumericExpr

/// <summary>Names and values of the functions of one number.</summary>
[<RequireQualifiedAccess>]
module internal NumericFunction =

    /// The functions by their names in formulas.
    let all = [
        "log", NumericFunction.Log
        "exp", NumericFunction.Exp
        "sqrt", NumericFunction.Sqrt
        "abs", NumericFunction.Abs
        "sin", NumericFunction.Sin
        "cos", NumericFunction.Cos
        "tan", NumericFunction.Tan
        "log2", NumericFunction.Log2
        "log10", NumericFunction.Log10
        "log1p", NumericFunction.Log1p
    ]

    /// The function of a name, if there is one.
    let tryOfName name =
        all |> List.tryFind (fst >> (=) name) |> Option.map snd

    // Kahan's identity: the rounding of 1 + x cancels in the quotient, so small x keep all their digits.
    let private log1p x =
        let shifted = 1.0 + x

        if shifted = 1.0 then x
        elif Double.IsInfinity shifted then shifted
        else Math.Log shifted * (x / (shifted - 1.0))

    /// The value at a number; NaN or infinite outside the function's domain.
    let evaluate f (x: float) =
        match f with
        | NumericFunction.Log -> Math.Log x
        | NumericFunction.Exp -> Math.Exp x
        | NumericFunction.Sqrt -> Math.Sqrt x
        | NumericFunction.Abs -> Math.Abs x
        | NumericFunction.Sin -> Math.Sin x
        | NumericFunction.Cos -> Math.Cos x
        | NumericFunction.Tan -> Math.Tan x
        | NumericFunction.Log2 -> Math.Log2 x
        | NumericFunction.Log10 -> Math.Log10 x
        | NumericFunction.Log1p -> log1p x

/// <summary>Values of numeric expressions.</summary>
[<RequireQualifiedAccess>]
module internal NumericExpr =

    // R squares by multiplication; other powers go through pow in both.
    let private power x y =
        if y = 2.0 then x * x else Math.Pow(x, y)

    let private operate operator =
        match operator with
        | Operator.Add -> (+)
        | Operator.Subtract -> (-)
        | Operator.Multiply -> (*)
        | Operator.Divide -> (/)
        | Operator.Power -> power

    /// <summary>The value in every row.</summary>
    /// <param name="column">The values of a column, length <paramref name="rows"/>; never written to.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="expr">The expression.</param>
    /// <returns>Length <paramref name="rows"/>; the column's own array when the expression is a column.</returns>
    let rec evaluate (column: string -> float[]) rows expr : float[] =
        match expr with
        | NumericExpr.Column name -> column name
        | NumericExpr.Constant value -> Array.create rows value
        | NumericExpr.Negate inner -> evaluate column rows inner |> Array.map (~-)
        | NumericExpr.Binary(operator, left, NumericExpr.Constant right) ->
            let f = operate operator
            evaluate column rows left |> Array.map (fun x -> f x right)
        | NumericExpr.Binary(operator, NumericExpr.Constant left, right) ->
            evaluate column rows right |> Array.map (operate operator left)
        | NumericExpr.Binary(operator, left, right) ->
            Array.map2 (operate operator) (evaluate column rows left) (evaluate column rows right)
        | NumericExpr.Apply(f, inner) -> evaluate column rows inner |> Array.map (NumericFunction.evaluate f)
        | NumericExpr.Standardize(center, divisor, inner) ->
            evaluate column rows inner |> Array.map (fun x -> (x - center) / divisor)
