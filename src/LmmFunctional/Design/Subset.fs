namespace LmmFunctional.Estimation

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Data
open LmmFunctional.Language

/// <summary>The rows of a data set that satisfy a condition.</summary>
[<RequireQualifiedAccess>]
module Subset =

    // A value that is missing makes a condition neither true nor false, as in R.
    let private truth value =
        if value then ValueSome true else ValueSome false

    let private test comparison order =
        match comparison with
        | Comparison.Equal -> order = 0
        | Comparison.NotEqual -> order <> 0
        | Comparison.Less -> order < 0
        | Comparison.LessOrEqual -> order <= 0
        | Comparison.Greater -> order > 0
        | Comparison.GreaterOrEqual -> order >= 0

    let private numbers (selection: Selection) comparison left right =
        let resolve expr =
            NumericTyping.resolve "the condition" selection expr
            |> Result.map selection.Evaluate

        Problems.both (resolve left) (resolve right)
        |> Result.map (fun (left, right) row ->
            if Double.IsNaN left[row] || Double.IsNaN right[row] then
                ValueNone
            else
                truth (test comparison (compare left[row] right[row])))

    let private noSuchLevel name (levels: string[]) level =
        Error [
            LmmError.NoSuchLevel(name, level, Nearest.suggest levels level, List.ofArray levels)
        ]

    // The levels of a column compared with a text: equal or not.
    let private texts name column isEqual text =
        let levels, codes = Levels.ofColumn column

        match Array.IndexOf(levels, text) with
        | -1 -> noSuchLevel name levels text
        | code ->
            Ok(fun row ->
                if codes[row] < 0 then
                    ValueNone
                else
                    truth ((codes[row] = code) = isEqual))

    let private mirrored comparison =
        match comparison with
        | Comparison.Less -> Comparison.Greater
        | Comparison.LessOrEqual -> Comparison.GreaterOrEqual
        | Comparison.Greater -> Comparison.Less
        | Comparison.GreaterOrEqual -> Comparison.LessOrEqual
        | same -> same

    let rec private compared (selection: Selection) comparison left right =
        let column expr =
            match expr with
            | Expr.Column name -> selection.Frame.TryColumn name |> Option.map (fun column -> name, column)
            | _ -> None

        let isEqual = comparison = Comparison.Equal
        let isOrder = not isEqual && comparison <> Comparison.NotEqual

        match column left, left, right with
        | None, Expr.Column name, _ when name <> "pi" ->
            NumericTyping.column name selection.Frame |> Result.map (fun _ _ -> ValueNone)
        | _, Expr.Text _, Expr.Column _ -> compared selection (mirrored comparison) right left
        | Some _, _, Expr.Text text when isOrder ->
            let mutable days = 0.0

            if DateText.tryDays text &days then
                numbers selection comparison left (Expr.Number days)
            else
                Error [
                    LmmError.WrongArguments(
                        $"\"{text}\"",
                        "text is compared by == and != only, dates as \"2023-01-31\" by all signs."
                    )
                ]
        | Some(name, column), _, Expr.Text text -> texts name column isEqual text
        | Some(name, (Column.Categorical _ as column)), _, Expr.Number value when not isOrder ->
            texts name column isEqual (LevelName.ofNumber value)
        | _ -> numbers selection comparison left right

    let private isMissing (selection: Selection) expr =
        match expr with
        | Expr.Column name ->
            NumericTyping.column name selection.Frame
            |> Result.map (fun column row -> truth (column.IsMissing row))
        | _ ->
            NumericTyping.resolve "the condition" selection expr
            |> Result.map (fun inner ->
                let values = selection.Evaluate inner
                fun row -> truth (Double.IsNaN values[row]))

    let rec private evaluate (selection: Selection) condition : Result<int -> bool voption, LmmError list> =
        match condition with
        | Condition.Compare(comparison, left, right) -> compared selection comparison left right
        | Condition.IsMissing expr -> isMissing selection expr
        | Condition.Among(expr, values) ->
            values
            |> List.map (compared selection Comparison.Equal expr)
            |> Problems.all
            |> Result.map (fun tests row ->
                let found = tests |> List.map (fun test -> test row)

                if List.contains (ValueSome true) found then ValueSome true
                elif List.contains ValueNone found then ValueNone
                else ValueSome false)
        | Condition.Not inner ->
            evaluate selection inner
            |> Result.map (fun inner -> inner >> ValueOption.map not)
        | Condition.And(left, right) -> joined selection false left right
        | Condition.Or(left, right) -> joined selection true left right

    // One side that decides is enough, whatever the other.
    and private joined selection deciding left right =
        Problems.both (evaluate selection left) (evaluate selection right)
        |> Result.map (fun (left, right) row ->
            match left row, right row with
            | ValueSome a, _ when a = deciding -> ValueSome deciding
            | _, ValueSome b when b = deciding -> ValueSome deciding
            | ValueSome _, ValueSome _ -> ValueSome(not deciding)
            | _ -> ValueNone)

    /// <summary>The rows for which a condition is true.</summary>
    /// <param name="text">Comparisons by == != &lt; &lt;= &gt; &gt;= or %in% c("A", "B"), is.na(x), joined by &amp; | ! and
    /// brackets, as in R; text in quotes, dates as "2023-01-31".</param>
    /// <param name="frame">The data.</param>
    /// <returns>The smaller data set, or: what is wrong with the condition, a column or a level that is not there, no
    /// rows. Rows whose values are missing are left out.</returns>
    let rows (text: string) (frame: Frame) : Result<Frame, LmmError list> =
        Condition.parse text
        |> Result.bind (evaluate (Selection(frame, [| 0 .. frame.Rows - 1 |])))
        |> Result.bind (fun test ->
            match Seq.init frame.Rows id |> Seq.exists (fun row -> test row = ValueSome true) with
            | true -> Frame.filter (fun row -> test row = ValueSome true) frame
            | false -> Error [ LmmError.NoRows $"The subset '{text}'" ])
        |> Problems.told
