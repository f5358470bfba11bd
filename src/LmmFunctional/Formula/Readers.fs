namespace LmmFunctional.Language

open System
open System.Runtime.CompilerServices
open FParsec

/// <summary>What the readers of formulas are built from.</summary>
/// <remarks>The user state counts how deep the parser is inside brackets: the nesting is limited, because the parser
/// recurses. It changes only behind a character that has been read, since FParsec takes a changed state for progress.
/// </remarks>
module internal Readers =

    type Reader<'a> = Parser<'a, int>

    /// Deep enough for any formula that means something, shallow enough for the smallest usual stack.
    [<Literal>]
    let DeepestNesting = 100

    /// FParsec's own operator also hides errors that are meant to end the reading.
    let (<?>) (p: Reader<'a>) (label: string) : Reader<'a> =
        fun stream ->
            let before = stream.StateTag
            let reply = p stream

            if reply.Status <> FatalError && before = stream.StateTag then
                Reply(reply.Status, reply.Result, expected label)
            else
                reply

    let blanks: Reader<unit> = skipManySatisfy Char.IsWhiteSpace

    let lexeme (p: Reader<'a>) : Reader<'a> = p .>> blanks

    /// A mark of one character, called by its own name in messages.
    let mark (c: char) : Reader<unit> = lexeme (skipChar c) <?> $"'{c}'"

    let position: Reader<int> = fun stream -> Reply(int stream.Index)

    /// Ends the reading, here, in our own words.
    let refuse words : Reader<'a> =
        fun _ -> Reply(FatalError, messageError words)

    /// Ends the reading in our own words when the next character is one that a user may think is allowed.
    let refuseNext (c: char) words : Reader<unit> =
        fun stream -> if stream.Peek() = c then refuse words stream else Reply(())

    /// Ends the reading where something began if what was read will not do.
    let unless (problem: 'a -> string option) (p: Reader<'a>) : Reader<'a> =
        fun stream ->
            let start = stream.State
            let reply = p stream

            match
                (if reply.Status = ReplyStatus.Ok then
                     problem reply.Result
                 else
                     None)
            with
            | Some words ->
                stream.BacktrackTo start
                refuse words stream
            | None -> reply

    /// Ends the reading where something began, in the words of what is wrong with it.
    let accepted (p: Reader<Result<'a, string>>) : Reader<'a> =
        fun stream ->
            let start = stream.State
            let reply = p stream

            match reply.Status, reply.Result with
            | ReplyStatus.Ok, Result.Ok value -> Reply(ReplyStatus.Ok, value, reply.Error)
            | ReplyStatus.Ok, Result.Error words ->
                stream.BacktrackTo start
                refuse words stream
            | status, _ -> Reply(status, reply.Error)

    /// A word that is not the beginning of a longer one.
    let keyword (word: string) : Reader<unit> =
        attempt (skipString word .>> notFollowedBy (satisfy Lexeme.isNamePart))
        .>> blanks
        <?> $"'{word}'"

    /// A condition counts its levels from here, so that comparisons, which mean nothing in a formula, are known there.
    [<Literal>]
    let InCondition = -1000

    let private depth state =
        if state < 0 then state - InCondition else state

    /// One level further in. The stack is asked too: a caller may run on a small one.
    let nested (p: Reader<'a>) : Reader<'a> =
        fun stream ->
            if
                depth stream.UserState >= DeepestNesting
                || not (RuntimeHelpers.TryEnsureSufficientExecutionStack())
            then
                refuse $"nested too deeply; use at most {DeepestNesting} levels" stream
            else
                stream.UserState <- stream.UserState + 1
                let reply = p stream
                stream.UserState <- stream.UserState - 1
                reply

    /// R compares inside I(...); here no expression has a truth value. A single = belongs to a named argument.
    let private refuseComparison: Reader<unit> =
        fun stream ->
            match stream.Peek(), stream.Peek 1 with
            | _ when stream.UserState < 0 -> Reply(())
            | ('<' | '>'), _
            | ('=' | '!'), '=' -> refuse "comparisons are not supported; compute this into a column of the data" stream
            | _ -> Reply(())

    /// Operands and operators in turn; the fold decides how they group.
    let chain (operand: Reader<'a>) (operator: Reader<'operator>) : Reader<'a * ('operator * 'a) list> =
        operand .>>. many (operator .>>. operand) .>> refuseComparison

    let sign c value : Reader<'a> =
        lexeme (charReturn c value) <?> "an operator"
