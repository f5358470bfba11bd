namespace LmmFunctional.Cli

open Argu

/// <summary>What <c>lmm r2</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type ShareArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Ml
    | [<Unique>] Weights of COLUMN: string
    | [<Unique>] Residual of STRUCTURE: string
    | Known of NAME_AND_FILE: string
    | Pedigree of NAME_AND_FILE: string
    | Fix of NAME_AND_VALUE: string
    | Bound of NAME_AND_ENDS: string
    | Start of NAME_AND_VALUE: string
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
            | Json -> OptionText.jsonForTables

/// <summary>What <c>lmm variance-test</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type VarianceTestArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Ml
    | [<Unique>] Weights of COLUMN: string
    | [<Unique>] Residual of STRUCTURE: string
    | Known of NAME_AND_FILE: string
    | Pedigree of NAME_AND_FILE: string
    | Fix of NAME_AND_VALUE: string
    | Bound of NAME_AND_ENDS: string
    | Start of NAME_AND_VALUE: string
    | [<Unique>] Draws of NUMBER: int
    | [<Unique>] Boot of REPLICATES: int
    | [<Unique>] Seed of SEED: int
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
            | Draws _ -> "draws from the exact distribution, where it applies; 10000 is the default."
            | Boot _ -> "a parametric bootstrap of each test too, from so many replicates."
            | Seed _ -> "the seed of all draws; 1 is the default."
            | Json -> OptionText.jsonForTable

/// <summary>Reading the arguments of <c>lmm r2</c> and <c>lmm variance-test</c>.</summary>
[<RequireQualifiedAccess>]
module internal VarianceArguments =

    /// The request that the arguments of r2 stand for, or what is wrong with them.
    let shares (r2: ParseResults<ShareArguments>) : Result<VerifyRequest, string> =
        let model =
            r2.GetResult ShareArguments.Model
            |> NamedValues.model
                (r2.TryGetResult ShareArguments.Weights)
                (r2.TryGetResult ShareArguments.Residual)
                (r2.GetResults ShareArguments.Known)
                (r2.GetResults ShareArguments.Pedigree)

        let parameters =
            ParameterArguments.read
                (r2.GetResults ShareArguments.Fix)
                (r2.GetResults ShareArguments.Bound)
                (r2.GetResults ShareArguments.Start)

        match model, parameters with
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok model, Ok parameters ->
            Ok {
                Model = model
                Criterion = FitArguments.criterion (r2.Contains ShareArguments.Ml)
                Parameters = parameters
                AsJson = r2.Contains ShareArguments.Json
            }

    /// The request that the arguments of variance-test stand for, or what is wrong with them.
    let tests (test: ParseResults<VarianceTestArguments>) : Result<VarianceTestRequest, string> =
        let draws = test.GetResult(VarianceTestArguments.Draws, 10000)
        let replicates = test.TryGetResult VarianceTestArguments.Boot

        let model =
            test.GetResult VarianceTestArguments.Model
            |> NamedValues.model
                (test.TryGetResult VarianceTestArguments.Weights)
                (test.TryGetResult VarianceTestArguments.Residual)
                (test.GetResults VarianceTestArguments.Known)
                (test.GetResults VarianceTestArguments.Pedigree)

        let parameters =
            ParameterArguments.read
                (test.GetResults VarianceTestArguments.Fix)
                (test.GetResults VarianceTestArguments.Bound)
                (test.GetResults VarianceTestArguments.Start)

        match model, parameters with
        | _ when draws < 100 -> Error "--draws needs 100 draws or more; 10000 are usual."
        | _ when replicates |> Option.exists (fun count -> count < 20) ->
            Error "--boot needs 20 replicates or more; 1000 are usual."
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok model, Ok parameters ->
            Ok {
                Model = model
                Criterion = FitArguments.criterion (test.Contains VarianceTestArguments.Ml)
                Parameters = parameters
                Draws = draws
                Replicates = replicates
                Seed = test.GetResult(VarianceTestArguments.Seed, 1)
                AsJson = test.Contains VarianceTestArguments.Json
            }
