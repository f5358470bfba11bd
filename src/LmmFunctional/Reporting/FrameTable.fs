namespace LmmFunctional.Analysis

open LmmFunctional

/// <summary>How a table is written.</summary>
[<RequireQualifiedAccess>]
type TableStyle =
    /// Columns of equal width.
    | Text
    | Markdown
    /// A tabular with the rules of booktabs.
    | Latex
    | Html

/// <summary>Tables and frames in any style.</summary>
[<RequireQualifiedAccess>]
module FrameTable =

    /// <summary>A table as text; every line, the last too, ends in a line feed.</summary>
    let write (style: TableStyle) (table: Table) : string =
        let lines =
            match style with
            | TableStyle.Text -> Table.toText table |> List.map _.TrimEnd()
            | TableStyle.Markdown -> Table.toMarkdown table
            | TableStyle.Latex -> TableLatex.ofTable table
            | TableStyle.Html -> TableHtml.ofTable table

        lines |> List.map (fun line -> line + "\n") |> System.String.Concat

    /// <summary>A frame as a table, numbers with five significant digits.</summary>
    let ofFrame (frame: Frame) : Table = FrameText.grid frame.Rows frame

    /// A frame as Markdown.
    let toMarkdown (frame: Frame) : string =
        ofFrame frame |> write TableStyle.Markdown

    /// <summary>A frame as LaTeX, with the rules of booktabs.</summary>
    let toLatex (frame: Frame) : string = ofFrame frame |> write TableStyle.Latex

    /// A frame as HTML.
    let toHtml (frame: Frame) : string = ofFrame frame |> write TableStyle.Html
