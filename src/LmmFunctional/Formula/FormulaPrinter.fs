namespace LmmFunctional

/// <summary>Models as formula text.</summary>
[<RequireQualifiedAccess>]
module internal FormulaPrinter =

    // Independent residuals go without saying, so that lme4 formulas print as they were written.
    let private clauses spec = [
        match spec.Weights with
        | Some column -> $"weights = {Lexeme.name column}"
        | None -> ()

        match spec.Residual with
        | ResidualTerm.Independent -> ()
        | ResidualTerm.Structured structure -> $"residual = {ResidualText.deparseStructure structure}"
    ]

    /// The canonical text: response, fixed effects, random terms, then each further clause after a semicolon.
    let print (spec: LmmSpec) =
        let sum =
            TermText.deparseSum spec.Fixed :: List.map TermText.deparseRandom spec.Random
            |> String.concat " + "

        $"{ExprText.deparse spec.Response} ~ {sum}" :: clauses spec
        |> String.concat "; "
