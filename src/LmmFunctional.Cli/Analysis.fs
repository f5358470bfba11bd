namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>What is done with a fit; it is given what takes words on how far it has come.</summary>
type internal AnalysisRun = (string -> unit) -> FittedModel -> Result<CommandResult, LmmError list>

/// <summary>A command that fits a model and then does something with the fit.</summary>
[<ReferenceEquality>]
type internal Analysis = {
    /// Such as predict.
    Name: string
    /// A word before the data, such as KIND, with the words that it may be and what they mean.
    First: (string * (string * string) list) option
    /// What it does, as the list of commands says it.
    Purpose: string
    /// What follows the name in the example of its help.
    Example: string
    /// Options of its own.
    Options: CommandOption list
    /// What it does with methods for degrees of freedom; None without them.
    Methods: MethodUse option
    /// The name of the option for prior weights.
    Weights: string
    /// Whether it does without the rows of the data: a fit of sums will do.
    OfSums: bool
    /// Names in the options that are wrong whatever the fit is; they are told with the problems of the model.
    Check: OptionValues -> LmmError list
    /// What is done with the fit, or what is wrong with an argument.
    Read: Arguments -> FitRequest -> Result<AnalysisRun, string>
}

/// <summary>Commands on a fit.</summary>
[<RequireQualifiedAccess>]
module internal Analysis =

    let private saved = "--saved"

    let private orSaved (word: CommandWord) = { word with Unless = Some saved }

    let private words (analysis: Analysis) = [
        match analysis.First with
        | Some(name, words) -> {
            Name = name
            Kind = ArgumentKind.OneOf(List.map fst words)
            MayRepeat = false
            Unless = None
            Help = $"one of the words below {name}."
          }
        | None -> ()
        orSaved Command.data
        orSaved Command.formula
    ]

    let private methods (analysis: Analysis) =
        analysis.Methods |> Option.map MethodOptions.table |> Option.defaultValue []

    let private sums (analysis: Analysis) =
        if analysis.OfSums then [ SumSource.option ] else []

    let private groups (analysis: Analysis) = [
        analysis.Name.ToUpperInvariant(), analysis.Options @ methods analysis
        "MODEL",
        ModelOptions.tableWith analysis.Weights
        @ [
            OptionTable.file saved "a model that lmm save has saved, instead of data and formula."
        ]
        "DATA", DataOptions.table @ sums analysis
    ]

    // A saved model has what these say.
    let private ofModel (analysis: Analysis) =
        (ModelOptions.tableWith analysis.Weights @ sums analysis |> List.map _.Name)
        @ DataOptions.choosing

    let private source (analysis: Analysis) (words: string list) (options: OptionValues) =
        match OptionValues.tryFind saved options, List.rev words with
        | Some path, _ ->
            match OptionValues.tryAny (ofModel analysis) options with
            | Some name -> Error $"{name} says what the model is, and the file of --saved has it."
            | None ->
                DataOptions.reading "" options
                |> Result.map (fun reading -> FitSource.Saved(path, reading))
        | None, formula :: data :: _ ->
            match ModelOptions.model analysis.Weights data formula options, ModelOptions.fittingOf options with
            | Error problem, _
            | _, Error problem -> Error problem
            | Ok model, Ok fitting ->
                let isOfSums = analysis.OfSums && SumSource.isAsked model.Reading options
                Ok(FitSource.Model({ model with IsOfSums = isOfSums }, fitting))
        | None, _ -> Error "data and formula are missing."

    let private request (analysis: Analysis) (arguments: Arguments) =
        source analysis arguments.Words arguments.Options
        |> Result.map (fun source ->
            let criterion =
                match source with
                | FitSource.Model(_, fitting) -> fitting.Criterion
                | FitSource.Saved _ -> Criterion.Reml

            let df, convention =
                match analysis.Methods with
                | Some methods -> MethodOptions.read methods criterion arguments.Options
                | None -> None, None

            {
                Source = source
                Df = df
                Convention = convention
            })

    // A command that has nothing to object to says whether the fit has converged.
    let private withCode (fitted: FittedModel) (result: CommandResult) =
        if result.Code = ExitCode.success then
            {
                result with
                    Code = ExitCode.ofCertificate fitted.Fit.Certificate
            }
        else
            result

    let private read (analysis: Analysis) (arguments: Arguments) : Result<CommandRun, string> =
        request analysis arguments
        |> Result.bind (fun request ->
            analysis.Read arguments request
            |> Result.map (fun run report ->
                FittedModel.run report (analysis.Check arguments.Options) request
                |> Result.bind (fun fitted -> run report fitted |> Result.map (withCode fitted))))

    /// The command of an analysis.
    let toCommand (analysis: Analysis) : Command = {
        Name = analysis.Name
        Purpose = analysis.Purpose
        Example = analysis.Example
        Words = words analysis
        Meanings = Option.toList analysis.First
        Groups = groups analysis
        Read = read analysis
    }
