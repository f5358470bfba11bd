namespace LmmFunctional.Cli

open Argu
open LmmFunctional

/// <summary>The names of algorithms on the command line.</summary>
type AlgorithmName =
    | Nr = 0
    | Fisher = 1
    | Ai = 2
    | Em = 3
    | Px_Em = 4

/// <summary>Algorithms from the command line.</summary>
[<RequireQualifiedAccess>]
module internal AlgorithmName =

    /// The algorithm of a name; average information without one.
    let toAlgorithm (name: AlgorithmName option) =
        match name with
        | Some AlgorithmName.Nr -> Algorithm.NewtonRaphson
        | Some AlgorithmName.Fisher -> Algorithm.FisherScoring
        | Some AlgorithmName.Em -> Algorithm.Em
        | Some AlgorithmName.Px_Em -> Algorithm.PxEm
        | _ -> Algorithm.AverageInformation

/// <summary>The names of robust covariances on the command line.</summary>
type RobustName =
    | Cr0 = 0
    | Cr1 = 1
    | Cr2 = 2
    | Cr3 = 3

/// <summary>What <c>lmm fit</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type FitArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Ml
    | [<Unique>] Weights of COLUMN: string
    | [<Unique>] Residual of STRUCTURE: string
    | Known of NAME_AND_FILE: string
    | Pedigree of NAME_AND_FILE: string
    | Fix of NAME_AND_VALUE: string
    | Bound of NAME_AND_ENDS: string
    | Start of NAME_AND_VALUE: string
    | [<Unique>] Algorithm of AlgorithmName
    | [<Unique>] Df of METHOD: string
    | [<Unique>] Convention of NAME: string
    | [<Unique>] Robust of RobustName
    | [<Unique>] Cluster of FACTOR: string
    | Test of FUNCTIONS: string
    | [<Unique>] Json
    | [<Unique>] Quiet

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
            | Algorithm _ -> OptionText.algorithm
            | Df _ ->
                "degrees of freedom of the fixed effects: asymptotic, residual, containment, between-within, "
                + "satterthwaite or kenward-roger; without it no p-values are given, and --test takes satterthwaite."
            | Convention _ -> OptionText.convention
            | Robust _ -> "standard errors that hold when the covariances within clusters are wrong."
            | Cluster _ -> "the clusters of --robust, a factor or a column; without it the subjects of the model."
            | Test _ -> OptionText.test
            | Json -> "print one line of JSON instead of the summary."
            | Quiet -> OptionText.quiet

/// <summary>Reading the arguments of <c>lmm fit</c>.</summary>
[<RequireQualifiedAccess>]
module internal FitArguments =

    let private robustKind name =
        match name with
        | RobustName.Cr0 -> RobustKind.Cr0
        | RobustName.Cr1 -> RobustKind.Cr1
        | RobustName.Cr2 -> RobustKind.Cr2
        | _ -> RobustKind.Cr3

    /// What is maximised.
    let criterion isMl =
        if isMl then Criterion.Ml else Criterion.Reml

    let private model (fit: ParseResults<FitArguments>) =
        fit.GetResult FitArguments.Model
        |> NamedValues.model
            (fit.TryGetResult FitArguments.Weights)
            (fit.TryGetResult FitArguments.Residual)
            (fit.GetResults FitArguments.Known)
            (fit.GetResults FitArguments.Pedigree)

    let private parameters (fit: ParseResults<FitArguments>) =
        ParameterArguments.read
            (fit.GetResults FitArguments.Fix)
            (fit.GetResults FitArguments.Bound)
            (fit.GetResults FitArguments.Start)

    /// The request that the arguments stand for, or what is wrong with them.
    let request (fit: ParseResults<FitArguments>) : Result<FitRequest, string> =
        let robust = fit.TryGetResult FitArguments.Robust |> Option.map robustKind
        let cluster = fit.TryGetResult FitArguments.Cluster

        match model fit, parameters fit with
        | _ when cluster.IsSome && robust.IsNone ->
            Error "--cluster goes with --robust; write for instance --robust cr2."
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok model, Ok parameters ->
            Ok {
                Model = model
                Criterion = criterion (fit.Contains FitArguments.Ml)
                Parameters = parameters
                Algorithm = fit.TryGetResult FitArguments.Algorithm |> AlgorithmName.toAlgorithm
                Df = fit.TryGetResult FitArguments.Df
                Convention = fit.TryGetResult FitArguments.Convention
                Robust = robust
                Cluster = cluster
                Tests = fit.GetResults FitArguments.Test
                AsJson = fit.Contains FitArguments.Json
                IsQuiet = fit.Contains FitArguments.Quiet
            }
