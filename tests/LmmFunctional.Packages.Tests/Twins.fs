namespace LmmFunctional.Packages.Tests

open System
open System.IO

/// <summary>What C# has for a public function of F#.</summary>
type Twin =
    /// A member, with its type where the module does not name it.
    | Member of string
    /// Nothing, and why.
    | Without of reason: string

/// <summary>What C# has for a public module of F#.</summary>
type ModuleTwins =
    /// Types with its members, and what becomes of functions whose names differ.
    | Types of string list * Map<string, Twin>
    /// Nothing, and why.
    | NotForCSharp of reason: string

/// <summary>The file that says so: twins.txt.</summary>
[<RequireQualifiedAccess>]
module Twins =

    let private trimmed (text: string) = text.Trim()

    let private split (mark: string) (line: string) =
        match line.IndexOf mark with
        | -1 -> None
        | at -> Some(trimmed line[.. at - 1], trimmed line[at + mark.Length ..])

    let private entry (line: string) =
        match split " = " line, split " - " line with
        | Some(name, own), _ -> name, Member own
        | None, Some(name, reason) -> name, Without reason
        | None, None -> invalidOp $"twins.txt: '{line}' is neither NAME = MEMBER nor NAME - REASON."

    let private add modules (line: string) =
        match modules with
        | (name, Types(types, entries)) :: rest when line.StartsWith ' ' ->
            (name, Types(types, entries.Add(entry line))) :: rest
        | _ ->
            match split " - " line, split ":" line with
            | Some(name, reason), _ -> (name, NotForCSharp reason) :: modules
            | None, Some(name, types) -> (name, Types(types.Split ' ' |> List.ofArray, Map.empty)) :: modules
            | None, None -> invalidOp $"twins.txt: '{line}' names no module."

    /// The modules of the file with their twins.
    let read () : (string * ModuleTwins) list =
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "twins.txt"))
        |> Seq.filter (fun line -> trimmed line <> "" && not (line.StartsWith '#'))
        |> Seq.fold add []
        |> List.rev
