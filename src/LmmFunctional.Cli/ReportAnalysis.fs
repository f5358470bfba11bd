namespace LmmFunctional.Cli

open System
open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Charts

/// <summary>The command <c>lmm report</c>.</summary>
[<RequireQualifiedAccess>]
module internal ReportAnalysis =

    let private options = [
        OptionTable.value "--title" "TEXT" "the heading of the page."
        OptionTable.value "--level" "LEVEL" "of the intervals; 0.95 is the default."
        OptionTable.switch "--no-identities" "do not check the identities of the estimates."
    ]

    let private quoted (word: string) =
        if
            word
            |> Seq.exists (fun letter -> not (Char.IsLetterOrDigit letter || "-_./".Contains letter))
        then
            "\"" + word.Replace("\"", "\\\"") + "\""
        else
            word

    /// The command as it may be written again.
    let private command (request: FitRequest) path = [
        "lmm report"

        match request.Source with
        | FitSource.Saved(path, _) -> $"--saved {quoted path}"
        | FitSource.Model(model, fitting) ->
            quoted (DataSource.word model.Reading.Source)
            quoted model.Formula

            match model.Residual with
            | Some residual -> $"--residual {quoted residual}"
            | None -> ()

            match model.Weights with
            | Some weights -> $"--weights {quoted weights}"
            | None -> ()

            if fitting.Criterion = Criterion.Ml then
                "--ml"
        match request.Df with
        | Some df -> $"--df {df}"
        | None -> ()
        $"-o {quoted path}"
    ]

    let private result (options: ReportOptions) (inference: Inference) path : CommandResult = {
        Text = fun _ -> ""
        Table = fun () -> Ok(Tidy.fit options.Level inference)
        Json =
            fun () ->
                FrameText.toJson [
                    "formula", Formula.print inference.Fit.Spec
                    "methods", MethodsText.ofInference inference
                ] [
                    "model", Tidy.glance inference.Fit
                    "terms", Tidy.fit options.Level inference
                ]
        Notes = []
        Save = Some(fun _ -> FitReport.save path options inference)
        Code = ExitCode.success
    }

    let private sourceOf (request: FitRequest) =
        match request.Source with
        | FitSource.Saved(path, _) -> path
        | FitSource.Model(model, _) -> DataSource.word model.Reading.Source

    let private read (arguments: Arguments) (request: FitRequest) : Result<AnalysisRun, string> =
        let values = arguments.Options

        match OptionValues.tryFind "-o" values, OptionValues.level values with
        | None, _ -> Error "the report needs a file: -o report.html."
        | _, Error problem -> Error problem
        | Some path, Ok level ->
            Ok(fun _ fitted ->
                FittedModel.inference fitted
                |> Result.map (fun inference ->
                    let options = {
                        Title = OptionValues.tryFind "--title" values
                        Source = Some(sourceOf request)
                        Command = Some(command request path |> String.concat " ")
                        Made = Some DateTimeOffset.Now
                        Level = level
                        ChecksIdentities = not (OptionValues.contains "--no-identities" values)
                    }

                    result options inference path))

    /// A page about a fit.
    let analysis: Analysis = {
        Name = "report"
        First = None
        Purpose = "write one page about a fit: model, data, estimates, tests, means, diagnostics, charts."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" -o report.html"
        Options = options
        Methods = Some MethodOptions.kenwardRoger
        Weights = ModelOptions.weights
        OfSums = false
        Check = fun _ -> []
        Read = read
    }
