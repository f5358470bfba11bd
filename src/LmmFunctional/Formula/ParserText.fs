namespace LmmFunctional.Language

open System
open FParsec
open LmmFunctional

/// <summary>What the parser says when a text cannot be read: one sentence and a place.</summary>
[<RequireQualifiedAccess>]
module internal ParserText =

    // What a reader most likely forgot comes first.
    let private order = [
        "a response"
        "a term"
        "an expression"
        "an operator"
        "'~'"
        "','"
        "'|'"
        "')'"
        "';'"
    ]

    let private rank label =
        order |> List.tryFindIndex ((=) label) |> Option.defaultValue order.Length

    let private listed labels =
        match List.rev labels with
        | [] -> "something else"
        | [ only ] -> only
        | last :: others -> (others |> List.rev |> String.concat ", ") + " or " + last

    /// FParsec's messages at one place as one sentence: a message of our own, or what was expected.
    let sentence (text: string) (position: int) (messages: ErrorMessageList) =
        let all = ErrorMessageList.ToSortedArray messages |> List.ofArray

        let ours =
            all
            |> List.tryPick (fun message ->
                match message with
                | Message words -> Some words
                | _ -> None)

        let expected =
            all
            |> List.choose (fun message ->
                match message with
                | Expected label -> Some label
                | ExpectedString text -> Some $"'{text}'"
                | _ -> None)
            |> List.distinct
            |> List.except [ "" ]
            |> List.sortBy rank

        match ours with
        | Some words -> words
        | None when position >= text.Length -> $"expected {listed expected}, but the text ends here"
        | None -> $"expected {listed expected}"

    /// The text on one line, so that the caret stands below the right place.
    let singleLine (text: string) =
        text
        |> String.map (fun c -> if Char.IsWhiteSpace c || Char.IsControl c then ' ' else c)

    /// A problem at a place of the text.
    let problem text =
        let line = singleLine text
        fun position words -> LmmError.FormulaSyntax(line, position, words)
