namespace LmmFunctional.Cli

open Argu

/// <summary>What <c>lmm emmeans</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type EmmeansArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Mandatory; Unique>] Over of VARIABLES: string
    | [<Unique>] Trend of COVARIATE: string
    | [<Unique>] Contrast of NAME: string
    | [<Unique>] Reference of LEVEL: string
    | [<Unique>] Adjust of NAME: string
    | At of VALUES: string
    | [<Unique>] Weights of NAME: string
    | [<Unique; CustomCommandLine("--type")>] Scale of NAME: string
    | [<Unique>] Level of FRACTION: float
    | [<Unique>] Letters
    | [<Unique>] Df of METHOD: string
    | [<Unique>] Convention of NAME: string
    | [<Unique>] Ml
    | [<Unique>] Prior_Weights of COLUMN: string
    | [<Unique>] Residual of STRUCTURE: string
    | Known of NAME_AND_FILE: string
    | Pedigree of NAME_AND_FILE: string
    | Fix of NAME_AND_VALUE: string
    | Bound of NAME_AND_ENDS: string
    | Start of NAME_AND_VALUE: string
    | [<Unique>] Algorithm of AlgorithmName
    | [<Unique>] Json
    | [<Unique>] Quiet

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> "a CSV file with a header, and a model such as \"yield ~ variety * nitro + (1 | block)\"."
            | Over _ -> "the variables of the means, and those that hold them apart: \"variety | nitro\"."
            | Trend _ -> "slopes with this covariate instead of means."
            | Contrast _ ->
                "compare: pairwise, reference, poly, consec, eff, or weights of one's own such as \"1, -0.5, -0.5\"."
            | Reference _ -> "the level that --contrast reference compares with; the first is the default."
            | Adjust _ ->
                "adjust for several comparisons: tukey, dunnett, sidak, bonferroni, holm, scheffe, fdr or none; "
                + "without it what goes with the contrast."
            | At _ ->
                "values of a covariate instead of its mean, or levels of a factor instead of all: \"x=1,2\", \"f=A,B\"; "
                + "may be repeated."
            | Weights _ ->
                "how other variables are averaged over: equal, proportional, outer or cells; equal is the default."
            | Scale _ -> "model or response: response goes back from log and the like; model is the default."
            | Level _ -> "of the intervals; 0.95 is the default."
            | Letters -> "show by letters which means differ."
            | Df _ ->
                "degrees of freedom: asymptotic, residual, containment, between-within, satterthwaite or "
                + "kenward-roger; kenward-roger after pbkrtest is the default, satterthwaite with --ml."
            | Convention _ -> OptionText.convention
            | Ml -> OptionText.ml
            | Prior_Weights _ -> OptionText.weights
            | Residual _ -> OptionText.residual
            | Known _ -> OptionText.known
            | Pedigree _ -> OptionText.pedigree
            | Fix _ -> OptionText.fix
            | Bound _ -> OptionText.bound
            | Start _ -> OptionText.start
            | Algorithm _ -> OptionText.algorithm
            | Json -> OptionText.jsonForTables
            | Quiet -> OptionText.quiet

/// <summary>Reading the arguments of <c>lmm emmeans</c>.</summary>
[<RequireQualifiedAccess>]
module internal EmmeansArguments =

    let private model (emmeans: ParseResults<EmmeansArguments>) =
        emmeans.GetResult EmmeansArguments.Model
        |> NamedValues.model
            (emmeans.TryGetResult EmmeansArguments.Prior_Weights)
            (emmeans.TryGetResult EmmeansArguments.Residual)
            (emmeans.GetResults EmmeansArguments.Known)
            (emmeans.GetResults EmmeansArguments.Pedigree)

    let private parameters (emmeans: ParseResults<EmmeansArguments>) =
        ParameterArguments.read
            (emmeans.GetResults EmmeansArguments.Fix)
            (emmeans.GetResults EmmeansArguments.Bound)
            (emmeans.GetResults EmmeansArguments.Start)

    // A convention alone is that of the method means have without one.
    let private method (emmeans: ParseResults<EmmeansArguments>) =
        match emmeans.TryGetResult EmmeansArguments.Df with
        | None when emmeans.Contains EmmeansArguments.Convention ->
            Some(
                if emmeans.Contains EmmeansArguments.Ml then
                    "satterthwaite"
                else
                    "kenward-roger"
            )
        | df -> df

    let private fit (emmeans: ParseResults<EmmeansArguments>) model parameters = {
        FitRequest.plain model with
            Parameters = parameters
            Criterion = FitArguments.criterion (emmeans.Contains EmmeansArguments.Ml)
            Algorithm = emmeans.TryGetResult EmmeansArguments.Algorithm |> AlgorithmName.toAlgorithm
            Df = method emmeans
            Convention = emmeans.TryGetResult EmmeansArguments.Convention
            AsJson = emmeans.Contains EmmeansArguments.Json
            IsQuiet = emmeans.Contains EmmeansArguments.Quiet
    }

    /// The request that the arguments stand for, or what is wrong with them.
    let request (emmeans: ParseResults<EmmeansArguments>) : Result<EmmeansRequest, string> =
        let onResponse =
            match emmeans.TryGetResult EmmeansArguments.Scale with
            | None
            | Some "model" -> Ok false
            | Some "response" -> Ok true
            | Some other -> Error $"there is no scale '{other}'; --type is model or response."

        let level =
            match emmeans.TryGetResult EmmeansArguments.Level with
            | None -> Ok 0.95
            | Some level when level > 0.0 && level < 1.0 -> Ok level
            | Some _ -> Error "--level is between 0 and 1, such as 0.95."

        match onResponse, level, model emmeans, parameters emmeans with
        | Error problem, _, _, _
        | _, Error problem, _, _
        | _, _, Error problem, _
        | _, _, _, Error problem -> Error problem
        | Ok onResponse, Ok level, Ok model, Ok parameters ->
            Ok {
                Over = emmeans.GetResult EmmeansArguments.Over
                Trend = emmeans.TryGetResult EmmeansArguments.Trend
                Contrast = emmeans.TryGetResult EmmeansArguments.Contrast
                Reference = emmeans.TryGetResult EmmeansArguments.Reference
                Adjust = emmeans.TryGetResult EmmeansArguments.Adjust
                At = emmeans.GetResults EmmeansArguments.At
                Averaging = emmeans.TryGetResult EmmeansArguments.Weights
                OnResponse = onResponse
                Level = level
                Letters = emmeans.Contains EmmeansArguments.Letters
                Fit = fit emmeans model parameters
            }
