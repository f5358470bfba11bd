namespace LmmFunctional.Data

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>What a model needs of each column when rows are summed.</summary>
type internal SumRoles = {
    /// Columns that the model takes as they are, at most one of them in a term: means and products of these are enough.
    Summed: string list
    /// All other columns: only rows that agree in them are summed.
    Keys: string list
    /// The column of prior weights.
    Weights: string option
}

/// <summary>Which columns of a model can be summed.</summary>
/// <remarks>With independent residuals the likelihood depends on the data through the products of the columns of X, Z and
/// y. Within rows that agree in all keys, each of these columns is a multiple of one summed column, or constant.</remarks>
[<RequireQualifiedAccess>]
module internal SumRoles =

    // What these make of a value depends on all values of the column; how often each occurs tells it.
    let private ofColumn = set [ "poly"; "ns"; "bs"; "scale"; "center" ]

    let rec private isOfColumn expr =
        match expr with
        | Expr.Call(name, arguments) -> ofColumn.Contains name || arguments |> List.exists (snd >> isOfColumn)
        | Expr.Negate inner -> isOfColumn inner
        | Expr.Binary(_, left, right) -> isOfColumn left || isOfColumn right
        | _ -> false

    let rec private isConstant expr =
        match expr with
        | Expr.Number _ -> true
        | Expr.Negate inner -> isConstant inner
        | Expr.Binary(_, left, right) -> isConstant left && isConstant right
        | _ -> false

    /// The column of which an expression is a linear function: x, x/10, I(x - 5), scale(x).
    let rec private tryLinear isWeighted expr =
        match expr with
        | Expr.Column name -> Some name
        | Expr.Negate inner
        | Expr.Call("I", [ None, inner ]) -> tryLinear isWeighted inner
        // Means and standard deviations are of rows, and those of weighted cells are not.
        | Expr.Call(("center" | "scale"), (None, inner) :: _) when not isWeighted -> tryLinear isWeighted inner
        | Expr.Binary((Operator.Add | Operator.Subtract | Operator.Multiply), inner, constant)
        | Expr.Binary((Operator.Add | Operator.Subtract | Operator.Multiply), constant, inner)
        | Expr.Binary(Operator.Divide, inner, constant) when isConstant constant -> tryLinear isWeighted inner
        | _ -> None

    let private isNumeric (frame: Frame) name =
        match frame.TryColumn name with
        | Some(Column.Numeric _)
        | Some(Column.Labelled _) -> true
        | _ -> false

    // Of the linear factors of a term all but the first are of keys: their product with it is then a multiple of it. A
    // column that is in two of them is a key, for its square is none.
    let private furtherOfTerm isWeighted isCandidate (term: Term) =
        let names =
            term.Factors |> List.choose (tryLinear isWeighted) |> List.filter isCandidate

        let twice =
            names
            |> List.countBy id
            |> List.filter (fun (_, count) -> count > 1)
            |> List.map fst

        match twice, List.distinct names with
        | [], [] -> []
        | [], _ :: further -> further
        | _, all -> all

    let private expressions (spec: LmmSpec) =
        let terms =
            spec.Fixed.Items
            @ (spec.Random |> List.collect (fun term -> term.Effects.Items))

        spec.Response :: (terms |> List.collect _.Factors)
        @ spec.Fixed.Offsets
        @ (spec.Random |> List.collect (fun term -> term.Effects.Offsets))

    /// <summary>The problems of a model with rows that were left out: functions of a whole column learn from them too, and sums
    /// do not hold them.</summary>
    let withRowsLeftOut (rows: int64) (spec: LmmSpec) : LmmError list = [
        if rows > 0L then
            let left = if rows = 1L then "1 row is" else $"{rows} rows are"

            for expr in expressions spec |> List.filter isOfColumn |> List.distinct do
                LmmError.SumsNeedRows $"'{ExprText.deparse expr}' where {left} left out (it learns from them too)"
    ]

    /// <summary>The roles of the columns of a model.</summary>
    /// <param name="frame">Some rows of the data: they tell numbers from text.</param>
    /// <param name="spec">The model.</param>
    /// <returns>The roles, or what of the model needs the rows themselves.</returns>
    let ofSpec (frame: Frame) (spec: LmmSpec) : Result<SumRoles, LmmError list> =
        let spec = Columns.expandDots frame spec

        let terms =
            spec.Fixed.Items
            @ (spec.Random |> List.collect (fun term -> term.Effects.Items))

        let exprs = expressions spec

        let groups =
            spec.Random
            |> List.collect (fun term -> term.Group.Factors @ Option.toList term.PerLevelOf)

        let problems = [
            if spec.Residual <> ResidualTerm.Independent then
                LmmError.SumsNeedRows "a residual structure"

            for term in spec.Random do
                match term.Relationship with
                | Some name -> LmmError.SumsNeedRows $"the known matrix '{name}'"
                | None -> ()
        ]

        let isWeighted = spec.Weights.IsSome
        let linear, others = exprs |> List.partition (tryLinear isWeighted >> Option.isSome)

        // Such effects are indicators of the values of a column, also where it is a number.
        let positions =
            spec.Random
            |> List.filter (fun term -> EffectAxes.runsAlong term.Structure)
            |> List.collect (fun term -> term.Effects.Items |> List.collect _.Factors)

        let others =
            others @ groups @ positions |> List.collect Expr.columns |> List.distinct

        let weights = Option.toList spec.Weights

        let candidates =
            linear
            |> List.choose (tryLinear isWeighted)
            |> List.distinct
            |> List.except (others @ weights)
            |> List.filter (isNumeric frame)

        // The response stands in no term.
        let further =
            ([], terms)
            ||> List.fold (fun known term ->
                known
                @ furtherOfTerm
                    isWeighted
                    (fun name -> List.contains name candidates && not (List.contains name known))
                    term)

        let summed = candidates |> List.except further

        match problems with
        | [] ->
            Ok {
                Summed = summed
                Keys = Columns.used frame spec |> List.except summed
                Weights = spec.Weights
            }
        | _ -> Error(Problems.limit problems)
