namespace LmmFunctional.Language

open System
open System.Globalization
open FParsec
open Readers
open LmmFunctional.Model

/// <summary>Reading names, numbers, strings and arithmetic.</summary>
module internal ExprParser =

    /// Operands in a row, and operators above each other: a deeper expression could not be walked on a small stack.
    [<Literal>]
    let MostOperands = 1000

    // Names, numbers, strings

    let private escaped: Reader<char> =
        skipChar '\\' >>. anyChar
        |>> fun c ->
            match c with
            | 'n' -> '\n'
            | 'r' -> '\r'
            | 't' -> '\t'
            | other -> other

    let private quotedBy (quote: char) : Reader<string> =
        let inside = satisfy (fun c -> c <> quote && c <> '\\') <|> escaped <?> ""

        skipChar quote >>. manyChars inside
        .>> (skipChar quote <?> $"a closing {quote}")
        |> lexeme

    let bareName: Reader<string> =
        many1Satisfy2 Lexeme.isNameStart Lexeme.isNamePart |> lexeme

    let private backTicked: Reader<string> =
        quotedBy '`'
        |> unless (fun name ->
            if name = "" then
                Some "a name in back-ticks cannot be empty"
            else
                None)

    let name: Reader<string> = backTicked <|> bareName <?> "a name"

    let private isDigit c = c >= '0' && c <= '9'

    /// A number starts with a digit, or with a dot and a digit.
    let atNumber: Reader<unit> =
        fun stream ->
            if isDigit (stream.Peek()) || (stream.Peek() = '.' && isDigit (stream.Peek 1)) then
                Reply(())
            else
                Reply(Error, NoErrorMessages)

    /// R's L, as in 2L, marks an integer; here all numbers are one kind.
    let number: Reader<float> =
        atNumber >>. regex @"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
        .>> optional (skipChar 'L' <?> "")
        |>> fun digits -> Double.Parse(digits, CultureInfo.InvariantCulture)
        |> unless (fun value ->
            if Double.IsFinite value then
                None
            else
                Some "the number is too large")
        |> lexeme

    // Arithmetic

    let rec private depth expr =
        match expr with
        | Expr.Column _
        | Expr.Number _
        | Expr.Truth _
        | Expr.Text _
        | Expr.Dot -> 1
        | Expr.Negate inner -> 1 + depth inner
        | Expr.Binary(_, left, right) -> 1 + max (depth left) (depth right)
        | Expr.Call(_, arguments) -> 1 + (arguments |> List.fold (fun most (_, value) -> max most (depth value)) 0)

    let private grouped operand operators : Reader<Expr> =
        let operator = operators |> List.map (fun (c, value) -> sign c value) |> choice

        let allow holds =
            if holds then
                None
            else
                Some $"this expression is too long; use at most {MostOperands} operands"

        let tooLong (_, rest: 'b list) = allow (rest.Length < MostOperands)
        let tooDeep expr = allow (depth expr <= MostOperands)

        chain operand operator |> unless tooLong
        |>> fun (first, rest) ->
            (first, rest)
            ||> List.fold (fun left (operator, right) -> Expr.Binary(operator, left, right))
        |> unless tooDeep

    let private power, private powerRef = createParserForwardedToRef<Expr, int>()

    let private signed, private signedRef = createParserForwardedToRef<Expr, int>()

    let private product =
        grouped signed [ '*', Operator.Multiply; '/', Operator.Divide ]

    /// Arithmetic as R reads it inside a call: sums of products of signed powers.
    let expression = grouped product [ '+', Operator.Add; '-', Operator.Subtract ]

    let private inBrackets p = mark '(' >>. nested p .>> mark ')'

    /// A name and, when it stands before an equals sign, the value it names.
    let private argument: Reader<string option * Expr> =
        let named =
            attempt (name .>> skipChar '=' .>> notFollowedBy (skipChar '=')) .>> blanks
            |>> Some
            <?> ""

        (named <|>% None) .>>. expression

    let private arguments: Reader<(string option * Expr) list> =
        inBrackets (sepBy argument (mark ','))

    /// A column, or a call when a bracket follows the name.
    let columnOrCall: Reader<Expr> =
        name
        >>= fun name stream ->
            if stream.Peek() = '(' then
                (arguments |>> fun arguments -> Expr.Call(name, arguments)) stream
            else
                Reply(Expr.Column name)

    /// A dot that is not the beginning of a name or number.
    let atDot: Reader<unit> =
        fun stream ->
            if stream.Peek() = '.' && not (Lexeme.isNamePart (stream.Peek 1)) then
                Reply(())
            else
                Reply(Error, NoErrorMessages)

    let private refuseDot: Reader<Expr> =
        atDot >>. refuse "'.' stands for all other columns only outside of functions"

    let private columnCallOrTruth: Reader<Expr> =
        let isQuoted: Reader<bool> = fun stream -> Reply((stream.Peek() = '`'))

        isQuoted .>>. columnOrCall
        |>> fun (quoted, read) ->
            match read with
            | Expr.Column "TRUE" when not quoted -> Expr.Truth true
            | Expr.Column "FALSE" when not quoted -> Expr.Truth false
            | other -> other

    let private primary: Reader<Expr> =
        choice [
            number |>> Expr.Number
            quotedBy '"' <|> quotedBy '\'' |>> Expr.Text
            inBrackets expression
            refuseDot
            columnCallOrTruth
        ]
        <?> "an expression"

    powerRef.Value <-
        primary .>>. opt (sign '^' () >>. nested signed)
        |>> fun (root, exponent) ->
            match exponent with
            | Some exponent -> Expr.Binary(Operator.Power, root, exponent)
            | None -> root

    signedRef.Value <-
        choice [
            lexeme (skipChar '-') >>. nested signed |>> Expr.Negate
            lexeme (skipChar '+') >>. nested signed
            power
        ]
        <?> "an expression"
