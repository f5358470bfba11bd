namespace LmmFunctional.Language

open FParsec
open Readers
open ExprParser
open LmmFunctional
open LmmFunctional.Model

/// <summary>Reading a formula as it was written.</summary>
/// <remarks>R's precedence: <c>^</c> binds tightest, then <c>:</c>, <c>%in%</c>, <c>*</c> and <c>/</c>, <c>+</c> and
/// <c>-</c>, and <c>|</c> last.</remarks>
[<RequireQualifiedAccess>]
module internal SyntaxParser =

    let private joined operand operator : Reader<Node> =
        chain (position .>>. operand) operator
        |>> fun ((_, first), rest) ->
            match rest with
            | [] -> first
            | _ -> Node.Chain(first, [ for join, (at, node) in rest -> join, at, node ])

    let private sum, private sumRef = createParserForwardedToRef<Node, int>()

    // (a + b), or a random term when a bar follows the effects.
    let private brackets: Reader<Node> =
        let bar =
            mark '|' >>. opt (lexeme (skipChar '|') <?> "")
            |>> fun second ->
                if second.IsSome then
                    Structure.Diagonal
                else
                    Structure.Unstructured

        let inside at =
            sum .>>. opt (bar .>>. sum .>>. StructureParser.perLevelOf)
            |>> fun (effects, bar) ->
                match bar with
                | Some((structure, group), perLevelOf) ->
                    Node.Random([ CovariancePart.Effects(structure, effects, at) ], group, perLevelOf, at)
                | None -> effects

        position .>> mark '(' >>= fun at -> nested (inside at) .>> mark ')'

    let private term: Reader<Node> =
        let placed = fun node -> position .>>. node

        choice [
            brackets
            StructureParser.random sum
            placed number |>> fun (at, value) -> Node.Constant(value, at)
            placed (lexeme (atDot >>. skipChar '.')) |>> fun (at, ()) -> Node.Dot at
            placed columnOrCall |>> fun (at, expr) -> Node.Variable(expr, at)
        ]
        <?> "a term"

    let private power: Reader<Node> =
        let exponent =
            position .>>. (number <?> "a whole number (write arithmetic inside I(...))")

        term .>>. many (sign '^' () >>. exponent)
        |>> fun (root, exponents) ->
            exponents
            |> List.fold (fun node (at, exponent) -> Node.Power(node, exponent, at)) root

    let private interaction = joined power (sign ':' Join.Interact)

    let private within =
        joined interaction (lexeme (stringReturn "%in%" Join.Within) <?> "an operator")

    let private product = joined within (sign '*' Join.Cross <|> sign '/' Join.Nest)

    // A sign may stand first, or behind another: - x, x + -1.
    sumRef.Value <-
        let turn first second =
            if first = second then Join.Plus else Join.Minus

        let one = sign '+' Join.Plus <|> sign '-' Join.Minus
        let more = many (one <?> "") |>> List.fold turn Join.Plus
        let operator = one .>>. more |>> fun (first, rest) -> turn first rest
        let leading = opt (one <?> "")

        leading
        .>>. more
        .>>. (position .>>. product)
        .>>. many (operator .>>. (position .>>. product))
        |>> fun (((leading, more), (at, first)), rest) ->
            let rest = [ for join, (at, node) in rest -> join, at, node ]

            match leading, rest with
            | None, [] -> first
            | None, _ -> Node.Chain(first, rest)
            | Some sign, _ -> Node.Chain(Node.Nothing, (turn sign more, at, first) :: rest)

    // Clauses behind a semicolon; a new one is one more line in this list.

    let private clauseKinds: Reader<Clause> list = [
        position .>> keyword "weights" .>> mark '=' .>>. name
        |>> fun (at, column) -> Clause.Weights(column, at)
        keyword "residual" >>. mark '=' >>. StructureParser.residual |>> Clause.Residual
    ]

    let private clause = mark ';' >>. choice clauseKinds

    // Whole texts

    let private ending =
        refuseNext '~' "a formula has only one '~'"
        >>. refuseNext '|' "a random term needs parentheses around it: (1 | g)"
        >>. (eof <?> "the end of the formula")

    /// A formula: response, tilde, terms, clauses.
    let formula: Reader<FormulaSyntax> =
        (expression <?> "a response") .>> mark '~' .>>. sum .>>. many clause .>> ending
        |>> fun ((response, sum), clauses) -> {
            Response = response
            Sum = sum
            Clauses = clauses
        }

    /// A covariance of residuals and nothing else.
    let loneResidual: Reader<ResidualTerm> =
        StructureParser.residual .>> (eof <?> "the end of the structure")

    /// One expression and nothing else.
    let loneExpression: Reader<Expr> =
        expression .>> (eof <?> "the end of the expression")

    // The whole of a text, read at a level.
    let private readAt level (parser: Reader<'a>) (text: string) : Result<'a, LmmError list> =
        match runParserOnString (blanks >>. parser) level "" text with
        | Success(value, _, _) -> Result.Ok value
        | Failure(_, error, _) ->
            let at = int error.Position.Index
            Result.Error [ ParserText.problem text at (ParserText.sentence text at error.Messages) ]

    /// The whole of a text, or the problem in it.
    let read (parser: Reader<'a>) (text: string) : Result<'a, LmmError list> = readAt 0 parser text

    /// The whole of a condition, or the problem in it.
    let readCondition (parser: Reader<'a>) (text: string) : Result<'a, LmmError list> = readAt InCondition parser text
