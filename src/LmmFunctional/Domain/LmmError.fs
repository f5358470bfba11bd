namespace LmmFunctional

open System

/// <summary>A problem in what the user gave us: the data, the formula or the model. Never an exception.</summary>
/// <remarks>All problems of one step are reported together, as <c>Result&lt;_, LmmError list&gt;</c>.
/// The words of every case are in <see cref="M:LmmFunctional.LmmErrorModule.describe"/>.</remarks>
[<RequireQualifiedAccess>]
type LmmError =
    // Reading data
    | FileNotFound of path: string
    | UnreadableFile of path: string * reason: string
    | NoHeader of source: string
    /// A header that is one field, with what seems to part its columns: a semicolon or a tab.
    | OtherSeparator of source: string * header: string * separator: char
    | NoRows of source: string
    | RaggedRow of source: string * line: int * column: int * expected: int * found: int
    | MalformedText of source: string * line: int * column: int * reason: string
    | MoreProblems of source: string * count: int
    | DuplicateColumn of name: string
    | UnnamedColumn of source: string * position: int
    | UnequalLengths of name: string * expected: int * found: int
    | UnsupportedType of name: string * typeName: string
    // Formula text
    | FormulaSyntax of text: string * position: int * expected: string
    | TwoResiduals
    // Names and types, found when a model meets its data
    | UnknownColumn of name: string * suggestion: string option
    | UnknownFunction of name: string * suggestion: string option
    | WrongArguments of call: string * reason: string
    /// With the first value that is no number and its row, counted from one, unless all values are numbers as text.
    | NotNumeric of name: string * neededBy: string * found: (string * int) option
    | NotFinite of expression: string * row: int
    | InfiniteValue of column: string * row: int
    | AllMissing of name: string
    | NoCompleteRows of missing: int
    // Models that cannot be fitted to these data
    | ConstantResponse of response: string
    | ResponseFitsExactly of response: string
    | TooFewRows of rows: int * coefficients: int
    | SingleLevel of factor: string
    | SingleGroup of group: string
    | LevelPerRow of group: string * levels: int
    | TooManyRandomEffects of term: string * effects: int * rows: int
    | NegativeWeight of column: string * row: int * value: float
    | MissingWeight of column: string * row: int
    | EmptyRandomTerm of term: string
    | TooLarge of what: string * bytes: float * available: float
    // Inference
    | UnknownChoice of kind: string * name: string * known: string list
    /// A method for degrees of freedom that has no conventions, with the one asked for.
    | NoConvention of method: string * convention: string
    | UnknownCoefficient of name: string * suggestion: string option
    | HypothesisSyntax of text: string * position: int * expected: string
    /// A function of the fixed effects with the columns of X that were left out and that it depends on.
    | NotEstimable of hypothesis: string * dropped: string list
    | KenwardRogerNeedsReml
    | NoSubjects of groups: string list
    // Marginal means
    /// A variable that is not in the fixed effects, what it was meant for, and those that are.
    | NotInModel of role: string * name: string * suggestion: string option * known: string list
    /// An adjustment that holds for another kind of comparisons, with what it needs.
    | AdjustmentDoesNotFit of adjustment: string * needs: string
    /// A response that cannot be computed back from the model's scale.
    | NoInverse of response: string

