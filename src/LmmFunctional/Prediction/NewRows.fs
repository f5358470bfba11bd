namespace LmmFunctional.Analysis

open System
open System.Collections.Generic
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>The rows of new data as predictions: the same bases, codings and levels as in the fit.</summary>
[<RequireQualifiedAccess>]
module internal NewRows =

    let private named exprs = exprs |> List.collect Expr.columns

    let private variables (terms: Terms) =
        (terms.Items |> List.collect _.Factors) @ terms.Offsets

    /// The columns that predictions need.
    let private needed (options: PredictionOptions) (fit: Fit) =
        let design = fit.Design
        let frame = design.Schema.Frame
        let spec = Columns.expandDots frame design.Spec

        let random =
            List.zip spec.Random design.Schema.Random
            |> List.filter (fun (_, (_, grouping)) -> PredictionRow.isIncluded options.Effects grouping.Name)
            |> List.collect (fun (term, _) ->
                named (variables term.Effects @ term.Group.Factors @ Option.toList term.PerLevelOf))

        let ofObservations =
            match options.Interval with
            | PredictionInterval.Confidence -> []
            | PredictionInterval.Prediction ->
                Option.toList spec.Weights @ named (Columns.ofResidual spec.Residual)
                |> List.distinct

        named (variables spec.Fixed) @ random @ ofObservations
        |> List.distinct
        |> List.filter (fun name -> (frame.TryColumn name).IsSome)

    /// Numbers that a text does not have, where a number is needed.
    let private notNumbers (selection: Selection) (coded: CodedTerm list) (offsets: NumericExpr list) = [
        let check name (expr: NumericExpr) =
            let values = selection.Evaluate expr

            match values |> Array.tryFindIndex (Double.IsFinite >> not) with
            | Some row -> [ LmmError.NotFinite(name, row + 1) ]
            | None -> []

        for variable in
            coded
            |> List.collect _.Variables
            |> List.map _.Variable
            |> List.distinctBy _.Name do
            match variable.Kind with
            | VariableKind.Number expr
            | VariableKind.Basis(_, expr) -> yield! check variable.Name expr
            | VariableKind.Factor _ -> ()

        for offset in offsets do
            yield! check "offset" offset
    ]

    /// The text of a category in every row, as the levels are named.
    let private labels (selection: Selection) (categories: Categories) : string[] =
        match categories with
        | Categories.Texts(column, _) ->
            let names, codes = selection.Categories column
            codes |> Array.map (fun code -> if code < 0 then "" else names[code])
        | Categories.Values(expr, _) ->
            // A text that is no number, where the fit has numbers.
            let texts =
                match expr with
                | NumericExpr.Column name ->
                    match selection.Frame.TryColumn name with
                    | Some(Column.Labelled(_, labels)) -> Some labels
                    | _ -> None
                | _ -> None

            selection.Evaluate expr
            |> Array.mapi (fun row value ->
                match texts with
                | Some labels when Double.IsInfinity value -> labels[selection.Rows[row]]
                | _ -> LevelName.ofNumber value)

    /// Levels of factors among the fixed effects that the fit has not seen.
    let private newFactorLevels (selection: Selection) (coded: CodedTerm list) = [
        for variable in
            coded
            |> List.collect _.Variables
            |> List.map _.Variable
            |> List.distinctBy _.Name do
            match variable.Kind with
            | VariableKind.Factor factor ->
                let codes = Categories.codes factor.Categories selection
                let texts = labels selection factor.Categories

                let unseen =
                    Seq.zip codes texts
                    |> Seq.filter (fun (code, _) -> code < 0)
                    |> Seq.map snd
                    |> Seq.distinct
                    |> List.ofSeq

                if not unseen.IsEmpty then
                    LmmError.NewFactorLevels(variable.Name, unseen, Categories.names factor.Categories |> List.ofArray)
            | _ -> ()
    ]

    /// The kept columns of X, n×p by columns.
    let private fixedColumns (fit: Fit) (selection: Selection) =
        let design = fit.Design.Fixed
        let all = ModelMatrix.values selection fit.Design.Schema.Fixed
        let n = selection.Count
        let place = Dictionary<string, int>(StringComparer.Ordinal)

        design.AllNames
        |> Seq.iteri (fun index name -> place.TryAdd(name, index) |> ignore)

        design.Names
        |> Seq.map (fun name -> Array.sub all (place[name] * n) n)
        |> Array.ofSeq

    /// One random term of the model: its levels and columns in the new rows, for each term of the design it became.
    let private ofTerm (selection: Selection) (term: RandomTerm) (coded: CodedTerm list, grouping: GroupingFactor) =
        let levels =
            match grouping.Parts |> List.map (labels selection) with
            | [] -> Array.create selection.Count "1"
            | parts -> parts |> List.reduce (Array.map2 (fun a b -> $"{a}:{b}"))

        let names = coded |> List.map TermCoding.names |> Array.concat
        let columns = ModelMatrix.columns selection coded

        let perLevel =
            term.PerLevelOf
            |> Option.map (fun expr ->
                match VariableTyping.categories selection expr with
                | Ok(categories, codes) ->
                    let own = Categories.names categories
                    codes |> Array.map (fun code -> own[code])
                | Error _ -> Array.create selection.Count "")

        // The S columns of a term of the design, whose effects may be in another order and of one level of a factor only.
        let ofDesign (design: RandomDesign) =
            design.Names
            |> Seq.map (fun name ->
                match perLevel with
                | None ->
                    let at = Array.IndexOf(names, name)
                    columns[at]
                | Some own ->
                    let at =
                        names
                        |> Array.findIndex (fun effect -> name.EndsWith($": {effect}", StringComparison.Ordinal))

                    let level = name.Substring(0, name.Length - names[at].Length - 2)

                    Array.map2 (fun value label -> if label = level then value else 0.0) columns[at] own)
            |> Array.ofSeq

        levels, ofDesign

    /// <summary>The rows of new data.</summary>
    /// <param name="options">The effects included, and what is done with new levels.</param>
    /// <param name="fit">The fit.</param>
    /// <param name="frame">The new data.</param>
    /// <returns>A row for each row of the data, with the data in the types of the fit's; or every problem: columns that are not
    /// there or have missing values, levels of factors that the fit has not seen, and levels of random terms where they are
    /// refused.</returns>
    let create (options: PredictionOptions) (fit: Fit) (frame: Frame) : Result<PredictionRow[] * Frame, LmmError list> =
        let design = fit.Design

        NewFrame.create (needed options fit) design.Schema.Frame frame
        |> Result.bind (fun aligned ->
            let n = aligned.Rows
            let selection = Selection(aligned, [| 0 .. n - 1 |])
            let spec = Columns.expandDots design.Schema.Frame design.Spec

            let included =
                List.zip spec.Random design.Schema.Random
                |> List.filter (fun (_, (_, grouping)) -> PredictionRow.isIncluded options.Effects grouping.Name)

            let coded = design.Schema.Fixed @ List.collect (snd >> fst) included

            let problems =
                newFactorLevels selection coded
                @ notNumbers selection coded design.Schema.Offsets

            if not problems.IsEmpty then
                Error problems
            else
                let x = fixedColumns fit selection
                let offsets = design.Schema.Offsets |> List.map selection.Evaluate

                let weights =
                    match options.Interval, design.Spec.Weights with
                    | PredictionInterval.Prediction, Some name -> selection.Numbers name
                    | _ -> Array.create n 1.0

                // Terms of the design with their levels and columns.
                let terms = [
                    for t, term in List.indexed design.Random do
                        match included |> List.tryFind (fun (spec, _) -> spec = term.Term) with
                        | Some(spec, schema) ->
                            let levels, ofDesign = ofTerm selection spec schema
                            let place = Dictionary<string, int>(StringComparer.Ordinal)
                            term.Levels |> Seq.iteri (fun index level -> place[level] <- index)
                            t, term.Group, levels, place, ofDesign term
                        | None -> ()
                ]

                let unseen = [
                    for group, ofGroup in terms |> List.groupBy (fun (_, group, _, _, _) -> group) do
                        let _, _, levels, place, _ = ofGroup.Head

                        let fresh =
                            levels |> Seq.filter (place.ContainsKey >> not) |> Seq.distinct |> List.ofSeq

                        if not fresh.IsEmpty then
                            LmmError.NewGroupLevels(group, fresh)
                ]

                let badWeights =
                    match weights |> Array.tryFindIndex (fun weight -> not (weight > 0.0)) with
                    | Some row -> [
                        LmmError.NegativeWeight(Option.defaultValue "" design.Spec.Weights, row + 1, weights[row])
                      ]
                    | None -> []

                match (if options.NewLevels = NewLevels.Refuse then unseen else []) @ badWeights with
                | [] ->
                    let rowOf row =
                        let z (columns: float[][]) =
                            columns |> Array.map (fun column -> column[row])

                        let isKnown (_, _, levels: string[], place: Dictionary<string, int>, _) =
                            place.ContainsKey levels[row]

                        let known, fresh = List.partition isKnown terms

                        {
                            Row = row
                            Fixed = x |> Array.map (fun column -> column[row])
                            Offset = offsets |> List.sumBy (fun offset -> offset[row])
                            Known = [
                                for t, _, levels, place, columns in known do
                                    struct (t, place[levels[row]], z columns)
                            ]
                            New = [ for t, _, levels, _, columns in fresh -> struct (t, levels[row], z columns) ]
                            NewLevels = [ for _, group, levels, _, _ in fresh -> group, levels[row] ] |> List.distinct
                            Weight = weights[row]
                        }

                    Ok(Array.init n rowOf, aligned)
                | problems -> Error problems)
