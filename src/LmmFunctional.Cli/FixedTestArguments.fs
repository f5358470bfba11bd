namespace LmmFunctional.Cli

open Argu
open LmmFunctional

/// <summary>What <c>lmm anova</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type FixedTestArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Type of NUMBER: int
    | [<Unique>] Df of METHOD: string
    | [<Unique>] Convention of NAME: string
    | [<Unique>] Ml
    | [<Unique>] Weights of COLUMN: string
    | [<Unique>] Residual of STRUCTURE: string
    | Known of NAME_AND_FILE: string
    | Pedigree of NAME_AND_FILE: string
    | Fix of NAME_AND_VALUE: string
    | Bound of NAME_AND_ENDS: string
    | Start of NAME_AND_VALUE: string
    | Test of FUNCTIONS: string
    | [<Unique>] Algorithm of AlgorithmName
    | [<Unique>] Json
    | [<Unique>] Quiet

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> "a CSV file with a header, and a model such as \"yield ~ variety * nitro + (1 | block)\"."
            | Type _ -> "1, 2 or 3, after SAS; 3 is the default."
            | Df _ ->
                "denominator degrees of freedom: asymptotic, residual, containment, between-within, satterthwaite "
                + "or kenward-roger; satterthwaite is the default."
            | Convention _ -> OptionText.convention
            | Ml -> OptionText.ml
            | Weights _ -> OptionText.weights
            | Residual _ -> OptionText.residual
            | Known _ -> OptionText.known
            | Pedigree _ -> OptionText.pedigree
            | Fix _ -> OptionText.fix
            | Bound _ -> OptionText.bound
            | Start _ -> OptionText.start
            | Test _ -> OptionText.test
            | Algorithm _ -> OptionText.algorithm
            | Json -> OptionText.jsonForTable
            | Quiet -> OptionText.quiet

/// <summary>Reading the arguments of <c>lmm anova</c>.</summary>
[<RequireQualifiedAccess>]
module internal FixedTestArguments =

    let private model (anova: ParseResults<FixedTestArguments>) =
        anova.GetResult FixedTestArguments.Model
        |> NamedValues.model
            (anova.TryGetResult FixedTestArguments.Weights)
            (anova.TryGetResult FixedTestArguments.Residual)
            (anova.GetResults FixedTestArguments.Known)
            (anova.GetResults FixedTestArguments.Pedigree)

    let private parameters (anova: ParseResults<FixedTestArguments>) =
        ParameterArguments.read
            (anova.GetResults FixedTestArguments.Fix)
            (anova.GetResults FixedTestArguments.Bound)
            (anova.GetResults FixedTestArguments.Start)

    // A convention alone is that of the method the table has without one.
    let private method (anova: ParseResults<FixedTestArguments>) =
        match anova.TryGetResult FixedTestArguments.Df with
        | None when anova.Contains FixedTestArguments.Convention -> Some "satterthwaite"
        | df -> df

    /// The request that the arguments stand for, or what is wrong with them.
    let request (anova: ParseResults<FixedTestArguments>) : Result<FixedTestRequest, string> =
        let kind =
            match anova.TryGetResult FixedTestArguments.Type with
            | Some 1 -> Ok HypothesisType.I
            | Some 2 -> Ok HypothesisType.II
            | None
            | Some 3 -> Ok HypothesisType.III
            | Some other -> Error $"there is no table of type {other}; --type is 1, 2 or 3."

        match kind, model anova, parameters anova with
        | Error problem, _, _
        | _, Error problem, _
        | _, _, Error problem -> Error problem
        | Ok kind, Ok model, Ok parameters ->
            Ok {
                Type = kind
                Fit = {
                    FitRequest.plain model with
                        Parameters = parameters
                        Tests = anova.GetResults FixedTestArguments.Test
                        Criterion = FitArguments.criterion (anova.Contains FixedTestArguments.Ml)
                        Algorithm = anova.TryGetResult FixedTestArguments.Algorithm |> AlgorithmName.toAlgorithm
                        Df = method anova
                        Convention = anova.TryGetResult FixedTestArguments.Convention
                        AsJson = anova.Contains FixedTestArguments.Json
                        IsQuiet = anova.Contains FixedTestArguments.Quiet
                }
            }
