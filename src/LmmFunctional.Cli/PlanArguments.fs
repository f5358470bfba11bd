namespace LmmFunctional.Cli

open Argu

/// <summary>What <c>lmm plan</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type PlanArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Residual of STRUCTURE: string
    | Known of NAME_AND_FILE: string
    | Pedigree of NAME_AND_FILE: string
    | [<Unique>] Json

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> OptionText.model
            | Residual _ -> OptionText.residual
            | Known _ -> OptionText.known
            | Pedigree _ -> OptionText.pedigree
            | Json -> OptionText.jsonForTable

/// <summary>Reading the arguments of <c>lmm plan</c>.</summary>
[<RequireQualifiedAccess>]
module internal PlanArguments =

    /// The request that the arguments stand for, or what is wrong with them.
    let request (plan: ParseResults<PlanArguments>) : Result<PlanRequest, string> =
        plan.GetResult PlanArguments.Model
        |> NamedValues.model
            None
            (plan.TryGetResult PlanArguments.Residual)
            (plan.GetResults PlanArguments.Known)
            (plan.GetResults PlanArguments.Pedigree)
        |> Result.map (fun model -> {
            Model = model
            AsJson = plan.Contains PlanArguments.Json
        })
