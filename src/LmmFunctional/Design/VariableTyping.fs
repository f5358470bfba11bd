namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>Variables met with their data: numbers, bases and factors, with all that they learn from it.</summary>
[<RequireQualifiedAccess>]
module internal VariableTyping =

    let private wrong call reason =
        Error [ LmmError.WrongArguments(ExprText.deparse call, reason) ]

    /// The name that R gives a variable.
    let nameOf expr = TermText.deparse (Term.ofExpr expr)

    let private quoted expr = $"'{nameOf expr}'"

    // Arguments

    let private integer value =
        match value with
        | Expr.Number number when number = Math.Floor number && number >= 1.0 && number <= 1000.0 -> Some(int number)
        | _ -> None

    let private number value =
        match value with
        | Expr.Number number -> Some number
        | Expr.Negate(Expr.Number number) -> Some -number
        | _ -> None

    // Numbers written as one number or as c(a, b, ...).
    let private numbers value =
        match value with
        | Expr.Call("c", items) when items |> List.forall (snd >> number >> Option.isSome) ->
            Some(items |> List.choose (snd >> number))
        | _ -> number value |> Option.map List.singleton

    // The options behind the first argument; those without a name take the given names in turn.
    let private options names arguments =
        let unnamed = arguments |> List.filter (fst >> Option.isNone) |> List.length

        let given =
            ((names, []), arguments)
            ||> List.fold (fun (free, found) (name, value) ->
                match name, free with
                | Some name, _ -> List.except [ name ] free, (name, value) :: found
                | None, name :: free -> free, (name, value) :: found
                | None, [] -> free, found)
            |> snd

        let areKnown = given |> List.forall (fun (name, _) -> List.contains name names)
        let areDistinct = (given |> List.distinctBy fst).Length = given.Length

        if
            unnamed <= names.Length
            && areKnown
            && areDistinct
            && given.Length = arguments.Length
        then
            Some(Map.ofList given)
        else
            None

    let private option name fallback read (given: Map<string, Expr>) =
        match given.TryFind name with
        | None -> Some fallback
        | Some value -> read value

    let private truth value =
        match value with
        | Expr.Truth value -> Some value
        | _ -> None

    // Bases

    let private distinct (x: float[]) =
        x |> Seq.distinct |> Seq.truncate 1001 |> Seq.length

    let private polynomial call arguments (x: Repeated) =
        let given = options [ "degree"; "raw" ] arguments

        match
            given, given |> Option.bind (option "degree" 1 integer), given |> Option.bind (option "raw" false truth)
        with
        | Some _, Some degree, Some true -> Ok(Basis.Powers degree)
        | Some _, Some degree, Some false ->
            let values = distinct x.Values

            if degree < values then
                Ok(Basis.Orthogonal(OrthogonalPolynomial.fit degree x))
            else
                let least = Plural.count degree "different value"
                let are = Plural.verb values "is" "are"
                wrong call $"degree {degree} needs more than {least}, and there {are} {values}."
        | _ -> wrong call "write poly(x, 2) with a whole number, and raw = TRUE if wanted."

    let private spline call name isNatural arguments (x: Repeated) =
        let given = options [ "df"; "knots"; "degree"; "intercept" ] arguments

        let read name fallback reader =
            given |> Option.bind (option name fallback reader)

        let degree = if isNatural then Some 3 else read "degree" 3 integer
        let hasIntercept = read "intercept" false truth

        let isOption name =
            given |> Option.exists (Map.containsKey name)

        let lower, upper = Array.min x.Values, Array.max x.Values

        let make degree hasIntercept knots =
            Ok(
                Basis.Spline {
                    Degree = degree
                    Knots = knots
                    Lower = lower
                    Upper = upper
                    HasIntercept = hasIntercept
                    IsNatural = isNatural
                }
            )

        // Columns without any interior knot.
        let least degree hasIntercept =
            (if isNatural then 1 else degree) + (if hasIntercept then 1 else 0)

        match degree, hasIntercept, read "df" 0 integer, read "knots" [] numbers with
        | _ when isNatural && isOption "degree" || isOption "df" && isOption "knots" ->
            wrong call $"write {name}(x, 4), {name}(x, df = 4) or {name}(x, knots = c(...))."
        | Some _, Some _, Some _, Some _ when lower = upper ->
            wrong call "a spline needs at least two different values, and there is only one."
        | Some degree, Some hasIntercept, Some _, Some knots when isOption "knots" ->
            if knots |> List.forall (fun knot -> knot > lower && knot < upper) then
                make degree hasIntercept (knots |> List.sort |> ImmutableArray.CreateRange)
            else
                wrong call "knots must lie strictly between the smallest and the largest value."
        | Some degree, Some hasIntercept, Some df, Some _ ->
            let least = least degree hasIntercept
            let df = if isOption "df" then df else least

            if df < least then
                let freedom = Plural.verb least "degree of freedom is" "degrees of freedom are"
                wrong call $"at least {least} {freedom} needed."
            else
                make degree hasIntercept (Spline.knotsAt (df - least) x)
        | _ -> wrong call $"write {name}(x, 4), {name}(x, df = 4) or {name}(x, knots = c(...))."

    let private basis call name operand arguments selection =
        NumericTyping.resolve (quoted call) selection operand
        |> Result.bind (fun inner ->
            NumericTyping.learned (ExprText.deparse operand) selection inner
            |> Result.bind (fun x ->
                match name with
                | "poly" -> polynomial call arguments x
                | _ -> spline call name (name = "ns") arguments x)
            |> Result.map (fun basis -> VariableKind.Basis(basis, inner)))

    // Factors

    /// <summary>The categories of a factor or grouping variable, and every row's code.</summary>
    /// <remarks>Text gives its levels, numbers with labels their labels, everything else its different numbers.</remarks>
    let rec categories (selection: Selection) expr : Result<Categories * int[], LmmError list> =
        match expr with
        | Expr.Call("factor", [ None, inner ]) -> categories selection inner
        | Expr.Call("factor", _) -> wrong expr "'factor' takes one variable; write factor(x)."
        | Expr.Column name when
            (match selection.Frame.TryColumn name with
             | Some(Column.Categorical _)
             | Some(Column.Labelled _) -> true
             | _ -> false)
            ->
            Ok(Categories.ofColumn name selection)
        | _ ->
            NumericTyping.resolve (quoted expr) selection expr
            |> Result.bind (fun inner ->
                NumericTyping.finite (nameOf expr) selection inner
                |> Result.map (fun _ -> Categories.ofNumeric inner selection))

    let private factor selection expr inner contrast =
        categories selection inner
        |> Result.bind (fun (categories, _) ->
            if Categories.count categories > 1 then
                Ok(
                    VariableKind.Factor {
                        Categories = categories
                        Contrast = contrast
                    }
                )
            else
                Error [ LmmError.SingleLevel(nameOf expr) ])

    let private contrast value =
        match value with
        | Expr.Column name
        | Expr.Text name -> Contrast.tryOfName name
        | _ -> None

    let private kind (selection: Selection) expr =
        let categories =
            match expr with
            | Expr.Column name ->
                match selection.Frame.TryColumn name with
                | Some(Column.Categorical(levels, codes)) -> Some(name, levels, codes)
                | _ -> None
            | _ -> None

        match expr with
        | _ when categories.IsSome ->
            let name, levels, codes = categories.Value

            match NumericTyping.strays levels codes with
            | Some(cells, count) -> Error [ LmmError.StrayCells(name, None, cells, count) ]
            | None -> factor selection expr expr Contrast.Treatment
        | Expr.Call("factor", _) -> factor selection expr expr Contrast.Treatment
        | Expr.Call("C", [ None, inner ]) -> factor selection expr inner Contrast.Treatment
        | Expr.Call("C", [ None, inner; (None | Some "contr"), value ]) ->
            match contrast value with
            | Some contrast -> factor selection expr inner contrast
            | None -> wrong expr "the contrasts are treatment, sas, sum, helmert and poly."
        | Expr.Call("C", _) -> wrong expr "write C(x, sum), with treatment, sas, sum, helmert or poly."
        | Expr.Call(("poly" | "ns" | "bs") as name, (None, operand) :: arguments) ->
            basis expr name operand arguments selection
        | Expr.Call(("poly" | "ns" | "bs") as name, _) ->
            wrong expr $"write {name}(x, 3), with a column or expression x."
        | _ ->
            NumericTyping.resolve (quoted expr) selection expr
            |> Result.bind (fun inner ->
                NumericTyping.finite (nameOf expr) selection inner
                |> Result.map (fun _ -> VariableKind.Number inner))

    /// <summary>A variable of a term.</summary>
    /// <param name="selection">The rows in use.</param>
    /// <param name="expr">The variable as written.</param>
    /// <returns>The variable, or all that is wrong with it.</returns>
    let resolve (selection: Selection) expr : Result<Variable, LmmError list> =
        kind selection expr
        |> Result.map (fun kind -> {
            Expr = expr
            Name = nameOf expr
            Kind = kind
        })
