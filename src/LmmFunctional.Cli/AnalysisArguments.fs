namespace LmmFunctional.Cli

open System

/// <summary>The commands on a fit: their list, their help, and reading their arguments.</summary>
[<RequireQualifiedAccess>]
module internal AnalysisArguments =

    /// All of them, in the order of the help.
    let all: Analysis list = [
        PredictAnalysis.analysis
        RandomEffectsAnalysis.analysis
        DiagnosticAnalyses.residuals
        DiagnosticAnalyses.influence
        DiagnosticAnalyses.outliers
        CheckAnalysis.analysis
        SimulationAnalyses.simulate
        SimulationAnalyses.power
        PlotAnalysis.analysis
        ReportAnalysis.analysis
        ExportAnalysis.analysis
        SaveAnalysis.analysis
    ]

    /// The command of a name.
    let tryFind name =
        all |> List.tryFind (fun analysis -> analysis.Name = name)

    // Every one writes a table.
    let private tableOptions = [
        OptionTable.switch "--csv" "print the table as CSV, all rows."
        OptionTable.value "-o" "FILE" "write the result to a file instead of standard output."
        OptionTable.value "--saved" "FILE" "a model that lmm save has saved, instead of data and formula."
        OptionTable.value "--rows" "NUMBER" "rows of the table that are printed as text; 60 is the default."
    ]

    /// The options that the analysis has besides those of the fit.
    let options (analysis: Analysis) = analysis.Options @ tableOptions

    /// What <c>lmm --help</c> says of all.
    let list =
        [
            "COMMANDS ON A FIT:"
            ""
            for analysis in all do
                yield! OptionTable.entry analysis.Name analysis.Purpose
            ""
            "    They take the options of lmm fit that say what the model is."
        ]
        |> String.concat Environment.NewLine

    // Options of lmm fit that say what is printed of the fit itself.
    let private ofSummary = [ "--df"; "--convention"; "--robust"; "--cluster"; "--test" ]

    /// The names of all options that the command takes, of those of the fit and its own.
    let names (analysis: Analysis) (ofFit: string list) =
        (options analysis |> List.map _.Name)
        @ (ofFit |> List.except (ofSummary |> List.except analysis.FitOptions))

    let private first (analysis: Analysis) =
        match analysis.First with
        | Some(name, _) -> $"<{name}> "
        | None -> ""

    let private wordsHelp (analysis: Analysis) =
        match analysis.First with
        | None -> []
        | Some(name, words) -> [
            $"{name}:"
            ""
            for word, meaning in words do
                yield! OptionTable.entry word meaning
            ""
          ]

    /// The word before the data with its name, and the other arguments; or that there is no such word.
    let private withFirst (analysis: Analysis) (arguments: string list) =
        match analysis.First, arguments with
        | Some(name, words), word :: rest when not (word.StartsWith '-') ->
            if words |> List.exists (fun (own, _) -> own = word) then
                Ok([ name, word ], rest)
            else
                let known = words |> List.map fst |> String.concat ", "
                Error $"there is no {name} '{word}'; choose one of {known}."
        | _ -> Ok([], arguments)

    /// <summary>The help of one command: its own options, then those of the fit.</summary>
    /// <param name="analysis">The command.</param>
    /// <param name="fitHelp">The help of <c>lmm fit</c>.</param>
    let help (analysis: Analysis) (fitHelp: string) =
        let fromModel =
            match fitHelp.IndexOf "MODEL:" with
            | -1 -> fitHelp
            | at -> fitHelp.Substring at

        // An option of the summary with the lines of its text.
        let isHead (line: string) = line.StartsWith "    -"

        let lines, _ =
            (([], false), fromModel.Split '\n')
            ||> Array.fold (fun (kept, isSkipping) line ->
                let isUnwanted =
                    ofSummary
                    |> List.exists (fun name ->
                        line.TrimEnd().StartsWith($"    {name} ")
                        && not (List.contains name analysis.FitOptions))

                let skips =
                    isUnwanted || (isSkipping && not (isHead line) && line.StartsWith "     ")

                (if skips then kept else line :: kept), skips)

        [
            $"lmm {analysis.Name}: {analysis.Purpose}"
            ""
            $"    lmm {analysis.Name} {analysis.Example}"
            ""
            $"USAGE: lmm {analysis.Name} {first analysis}<DATA> <FORMULA> [options]"
            $"       lmm {analysis.Name} {first analysis}--saved <FILE> [options]"
            ""
            yield! wordsHelp analysis
            "RESULT:"
            ""
            yield! OptionTable.help (options analysis)
            ""
            yield! List.rev lines
        ]
        |> String.concat "\n"

    let private format values (fit: FitRequest) =
        match fit.AsJson, OptionValues.contains "--csv" values with
        | true, true -> Error "give one of --json and --csv."
        | true, false -> Ok TableFormat.Json
        | false, true -> Ok TableFormat.Csv
        | false, false -> Ok TableFormat.Text

    // The first option of the fit's summary that the command does not know.
    let private stray (analysis: Analysis) (arguments: string list) =
        ofSummary
        |> List.except analysis.FitOptions
        |> List.tryFind (fun name -> List.contains name arguments)

    // Options that say how a result is made, not what the model is.
    let private ofResult = [ "--json"; "--quiet"; "--df"; "--convention" ]

    /// The arguments of <c>lmm fit</c>: those given, or with a saved model any for data and formula, which are in its file.
    let private fitArguments values (others: string list) : Result<string list, string> =
        let isOfModel (argument: string) =
            argument.StartsWith "--"
            && argument <> "--help"
            && not (List.contains argument ofResult)

        match OptionValues.tryFind "--saved" values, others |> List.tryFind isOfModel with
        | None, _ -> Ok others
        | Some _, Some name -> Error $"{name} says what the model is, and the file of --saved has it."
        | Some _, None when List.contains "--help" others -> Ok others
        | Some path, None -> Ok([ path; "" ] @ others)

    /// <summary>The request that the arguments stand for.</summary>
    /// <param name="analysis">The command.</param>
    /// <param name="readFit">Reads the arguments of <c>lmm fit</c>.</param>
    /// <param name="reading">How the data are read.</param>
    /// <param name="arguments">What follows the command, options about data left out.</param>
    /// <returns>A request, the help, or what is wrong with the arguments.</returns>
    let read
        (analysis: Analysis)
        (readFit: string list -> Result<Command, string>)
        (reading: DataReading)
        (arguments: string list)
        : Result<Command, string> =
        withFirst analysis arguments
        |> Result.bind (fun (word, arguments) ->
            OptionTable.split (options analysis) analysis.Name arguments
            |> Result.map (fun (values, others) -> word @ values, others))
        |> Result.bind (fun (values, others) ->
            match stray analysis others with
            | Some name -> Error $"'{name}' means nothing to 'lmm {analysis.Name}'; 'lmm fit' takes it."
            | None ->
                fitArguments values others
                |> Result.bind (fun others -> readFit ("fit" :: others))
                |> Result.bind (fun command ->
                    match command with
                    | Command.Fit fit ->
                        let fit = {
                            fit with
                                FitRequest.Model.Reading = reading
                        }

                        match
                            analysis.Read values fit, format values fit, OptionValues.count "--rows" 0 60 values
                        with
                        | Error problem, _, _
                        | _, Error problem, _
                        | _, _, Error problem -> Error problem
                        | Ok run, Ok format, Ok rows ->
                            Ok(
                                Command.Analysis {
                                    Fit = fit
                                    Saved = OptionValues.tryFind "--saved" values
                                    Format = format
                                    File = OptionValues.tryFind "-o" values
                                    MostRows = rows
                                    Run = run
                                }
                            )
                    | Command.ShowHelp text -> Ok(Command.ShowHelp(help analysis text))
                    | other -> Ok other))
