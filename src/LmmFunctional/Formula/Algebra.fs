namespace LmmFunctional.Language

open LmmFunctional
open LmmFunctional.Model

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

    // In a product each part runs along one variable: the effects are the cells of their crossing.
    let private productOf problem parts =
        let variable (structure, part, at) =
            let effects, problems = effectsOf (problem at) part

            match effects.Items, problems with
            | [ { Factors = [ variable ] } ], [] -> structure, [ variable ], []
            | _, [] ->
                structure,
                [],
                [
                    problem at "each part of 'kron' runs along one variable, without intercept: us(0 + trait)"
                ]
            | _ -> structure, [], problems

        let read = parts |> List.map variable
        let variables = read |> List.collect (fun (_, variables, _) -> variables)
        let problems = read |> List.collect (fun (_, _, problems) -> problems)

        let repeated =
            if (List.distinct variables).Length < variables.Length then
                parts
                |> List.truncate 1
                |> List.map (fun (_, _, at) -> problem at "the parts of 'kron' run along different variables")
            else
                []

        let structure =
            read
            |> List.map (fun (structure, _, _) -> structure)
            |> List.reduce (fun first second -> Structure.Kronecker(first, second))

        structure, Terms.ofList [ { Factors = variables } ], problems @ repeated

    let private covariance (problem: int -> string -> LmmError) (parts: CovariancePart<Part> list) =
        let known =
            parts
            |> List.choose (fun part ->
                match part with
                | CovariancePart.Known(name, at) -> Some(name, at)
                | CovariancePart.Effects _ -> None)

        let effects =
            parts
            |> List.choose (fun part ->
                match part with
                | CovariancePart.Effects(structure, part, at) -> Some(structure, part, at)
                | CovariancePart.Known _ -> None)

        let structure, terms, problems =
            match effects with
            | [] -> Structure.Unstructured, Terms.ofList [ Term.intercept ], []
            | [ structure, part, at ] ->
                let terms, problems = effectsOf (problem at) part
                structure, terms, problems
            | several -> productOf problem several

        let second =
            known
            |> List.truncate 2
            |> List.skip (min 1 known.Length)
            |> List.map (fun (_, at) -> problem at "a random term has at most one known matrix")

        (structure, known |> List.tryHead |> Option.map fst), terms, problems @ second

    let private randomTerms problem parts groups perLevelOf =
        let (structure, relationship), effects, problems = covariance problem parts

        let term group = {
            Effects = effects
            Group = group
            Structure = structure
            Relationship = relationship
            PerLevelOf = perLevelOf
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
        | Node.Random(parts, group, perLevelOf, _) ->
            let evaluated =
                parts
                |> List.map (fun part ->
                    match part with
                    | CovariancePart.Known(name, at) -> CovariancePart.Known(name, at)
                    | CovariancePart.Effects(structure, effects, at) ->
                        CovariancePart.Effects(structure, evaluate problem effects, at))

            randomTerms problem evaluated (Grouping.terms problem group) perLevelOf
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
