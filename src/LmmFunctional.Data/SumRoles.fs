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

    // What these make of a value depends on all values of the column.
    let private ofAllRows = set [ "poly"; "ns"; "bs"; "scale"; "center" ]

    let rec private needsRows expr =
        match expr with
        | Expr.Call(name, arguments) -> ofAllRows.Contains name || arguments |> List.exists (snd >> needsRows)
        | Expr.Negate inner -> needsRows inner
        | Expr.Binary(_, left, right) -> needsRows left || needsRows right
        | _ -> false

    let private isNumeric (frame: Frame) name =
        match frame.TryColumn name with
        | Some(Column.Numeric _)
        | Some(Column.Labelled _) -> true
        | _ -> false

    // Of the bare columns of a term all but the first are keys: their product with it is then a multiple of it.
    let private furtherOfTerm isCandidate (term: Term) =
        term.Factors
        |> List.choose (function
            | Expr.Column name when isCandidate name -> Some name
            | _ -> None)
        |> List.distinct
        |> function
            | [] -> []
            | _ :: further -> further

    /// <summary>The roles of the columns of a model.</summary>
    /// <param name="frame">Some rows of the data: they tell numbers from text.</param>
    /// <param name="spec">The model.</param>
    /// <returns>The roles, or what of the model needs the rows themselves.</returns>
    let ofSpec (frame: Frame) (spec: LmmSpec) : Result<SumRoles, LmmError list> =
        let spec = Columns.expandDots frame spec

        let terms =
            spec.Fixed.Items
            @ (spec.Random |> List.collect (fun term -> term.Effects.Items))

        let exprs =
            spec.Response :: (terms |> List.collect _.Factors)
            @ spec.Fixed.Offsets
            @ (spec.Random |> List.collect (fun term -> term.Effects.Offsets))

        let groups =
            spec.Random
            |> List.collect (fun term -> term.Group.Factors @ Option.toList term.PerLevelOf)

        let problems = [
            if spec.Residual <> ResidualTerm.Independent then
                LmmError.SumsNeedRows "a residual structure"

            for expr in exprs |> List.filter needsRows |> List.distinct do
                LmmError.SumsNeedRows $"'{ExprText.deparse expr}'"

            for term in spec.Random do
                match term.Relationship with
                | Some name -> LmmError.SumsNeedRows $"the known matrix '{name}'"
                | None -> ()
        ]

        let bare, others =
            exprs
            |> List.partition (function
                | Expr.Column _ -> true
                | _ -> false)

        let others = others @ groups |> List.collect Expr.columns |> List.distinct
        let weights = Option.toList spec.Weights

        let candidates =
            bare
            |> List.collect Expr.columns
            |> List.distinct
            |> List.except (others @ weights)
            |> List.filter (isNumeric frame)

        // The response stands in no term.
        let further =
            ([], terms)
            ||> List.fold (fun known term ->
                known
                @ furtherOfTerm (fun name -> List.contains name candidates && not (List.contains name known)) term)

        let summed = candidates |> List.except further

        match problems with
        | [] ->
            Ok {
                Summed = summed
                Keys = Columns.used frame spec |> List.except summed
                Weights = spec.Weights
            }
        | _ -> Error(Problems.limit problems)
