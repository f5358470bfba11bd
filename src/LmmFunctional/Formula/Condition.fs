namespace LmmFunctional.Language

open FParsec
open Readers
open LmmFunctional
open LmmFunctional.Model

/// <summary>How two values are compared.</summary>
[<RequireQualifiedAccess>]
type internal Comparison =
    | Equal
    | NotEqual
    | Less
    | LessOrEqual
    | Greater
    | GreaterOrEqual

/// <summary>What a row must satisfy: x > 3 &amp; trt != "A".</summary>
[<RequireQualifiedAccess>]
type internal Condition =
    | Compare of Comparison * left: Expr * right: Expr
    /// A column and the values that it may have.
    | Among of Expr * values: Expr list
    | IsMissing of Expr
    | Not of Condition
    | And of Condition * Condition
    | Or of Condition * Condition

/// <summary>Reading conditions as R writes them.</summary>
[<RequireQualifiedAccess>]
module internal Condition =

    let private comparison: Reader<Comparison> =
        let sign text value = attempt (skipString text) >>% value

        choice [
            sign "==" Comparison.Equal
            sign "!=" Comparison.NotEqual
            sign "<=" Comparison.LessOrEqual
            sign ">=" Comparison.GreaterOrEqual
            sign "<" Comparison.Less
            sign ">" Comparison.Greater
            refuseNext '=' "write == to compare" >>. fail ""
        ]
        <?> "a comparison such as == or >"
        |> lexeme

    let private compared: Reader<Condition> =
        let missing: Reader<Expr -> Reader<Condition>> =
            preturn (fun left ->
                match left with
                | Expr.Call("is.na", [ None, inner ]) -> preturn (Condition.IsMissing inner)
                | _ -> fail "")

        let among left =
            lexeme (skipString "%in%") >>. ExprParser.expression
            >>= fun right ->
                match right with
                | Expr.Call("c", values) -> preturn (Condition.Among(left, List.map snd values))
                | _ -> refuse "after %in% stands a list of values: c(\"A\", \"B\")"

        ExprParser.expression
        >>= fun left ->
            choice [
                comparison .>>. ExprParser.expression
                |>> fun (comparison, right) -> Condition.Compare(comparison, left, right)
                among left
                missing >>= fun other -> other left
            ]

    let private condition, private conditionRef =
        createParserForwardedToRef<Condition, int>()

    let rec private negated: Reader<Condition> =
        fun stream ->
            (choice [
                attempt (lexeme (skipChar '!') .>> notFollowedBy (skipChar '='))
                >>. nested negated
                |>> Condition.Not
                attempt compared
                mark '(' >>. nested condition .>> mark ')'
                compared
            ])
                stream

    let private joined operand (sign: char) make : Reader<Condition> =
        let operator = lexeme (skipChar sign >>. optional (skipChar sign))

        operand .>>. many (operator >>. operand)
        |>> fun (first, rest) -> List.fold (fun left right -> make (left, right)) first rest

    conditionRef.Value <- joined (joined negated '&' Condition.And) '|' Condition.Or

    /// The condition of a text, or the problem in it.
    let parse (text: string) : Result<Condition, LmmError list> =
        SyntaxParser.readCondition (condition .>> (eof <?> "the end of the condition")) (text.Trim())
        |> Result.mapError (
            List.map (fun problem ->
                match problem with
                | LmmError.FormulaSyntax(text, position, expected) ->
                    LmmError.ConditionSyntax(text, position, expected)
                | other -> other)
        )
