namespace LmmFunctional

/// <summary>What a formula's right side means.</summary>
[<RequireQualifiedAccess>]
module internal Algebra =

    let private implied part =
        if defaultArg part.Intercept true then
            Terms.ofList [ Term.intercept ] + part.Terms
        else
            part.Terms

    /// What varies over the levels, and the problems in it.
    let private effectsOf (refuse: string -> LmmError) part =
        let problems = [
            for found in part.Problems do
                found

            if not (List.isEmpty part.Random) then
                refuse "a random term cannot hold another"

            if not (List.isEmpty part.Terms.Offsets) then
                refuse "a random term cannot hold an offset"

            if Part.hasDot part then
                refuse "'.' cannot be used in a random term; name the columns"
        ]

        implied part, problems

    let private randomTerms (refuse: string -> LmmError) part independent groups =
        let effects, problems = effectsOf refuse part

        let term group = {
            Effects = effects
            Group = group
            Structure =
                if independent then
                    Structure.Diagonal
                else
                    Structure.Unstructured
            Relationship = None
            PerLevelOf = None
        }

        match groups with
        | Error groupProblems -> {
            Part.nothing with
                Problems = problems @ groupProblems
          }
        | Ok groups ->
            let terms = groups |> List.map term

            let empty =
                if List.isEmpty effects.Items && List.isEmpty problems then
                    terms
                    |> List.truncate 1
                    |> List.map (TermText.deparseRandom >> LmmError.EmptyRandomTerm)
                else
                    []

            {
                Part.nothing with
                    Random = terms
                    Problems = problems @ empty
            }

    let rec private startOf node =
        match node with
        | Node.Variable(_, at)
        | Node.Constant(_, at)
        | Node.Dot at
        | Node.Random(_, _, _, at) -> at
        | Node.Nothing -> 0
        | Node.Power(root, _, _) -> startOf root
        | Node.Chain(Node.Nothing, (_, at, _) :: _) -> at
        | Node.Chain(first, _) -> startOf first

    /// <summary>The part that a node amounts to.</summary>
    /// <param name="problem">Makes an error from a place and words.</param>
    /// <param name="node">The sum as written.</param>
    let rec private evaluate (problem: int -> string -> LmmError) (node: Node) : Part =
        match node with
        | Node.Nothing -> Part.nothing
        | Node.Dot _ -> Part.ofTerms (Terms.ofList [ Term.ofExpr Expr.Dot ])
        | Node.Constant(value, _) when value = 0.0 || value = 1.0 -> {
            Part.nothing with
                Intercept = Some(value = 1.0)
          }
        | Node.Constant(_, at) ->
            Part.nothing
            |> Part.complain (
                problem at "expected a term; a number can only be 0 or 1 (write arithmetic inside I(...))"
            )
        | Node.Variable(Expr.Call("offset", [ None, known ]), _) -> Part.ofTerms (Terms.offset known)
        | Node.Variable(Expr.Call("offset", _), at) ->
            Part.nothing
            |> Part.complain (problem at "offset takes one expression: offset(x)")
        | Node.Variable(expr, _) -> Part.ofTerms (Terms.ofList [ Term.ofExpr expr ])
        | Node.Power(root, exponent, at) ->
            evaluate problem root
            |> Part.plain (problem (startOf root))
            |> Part.power (problem at) exponent
        | Node.Random(effects, independent, group, at) ->
            randomTerms (problem at) (evaluate problem effects) independent (Grouping.terms problem group)
        | Node.Chain(first, rest) -> chain problem (problem (startOf first)) (evaluate problem first) rest

    and private chain (problem: int -> string -> LmmError) (atStart: string -> LmmError) left rest : Part =
        match rest |> List.takeWhile (fun (join, _, _) -> join = Join.Plus) with
        | [] ->
            match rest with
            | [] -> left
            | next :: rest -> chain problem atStart (joined problem atStart left next) rest
        | plus ->
            let parts = [ for _, _, node in plus -> evaluate problem node ]
            chain problem atStart (Part.add (left :: parts)) (rest |> List.skip plus.Length)

    and private joined (problem: int -> string -> LmmError) (atStart: string -> LmmError) left (join, at, node) : Part =
        let right =
            match join, node with
            | (Join.Cross | Join.Nest | Join.Interact | Join.Within), Node.Constant _ when not (Part.isPlain left) ->
                // What stands on the left cannot be multiplied at all, so the number is no second mistake.
                Part.nothing
            | _ -> evaluate problem node

        let plainLeft () = Part.plain atStart left
        let plainRight () = Part.plain (problem at) right

        match join with
        | Join.Plus -> Part.add [ left; right ]
        | Join.Minus -> Part.remove (problem at) left (plainRight ())
        | Join.Interact -> Part.interact (problem at) (plainLeft ()) (plainRight ())
        | Join.Cross -> Part.cross (problem at) (plainLeft ()) (plainRight ())
        | Join.Nest -> Part.nest atStart (plainLeft ()) (plainRight ())
        | Join.Within -> Part.inside (problem at) (plainLeft ()) (plainRight ())

    /// <summary>The fixed effects and random terms of a formula, or every problem in it.</summary>
    /// <param name="problem">Makes an error from a place and words.</param>
    /// <param name="sum">The right side as written.</param>
    let meaning (problem: int -> string -> LmmError) (sum: Node) : Result<Terms * RandomTerm list, LmmError list> =
        let part = evaluate problem sum

        match part.Problems with
        | [] -> Ok(implied part, part.Random)
        | problems -> Error problems
