namespace LmmFunctional.Analysis

/// <summary>Writing formulas.</summary>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module MathText =

    // Letters and signs that LaTeX writes by words.
    let private words =
        dict [
            "α", "\\alpha"
            "β", "\\beta"
            "γ", "\\gamma"
            "δ", "\\delta"
            "ε", "\\varepsilon"
            "φ", "\\phi"
            "ρ", "\\rho"
            "σ", "\\sigma"
            "θ", "\\theta"
            "τ", "\\tau"
            "ν", "\\nu"
            "λ", "\\lambda"
            "Γ", "\\Gamma"
            "Σ", "\\Sigma"
            "∼", "\\sim"
            "×", "\\times"
            "·", "\\cdot"
            "⊗", "\\otimes"
            "≤", "\\le"
            "≠", "\\ne"
            "<", "<"
            "−", "-"
            "…", "\\dots"
            "⋮", "\\vdots"
            "⋱", "\\ddots"
            "|", "|"
            "′", "'"
        ]

    let private word (text: string) =
        match words.TryGetValue text with
        | true, latex -> latex
        | _ -> text

    /// A word of LaTeX ends before the next letter.
    let private joined (parts: string list) =
        (("", parts)
         ||> List.fold (fun text part ->
             let endsInWord =
                 text.Length > 0
                 && System.Char.IsLetter text[text.Length - 1]
                 && text.LastIndexOf '\\' >= 0
                 && text.Substring(text.LastIndexOf '\\' + 1) |> Seq.forall System.Char.IsLetter

             if endsInWord && part <> "" && System.Char.IsLetter part[0] then
                 text + " " + part
             else
                 text + part))

    /// <summary>The formula as LaTeX, for mathematics mode with <c>amsmath</c>.</summary>
    let rec toLatex (math: MathText) : string =
        match math with
        | MathText.Letter letter -> word letter
        | MathText.Bold letter -> $"\\boldsymbol{{{word letter}}}"
        | MathText.Name name -> $"\\mathrm{{{TableLatex.escape name}}}".Replace(" ", "\\ ")
        | MathText.Number number -> number
        | MathText.Operator sign ->
            match sign with
            | "("
            | ")"
            | "["
            | "]"
            | "," -> (if sign = "," then ",\\, " else sign)
            | _ -> $" {word sign} "
        | MathText.Row parts -> parts |> List.map toLatex |> joined
        | MathText.Sub(body, lower) -> $"{toLatex body}_{{{toLatex lower}}}"
        | MathText.Super(body, upper) -> $"{toLatex body}^{{{toLatex upper}}}"
        | MathText.SubSuper(body, lower, upper) -> $"{toLatex body}_{{{toLatex lower}}}^{{{toLatex upper}}}"
        | MathText.Fraction(above, below) -> $"\\frac{{{toLatex above}}}{{{toLatex below}}}"
        | MathText.Brackets inside -> $"\\left({toLatex inside}\\right)"
        | MathText.Matrix rows ->
            let rows =
                rows
                |> List.map (List.map toLatex >> String.concat " & ")
                |> String.concat " \\\\ "

            $"\\begin{{pmatrix}} {rows} \\end{{pmatrix}}"

    let private element (tag: string) (inside: string) = $"<{tag}>{inside}</{tag}>"

    /// <summary>The formula as presentation MathML, which browsers set without any script; without the element <c>math</c>.</summary>
    let rec toMathMl (math: MathText) : string =
        let escape = TableHtml.escape

        match math with
        | MathText.Letter letter -> element "mi" (escape letter)
        | MathText.Bold letter -> $"<mi mathvariant=\"bold\" style=\"font-weight:bold\">{escape letter}</mi>"
        | MathText.Name name when name.Length = 1 -> $"<mi mathvariant=\"normal\">{escape name}</mi>"
        | MathText.Name name -> element "mtext" (escape name)
        | MathText.Number number -> element "mn" (escape number)
        | MathText.Operator sign -> element "mo" (escape sign)
        | MathText.Row parts -> parts |> List.map toMathMl |> String.concat "" |> element "mrow"
        | MathText.Sub(body, lower) -> element "msub" (toMathMl body + toMathMl lower)
        | MathText.Super(body, upper) -> element "msup" (toMathMl body + toMathMl upper)
        | MathText.SubSuper(body, lower, upper) -> element "msubsup" (toMathMl body + toMathMl lower + toMathMl upper)
        | MathText.Fraction(above, below) -> element "mfrac" (toMathMl above + toMathMl below)
        | MathText.Brackets inside -> element "mrow" ("<mo>(</mo>" + toMathMl inside + "<mo>)</mo>")
        | MathText.Matrix rows ->
            let rows =
                rows
                |> List.map (List.map (toMathMl >> element "mtd") >> String.concat "" >> element "mtr")
                |> String.concat ""

            element "mrow" ("<mo>(</mo>" + element "mtable" rows + "<mo>)</mo>")
