namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>The way back from the scale of a model to that of a column: y from log(y).</summary>
[<NoComparison; NoEquality>]
type internal ResponseScale = {
    /// The column whose units are reached.
    Name: string
    /// The value and its derivative at a number on the model's scale.
    Inverse: float -> struct (float * float)
    /// For a logarithm the natural logarithm of its base: differences are those of ratios.
    LogBase: float option
}

/// <summary>Inverting responses.</summary>
[<RequireQualifiedAccess>]
module internal ResponseScale =

    let private compose outer (inner: float -> struct (float * float)) =
        fun (eta: float) ->
            let struct (value, slope) = outer eta
            let struct (final, next) = inner value
            struct (final, slope * next)

    // No number has a root below zero: intervals end there.
    let private root power =
        fun (eta: float) ->
            if eta <= 0.0 then
                struct (0.0, 0.0)
            else
                let value = System.Math.Pow(eta, power)
                struct (value, power * value / eta)

    let private exponential logBase =
        fun (eta: float) ->
            let value = exp (logBase * eta)
            struct (value, logBase * value)

    let private linear slope shift =
        fun (eta: float) -> struct (slope * eta + shift, slope)

    let private ofFunction f =
        match f with
        | NumericFunction.Log -> Some(exponential 1.0)
        | NumericFunction.Log2 -> Some(exponential (log 2.0))
        | NumericFunction.Log10 -> Some(exponential (log 10.0))
        | NumericFunction.Log1p ->
            Some(fun eta ->
                let struct (value, slope) = exponential 1.0 eta
                struct (value - 1.0, slope))
        | NumericFunction.Sqrt -> Some(root 2.0)
        | NumericFunction.Exp -> Some(fun eta -> struct (log eta, 1.0 / eta))
        | NumericFunction.Abs
        | NumericFunction.Sin
        | NumericFunction.Cos
        | NumericFunction.Tan -> None

    let rec private invert expr =
        let through outer inner =
            invert inner |> Option.map (fun (name, inverse) -> name, compose outer inverse)

        match expr with
        | NumericExpr.Column name -> Some(name, linear 1.0 0.0)
        | NumericExpr.Negate inner -> through (linear -1.0 0.0) inner
        | NumericExpr.Standardize(center, divisor, inner) -> through (linear divisor center) inner
        | NumericExpr.Apply(f, inner) -> ofFunction f |> Option.bind (fun outer -> through outer inner)
        | NumericExpr.Binary(operator, inner, NumericExpr.Constant c) ->
            match operator with
            | Operator.Add -> through (linear 1.0 -c) inner
            | Operator.Subtract -> through (linear 1.0 c) inner
            | Operator.Multiply when c <> 0.0 -> through (linear (1.0 / c) 0.0) inner
            | Operator.Divide when c <> 0.0 -> through (linear c 0.0) inner
            | Operator.Power when c > 0.0 -> through (root (1.0 / c)) inner
            | _ -> None
        | NumericExpr.Binary(operator, NumericExpr.Constant c, inner) ->
            match operator with
            | Operator.Add -> through (linear 1.0 -c) inner
            | Operator.Subtract -> through (linear -1.0 c) inner
            | Operator.Multiply when c <> 0.0 -> through (linear (1.0 / c) 0.0) inner
            | _ -> None
        | NumericExpr.Constant _
        | NumericExpr.Binary _ -> None

    /// <summary>The way back of a model's response.</summary>
    /// <returns>The way, or: there is none, because several columns or a function without inverse are in it.</returns>
    let ofDesign (design: Design) : Result<ResponseScale, LmmError list> =
        let logBase =
            match design.Schema.Response with
            | NumericExpr.Apply(NumericFunction.Log, NumericExpr.Column _) -> Some 1.0
            | NumericExpr.Apply(NumericFunction.Log2, NumericExpr.Column _) -> Some(log 2.0)
            | NumericExpr.Apply(NumericFunction.Log10, NumericExpr.Column _) -> Some(log 10.0)
            | _ -> None

        match invert design.Schema.Response with
        | Some(name, inverse) ->
            Ok {
                Name = name
                Inverse = inverse
                LogBase = logBase
            }
        | None -> Error [ LmmError.NoInverse(ExprText.deparse design.Spec.Response) ]

    let private transformed (inverse: float -> struct (float * float)) (own: Estimate) : Estimate =
        let struct (value, slope) = inverse own.Estimate
        let struct (a, _) = inverse own.Lower
        let struct (b, _) = inverse own.Upper

        {
            own with
                Estimate = value
                StandardError = abs slope * own.StandardError
                Lower = min a b
                Upper = max a b
        }

    /// An estimate on the scale of the column: its standard error by the delta method, its interval by its ends.
    let apply (scale: ResponseScale) (own: Estimate) : Estimate = transformed scale.Inverse own

    /// A difference of logarithms as a ratio.
    let ratio (logBase: float) (own: Estimate) : Estimate = transformed (exponential logBase) own
