namespace LmmFunctional

/// <summary>The algebra of formulas: what sums, products, nests and powers of terms mean.</summary>
/// <remarks>Source: R's <c>terms.formula</c>. As there, 0, 1 and -1 set the intercept of the whole sum wherever they
/// stand, and the last one wins.</remarks>
[<RequireQualifiedAccess>]
module internal Algebra =

    /// What a part of a formula amounts to; its terms are without the intercept.
    type Part = {
        Terms: Terms
        Intercept: bool option
        Random: RandomTerm list
        Problems: LmmError list
    }

    /// A product of sums may not grow beyond this; R's own limit is far lower in practice.
    [<Literal>]
    let MostTerms = 10000

    let private nothing = {
        Terms = Terms.empty
        Intercept = None
        Random = []
        Problems = []
    }

    let private ofTerms terms = { nothing with Terms = terms }

    let private hasDot part =
        part.Terms.Items
        |> List.exists (fun term -> List.contains Expr.Dot term.Factors)

    let private orElse first second =
        match second with
        | Some _ -> second
        | None -> first

    /// Both parts' intercept, random terms and problems, around new terms.
    let private combine terms a b = {
        Terms = terms
        Intercept = orElse a.Intercept b.Intercept
        Random = a.Random @ b.Random
        Problems = a.Problems @ b.Problems
    }

    let private complain problem part = {
        part with
            Problems = part.Problems @ [ problem ]
    }

    // One variable that stands for all of a sum's, as the left side of a nest does.
    let private allVariables part =
        match part.Terms.Items with
        | [] -> Terms.empty
        | items -> Terms.ofList [ List.reduce Term.interact items ]

    /// <summary>The meaning of a formula's right side.</summary>
    /// <param name="problem">Makes an error from a place and words.</param>
    /// <param name="node">The sum as written.</param>
    let rec evaluate (problem: int -> string -> LmmError) (node: Node) : Part =
        let complainAt at words part = complain (problem at words) part

        // Only plain sums may hold offsets and random terms.
        let plain at part =
            let offsets =
                if List.isEmpty part.Terms.Offsets then
                    part
                else
                    complainAt at "an offset can only be added with '+'" part

            if List.isEmpty part.Random then
                offsets
            else
                complainAt at "a random term can only be added with '+'" offsets

        let interact at a b =
            if a.Terms.Items.Length * b.Terms.Items.Length > MostTerms then
                combine Terms.empty a b
                |> complainAt at $"this product has more than {MostTerms} terms"
            else
                combine (Terms.interact a.Terms b.Terms) a b

        let join left (operator, at, node) =
            let right = evaluate problem node

            match operator with
            | Join.Plus -> combine (left.Terms + right.Terms) left right
            | Join.Minus ->
                let right = plain at right

                let removal = {
                    right with
                        Intercept = Option.map not right.Intercept
                }

                if hasDot right then
                    combine left.Terms left removal |> complainAt at "'.' cannot be removed"
                else
                    combine (Terms.subtract right.Terms left.Terms) left removal
            | Join.Interact -> interact at (plain at left) (plain at right)
            | Join.Cross ->
                let left, right = plain at left, plain at right
                let crossed = interact at left right

                {
                    crossed with
                        Terms = left.Terms + right.Terms + crossed.Terms
                }
            | Join.Nest ->
                let left, right = plain at left, plain at right

                if hasDot left then
                    combine left.Terms left right
                    |> complainAt at "nothing can be nested in '.'; name the columns"
                else
                    let inner = combine (Terms.interact (allVariables left) right.Terms) left right

                    {
                        inner with
                            Terms = left.Terms + inner.Terms
                    }
            | Join.Within ->
                let left, right = plain at left, plain at right

                if hasDot right then
                    combine left.Terms left right
                    |> complainAt at "nothing can be nested in '.'; name the columns"
                else
                    combine (Terms.interact left.Terms (allVariables right)) left right

        let raisedTo exponent at root =
            let rec grow times grown =
                let next = interact at grown root
                let sum = grown.Terms + next.Terms

                if not (List.isEmpty next.Problems) then next
                elif times <= 1.0 || sum = grown.Terms then grown
                else grow (times - 1.0) { grown with Terms = sum }

            if exponent < 1.0 || exponent <> floor exponent then
                root
                |> complainAt at "expected a whole number, 1 or more (write arithmetic inside I(...))"
            elif List.isEmpty root.Problems then
                grow exponent root
            else
                root

        match node with
        | Node.Nothing -> nothing
        | Node.Dot _ -> ofTerms (Terms.ofList [ Term.ofExpr Expr.Dot ])
        | Node.Constant(value, _) when value = 0.0 || value = 1.0 -> {
            nothing with
                Intercept = Some(value = 1.0)
          }
        | Node.Constant(_, at) ->
            nothing
            |> complainAt at "expected a term; a number can only be 0 or 1 (write arithmetic inside I(...))"
        | Node.Variable(Expr.Call("offset", arguments), at) ->
            match arguments with
            | [ None, known ] -> ofTerms (Terms.offset known)
            | _ -> nothing |> complainAt at "offset takes one expression: offset(x)"
        | Node.Variable(expr, _) -> ofTerms (Terms.ofList [ Term.ofExpr expr ])
        | Node.Chain(first, rest) -> additions problem first rest join
        | Node.Power(root, exponent, at) -> evaluate problem root |> plain at |> raisedTo exponent at
        | Node.Random(effects, independent, group, at) -> randomTerms problem effects independent group at

    // A run of additions is collected first: adding one term at a time would sort the whole sum once per term.
    and private additions problem first rest join =
        let isPlus (operator, _, _) = operator = Join.Plus
        let plus, others = rest |> List.takeWhile isPlus, rest |> List.skipWhile isPlus

        let parts =
            evaluate problem first :: [ for _, _, node in plus -> evaluate problem node ]

        let sum = {
            Terms = parts |> List.map _.Terms |> Terms.concat
            Intercept = (None, parts) ||> List.fold (fun found part -> orElse found part.Intercept)
            Random = parts |> List.collect _.Random
            Problems = parts |> List.collect _.Problems
        }

        others |> List.fold join sum

    and private randomTerms problem effects independent group at =
        let part = evaluate problem effects

        let effects =
            if defaultArg part.Intercept true then
                Terms.ofList [ Term.intercept ] + part.Terms
            else
                part.Terms

        let groups, groupProblems =
            match Grouping.terms problem group with
            | Ok groups -> groups, []
            | Error problems -> [], problems

        let structure =
            if independent then
                Structure.Diagonal
            else
                Structure.Unstructured

        let terms = [
            for group in groups ->
                {
                    Effects = effects
                    Group = group
                    Structure = structure
                }
        ]

        let problems = [
            for found in part.Problems do
                found

            for found in groupProblems do
                found

            if not (List.isEmpty part.Random) then
                problem at "a random term cannot hold another"

            if not (List.isEmpty part.Terms.Offsets) then
                problem at "a random term cannot hold an offset"

            if hasDot part then
                problem at "'.' cannot be used in a random term; name the columns"

            if List.isEmpty effects.Items && List.isEmpty part.Problems then
                for term in List.truncate 1 terms do
                    LmmError.EmptyRandomTerm(TermText.deparseRandom term)
        ]

        {
            nothing with
                Random = terms
                Problems = problems
        }
