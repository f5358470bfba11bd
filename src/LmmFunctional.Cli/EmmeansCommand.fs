namespace LmmFunctional.Cli

open System
open System.Globalization
open System.IO
open LmmFunctional

/// <summary>What a request for marginal means asks, its names read.</summary>
type private EmmeansQuery = {
    Spec: MarginalSpec
    Trend: string option
    Contrast: MeanContrast option
    Adjust: Adjustment option
    Options: MarginalOptions
    Letters: bool
}

/// <summary>The command <c>lmm emmeans</c>.</summary>
[<RequireQualifiedAccess>]
module internal EmmeansCommand =

    let private number (text: string) =
        match Double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value -> Some value
        | false, _ -> None

    let private numbers (text: string) =
        let found = text.Split ',' |> List.ofArray |> List.map number

        if found |> List.forall Option.isSome then
            Some(found |> List.choose id)
        else
            None

    /// x=1,2 and f=A,B; "x=1; f=A" for several.
    let private at (texts: string list) : Result<(string * string list) list, LmmError list> =
        let one (text: string) =
            let split = text.IndexOf '='

            let name =
                if split > 0 then
                    text.Substring(0, split).Trim().Trim('`')
                else
                    ""

            let values =
                text.Substring(split + 1).Split ',' |> List.ofArray |> List.map _.Trim()

            if name <> "" && not (List.contains "" values) then
                Ok(name, values)
            else
                Error [
                    LmmError.WrongArguments(text, "write a variable and its values or levels, such as x=1,2 or f=A,B.")
                ]

        texts
        |> List.collect (fun text -> text.Split ';' |> List.ofArray)
        |> List.map one
        |> Results.all

    let private contrast (request: EmmeansRequest) =
        match request.Contrast, request.Reference with
        | None, None -> Ok None
        | None, Some level
        | Some "reference", Some level -> Ok(Some(MeanContrast.Reference(Some level)))
        | Some name, _ ->
            match numbers name with
            | Some weights -> Ok(Some(MeanContrast.Custom [ name.Trim(), weights ]))
            | None -> MeanContrast.ofName name |> Result.map Some

    let private optional read name =
        match name with
        | None -> Ok None
        | Some name -> read name |> Result.map Some

    // The names of a request, or all that are wrong.
    let private read (request: EmmeansRequest) : Result<EmmeansQuery, LmmError list> =
        let spec = MarginalSpec.parse request.Over
        let contrast = contrast request
        let adjust = optional Adjustment.ofName request.Adjust
        let weights = optional MarginalWeights.ofName request.Averaging
        let at = at request.At

        match spec, contrast, adjust, weights, at with
        | Ok spec, Ok contrast, Ok adjust, Ok weights, Ok at ->
            Ok {
                Spec = spec
                Trend = request.Trend
                Contrast = contrast
                Adjust = adjust
                Options = {
                    At = []
                    AtLevels = at
                    Weights = defaultArg weights MarginalWeights.Equal
                    Level = request.Level
                    OnResponse = request.OnResponse
                }
                Letters = request.Letters
            }
        | _ ->
            Error(
                Results.problems spec
                @ Results.problems contrast
                @ Results.problems adjust
                @ Results.problems weights
                @ Results.problems at
            )

    // Kenward-Roger is derived for REML.
    let private usualMethod (fit: Fit) =
        match fit.Criterion with
        | Criterion.Reml -> DegreesOfFreedomMethod.kenwardRoger
        | Criterion.Ml -> DegreesOfFreedomMethod.satterthwaite

    let private letters query means =
        if query.Letters then
            let adjustment = defaultArg query.Adjust Adjustment.Tukey

            CompactLetters.create (1.0 - query.Options.Level) adjustment means
            |> Result.map (fun letters -> Some(adjustment, letters))
        else
            Ok None

    let private contrasts query means =
        match query.Contrast, query.Adjust with
        // An adjustment without a contrast means the usual one, as in emmeans.
        | None, Some _ when not query.Letters ->
            MarginalContrasts.create MeanContrast.Pairwise query.Adjust means
            |> Result.map Some
        | None, _ -> Ok None
        | Some contrast, adjust -> MarginalContrasts.create contrast adjust means |> Result.map Some

    // Means, letters and comparisons of a fit, or what cannot be answered.
    let private answer (query: EmmeansQuery) method (fit: Fit) : Result<MarginalResult, LmmError list> =
        Inference.create (defaultArg method (usualMethod fit)) fit
        |> Result.bind (fun inference ->
            match query.Trend with
            | Some covariate -> MarginalTrends.create query.Options covariate query.Spec inference
            | None -> MarginalMeans.create query.Options query.Spec inference)
        |> Result.bind (fun means ->
            match letters query means, contrasts query means with
            | Ok letters, Ok contrasts ->
                Ok {
                    Means = means
                    Letters = letters
                    Contrasts = contrasts
                }
            | letters, contrasts -> Error(List.distinct (Results.problems letters @ Results.problems contrasts)))

    /// Prints means, letters and comparisons, or the problems; the exit code.
    let print (output: TextWriter) (error: TextWriter) (request: EmmeansRequest) : int =
        let found =
            match read request with
            // Nobody should wait for a fit to learn that a name is mistyped.
            | Error names ->
                let others =
                    Results.problems (FitCommand.method request.Fit)
                    @ Results.problems (ModelSource.read request.Fit.Model)

                Error(names @ others)
            | Ok query ->
                FitCommand.run error request.Fit
                |> Result.bind (fun (fit, method, _) ->
                    answer query method fit |> Result.map (fun result -> fit, result))

        match found with
        | Ok(fit, result) ->
            if request.Fit.AsJson then
                output.Write(MarginalJson.render result + "\n")
            else
                output.Write(MarginalReport.render SummaryFormat.Text result)

            ExitCode.ofCertificate fit.Certificate
        | Error problems -> ExitCode.refuse error problems
