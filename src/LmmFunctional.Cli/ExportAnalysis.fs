namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>The command <c>lmm export</c>.</summary>
[<RequireQualifiedAccess>]
module internal ExportAnalysis =

    /// What a fit is written as.
    [<RequireQualifiedAccess>]
    type private Target =
        | Sas
        | Lme4
        | Nlme
        | Latex
        | Markdown
        | Html
        | Equation
        | Methods

    let private targets = [
        "sas", Target.Sas
        "lme4", Target.Lme4
        "nlme", Target.Nlme
        "latex", Target.Latex
        "markdown", Target.Markdown
        "html", Target.Html
        "equation", Target.Equation
        "methods", Target.Methods
    ]

    let private options = [
        OptionTable.choice
            "--to"
            targets
            "sas, lme4 or nlme: the code of the same model there; latex, markdown or html: a table of the estimates; equation: the model in LaTeX; methods: the sentences for a paper."
    ]

    let private lines (text: string) =
        text.TrimEnd('\n').Split '\n' |> List.ofArray

    /// Code with its notes; or what the other program cannot say.
    let private code (found: ForeignCode) =
        match found.Code with
        | Some code -> Ok(lines code, found.Notes)
        | None ->
            let reasons = String.concat " " found.Notes
            Error [ LmmError.NothingToShow($"code for {found.Program}", reasons) ]

    let private table style inference =
        Ok(
            SideBySide.create [ "Estimate (se)", inference ]
            |> FrameTable.write style
            |> lines,
            []
        )

    let private text target (inference: Inference) =
        let fit = inference.Fit

        match target with
        | Target.Sas -> SasCode.ofFit inference.Method fit |> code
        | Target.Lme4 -> RCode.lme4 fit |> code
        | Target.Nlme -> RCode.nlme fit |> code
        | Target.Latex -> table TableStyle.Latex inference
        | Target.Markdown -> table TableStyle.Markdown inference
        | Target.Html -> table TableStyle.Html inference
        | Target.Equation -> Ok(ModelEquation.toLatex fit.Spec |> lines, [])
        | Target.Methods -> Ok([ MethodsText.ofInference inference ], [])

    let private result name (inference: Inference) (lines: string list, notes) : CommandResult = {
        Text = fun _ -> CommandResult.lines lines
        Table = fun () -> Ok(Tidy.fit 0.95 inference)
        Json =
            fun () ->
                FrameText.toJson [
                    "formula", Formula.print inference.Fit.Spec
                    "to", name
                    "text", String.concat "\n" lines
                ] []
        Notes = notes
        Save = None
        Code = ExitCode.success
    }

    let private read (arguments: Arguments) _ : Result<AnalysisRun, string> =
        match OptionValues.tryFind "--to" arguments.Options with
        | None ->
            let known = targets |> List.map fst |> String.concat ", "
            Error $"--to is missing; choose one of {known}."
        | Some name ->
            OptionValues.choice "--to" targets arguments.Options
            |> Result.map (fun target _ fitted ->
                FittedModel.inference fitted
                |> Result.bind (fun inference -> text target inference |> Result.map (result name inference)))

    /// A fit in other words.
    let analysis: Analysis = {
        Name = "export"
        First = None
        Purpose =
            "write a model as SAS, lme4 or nlme code, as a table in LaTeX, Markdown or HTML, as an equation, as sentences."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --to sas"
        Options = options
        Methods = Some MethodOptions.kenwardRoger
        Weights = ModelOptions.weights
        OfSums = false
        Check = fun _ -> []
        Read = read
    }
