namespace LmmFunctional.Analysis

open System
open LmmFunctional

/// <summary>A part of a report.</summary>
[<RequireQualifiedAccess>]
type Block =
    /// What the whole report is about.
    | Title of string
    /// What the next table shows.
    | Heading of string
    /// A word and what it stands for, in the language of the computer: a formula.
    | Code of label: string * code: string
    /// A line of text.
    | Line of string
    /// A table.
    | Grid of Table

/// <summary>Reports: blocks in order, written in any format.</summary>
[<RequireQualifiedAccess>]
module Report =

    /// Formulas hold no line ends, and of back-ticks only pairs around names: two of them delimit such code.
    let private quoted (code: string) =
        if code.Contains '`' then $"`` {code} ``" else $"`{code}`"

    let private textLines block =
        match block with
        | Block.Title title -> [ title ]
        | Block.Heading heading -> [ ""; heading + ":" ]
        | Block.Code(label, code) -> [ $"{label}: {code}" ]
        | Block.Line line -> [ line ]
        | Block.Grid table -> Table.toText table |> List.map (fun line -> " " + line.TrimEnd())

    let private markdownLines block =
        match block with
        | Block.Title title -> [ $"## {Table.escapeMarkdown title}" ]
        | Block.Heading heading -> [ ""; $"### {Table.escapeMarkdown heading}" ]
        | Block.Code(label, code) -> [ ""; $"{Table.escapeMarkdown label}: {quoted code}" ]
        | Block.Line line -> [ ""; Table.escapeMarkdown line ]
        | Block.Grid table -> "" :: Table.toMarkdown table

    /// <summary>A report as text; every line, the last too, ends in a line feed.</summary>
    let render (format: SummaryFormat) (blocks: Block list) : string =
        let lines =
            match format with
            | SummaryFormat.Text -> textLines
            | SummaryFormat.Markdown -> markdownLines

        blocks
        |> List.collect lines
        |> List.map (fun line -> line + "\n")
        |> String.Concat
