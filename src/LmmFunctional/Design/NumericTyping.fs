namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Data
open LmmFunctional.Language

/// <summary>Numeric expressions met with their data.</summary>
[<RequireQualifiedAccess>]
module internal NumericTyping =

    let private wrong call reason =
        Error [ LmmError.WrongArguments(ExprText.deparse call, reason) ]

    // Functions that make several columns or a factor: they stand alone, never inside arithmetic.
    let private whole = [ "poly"; "ns"; "bs"; "factor"; "C"; "offset" ]

    let private functions = [
        yield! NumericFunction.all |> List.map fst
        "I"
        "scale"
        "center"
        yield! whole
    ]

    // Without back-ticks a name such as body-weight is read in pieces, of which this is one.
    let private ofPieces (frame: Frame) (name: string) =
        frame.Names
        |> Seq.tryFind (fun column ->
            not (Lexeme.isSyntactic column)
            && Seq.map (fun c -> if Lexeme.isNamePart c then c else ' ') column
               |> String.Concat
               |> fun pieces -> pieces.Split ' ' |> Array.contains name)

    /// The column of a name, or the problem that there is none.
    let column name (frame: Frame) =
        match frame.TryColumn name with
        | Some column -> Ok column
        | None ->
            let meant =
                ofPieces frame name
                |> Option.orElseWith (fun () -> Nearest.suggest frame.Names name)

            Error [ LmmError.UnknownColumn(name, meant, List.ofSeq frame.Names) ]

    // At least so many of the cells must be numbers for the others to be strays.
    let private leastShare = 0.9

    // Few strays among numbers that hardly repeat are mistakes too: levels of a factor repeat.
    let private mostStrays = 3

    // A column of numbers needs so many different ones; fewer are the levels of a factor.
    let private leastNumbers = 3

    let private mostShown = 5

    let private isNumber (level: string) =
        let mutable value = 0.0
        CellText.tryNumber level &value || DateText.tryDays level &value

    /// <summary>The cells of a text column that are no numbers or dates, where nearly all others are.</summary>
    /// <returns>The first ones with their rows, and how many there are; None where the column holds levels.</returns>
    let strays (levels: ImmutableArray<string>) (codes: ImmutableArray<int>) : ((string * int) list * int) option =
        let isNumber = levels |> Seq.map isNumber |> Array.ofSeq
        let numbers = isNumber |> Seq.filter id |> Seq.length

        if numbers < leastNumbers || numbers = levels.Length then
            None
        else
            let mutable counted, stray = 0, 0

            for code in codes do
                if code >= 0 then
                    if isNumber[code] then
                        counted <- counted + 1
                    else
                        stray <- stray + 1

            let isMistake =
                float counted >= leastShare * float (counted + stray)
                || stray <= mostStrays && 2 * stray < counted && 2 * numbers > counted

            if stray > 0 && isMistake then
                let first =
                    codes
                    |> Seq.indexed
                    |> Seq.filter (fun (_, code) -> code >= 0 && not isNumber[code])
                    |> Seq.truncate mostShown
                    |> Seq.map (fun (row, code) -> levels[code], row + 1)
                    |> List.ofSeq

                Some(first, stray)
            else
                None

    /// <summary>The problem that a column is text where numbers are needed.</summary>
    /// <param name="neededBy">What needs numbers.</param>
    /// <param name="name">The column's name.</param>
    /// <param name="levels">Its levels.</param>
    /// <param name="codes">The index of every row's level; −1 where missing.</param>
    let notNumeric neededBy name (levels: ImmutableArray<string>) (codes: ImmutableArray<int>) =
        match strays levels codes with
        | Some(cells, count) -> LmmError.StrayCells(name, Some neededBy, cells, count)
        | None ->
            let isNumber =
                levels
                |> Seq.map (fun level ->
                    let mutable value = 0.0
                    CellText.tryNumber level &value)
                |> Array.ofSeq

            let found =
                codes
                |> Seq.tryFindIndex (fun code -> code >= 0 && not isNumber[code])
                |> Option.map (fun row -> levels[codes[row]], row + 1)

            LmmError.NotNumeric(name, neededBy, found)

    // Sums of squares of smaller numbers are finite.
    let private largest = 1e150

    /// What is wrong with a number: not finite, or so large that its square is not.
    let problemOf name value row =
        if not (Double.IsFinite value) then
            Some(LmmError.NotFinite(name, row))
        elif abs value > largest then
            Some(LmmError.HugeValue(name, row))
        else
            None

    /// <summary>The values of an expression, or the first row in which they are not finite or too large to be squared.</summary>
    /// <param name="name">What the message calls the expression.</param>
    /// <param name="selection">The rows.</param>
    /// <param name="expr">The expression.</param>
    let finite name (selection: Selection) expr : Result<float[], LmmError list> =
        let values = selection.Evaluate expr

        let mutable index = 0

        while index < values.Length && abs values[index] <= largest do
            index <- index + 1

        if index = values.Length then
            Ok values
        else
            let row = selection.Rows[index] + 1

            match expr, problemOf name values[index] row with
            | NumericExpr.Column column, Some(LmmError.NotFinite _) -> Error [ LmmError.InfiniteValue(column, row) ]
            | _, problem -> Error(Option.toList problem)

    /// <summary>The values that a basis learns from: as in R those of all rows of the data that have them, also rows
    /// that are left out because another column is missing there.</summary>
    /// <returns>The values with how many rows each stands for, or the first row in use in which they are not finite.</returns>
    let learned name (selection: Selection) expr : Result<Repeated, LmmError list> =
        finite name selection expr
        |> Result.map (fun values ->
            if selection.Whole.Count = selection.Count then
                {
                    Values = values
                    Counts = selection.Multiplicities
                }
            else
                Repeated.once (selection.Whole.Evaluate expr |> Array.filter Double.IsFinite))

    // R's scale(x, center, scale).
    let private standardise selection call toMean toSd inner =
        learned (ExprText.deparse call) selection inner
        |> Result.bind (fun x ->
            let center = if toMean then Repeated.mean x else 0.0
            // Without centring R divides by the root mean square.
            let squares = x |> Repeated.sumBy (fun v -> (v - center) * (v - center))

            let divisor =
                if toSd then
                    sqrt (squares / (Repeated.count x - 1.0))
                else
                    1.0

            if divisor > 0.0 then
                Ok(NumericExpr.Standardize(center, divisor, inner))
            else
                wrong call "the values are all the same, so there is nothing to scale by; leave it out.")

    let private truth arguments name position =
        arguments
        |> List.tryPick (fun (given, value) -> if given = Some name then Some value else None)
        |> Option.orElseWith (fun () ->
            arguments
            |> List.filter (fst >> Option.isNone)
            |> List.tryItem position
            |> Option.map snd)
        |> function
            | None -> Some true
            | Some(Expr.Truth value) -> Some value
            | Some _ -> None

    let private areNamed names arguments =
        arguments
        |> List.forall (fun (name, _) -> name |> Option.forall (fun name -> List.contains name names))

    /// <summary>An expression as a number for every row.</summary>
    /// <param name="neededBy">What needs numbers, for the message about a column of text.</param>
    /// <param name="selection">The rows from which <c>scale</c> and <c>center</c> learn.</param>
    /// <param name="expr">The expression.</param>
    let rec resolve neededBy (selection: Selection) (expr: Expr) : Result<NumericExpr, LmmError list> =
        let inner = resolve neededBy selection

        match expr with
        | Expr.Number value -> Ok(NumericExpr.Constant value)
        | Expr.Truth value -> Ok(NumericExpr.Constant(if value then 1.0 else 0.0))
        | Expr.Text _ -> wrong expr "text in quotes is not a number; write a column's name without quotes."
        | Expr.Dot -> wrong expr "'.' stands for columns only as a term of its own."
        | Expr.Column "pi" when selection.Frame.TryColumn("pi").IsNone -> Ok(NumericExpr.Constant Math.PI)
        | Expr.Column name ->
            column name selection.Frame
            |> Result.bind (fun column ->
                match column with
                | Column.Numeric _
                | Column.Labelled _ -> Ok(NumericExpr.Column name)
                | Column.Categorical(levels, codes) -> Error [ notNumeric neededBy name levels codes ])
        | Expr.Negate operand -> inner operand |> Result.map NumericExpr.Negate
        | Expr.Binary(operator, left, right) ->
            Problems.both (inner left) (inner right)
            |> Result.map (fun (left, right) -> NumericExpr.Binary(operator, left, right))
        | Expr.Call(name, arguments) -> call neededBy selection expr name arguments

    and private call neededBy selection expr name arguments =
        match name, NumericFunction.tryOfName name, arguments with
        | "I", _, [ None, operand ] -> resolve neededBy selection operand
        | "log", _, [ None, operand; (None | Some "base"), logBase ] ->
            Problems.both (resolve neededBy selection operand) (resolve neededBy selection logBase)
            |> Result.map (fun (operand, logBase) ->
                let log x =
                    NumericExpr.Apply(NumericFunction.Log, x)

                NumericExpr.Binary(Operator.Divide, log operand, log logBase))
        | _, Some f, [ (None | Some "x"), operand ] ->
            resolve neededBy selection operand
            |> Result.map (fun operand -> NumericExpr.Apply(f, operand))
        | "center", _, [ None, operand ] ->
            resolve neededBy selection operand
            |> Result.bind (standardise selection expr true false)
        | "scale", _, (None, operand) :: options when options.Length <= 2 && areNamed [ "center"; "scale" ] options ->
            match truth options "center" 0, truth options "scale" 1 with
            | Some toMean, Some toSd ->
                resolve neededBy selection operand
                |> Result.bind (standardise selection expr toMean toSd)
            | _ -> wrong expr "'center' and 'scale' must be TRUE or FALSE."
        | "scale", _, _ -> wrong expr "write scale(x), with center = FALSE or scale = FALSE if wanted."
        | ("I" | "center"), _, _
        | _, Some _, _ -> wrong expr $"'{name}' takes one number; write {name}(x)."
        | "offset", _, _ -> wrong expr "an offset must be a term of its own among the fixed effects."
        | _ when List.contains name whole -> wrong expr $"'{name}' must stand alone, not inside other functions."
        | _ -> Error [ LmmError.UnknownFunction(name, Nearest.suggest functions name) ]
