namespace LmmFunctional.Language

open LmmFunctional.Model

/// <summary>Models as formula text.</summary>
[<RequireQualifiedAccess>]
module internal FormulaPrinter =

    // Independent residuals go without saying, so that lme4 formulas print as they were written.
    let private clauses (residual: ResidualTerm) (weights: string option) = [
        match weights with
        | Some column -> $"weights = {Lexeme.name column}"
        | None -> ()

        match residual with
        | ResidualTerm.Independent -> ()
        | ResidualTerm.Structured structure -> $"residual = {ResidualText.deparseStructure structure}"
    ]

    /// The canonical text: response, fixed effects, random terms, then each further clause after a semicolon.
    let print response fixedEffects random residual weights =
        let sum =
            TermText.deparseSum fixedEffects :: List.map TermText.deparseRandom random
            |> String.concat " + "

        $"{ExprText.deparse response} ~ {sum}" :: clauses residual weights
        |> String.concat "; "
