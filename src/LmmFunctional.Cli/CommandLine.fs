namespace LmmFunctional.Cli

open LmmFunctional.Model

/// <summary>What the user wants done.</summary>
[<RequireQualifiedAccess; ReferenceEquality>]
type Request =
    | Run of CommandRun * ResultRequest
    | ShowVersion
    | ShowHelp of text: string

/// <summary>Reading the command line.</summary>
[<RequireQualifiedAccess>]
module CommandLine =

    let private introduction =
        """Fits linear mixed models by REML or maximum likelihood.

    lmm fit sleepstudy.csv "Reaction ~ Days + (Days | Subject)"
    lmm anova oats.csv "yield ~ Variety * nitroF + (1 | Block/Variety)"
    lmm emmeans oats.csv "yield ~ Variety * nitroF + (1 | Block/Variety)"
        --over "Variety | nitroF" --contrast pairwise

Formulas are those of R and lme4. The result, a summary, a table or JSON, goes to
standard output; problems, and progress after a second, to standard error.

USAGE: lmm <COMMAND> [arguments]
       lmm <COMMAND> --help
       lmm --version

COMMANDS:
"""

    let private exitCodes =
        """
EXIT CODES:

    0                     a fit; its certificate tells an optimum, one at a
                          bound, or a flat direction.
    2                     problems in the arguments, the data or the formula,
                          listed on standard error.
    3                     the fit has not converged.
    4                     an identity fails (lmm verify).
    70                    an error in lmm itself."""

    let private help () =
        [
            introduction
            for command in CommandList.all do
                yield! OptionTable.entry command.Name command.Purpose
            exitCodes
        ]
        |> String.concat "\n"

    let private suggestion candidates word =
        match Nearest.suggest candidates word with
        | Some nearest -> $" did you mean '{nearest}'?"
        | None -> ""

    // An option of the command whose name is close, or the command that has this one.
    let private unknownOption (command: Command) name =
        let own = "--help" :: (Command.options command |> List.collect OptionTable.names)

        let other =
            CommandList.all
            |> List.tryFind (fun other -> (OptionTable.tryFind name (Command.options other)).IsSome)

        match other with
        | Some other -> $"'{name}' means nothing to 'lmm {command.Name}'; 'lmm {other.Name}' takes it."
        | None ->
            $"unrecognized argument: '{name}';{suggestion own name} 'lmm {command.Name} --help' lists the arguments."

    let private listing (names: string list) =
        match List.rev names with
        | last :: (_ :: _ as others) ->
            let others = others |> List.rev |> String.concat ", "
            $"{others} and {last} are"
        | _ -> $"{names.Head} is"

    let private sentence (command: Command) (problem: ArgumentProblem) =
        let lists = $"'lmm {command.Name} --help' lists the arguments."

        match problem with
        | ArgumentProblem.UnknownOption name -> unknownOption command name
        // A formula without quotes arrives in pieces.
        | ArgumentProblem.Unexpected word -> $"unrecognized argument: '{word}'; is the formula in quotes? {lists}"
        | ArgumentProblem.MissingValue(option, value) -> $"argument '{option}' must be followed by <{value}>; {lists}"
        | ArgumentProblem.MissingWords names -> $"{listing names} missing; {lists}"
        | ArgumentProblem.Twice option -> $"'{option}' is there twice; write it once."
        | ArgumentProblem.UnknownWord(name, word, words) ->
            let known = String.concat ", " words
            $"there is no {name} '{word}'; choose one of {known}."
        | ArgumentProblem.InOption(word, option) -> $"'{word}' is too much: the file of {option} has data and formula."

    let private parseCommand (command: Command) (arguments: string list) : Result<Request, string> =
        if Arguments.asksForHelp arguments then
            Ok(Request.ShowHelp(Command.help command))
        else
            Arguments.read command.Words (Command.options command) arguments
            |> Result.mapError (sentence command)
            |> Result.bind (fun arguments ->
                match ResultOptions.read arguments.Options, command.Read arguments with
                | Error problem, _
                | _, Error problem -> Error problem
                | Ok result, Ok run -> Ok(Request.Run(run, result)))

    /// <summary>What the arguments ask for, or what is wrong with them.</summary>
    let parse (arguments: string[]) : Result<Request, string> =
        match List.ofArray arguments with
        | [] -> Error "a command is missing; write lmm fit DATA.csv \"FORMULA\", or see 'lmm --help'."
        | ("--help" | "-h" | "help") :: rest ->
            match rest |> List.tryPick CommandList.tryFind with
            | Some command -> Ok(Request.ShowHelp(Command.help command))
            | None -> Ok(Request.ShowHelp(help ()))
        | [ "--version" ] -> Ok Request.ShowVersion
        | "--version" :: word :: _ -> Error $"unrecognized argument: '{word}'; lmm --version takes none."
        | first :: rest ->
            match CommandList.tryFind first with
            | Some command -> parseCommand command rest
            | None when first.StartsWith '-' ->
                let names = [ "--version"; "--help" ]

                Error
                    $"there is no option '{first}' before a command;{suggestion names first} 'lmm --help' lists the commands."
            | None ->
                let names = CommandList.all |> List.map _.Name
                Error $"there is no command '{first}';{suggestion names first} 'lmm --help' lists the commands."
