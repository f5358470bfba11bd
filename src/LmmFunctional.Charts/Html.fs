namespace LmmFunctional.Charts

open LmmFunctional.Analysis

/// <summary>Parts of pages.</summary>
[<RequireQualifiedAccess>]
module internal Html =

    /// Text as it may stand in a page.
    let escape = TableHtml.escape

    /// An element with text.
    let text tag (content: string) = $"<{tag}>{escape content}</{tag}>"

    /// A table that scrolls by itself where it is too wide.
    let table (table: Table) : string =
        let lines = TableHtml.ofTable table |> String.concat "\n"
        $"<div class=\"scroll\">\n{lines}\n</div>"

    // Nothing may be fetched: scripts and styles are in the page, pictures are made by them.
    let private policy =
        "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:"

    /// <summary>A page without anything outside itself.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="scripts">Scripts at its end.</param>
    /// <param name="body">Its content.</param>
    let page (title: string) (scripts: string list) (body: string list) : string =
        [
            "<!doctype html>"
            "<html lang=\"en\">"
            "<head>"
            "<meta charset=\"utf-8\">"
            $"<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
            $"<title>{escape title}</title>"
            "<style>"
            (WebFiles.text "page.css").TrimEnd()
            "</style>"
            "</head>"
            "<body>"
            "<main>"
            yield! body
            "</main>"
            for script in scripts do
                $"<script>{script}</script>"
            "</body>"
            "</html>"
            ""
        ]
        |> String.concat "\n"
