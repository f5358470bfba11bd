namespace LmmFunctional.Cli

open Argu
open LmmFunctional.Classical

/// <summary>What <c>lmm anova-table</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type AnovaArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | Random of FACTORS: string
    | [<Unique>] Type of TYPE: int
    | [<Unique>] Zero
    | [<Unique>] Differences
    | [<Unique>] Json

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> "a CSV file with a header, and a model such as \"yield ~ process + blend\"."
            | Random _ -> "the random factors, separated by commas, with every term they are in."
            | Type _ -> "sums of squares of type 1, 2 or 3; 1 is the default, with fixed terms first."
            | Zero -> "set negative variance estimates to zero; without it they are kept."
            | Differences -> OptionText.differences
            | Json -> OptionText.jsonForTables

/// <summary>Reading the arguments of <c>lmm anova-table</c>.</summary>
[<RequireQualifiedAccess>]
module internal AnovaArguments =

    /// The request that the arguments stand for, or what is wrong with them.
    let request (anova: ParseResults<AnovaArguments>) : Result<AnovaRequest, string> =
        let data, formula = anova.GetResult AnovaArguments.Model

        let kind =
            match anova.GetResult(AnovaArguments.Type, 1) with
            | 1 -> Ok SumsOfSquares.TypeI
            | 2 -> Ok SumsOfSquares.TypeII
            | 3 -> Ok SumsOfSquares.TypeIII
            | other -> Error $"--type {other} is not known; sums of squares are of type 1, 2 or 3."

        kind
        |> Result.map (fun kind -> {
            Data = data
            Reading = DataOptions.plain
            Formula = formula
            Random = anova.GetResults AnovaArguments.Random |> EmsArguments.names
            Kind = kind
            Quasi = EmsArguments.quasi (anova.Contains AnovaArguments.Differences)
            Negative =
                if anova.Contains AnovaArguments.Zero then
                    NegativeEstimates.SetToZero
                else
                    NegativeEstimates.Keep
            AsJson = anova.Contains AnovaArguments.Json
        })
