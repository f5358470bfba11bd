namespace LmmFunctional.Cli

open System
open Argu
open LmmFunctional
open LmmFunctional.Classical

/// <summary>Reading the command line.</summary>
[<RequireQualifiedAccess>]
module CommandLine =

    let private introduction =
        """Fits linear mixed models to CSV data by REML or maximum likelihood.

    lmm fit sleepstudy.csv "Reaction ~ Days + (Days | Subject)"
    lmm anova oats.csv "yield ~ Variety * nitroF + (1 | Block/Variety)"
    lmm emmeans oats.csv "yield ~ Variety * nitroF + (1 | Block/Variety)"
        --over "Variety | nitroF" --contrast pairwise

Formulas are those of R and lme4. The result, a summary or JSON, goes to
standard output; problems, and progress after a second, to standard error.

EXIT CODES:

    0                     a fit; its certificate tells an optimum, one at a
                          bound, or a flat direction.
    2                     problems in the arguments, the data or the formula,
                          listed on standard error.
    3                     the fit has not converged.
    4                     an identity fails (lmm verify).
    70                    an error in lmm itself.
"""

    // The checks of the argument types cost start-up time, and a test makes them.
    let private parser =
        lazy
            (ArgumentParser.Create<Arguments>(
                programName = "lmm",
                helpTextMessage = introduction,
                checkStructure = false
            ))

    let private robustKind name =
        match name with
        | RobustName.Cr0 -> RobustKind.Cr0
        | RobustName.Cr1 -> RobustKind.Cr1
        | RobustName.Cr2 -> RobustKind.Cr2
        | _ -> RobustKind.Cr3

    let private request (fit: ParseResults<FitArguments>) (known, pedigrees) bounds held : FitRequest =
        let data, formula = fit.GetResult FitArguments.Model

        {
            Data = data
            Formula = formula
            Criterion =
                if fit.Contains FitArguments.Ml then
                    Criterion.Ml
                else
                    Criterion.Reml
            Weights = fit.TryGetResult FitArguments.Weights
            Residual = fit.TryGetResult FitArguments.Residual
            Known = known
            Pedigrees = pedigrees
            Held = held
            Bounds = bounds
            Algorithm =
                fit.TryGetResult FitArguments.Algorithm
                |> Option.map AlgorithmName.toAlgorithm
                |> Option.defaultValue Algorithm.AverageInformation
            Df = fit.TryGetResult FitArguments.Df
            Convention = fit.TryGetResult FitArguments.Convention
            Robust = fit.TryGetResult FitArguments.Robust |> Option.map robustKind
            Cluster = fit.TryGetResult FitArguments.Cluster
            AsJson = fit.Contains FitArguments.Json
            IsQuiet = fit.Contains FitArguments.Quiet
        }

    let private testRequest (anova: ParseResults<FixedTestArguments>) : Result<FixedTestRequest, string> =
        let data, formula = anova.GetResult FixedTestArguments.Model

        let kind =
            match anova.TryGetResult FixedTestArguments.Type with
            | Some 1 -> Ok HypothesisType.I
            | Some 2 -> Ok HypothesisType.II
            | None
            | Some 3 -> Ok HypothesisType.III
            | Some other -> Error $"there is no table of type {other}; --type is 1, 2 or 3."

        kind
        |> Result.map (fun kind -> {
            Type = kind
            Fit = {
                FitRequest.plain data formula with
                    Criterion =
                        if anova.Contains FixedTestArguments.Ml then
                            Criterion.Ml
                        else
                            Criterion.Reml
                    Weights = anova.TryGetResult FixedTestArguments.Weights
                    Algorithm =
                        anova.TryGetResult FixedTestArguments.Algorithm
                        |> Option.map AlgorithmName.toAlgorithm
                        |> Option.defaultValue Algorithm.AverageInformation
                    // A convention alone is that of the method the table has without one.
                    Df =
                        anova.TryGetResult FixedTestArguments.Df
                        |> Option.orElse (
                            if anova.Contains FixedTestArguments.Convention then
                                Some "satterthwaite"
                            else
                                None
                        )
                    Convention = anova.TryGetResult FixedTestArguments.Convention
                    AsJson = anova.Contains FixedTestArguments.Json
                    IsQuiet = anova.Contains FixedTestArguments.Quiet
            }
        })

    /// Argu repeats the whole help below its sentence; a user who mistyped a word needs only the sentence.
    let private sentence command (message: string) =
        let first = message.Split('\n')[0]
        let first = first.Replace("ERROR: ", "").Trim().TrimEnd('.')

        let question =
            match first.StartsWith "unrecognized", first.Split '\'' with
            | true, [| _; word; _ |] when word.StartsWith "--" ->
                match Nearest.suggest (OptionNames.ofCommand command) word with
                | Some option -> $" did you mean '{option}'?"
                | None -> ""
            // A formula without quotes arrives in pieces.
            | true, _ -> " is the formula in quotes?"
            | false, _ -> ""

        $"{first};{question} 'lmm {command} --help' lists the arguments."

    let private planRequest (plan: ParseResults<PlanArguments>) : PlanRequest =
        let data, formula = plan.GetResult PlanArguments.Model

        {
            Data = data
            Formula = formula
            AsJson = plan.Contains PlanArguments.Json
        }

    let private verifyRequest (verify: ParseResults<VerifyArguments>) : VerifyRequest =
        let data, formula = verify.GetResult VerifyArguments.Model

        {
            Data = data
            Formula = formula
            Criterion =
                if verify.Contains VerifyArguments.Ml then
                    Criterion.Ml
                else
                    Criterion.Reml
            AsJson = verify.Contains VerifyArguments.Json
        }

    let private names (lists: string list) =
        lists
        |> List.collect (fun list -> List.ofArray (list.Split(',', StringSplitOptions.TrimEntries)))
        |> List.filter ((<>) "")

    let private level (text: string) =
        match text.Split('=', StringSplitOptions.TrimEntries) with
        | [| name; count |] when name <> "" ->
            match Int32.TryParse count with
            | true, count -> Ok(name, count)
            | false, _ -> Error text
        | _ -> Error text

    let private quasi isDifference =
        if isDifference then QuasiF.Differences else QuasiF.Sums

    let private emsRequest (ems: ParseResults<EmsArguments>) =
        let levels = ems.GetResults EmsArguments.Levels |> names |> List.map level

        let wrong =
            levels
            |> List.choose (fun level ->
                match level with
                | Error text -> Some $"'{text}'"
                | Ok _ -> None)

        if wrong.IsEmpty then
            Ok {
                Terms = ems.GetResult EmsArguments.Terms
                Random = ems.GetResults EmsArguments.Random |> names
                Levels = levels |> List.choose Result.toOption
                Replicates = ems.GetResult(EmsArguments.Reps, 1)
                Form =
                    if ems.Contains EmsArguments.Restricted then
                        InteractionForm.Restricted
                    else
                        InteractionForm.Unrestricted
                Quasi = quasi (ems.Contains EmsArguments.Differences)
            }
        else
            let wrong = String.concat ", " wrong
            Error $"--levels {wrong} cannot be read; write each factor with its number of levels, as in A=4,B=5."

    let private anovaRequest (anova: ParseResults<AnovaArguments>) =
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
            Formula = formula
            Random = anova.GetResults AnovaArguments.Random |> names
            Kind = kind
            Quasi = quasi (anova.Contains AnovaArguments.Differences)
            Negative =
                if anova.Contains AnovaArguments.Zero then
                    NegativeEstimates.SetToZero
                else
                    NegativeEstimates.Keep
            AsJson = anova.Contains AnovaArguments.Json
        })

    let private criterion isMl =
        if isMl then Criterion.Ml else Criterion.Reml

    let private bootstrapKind name =
        match name with
        | BootstrapIntervalName.Basic -> BootstrapInterval.Basic
        | BootstrapIntervalName.Bca -> BootstrapInterval.BiasCorrectedAccelerated
        | _ -> BootstrapInterval.Percentile

    let private intervalRequest (ci: ParseResults<IntervalArguments>) : Result<Command, string> =
        let data, formula = ci.GetResult IntervalArguments.Model
        let level = ci.TryGetResult IntervalArguments.Level |> Option.defaultValue 0.95
        let replicates = ci.TryGetResult IntervalArguments.Boot

        let methods = [
            if ci.Contains IntervalArguments.Profile then
                IntervalMethod.Profile
            if ci.Contains IntervalArguments.Wald then
                IntervalMethod.Wald
            match replicates with
            | Some count ->
                IntervalMethod.Bootstrap(
                    count,
                    ci.TryGetResult IntervalArguments.Interval
                    |> Option.map bootstrapKind
                    |> Option.defaultValue BootstrapInterval.Percentile,
                    ci.TryGetResult IntervalArguments.Seed |> Option.defaultValue 1
                )
            | None -> ()
        ]

        let request method =
            Command.Intervals {
                Data = data
                Formula = formula
                Criterion = criterion (ci.Contains IntervalArguments.Ml)
                Weights = ci.TryGetResult IntervalArguments.Weights
                Method = method
                Level = level
                AsJson = ci.Contains IntervalArguments.Json
            }

        match methods, replicates with
        | _ when not (level > 0.0 && level < 1.0) -> Error "--level must lie between 0 and 1, such as 0.95."
        | _, Some count when count < 20 -> Error "--boot needs 20 replicates or more; 1000 are usual."
        | _ :: _ :: _, _ -> Error "give one of --profile, --wald and --boot."
        | _, None when ci.Contains IntervalArguments.Interval || ci.Contains IntervalArguments.Seed ->
            Error "--interval and --seed belong to --boot; give a number of replicates."
        | [ method ], _ -> Ok(request method)
        | [], _ -> Ok(request IntervalMethod.Profile)

    let private comparisonRequest (comparison: ParseResults<ComparisonArguments>) : Result<Command, string> =
        match comparison.GetResult ComparisonArguments.Models with
        | data :: (_ :: _ :: _ as formulas) ->
            Ok(
                Command.Compare {
                    Data = data
                    Formulas = formulas
                    Criterion = criterion (comparison.Contains ComparisonArguments.Ml)
                    Weights = comparison.TryGetResult ComparisonArguments.Weights
                    AsJson = comparison.Contains ComparisonArguments.Json
                }
            )
        | _ -> Error "compare needs a data file and two formulas or more."

    /// <summary>The command that the arguments stand for, or what is wrong with them, as Argu reads them.</summary>
    let parseInFull (arguments: string[]) : Result<Command, string> =
        try
            let parsed = parser.Value.ParseCommandLine arguments

            match parsed.TryGetSubCommand() with
            | Some(Fit fit) when fit.Contains FitArguments.Cluster && not (fit.Contains FitArguments.Robust) ->
                Error "--cluster goes with --robust; write for instance --robust cr2."
            | Some(Fit fit) ->
                NamedValues.namedFiles fit
                |> Result.bind (fun files ->
                    NamedBounds.read (fit.GetResults FitArguments.Bound)
                    |> Result.bind (fun bounds ->
                        NamedValues.heldVariances fit
                        |> Result.map (request fit files bounds >> Command.Fit)))
            | Some(Plan plan) -> Ok(Command.Plan(planRequest plan))
            | Some(Anova anova) -> testRequest anova |> Result.map Command.Anova
            | Some(Verify verify) -> Ok(Command.Verify(verifyRequest verify))
            | Some(Ci ci) -> intervalRequest ci
            | Some(Compare comparison) -> comparisonRequest comparison
            | Some(Ems ems) -> emsRequest ems |> Result.map Command.Ems
            | Some(AnovaTable anova) -> anovaRequest anova |> Result.map Command.AnovaTable
            | Some(Emmeans emmeans) -> EmmeansArguments.request emmeans |> Result.map Command.Emmeans
            | _ when parsed.Contains Arguments.Version -> Ok Command.ShowVersion
            | _ -> Error "a command is missing; write lmm fit DATA.csv \"FORMULA\", or see 'lmm --help'."
        with :? ArguParseException as problem ->
            match problem.ErrorCode with
            | ErrorCode.HelpText -> Ok(Command.ShowHelp problem.Message)
            | _ ->
                let command =
                    match Array.tryHead arguments with
                    | Some("plan" | "anova" | "emmeans" | "ci" | "compare" | "ems" | "anova-table" as command) ->
                        command
                    | _ -> "fit"

                Error(sentence command problem.Message)

    /// <summary>The command that the arguments stand for, or what is wrong with them.</summary>
    let parse (arguments: string[]) : Result<Command, string> =
        match PlainArguments.tryRead (List.ofArray arguments) with
        | Some command -> Ok command
        | None -> parseInFull arguments
