namespace LmmFunctional.Cli

open Argu

/// <summary>What <c>lmm verify</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type VerifyArguments =
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
            | Json -> OptionText.jsonForTable

/// <summary>Reading the arguments of <c>lmm verify</c>.</summary>
[<RequireQualifiedAccess>]
module internal VerifyArguments =

    /// The request that the arguments stand for, or what is wrong with them.
    let request (verify: ParseResults<VerifyArguments>) : Result<VerifyRequest, string> =
        let model =
            verify.GetResult VerifyArguments.Model
            |> NamedValues.model
                (verify.TryGetResult VerifyArguments.Weights)
                (verify.TryGetResult VerifyArguments.Residual)
                (verify.GetResults VerifyArguments.Known)
                (verify.GetResults VerifyArguments.Pedigree)

        let parameters =
            ParameterArguments.read
                (verify.GetResults VerifyArguments.Fix)
                (verify.GetResults VerifyArguments.Bound)
                (verify.GetResults VerifyArguments.Start)

        match model, parameters with
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok model, Ok parameters ->
            Ok {
                Model = model
                Criterion = FitArguments.criterion (verify.Contains VerifyArguments.Ml)
                Parameters = parameters
                AsJson = verify.Contains VerifyArguments.Json
            }
