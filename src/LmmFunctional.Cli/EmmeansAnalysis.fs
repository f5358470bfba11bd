namespace LmmFunctional.Cli

open System
open System.Globalization
open LmmFunctional
open LmmFunctional.Analysis

/// <summary>What is asked of marginal means, its names read.</summary>
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
module internal EmmeansAnalysis =

    let private scales = [ "model", false; "response", true ]

    let private priorWeights = "--prior-weights"

    let private options = [
        OptionTable.value
            "--over"
            "VARIABLES"
            "the variables of the means, and those that hold them apart: \"variety | nitro\"."
        OptionTable.value "--trend" "COVARIATE" "slopes with this covariate instead of means."
        OptionTable.named
            "--contrast"
            "NAME"
            MeanContrast.names
            "compare: pairwise, reference, poly, consec, eff, or weights of one's own such as \"1, -0.5, -0.5\"."
        OptionTable.value
            "--reference"
            "LEVEL"
            "the level that --contrast reference compares with; the first is the default."
        OptionTable.named
            "--adjust"
            "NAME"
            Adjustment.names
            "adjust for several comparisons: tukey, dunnett, sidak, bonferroni, holm, scheffe, fdr or none; without it what goes with the contrast."
        OptionTable.repeated
            "--at"
            "VALUES"
            "values of a covariate instead of its mean, or levels of a factor instead of all: \"x=1,2\", \"f=A,B\"; may be repeated."
        OptionTable.named
            "--weights"
            "NAME"
            MarginalWeights.names
            "how other variables are averaged over: equal, proportional, outer or cells; equal is the default."
        OptionTable.choice "--type" scales "response goes back from log and the like; model is the default."
        OptionTable.value "--level" "LEVEL" "of the intervals; 0.95 is the default."
        OptionTable.switch "--letters" "show by letters which means differ."
    ]

    // Names

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

    let private contrast (values: OptionValues) =
        match OptionValues.tryFind "--contrast" values, OptionValues.tryFind "--reference" values with
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

    // The names in the options, or all that are wrong.
    let private names (values: OptionValues) : Result<float -> bool -> EmmeansQuery, LmmError list> =
        let spec =
            OptionValues.tryFind "--over" values
            |> Option.defaultValue ""
            |> MarginalSpec.parse

        let contrast = contrast values

        let adjust = OptionValues.tryFind "--adjust" values |> optional Adjustment.ofName

        let weights =
            OptionValues.tryFind "--weights" values |> optional MarginalWeights.ofName

        let at = OptionValues.all "--at" values |> at

        match spec, contrast, adjust, weights, at with
        | Ok spec, Ok contrast, Ok adjust, Ok weights, Ok at ->
            Ok(fun level onResponse -> {
                Spec = spec
                Trend = OptionValues.tryFind "--trend" values
                Contrast = contrast
                Adjust = adjust
                Options = {
                    At = []
                    AtLevels = at
                    Weights = defaultArg weights MarginalWeights.Equal
                    Level = level
                    OnResponse = onResponse
                }
                Letters = OptionValues.contains "--letters" values
            })
        | _ ->
            Error(
                Results.problems spec
                @ Results.problems contrast
                @ Results.problems adjust
                @ Results.problems weights
                @ Results.problems at
            )

    // Means

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
    let private answer (query: EmmeansQuery) (fitted: FittedModel) : Result<MarginalResult, LmmError list> =
        Inference.create (defaultArg fitted.Method (FittedModel.usualMethod fitted.Fit.Criterion)) fitted.Fit
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

    // The table of CSV is that of the comparisons where they are asked for.
    let private table (result: MarginalResult) =
        match result.Contrasts with
        | Some contrasts -> Tidy.contrasts contrasts
        | None -> CommandTables.means result

    let private result (result: MarginalResult) =
        CommandResult.create
            (fun () -> MarginalReport.render SummaryFormat.Text result)
            (fun () -> MarginalJson.render result)
            (fun () -> table result)

    let private read (arguments: Arguments) _ : Result<AnalysisRun, string> =
        let values = arguments.Options

        match OptionValues.level values, OptionValues.choice "--type" scales values with
        | _ when not (OptionValues.contains "--over" values) ->
            Error "--over is missing; name the variables of the means, such as --over variety."
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok level, Ok onResponse ->
            Ok(fun _ fitted ->
                names values
                |> Result.bind (fun query -> answer (query level onResponse) fitted)
                |> Result.map result)

    /// Marginal means and slopes, letters and comparisons.
    let analysis: Analysis = {
        Name = "emmeans"
        First = None
        Purpose = "estimate and compare marginal means and slopes."
        Example =
            "oats.csv \"yield ~ Variety * nitroF + (1 | Block/Variety)\" --over \"Variety | nitroF\" --contrast pairwise"
        Options = options
        Methods = Some MethodOptions.kenwardRoger
        Weights = priorWeights
        OfSums = true
        // Nobody should wait for a fit to learn that a name is mistyped.
        Check = names >> Results.problems
        Read = read
    }
