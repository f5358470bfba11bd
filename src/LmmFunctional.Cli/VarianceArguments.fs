namespace LmmFunctional.Cli

open Argu

/// <summary>What <c>lmm r2</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type ShareArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Ml
    | [<Unique>] Weights of COLUMN: string
    | [<Unique>] Residual of STRUCTURE: string
    | [<Unique>] Json

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> OptionText.model
            | Ml -> OptionText.ml
            | Weights _ -> OptionText.weights
            | Residual _ -> OptionText.residual
            | Json -> OptionText.jsonForTables

/// <summary>What <c>lmm variance-test</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type VarianceTestArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Ml
    | [<Unique>] Weights of COLUMN: string
    | [<Unique>] Residual of STRUCTURE: string
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
            | Draws _ -> "draws from the exact distribution, where it applies; 10000 is the default."
            | Boot _ -> "a parametric bootstrap of each test too, from so many replicates."
            | Seed _ -> "the seed of all draws; 1 is the default."
            | Json -> OptionText.jsonForTable

/// <summary>Reading the arguments of <c>lmm r2</c> and <c>lmm variance-test</c>.</summary>
[<RequireQualifiedAccess>]
module internal VarianceArguments =

    /// The request that the arguments of r2 stand for, or what is wrong with them.
    let shares (r2: ParseResults<ShareArguments>) : Result<VerifyRequest, string> =
        r2.GetResult ShareArguments.Model
        |> NamedValues.model (r2.TryGetResult ShareArguments.Weights) (r2.TryGetResult ShareArguments.Residual) [] []
        |> Result.map (fun model -> {
            Model = model
            Criterion = FitArguments.criterion (r2.Contains ShareArguments.Ml)
            AsJson = r2.Contains ShareArguments.Json
        })

    /// The request that the arguments of variance-test stand for, or what is wrong with them.
    let tests (test: ParseResults<VarianceTestArguments>) : Result<VarianceTestRequest, string> =
        let draws = test.GetResult(VarianceTestArguments.Draws, 10000)
        let replicates = test.TryGetResult VarianceTestArguments.Boot

        if draws < 100 then
            Error "--draws needs 100 draws or more; 10000 are usual."
        elif replicates |> Option.exists (fun count -> count < 20) then
            Error "--boot needs 20 replicates or more; 1000 are usual."
        else
            test.GetResult VarianceTestArguments.Model
            |> NamedValues.model
                (test.TryGetResult VarianceTestArguments.Weights)
                (test.TryGetResult VarianceTestArguments.Residual) [] []
            |> Result.map (fun model -> {
                Model = model
                Criterion = FitArguments.criterion (test.Contains VarianceTestArguments.Ml)
                Draws = draws
                Replicates = replicates
                Seed = test.GetResult(VarianceTestArguments.Seed, 1)
                AsJson = test.Contains VarianceTestArguments.Json
            })
