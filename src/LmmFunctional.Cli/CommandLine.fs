namespace LmmFunctional.Cli

open Argu
open LmmFunctional

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

    /// The commands with their options, for the nearest to a mistyped one.
    let private commands =
        lazy
            (let cases =
                parser.Value.GetArgumentCases()
                |> List.filter (fun case -> case.ArgumentType = ArgumentType.SubCommand)

             List.map2
                 (fun (command: ArgumentCaseInfo) (options: ArgumentParser) ->
                     command.CommandLineNames.Value.Head,
                     "--help" :: DataOptions.names
                     @ (options.GetArgumentCases()
                        |> List.collect (fun option -> option.CommandLineNames.Value)))
                 cases
                 (parser.Value.GetSubCommandParsers()))

    // Those on a fit have the options of lmm fit too.
    let private withAnalyses () =
        let ofFit = commands.Value |> List.find (fun (name, _) -> name = "fit") |> snd

        commands.Value
        @ [
            for analysis in AnalysisArguments.all -> analysis.Name, AnalysisArguments.names analysis ofFit
        ]

    let private suggestion candidates word =
        match Nearest.suggest candidates word with
        | Some nearest -> $" did you mean '{nearest}'?"
        | None -> ""

    /// Argu repeats the whole help below its sentence; a user who mistyped a word needs only the sentence.
    let private sentence (command, options) (message: string) =
        let first = message.Split('\n')[0]
        let first = first.Replace("ERROR: ", "").Trim().TrimEnd('.')

        let question =
            match first.StartsWith "unrecognized", first.Split '\'' with
            | true, [| _; word; _ |] when word.StartsWith "--" -> suggestion options word
            // A formula without quotes arrives in pieces.
            | true, _ -> " is the formula in quotes?"
            | false, _ -> ""

        $"{first};{question} 'lmm {command} --help' lists the arguments."

    /// What is wrong with arguments that Argu has refused.
    let private problemOf (arguments: string[]) message =
        match Array.tryHead arguments with
        | Some first when first.StartsWith '-' ->
            let names = [ "--version"; "--help" ]
            $"there is no option '{first}' before a command;{suggestion names first} 'lmm --help' lists the commands."
        | Some first ->
            match withAnalyses () |> List.tryFind (fun (command, _) -> command = first) with
            | Some command -> sentence command message
            | None ->
                let names = withAnalyses () |> List.map fst
                $"there is no command '{first}';{suggestion names first} 'lmm --help' lists the commands."
        | None -> message

    let private commandOf (parsed: ParseResults<Arguments>) : Result<Command, string> =
        match parsed.TryGetSubCommand() with
        | Some(Fit fit) -> FitArguments.request fit |> Result.map Command.Fit
        | Some(Anova anova) -> FixedTestArguments.request anova |> Result.map Command.Anova
        | Some(Emmeans emmeans) -> EmmeansArguments.request emmeans |> Result.map Command.Emmeans
        | Some(Plan plan) -> PlanArguments.request plan |> Result.map Command.Plan
        | Some(Verify verify) -> VerifyArguments.request verify |> Result.map Command.Verify
        | Some(Shares r2) -> VarianceArguments.shares r2 |> Result.map Command.Shares
        | Some(VarianceTests test) -> VarianceArguments.tests test |> Result.map Command.VarianceTests
        | Some(Ci ci) -> IntervalArguments.request ci |> Result.map Command.Intervals
        | Some(Compare comparison) -> ComparisonArguments.request comparison |> Result.map Command.Compare
        | Some(Ems ems) -> EmsArguments.request ems |> Result.map Command.Ems
        | Some(AnovaTable anova) -> AnovaArguments.request anova |> Result.map Command.AnovaTable
        | _ when parsed.Contains Arguments.Version -> Ok Command.ShowVersion
        | _ -> Error "a command is missing; write lmm fit DATA.csv \"FORMULA\", or see 'lmm --help'."

    // A command on a fit is read as the fit, and told of by its own name.
    let private parseAs name (arguments: string list) : Result<Command, string> =
        try
            commandOf (parser.Value.ParseCommandLine(Array.ofList arguments))
        with :? ArguParseException as problem ->
            match problem.ErrorCode with
            | ErrorCode.HelpText -> Ok(Command.ShowHelp problem.Message)
            | _ -> Error(problemOf (name :: arguments.Tail |> Array.ofList) problem.Message)

    /// <summary>The command that the arguments stand for, or what is wrong with them, as Argu reads them.</summary>
    let parseInFull (arguments: string[]) : Result<Command, string> =
        match List.ofArray arguments with
        | [] -> commandOf (parser.Value.ParseCommandLine [||])
        | first :: _ as all -> parseAs first all

    let private parseAnalysis (analysis: Analysis) reading others =
        AnalysisArguments.read
            analysis
            (fun arguments ->
                match PlainArguments.tryRead arguments with
                | Some command -> Ok command
                | None -> parseAs analysis.Name arguments)
            reading
            others

    let private withReading (arguments: string list) reading command =
        match command, arguments with
        | Command.ShowHelp text, first :: _ when first.StartsWith '-' ->
            Ok(Command.ShowHelp(text.TrimEnd() + "\n\n" + AnalysisArguments.list))
        | Command.ShowHelp _, [ _ ]
        | Command.ShowHelp _, "ems" :: _ -> Ok command
        // The help of a command that reads data.
        | Command.ShowHelp text, _ -> Ok(Command.ShowHelp(text.TrimEnd() + "\n\n" + DataOptions.help))
        | command, _ when reading = DataOptions.plain -> Ok command
        | command, _ ->
            match Command.tryWithReading reading command with
            | Some command -> Ok command
            | None -> Error $"'lmm {arguments.Head}' reads no data, so options about data mean nothing to it."

    /// <summary>The command that the arguments stand for, or what is wrong with them.</summary>
    let parse (arguments: string[]) : Result<Command, string> =
        DataOptions.split (List.ofArray arguments)
        |> Result.bind (fun (reading, others) ->
            match others |> List.tryHead |> Option.bind AnalysisArguments.tryFind, PlainArguments.tryRead others with
            | Some analysis, _ -> parseAnalysis analysis reading others.Tail
            | None, Some command -> Ok command
            | None, None -> parseInFull (Array.ofList others)
            |> Result.bind (withReading others reading))
