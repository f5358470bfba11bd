namespace LmmFunctional.Cli

open Argu
open LmmFunctional

/// <summary>The names of bootstrap intervals on the command line.</summary>
type BootstrapIntervalName =
    | Percentile = 0
    | Basic = 1
    | Bca = 2

/// <summary>What <c>lmm ci</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type IntervalArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Ml
    | [<Unique>] Weights of COLUMN: string
    | [<Unique>] Residual of STRUCTURE: string
    | Known of NAME_AND_FILE: string
    | Pedigree of NAME_AND_FILE: string
    | Fix of NAME_AND_VALUE: string
    | Bound of NAME_AND_ENDS: string
    | Start of NAME_AND_VALUE: string
    | [<Unique>] Profile
    | [<Unique>] Wald
    | [<Unique>] Boot of REPLICATES: int
    | [<Unique>] Interval of BootstrapIntervalName
    | [<Unique>] Seed of SEED: int
    | [<Unique>] Level of LEVEL: float
    | [<Unique>] Json

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> OptionText.model
            | Ml -> OptionText.ml
            | Weights _ -> OptionText.weights
            | Residual _ -> OptionText.residual
            | Known _ -> OptionText.known
            | Pedigree _ -> OptionText.pedigree
            | Fix _ -> OptionText.fix
            | Bound _ -> OptionText.bound
            | Start _ -> OptionText.start
            | Profile -> "profile likelihood intervals; the default."
            | Wald -> "intervals from the curvature of the likelihood."
            | Boot _ -> "parametric bootstrap intervals from so many replicates."
            | Interval _ -> "percentile (the default), basic or bca; with --boot."
            | Seed _ -> "the seed of the bootstrap; 1 is the default."
            | Level _ -> "the level of confidence; 0.95 is the default."
            | Json -> OptionText.jsonForTable

/// <summary>Reading the arguments of <c>lmm ci</c>.</summary>
[<RequireQualifiedAccess>]
module internal IntervalArguments =

    let private bootstrapKind name =
        match name with
        | Some BootstrapIntervalName.Basic -> BootstrapInterval.Basic
        | Some BootstrapIntervalName.Bca -> BootstrapInterval.BiasCorrectedAccelerated
        | _ -> BootstrapInterval.Percentile

    let private model (ci: ParseResults<IntervalArguments>) =
        ci.GetResult IntervalArguments.Model
        |> NamedValues.model
            (ci.TryGetResult IntervalArguments.Weights)
            (ci.TryGetResult IntervalArguments.Residual)
            (ci.GetResults IntervalArguments.Known)
            (ci.GetResults IntervalArguments.Pedigree)

    let private parameters (ci: ParseResults<IntervalArguments>) =
        ParameterArguments.read
            (ci.GetResults IntervalArguments.Fix)
            (ci.GetResults IntervalArguments.Bound)
            (ci.GetResults IntervalArguments.Start)

    let private methods (ci: ParseResults<IntervalArguments>) = [
        if ci.Contains IntervalArguments.Profile then
            IntervalMethod.Profile

        if ci.Contains IntervalArguments.Wald then
            IntervalMethod.Wald

        match ci.TryGetResult IntervalArguments.Boot with
        | Some replicates ->
            IntervalMethod.Bootstrap(
                replicates,
                ci.TryGetResult IntervalArguments.Interval |> bootstrapKind,
                ci.GetResult(IntervalArguments.Seed, 1)
            )
        | None -> ()
    ]

    let private method (ci: ParseResults<IntervalArguments>) =
        match methods ci, ci.TryGetResult IntervalArguments.Boot with
        | _, Some count when count < 20 -> Error "--boot needs 20 replicates or more; 1000 are usual."
        | _ :: _ :: _, _ -> Error "give one of --profile, --wald and --boot."
        | _, None when ci.Contains IntervalArguments.Interval || ci.Contains IntervalArguments.Seed ->
            Error "--interval and --seed belong to --boot; give a number of replicates."
        | [ method ], _ -> Ok method
        | [], _ -> Ok IntervalMethod.Profile

    /// The request that the arguments stand for, or what is wrong with them.
    let request (ci: ParseResults<IntervalArguments>) : Result<IntervalRequest, string> =
        let level = ci.GetResult(IntervalArguments.Level, 0.95)

        match method ci, model ci, parameters ci with
        | _ when not (level > 0.0 && level < 1.0) -> Error "--level must lie between 0 and 1, such as 0.95."
        | Error problem, _, _
        | _, Error problem, _
        | _, _, Error problem -> Error problem
        | Ok method, Ok model, Ok parameters ->
            Ok {
                Model = model
                Criterion = FitArguments.criterion (ci.Contains IntervalArguments.Ml)
                Parameters = parameters
                Method = method
                Level = level
                AsJson = ci.Contains IntervalArguments.Json
            }
