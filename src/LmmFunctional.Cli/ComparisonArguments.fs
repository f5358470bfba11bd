namespace LmmFunctional.Cli

open Argu

/// <summary>What <c>lmm compare</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type ComparisonArguments =
    | [<MainCommand; Mandatory>] Models of DATA_AND_FORMULAS: string list
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
            | Models _ -> "a CSV file with a header, and two or more models."
            | Ml -> "maximise the likelihood; without it REML, and ML where the fixed effects differ."
            | Weights _ -> OptionText.weights
            | Residual _ -> OptionText.residual
            | Known _ -> OptionText.known
            | Pedigree _ -> OptionText.pedigree
            | Fix _ -> OptionText.fix
            | Bound _ -> OptionText.bound
            | Start _ -> OptionText.start
            | Json -> OptionText.jsonForTables

/// <summary>Reading the arguments of <c>lmm compare</c>.</summary>
[<RequireQualifiedAccess>]
module internal ComparisonArguments =

    let private parameters (comparison: ParseResults<ComparisonArguments>) =
        ParameterArguments.read
            (comparison.GetResults ComparisonArguments.Fix)
            (comparison.GetResults ComparisonArguments.Bound)
            (comparison.GetResults ComparisonArguments.Start)

    /// The request that the arguments stand for, or what is wrong with them.
    let request (comparison: ParseResults<ComparisonArguments>) : Result<ComparisonRequest, string> =
        match comparison.GetResult ComparisonArguments.Models with
        | data :: formula :: (_ :: _ as others) ->
            (data, formula)
            |> NamedValues.model
                (comparison.TryGetResult ComparisonArguments.Weights)
                (comparison.TryGetResult ComparisonArguments.Residual)
                (comparison.GetResults ComparisonArguments.Known)
                (comparison.GetResults ComparisonArguments.Pedigree)
            |> Result.bind (fun model -> parameters comparison |> Result.map (fun parameters -> model, parameters))
            |> Result.map (fun (model, parameters) -> {
                Model = model
                Others = others
                Criterion = FitArguments.criterion (comparison.Contains ComparisonArguments.Ml)
                Parameters = parameters
                AsJson = comparison.Contains ComparisonArguments.Json
            })
        | _ -> Error "compare needs a data file and two formulas or more."
