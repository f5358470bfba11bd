namespace LmmFunctional.Language

open LmmFunctional.Model

/// <summary>Expressions as text, word for word as R's <c>deparse</c> writes them.</summary>
/// <remarks>Parentheses appear only where precedence needs them; R also keeps those that were typed.</remarks>
[<RequireQualifiedAccess>]
module ExprText =

    // Levels of R's grammar, loosest first: sums, products, signs, powers, and what needs no parentheses at all.
    let private level expr =
        match expr with
        | Expr.Binary((Operator.Add | Operator.Subtract), _, _) -> 1
        | Expr.Binary((Operator.Multiply | Operator.Divide), _, _) -> 2
        | Expr.Negate _ -> 3
        | Expr.Binary(Operator.Power, _, _) -> 4
        | Expr.Column _
        | Expr.Number _
        | Expr.Truth _
        | Expr.Text _
        | Expr.Call _
        | Expr.Dot -> 5

    let private symbol operator =
        match operator with
        | Operator.Add -> " + "
        | Operator.Subtract -> " - "
        | Operator.Multiply -> " * "
        | Operator.Divide -> "/"
        | Operator.Power -> "^"

    /// <summary>An expression as R deparses it: <c>sin(2 * pi * Time)</c>, <c>I(Days^2)</c>, <c>`dose (mg)`/10</c>.</summary>
    /// <example><code>ExprText.deparse (Expr.Call("log", [ None, Expr.Column "dose" ])) // "log(dose)"</code></example>
    let rec deparse (expr: Expr) : string =
        let atLeast least inner =
            if level inner >= least then
                deparse inner
            else
                $"({deparse inner})"

        match expr with
        | Expr.Column name -> Lexeme.name name
        | Expr.Number value -> Lexeme.number value
        | Expr.Truth value -> if value then "TRUE" else "FALSE"
        | Expr.Text value -> Lexeme.text value
        | Expr.Dot -> "."
        | Expr.Negate inner -> "-" + atLeast 3 inner
        // Only the power groups to the right, and a sign may follow it bare: a^-b.
        | Expr.Binary(Operator.Power, left, right) -> $"{atLeast 5 left}^{atLeast 3 right}"
        | Expr.Binary(operator, left, right) ->
            atLeast (level expr) left + symbol operator + atLeast (level expr + 1) right
        | Expr.Call(name, arguments) ->
            let argument (name, value) =
                match name with
                | Some name -> $"{Lexeme.name name} = {deparse value}"
                | None -> deparse value

            let inside = arguments |> List.map argument |> String.concat ", "
            $"{Lexeme.name name}({inside})"
