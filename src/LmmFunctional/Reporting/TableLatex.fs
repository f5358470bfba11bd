namespace LmmFunctional.Analysis

/// <summary>Tables as LaTeX, with the rules of booktabs.</summary>
[<RequireQualifiedAccess>]
module TableLatex =

    /// <summary>Text with the characters that mean something in LaTeX escaped.</summary>
    let escape (text: string) : string =
        text
        |> String.collect (fun letter ->
            match letter with
            | '\\' -> "\\textbackslash{}"
            | '~' -> "\\textasciitilde{}"
            | '^' -> "\\textasciicircum{}"
            | '<' -> "\\textless{}"
            | '>' -> "\\textgreater{}"
            | '|' -> "\\textbar{}"
            | '−' -> "$-$"
            | '²' -> "\\textsuperscript{2}"
            | '&'
            | '%'
            | '$'
            | '#'
            | '_'
            | '{'
            | '}' -> $"\\{letter}"
            | _ -> string letter)

    /// A number with a proper minus sign; anything else as it is.
    let private cell alignment (text: string) =
        match alignment with
        | Alignment.Right when text.Length > 1 && text[0] = '-' && System.Char.IsDigit text[1] ->
            "$-$" + escape (text.Substring 1)
        | Alignment.Right
        | Alignment.Left -> escape text

    /// <summary>The table as lines of a <c>tabular</c>: <c>\usepackage{booktabs}</c> draws its rules.</summary>
    let ofTable (table: Table) : string list =
        let letters =
            table.Headers
            |> List.map (fun (_, alignment) ->
                match alignment with
                | Alignment.Left -> "l"
                | Alignment.Right -> "r")
            |> String.concat ""

        let alignments = table.Headers |> List.map snd

        let line cells =
            (List.map2 cell alignments cells |> String.concat " & ") + " \\\\"

        [
            $"\\begin{{tabular}}{{{letters}}}"
            "\\toprule"
            table.Headers |> List.map fst |> line
            "\\midrule"
            for row in table.Rows do
                // A row of blanks parts a table.
                if row |> List.forall ((=) "") then
                    "\\midrule"
                else
                    line row
            "\\bottomrule"
            "\\end{tabular}"
        ]
