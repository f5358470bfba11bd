namespace LmmFunctional.Analysis

/// <summary>Tables as HTML.</summary>
[<RequireQualifiedAccess>]
module TableHtml =

    /// Text as it may stand in a page, also inside an attribute.
    let escape (text: string) : string =
        text
            .Replace("&", "&amp;")
            .Replace("<", "&lt;")
            .Replace(">", "&gt;")
            .Replace("\"", "&quot;")
            .Replace("'", "&#39;")

    // Longer cells are sentences, which may break; names and numbers stay on their line.
    let private longest = 40

    let private cell tag (alignment: Alignment) (content: string) =
        match alignment with
        | Alignment.Right -> $"<{tag} class=\"r\">{escape content}</{tag}>"
        | Alignment.Left when content.Length > longest -> $"<{tag} class=\"wrap\">{escape content}</{tag}>"
        | Alignment.Left -> $"<{tag}>{escape content}</{tag}>"

    /// <summary>The table as lines of HTML; cells of numbers have the class <c>r</c>, cells of sentences <c>wrap</c>.</summary>
    let ofTable (table: Table) : string list =
        let alignments = table.Headers |> List.map snd

        let row tag cells =
            let inner = List.map2 (cell tag) alignments cells |> String.concat ""
            $"<tr>{inner}</tr>"

        [
            "<table>"
            "<thead>" + (table.Headers |> List.map fst |> row "th") + "</thead>"
            "<tbody>"
            for cells in table.Rows do
                row "td" cells
            "</tbody>"
            "</table>"
        ]
