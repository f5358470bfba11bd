namespace LmmFunctional.Cli

open System
open LmmFunctional
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

        // A saved model stands where the data do.
        if request.Model.Formula = "" then
            $"--saved {quoted request.Model.Data}"
        else
            quoted request.Model.Data
            quoted request.Model.Formula

        match request.Model.Residual with
        | Some residual -> $"--residual {quoted residual}"
        | None -> ()
        match request.Model.Weights with
        | Some weights -> $"--weights {quoted weights}"
        | None -> ()
        if request.Criterion = Criterion.Ml then
            "--ml"
        match request.Df with
        | Some df -> $"--df {df}"
        | None -> ()
        $"-o {quoted path}"
    ]

    let private result (options: ReportOptions) (inference: Inference) path : AnalysisResult = {
        Text = fun _ -> []
        Table = Tidy.fit options.Level inference
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
    }

    let private read values (request: FitRequest) =
        match OptionValues.tryFind "-o" values, OptionValues.level values with
        | None, _ -> Error "the report needs a file: -o report.html."
        | _, Error problem -> Error problem
        | Some path, Ok level ->
            Ok(fun _ fit ->
                PlotAnalysis.inference request fit
                |> Result.map (fun inference ->
                    let options = {
                        Title = OptionValues.tryFind "--title" values
                        Source = Some request.Model.Data
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
        FitOptions = [ "--df"; "--convention" ]
        Read = read
    }
