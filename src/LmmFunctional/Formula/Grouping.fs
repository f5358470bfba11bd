namespace LmmFunctional.Language

open LmmFunctional
open LmmFunctional.Model

/// <summary>The right side of a bar: grouping factors, their interactions and nests.</summary>
[<RequireQualifiedAccess>]
module internal Grouping =

    let private oneEach =
        "expected one grouping factor; write one random term for each: (1 | a) + (1 | b)"

    let private noColumn = "the grouping factor must be a column, as in (1 | g)"

    // ID-Nr. reads as a difference; as a name it needs back-ticks.
    let rec private dashedName node =
        match node with
        | Node.Variable(Expr.Column name, _) -> Some name
        | Node.Constant(value, _) -> Some(Lexeme.number value)
        | Node.Chain(first, rest) ->
            (dashedName first, rest)
            ||> List.fold (fun name (operator, _, next) ->
                match name, operator, dashedName next with
                | Some name, Join.Minus, Some next -> Some $"{name}-{next}"
                | _ -> None)
        | _ -> None

    /// <summary>One term for each level of a nest: a/b is a and a:b, a/b/c is a, a:b and a:b:c.</summary>
    let rec terms (problem: int -> string -> LmmError) (node: Node) : Result<Term list, LmmError list> =
        let only words at = Error [ problem at words ]

        let both left right combine =
            match left, terms problem right with
            | Ok left, Ok right -> Ok(combine left right)
            | Error a, Error b -> Error(a @ b)
            | Error a, Ok _ -> Error a
            | Ok _, Error b -> Error b

        let join left (operator, at, right) =
            match operator with
            | Join.Interact
            | Join.Within ->
                both left right (fun left right -> left, right)
                |> Result.bind (fun (left, right) ->
                    match left, right with
                    | [ a ], [ b ] -> Ok [ Term.interact a b ]
                    | _ -> only "a nest cannot be part of an interaction; write the random terms one by one" at)
            | Join.Nest ->
                both left right (fun left right ->
                    left @ [ for inner in right -> Term.interact (List.last left) inner ])
            | Join.Plus
            | Join.Minus
            | Join.Cross -> only oneEach at

        match node with
        | Node.Variable(Expr.Call("offset", _), at) -> only "an offset cannot be a grouping factor" at
        | Node.Variable(expr, _) -> Ok [ Term.ofExpr expr ]
        | Node.Chain(first, rest) ->
            match first, rest, dashedName node with
            | Node.Nothing, (_, at, _) :: _, _ -> only oneEach at
            | _, (_, at, _) :: _, Some name -> only $"a name with '-' in it needs back-ticks: (1 | `{name}`)" at
            | _ -> rest |> List.fold join (terms problem first)
        | Node.Nothing -> Ok []
        | Node.Constant(_, at)
        | Node.Dot at
        | Node.Power(_, _, at)
        | Node.Random(_, _, _, at) -> only noColumn at