/// <summary>The words of each problem: what, where, and what to try.</summary>
[<RequireQualifiedAccess>]
module LmmError =

    let private didYouMean suggestion =
        match suggestion with
        | Some name -> $"; did you mean '{name}'?"
        | None -> "."

    let private caret what (text: string) position expected =
        let at = min (max position 0) text.Length

        String.concat Environment.NewLine [
            $"The {what} cannot be read:"
            "  " + text
            "  " + String(' ', at) + "^ " + expected
        ]

    // Digits around one comma, as much of Europe writes a decimal number.
    let private hasDecimalComma (value: string) =
        let digits (text: string) = text |> Seq.forall Char.IsAsciiDigit

        match value.TrimStart('-', '+').Split ',' with
        | [| whole; fraction |] -> fraction <> "" && digits whole && digits fraction
        | _ -> false

    let private correction found =
        match found with
        | Some(value: string, row: int) when hasDecimalComma value ->
            $"row {row} has '{value}': write decimal points, {value.Replace(',', '.')}."
        | Some(value, row) -> $"row {row} has '{value}', which is not a number."
        | None -> "make the column numeric."

    let private gigabytes bytes = bytes / 1e9

    /// <summary>One problem in words a statistician can act on.</summary>
    let describe problem =
        match problem with
        | LmmError.FileNotFound path -> $"File '{path}' does not exist; check the path."
        | LmmError.UnreadableFile(path, reason) -> $"File '{path}' cannot be read: {reason}"
        | LmmError.NoHeader source -> $"{source} is empty; a header line with the column names is needed."
        | LmmError.OtherSeparator(source, header, separator) ->
            let name = if separator = '\t' then "tabs" else $"'{separator}'"
            $"{source} has one column named '{header}'; is it separated by {name}? Separate the columns by commas."
        | LmmError.NoRows source -> $"{source} has no rows."
        | LmmError.RaggedRow(source, line, column, expected, found) ->
            let fields = Plural.count found "field"

            $"{source}, line {line}, column {column}: {fields} where the header has {expected}; "
            + "check for missing or unquoted commas."
        | LmmError.MalformedText(source, line, column, reason) -> $"{source}, line {line}, column {column}: {reason}"
        | LmmError.MoreProblems(source, count) ->
            let problems = Plural.count count "more problem"
            let areNot = Plural.verb count "is not" "are not"
            $"{source}: {problems} {areNot} shown; correct those above first."
        | LmmError.DuplicateColumn name -> $"Column '{name}' appears twice; give each column its own name."
        | LmmError.UnnamedColumn(source, position) -> $"{source}: column {position} has no name; add one to the header."
        | LmmError.UnequalLengths(name, expected, found) ->
            let values = Plural.count found "value"
            $"Column '{name}' has {values} where the first column has {expected}."
        | LmmError.UnsupportedType(name, typeName) ->
            $"Column '{name}' has type {typeName}; use numbers, text, booleans, dates or enumerations."
        | LmmError.FormulaSyntax(text, position, expected) -> caret "formula" text position expected
        | LmmError.TwoResiduals -> "The model has two residual structures; keep exactly one 'residual'."
        | LmmError.UnknownColumn(name, suggestion) -> $"Column '{name}' is not in the data{didYouMean suggestion}"
        | LmmError.UnknownFunction(name, suggestion) -> $"Function '{name}' is not known{didYouMean suggestion}"
        | LmmError.WrongArguments(call, reason) -> $"In '{call}': {reason}"
        | LmmError.NotNumeric(name, neededBy, found) ->
            $"Column '{name}' is text, but {neededBy} needs numbers; {correction found}"
        | LmmError.NotFinite(expression, row) ->
            $"'{expression}' is not a finite number in row {row}; check the values it is computed from."
        | LmmError.InfiniteValue(column, row) -> $"Column '{column}' is infinite in row {row}; check the column."
        | LmmError.AllMissing name -> $"Column '{name}' has no values: every row is missing."
        | LmmError.NoCompleteRows missing ->
            let rows =
                if missing = 1 then
                    "the only row"
                else
                    $"each of the {missing} rows"

            $"No rows are left: {rows} misses a value in some column the model uses."
        | LmmError.ConstantResponse response ->
            $"The response '{response}' has the same value in every row; there is nothing to model."
        | LmmError.ResponseFitsExactly response ->
            $"The fixed effects fit the response '{response}' exactly; no variation is left to estimate variances from."
        | LmmError.TooFewRows(rows, coefficients) ->
            let rows = Plural.count rows "row"
            let effects = Plural.count coefficients "fixed effect"
            $"{rows} cannot estimate {effects} and a residual variance; use fewer terms."
        | LmmError.SingleLevel factor -> $"Factor '{factor}' has a single level; remove it from the model."
        | LmmError.SingleGroup group ->
            $"Grouping factor '{group}' has a single level; a variance between its levels cannot be estimated."
        | LmmError.LevelPerRow(group, levels) ->
            let count = Plural.count levels "level"

            $"Grouping factor '{group}' has {count}, one for each row; its variance cannot be told from the residual."
        | LmmError.TooManyRandomEffects(term, effects, rows) ->
            let effects = Plural.count effects "effect"
            let rows = Plural.count rows "row"

            $"Random term '{term}' has {effects} for {rows}; its covariance cannot be told from the residual."
        | LmmError.NegativeWeight(column, row, value) ->
            $"Weight column '{column}' is {value} in row {row}; weights must be zero or positive."
        | LmmError.MissingWeight(column, row) ->
            $"Weight column '{column}' is missing in row {row}; give every row a weight."
        | LmmError.EmptyRandomTerm term -> $"Random term '{term}' has no effects; write (1 | g) for a random intercept."
        | LmmError.TooLarge(what, bytes, available) ->
            $"{what} would need %.1f{gigabytes bytes} GB of memory where %.1f{gigabytes available} GB are free; use fewer levels."
        | LmmError.UnknownChoice(kind, name, known) ->
            let choices = String.concat ", " known
            $"There is no {kind} '{name}'; choose one of {choices}."
        | LmmError.NoConvention(method, convention) ->
            $"The degrees of freedom '{method}' have no conventions; leave out '{convention}', or choose satterthwaite or "
            + "kenward-roger."
        | LmmError.UnknownCoefficient(name, suggestion) ->
            $"'{name}' is not a column of the fixed effects{didYouMean suggestion}"
        | LmmError.HypothesisSyntax(text, position, expected) -> caret "hypothesis" text position expected
        | LmmError.NotEstimable(hypothesis, dropped) ->
            let columns = dropped |> List.map (fun name -> $"'{name}'") |> String.concat ", "

            let dependOn =
                Plural.verb dropped.Length "depends on other columns" "depend on other columns"

            $"'{hypothesis}' cannot be estimated from these data: {columns} {dependOn} of the fixed effects, "
            + "and its value would change with how that is resolved; test a combination that the data determine."
        | LmmError.KenwardRogerNeedsReml ->
            "Kenward-Roger is derived for REML and this fit is by ML; fit by REML, or take satterthwaite."
        | LmmError.NoSubjects groups ->
            let names = groups |> List.map (fun name -> $"'{name}'") |> String.concat ", "

            "Between-within degrees of freedom need subjects, a grouping factor that holds all others; "
            + $"none of {names} does: take satterthwaite or kenward-roger."
        | LmmError.NotInModel(role, name, suggestion, known) ->
            let choices =
                match known with
                | [] -> "the model has no variables there."
                | _ -> "choose from " + String.concat ", " known + "."

            let question =
                match suggestion with
                | Some near -> $"did you mean '{near}'? Otherwise "
                | None -> ""

            $"The {role} '{name}' is not in the fixed effects; {question}{choices}"
        | LmmError.AdjustmentDoesNotFit(adjustment, needs) ->
            $"The adjustment '{adjustment}' is for {needs}; take sidak or holm, which hold for any comparisons."
        | LmmError.NoInverse response ->
            $"The response '{response}' has no inverse, so that means cannot be told in its units; leave them on the "
            + "scale of the model."
