namespace LmmFunctional.Analysis

open System
open System.Globalization
open System.Text

/// <summary>Where the text of a column stands.</summary>
[<RequireQualifiedAccess>]
type Alignment =
    /// Names.
    | Left
    /// Numbers; with equal decimals their points are below each other.
    | Right

/// <summary>An immutable table of text: headers, their alignment, and rows of as many cells.</summary>
[<StructuredFormatDisplay("{Display}")>]
type Table = private {
    Head: (string * Alignment) list
    Body: string list list
} with

    /// The headers with the alignment of their columns.
    member table.Headers = table.Head

    /// The rows, each with one cell for every header.
    member table.Rows = table.Body

/// <summary>Making tables, and writing them as text and as Markdown.</summary>
[<RequireQualifiedAccess>]
module Table =

    /// A level's name may hold a line end or a tab, which would break a row.
    let private singleLine (cell: string) =
        String.map
            (fun letter ->
                if Char.IsControl letter || letter = '\u2028' || letter = '\u2029' then
                    ' '
                else
                    letter)
            cell

    /// <summary>A table.</summary>
    /// <param name="headers">Header and alignment of each column.</param>
    /// <param name="rows">Rows of cells; control characters in them become blanks.</param>
    /// <exception cref="T:System.ArgumentException">A row has more or fewer cells than there are headers.</exception>
    let create (headers: (string * Alignment) list) (rows: string list list) : Table =
        if rows |> List.exists (fun row -> row.Length <> headers.Length) then
            invalidArg (nameof rows) $"Each row must have {headers.Length} cells, one for each header."

        {
            Head = headers |> List.map (fun (header, alignment) -> singleLine header, alignment)
            Body = rows |> List.map (List.map singleLine)
        }

    /// Accents and other marks that are set above the letter before them take no place of their own.
    let internal width (text: string) =
        let mutable columns = 0

        for letter in text.EnumerateRunes() do
            match Rune.GetUnicodeCategory letter with
            | UnicodeCategory.NonSpacingMark
            | UnicodeCategory.EnclosingMark
            | UnicodeCategory.Format -> ()
            | _ -> columns <- columns + 1

        columns

    let private pad alignment places (cell: string) =
        let blanks = String(' ', max 0 (places - width cell))

        match alignment with
        | Alignment.Left -> cell + blanks
        | Alignment.Right -> blanks + cell

    let private widths least (headers: string list) (rows: string list list) =
        rows
        |> List.fold
            (List.map2 (fun widest cell -> max widest (width cell)))
            (headers |> List.map (fun header -> max least (width header)))

    /// <summary>The table as lines of equal width: the headers, then the rows, columns one blank apart.</summary>
    let toText (table: Table) : string list =
        let headers, alignments = List.unzip table.Head
        let places = widths 0 headers table.Body

        let line cells =
            List.map3 pad alignments places cells |> String.concat " "

        line headers :: List.map line table.Body

    /// <summary>Text with the characters that mean something in Markdown, or would end a cell, escaped.</summary>
    let escapeMarkdown (text: string) : string =
        text
        |> String.collect (fun letter ->
            match letter with
            | '\\'
            | '|'
            | '*'
            | '_'
            | '`'
            | '<'
            | '['
            | ']'
            | '~' -> $"\\{letter}"
            | _ -> string letter)

    /// <summary>The table as lines of Markdown: headers, a rule with the alignments, rows.</summary>
    let toMarkdown (table: Table) : string list =
        let alignments = List.map snd table.Head
        let headers = table.Head |> List.map (fst >> escapeMarkdown)
        let rows = table.Body |> List.map (List.map escapeMarkdown)
        let places = widths 3 headers rows

        let line cells =
            let inner = List.map3 pad alignments places cells |> String.concat " | "
            $"| {inner} |"

        let rule =
            (alignments, places)
            ||> List.map2 (fun alignment places ->
                match alignment with
                | Alignment.Left -> String('-', places)
                | Alignment.Right -> String('-', places - 1) + ":")
            |> String.concat " | "

        line headers :: $"| {rule} |" :: List.map line rows

type Table with

    // What F# Interactive prints.
    member private table.Display = Table.toText table |> String.concat "\n"
