namespace LmmFunctional

open System
open LmmFunctional.Model

/// <summary>A problem in what the user gave us: the data, the formula or the model. Never an exception.</summary>
/// <remarks>All problems of one step are reported together, as <c>Result&lt;_, LmmError list&gt;</c>.
/// The words of every case are in <see cref="M:LmmFunctional.LmmErrorModule.describe"/>.</remarks>
[<RequireQualifiedAccess; StructuredFormatDisplay("{Display}")>]
type LmmError =
    // Reading data
    | FileNotFound of path: string
    | UnreadableFile of path: string * reason: string
    | UnwritableFile of path: string * reason: string
    /// A database that refuses a query, or cannot be reached.
    | QueryFailed of database: string * reason: string
    // Saved models
    | NoSavedModel of source: string
    | NewerSavedModel of source: string * version: int * known: int
    | DamagedSavedModel of source: string * reason: string
    /// −2 log likelihood as saved, and as fitted again.
    | SavedModelDiffers of source: string * saved: float * found: float
    | RefitNotSaved
    /// A part of a model that sums of rows cannot fit.
    | SumsNeedRows of what: string
    /// Sums of rows that do not belong together: what differs, and how it is in both.
    | SumsDiffer of what: string * first: string * second: string
    /// A column that sums of rows lack, or hold in a way that a model cannot use.
    | NotInSums of column: string
    /// What is asked of a fit of sums, and needs the rows.
    | FitOfSums of what: string
    | NoHeader of source: string
    /// A header that is one field, with what seems to part its columns: a semicolon or a tab.
    | OtherSeparator of source: string * header: string * separator: char
    | NoRows of source: string
    | RaggedRow of source: string * line: int * column: int * expected: int * found: int
    | MalformedText of source: string * line: int * column: int * reason: string
    | MoreProblems of source: string * count: int
    /// Problems of any kind that are not told one by one.
    | Others of count: int
    | DuplicateColumn of name: string
    | UnnamedColumn of source: string * position: int
    | UnequalLengths of name: string * expected: int * found: int
    | UnsupportedType of name: string * typeName: string
    // Formula text
    | FormulaSyntax of text: string * position: int * expected: string
    | TwoResiduals
    | ConditionSyntax of text: string * position: int * expected: string
    // Names and types, found when a model meets its data
    /// A column that is not there, the one probably meant, and those that are.
    | UnknownColumn of name: string * suggestion: string option * known: string list
    | UnknownFunction of name: string * suggestion: string option
    | WrongArguments of call: string * reason: string
    /// With the first value that is no number and its row, counted from one, unless all values are numbers as text.
    | NotNumeric of name: string * neededBy: string * found: (string * int) option
    /// A column of numbers with a few cells that are none, the first of them with their rows, and how many there are.
    | StrayCells of name: string * neededBy: string option * cells: (string * int) list * count: int
    | NotFinite of expression: string * row: int
    | InfiniteValue of column: string * row: int
    /// A number so large that its square is none.
    | HugeValue of expression: string * row: int
    | AllMissing of name: string
    | NoCompleteRows of missing: int
    // Rows and levels that are chosen
    /// A level that a column does not have, the one probably meant, and those that it has.
    | NoSuchLevel of column: string * level: string * suggestion: string option * known: string list
    | LevelListedTwice of column: string * level: string
    | LevelsLeftOut of column: string * levels: string list
    // Models that cannot be fitted to these data
    | ConstantResponse of response: string
    | ResponseFitsExactly of response: string
    | TooFewRows of rows: int * coefficients: int
    /// Too few rows, and the column whose levels alone take most of them.
    | RowsExhausted of rows: int * coefficients: int * column: string * levels: int
    /// A random term that the model has several times.
    | RepeatedTerm of term: string * count: int
    | SingleLevel of factor: string
    | SingleGroup of group: string
    | LevelPerRow of group: string * levels: int
    | TooManyRandomEffects of term: string * effects: int * rows: int
    | NegativeWeight of column: string * row: int * value: float
    | MissingWeight of column: string * row: int
    | EmptyRandomTerm of term: string
    | TooLarge of what: string * bytes: float * available: float
    // Covariance parameters held at known values, or bounded
    | UnknownParameter of name: string * suggestion: string option
    /// Parameters of a model to simulate from that have no value.
    | MissingParameters of names: string list
    | AmbiguousParameter of name: string
    /// A value that a parameter cannot have, and the ends of what it can, which do not belong to it.
    | ParameterOutside of name: string * value: float * low: float * high: float
    /// Parameters that are held, and those of the same matrix without which they cannot be.
    | HeldInPart of names: string list * others: string list
    | HeldImpossible of names: string list
    | NamedTwice of first: string * second: string
    | NoBound of name: string
    | BoundsCrossed of name: string * lower: float * upper: float
    /// A bound beyond what a parameter can be.
    | BoundOutside of name: string * bound: float * low: float * high: float
    /// A parameter of a matrix, and the others of that matrix.
    | BoundInPart of name: string * others: string list
    | HeldAndBounded of name: string
    // Starting values
    | StartOfHeld of name: string
    | StartBeyondBound of name: string * value: float
    /// Starting values that no covariance matrix has.
    | StartImpossible of names: string list
    // Pedigrees and known matrices
    /// The animals of the loop, each an offspring of the next, the last of the first.
    | PedigreeLoop of animals: string list
    | RepeatedAnimal of animal: string * rows: int list
    | UnnamedAnimal of row: int
    /// A parent without a row that is sire and dam of the same animals, and of how many.
    | DisguisedUnknown of name: string * animals: int
    | TooFewColumns of source: string * expected: string * found: int
    /// A known matrix that was not given, the one probably meant, and those that were.
    | UnknownMatrix of name: string * suggestion: string option * known: string list
    /// A matrix that was given, and those that the model names.
    | UnusedMatrix of name: string * named: string list
    /// Levels of the data for which a known matrix has no row, the first few, and how many there are.
    | LevelsNotInMatrix of matrix: string * group: string * levels: string list * count: int
    | RepeatedLevel of matrix: string * level: string
    /// A matrix whose rows and columns are not the same levels, with the first that has no counterpart.
    | NotSquare of matrix: string * rows: int * columns: int * unmatched: string option
    | NotSymmetric of matrix: string * row: string * column: string * value: float * mirrored: float
    | NotPositiveDefinite of matrix: string * isInverse: bool
    | RepeatedElement of matrix: string * row: string * column: string
    | MissingElement of matrix: string * row: int
    // Covariance structures and their coordinates
    | WithoutSubjects of structure: string * withSubjects: string
    /// A structure along more coordinates than it may have; the most it may.
    | TooManyCoordinates of structure: string * most: int * found: int
    | NuggetWithoutDistance of structure: string
    /// A random term whose structure runs along a variable, but which has other effects; and what to write.
    | NotAlongVariable of term: string * example: string
    /// A structure that goes in equal steps along a variable whose values have none.
    | NoEqualSteps of structure: string * variable: string
    /// A structure with a correlation for each lag, and lags that no two values of its variable have.
    | MissingLags of structure: string * variable: string * lags: float list
    /// Two rows, counted from one, of one subject at one place; and how many more such rows there are.
    | RepeatedPosition of subject: (string * string) option * position: string * rows: (int * int) * others: int
    /// A factor that has two levels in one level of another, with the first row of each.
    | VariesWithin of factor: string * group: string * level: string * found: (string * int) * other: (string * int)
    | ZeroCovariate of call: string * row: int
    /// A variable most of whose values are seen once: how many it has, and how many of them have one row.
    | MostlySeenOnce of structure: string * variable: string * values: int * once: int
    /// A level with a variance of its own, among the rows of a level of another factor perhaps, that has one row.
    | SeenOnce of structure: string * variable: string * level: string * within: (string * string) option * row: int
    /// A level with a variance of its own whose rows the fixed effects fit exactly.
    | LevelFitted of structure: string * variable: string * level: string * within: (string * string) option * rows: int
    /// A covariance matrix with fewer subjects than it needs.
    | TooFewSubjects of
        structure: string *
        within: (string * string) option *
        subjects: (string * int) *
        positions: (string * int) *
        needed: int
    /// An effect of a random term that the fixed effects hold for every level.
    | FixedAndRandom of term: string * group: string * effect: string
    // Classical analysis
    | CovarianceNotPositiveDefinite of what: string
    | CombinationNotEstimable of combination: string
    | UnknownFactor of name: string * suggestion: string option
    | NoLevels of factor: string
    | IncompleteDesign of reason: string
    | NotClassical of reason: string
    | NoEmStep of reason: string
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
    /// What a model has for which the moments of its covariance parameters are not known, and whether those that Satterthwaite's
    /// degrees of freedom need are.
    | NoMoments of feature: string * isSatterthwaiteKnown: bool
    // Comparisons, profiles and robust covariances of fits
    | UnknownFixedEffect of name: string * suggestion: string option
    | DifferentData of first: string * second: string
    /// The smaller and the larger model, and what the larger one lacks.
    | NotNested of smaller: string * larger: string * reason: string
    /// A model whose residual variance is zero.
    | UnboundedLikelihood of model: string
    /// A method that needs unrelated levels and estimated variances.
    | NeedsUnrelated of methodName: string
    /// Replicates of a bootstrap that could be fitted, of those that were drawn.
    | TooFewRefits of fitted: int * replicates: int
    | ClustersShareEffects of cluster: string * group: string
    /// Neither a factor of the model nor a column, with the factors that there are.
    | UnknownCluster of cluster: string * groups: string list
    | OneCluster of cluster: string
    /// No factor of a model holds all the others, of these.
    | NoCluster of groups: string list
    /// A column that is missing in some rows of a fit.
    | MissingCluster of column: string * rows: int
    // Predictions
    /// A column that is missing in rows of new data: the first rows, and how many.
    | MissingInNewData of column: string * rows: int list * count: int
    | NewFactorLevels of factor: string * levels: string list * known: string list
    | NewGroupLevels of group: string * levels: string list
    | NewResidualPlaces of structure: string
    // Marginal means
    /// A variable that is not in the fixed effects, what it was meant for, and those that are.
    | NotInModel of role: string * name: string * suggestion: string option * known: string list
    /// An adjustment that holds for another kind of comparisons, with what it needs.
    | AdjustmentDoesNotFit of adjustment: string * needs: string
    /// A response that cannot be computed back from the model's scale.
    | NoInverse of response: string
    // Charts, tables and reports
    /// A chart or table that a model has nothing for, and why.
    | NothingToShow of what: string * reason: string

/// <summary>The words of each problem: what, where, and what to try.</summary>
[<RequireQualifiedAccess>]
module LmmError =

    open SentenceParts

    let private quoted names =
        names |> List.map (fun name -> $"'{name}'") |> limited

    // A loop of many animals: its beginning and its end.
    let private shortened (animals: string list) =
        if animals.Length <= 10 then
            animals
        else
            List.truncate 8 animals @ [ "..."; List.last animals ]

    let private belong count = Plural.verb count "belongs" "belong"

    /// What a parameter can be, as an object of 'give it'.
    let private region low high =
        match Double.IsInfinity low, Double.IsInfinity high with
        | true, true -> "a number"
        | false, true when low = 0.0 -> "a positive number"
        | false, true -> $"a number above {low}"
        | true, false -> $"a number below {high}"
        | false, false -> $"a number between {low} and {high}"

    /// <summary>One problem in words a statistician can act on.</summary>
    let describe problem =
        match problem with
        | LmmError.FileNotFound path -> $"File '{path}' does not exist; check the path."
        | LmmError.UnreadableFile(path, reason) -> $"File '{path}' cannot be read: {reason}"
        | LmmError.UnwritableFile(path, reason) -> $"File '{path}' cannot be written: {reason}"
        | LmmError.QueryFailed(database, reason) -> $"{database} cannot answer the query: {reason}"
        | LmmError.NoSavedModel source -> $"{source} is not a model saved by LmmFunctional."
        | LmmError.NewerSavedModel(source, version, known) ->
            $"{source} is a saved model of version {version}; this library reads version {known} and earlier ones. Update the library."
        | LmmError.DamagedSavedModel(source, reason) ->
            $"{source} is a damaged saved model: {reason}. Save the model again."
        | LmmError.SavedModelDiffers(source, saved, found) ->
            $"The model in {source} does not come out as it was saved: its -2 log likelihood is {found}, and it was {saved}. "
            + "Fit the model to its data with this library and save it again."
        | LmmError.RefitNotSaved ->
            "This fit was derived from another one and has no options of its own; save a fit that Lmm.fit made."
        | LmmError.SumsNeedRows what ->
            $"Sums of rows cannot fit {what}, which needs the rows themselves; fit the data instead."
        | LmmError.SumsDiffer(what, first, second) ->
            $"The sums do not belong together: they differ in {what} ({first}; {second}). Collect all for one model."
        | LmmError.NotInSums column ->
            $"The sums do not hold column '{column}' as this model uses it; collect them for this model."
        | LmmError.FitOfSums what ->
            $"{what} cannot be made from a fit of sums, which has no rows; fit the data instead."
        | LmmError.NoHeader source -> $"{source} is empty; a header line with the column names is needed."
        | LmmError.OtherSeparator(source, header, separator) ->
            let name = if separator = '\t' then "tabs" else $"'{separator}'"
            let option = if separator = '\t' then "tab" else $"\"{separator}\""

            $"{source} has one column named '{header}'; is it separated by {name}? "
            + $"Name the separator (--separator {option}), or separate the columns by commas."
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
        | LmmError.Others count ->
            let problems = Plural.count count "more problem"
            let isAre = Plural.verb count "is" "are"
            $"There {isAre} {problems}; correct those above first."
        | LmmError.DuplicateColumn name -> $"Column '{name}' appears twice; give each column its own name."
        | LmmError.UnnamedColumn(source, position) -> $"{source}: column {position} has no name; add one to the header."
        | LmmError.UnequalLengths(name, expected, found) ->
            let values = Plural.count found "value"
            $"Column '{name}' has {values} where the first column has {expected}."
        | LmmError.UnsupportedType(name, typeName) ->
            $"Column '{name}' has type {typeName}; use numbers, text, booleans, dates or enumerations."
        | LmmError.FormulaSyntax(text, position, expected) -> caret "formula" text position expected
        | LmmError.ConditionSyntax(text, position, expected) -> caret "condition" text position expected
        | LmmError.TwoResiduals -> "The model has two residual structures; keep exactly one 'residual'."
        | LmmError.UnknownColumn(name, suggestion, known) ->
            $"Column '{name}' is not in the data{meantColumn suggestion name known}"
        | LmmError.UnknownFunction(name, suggestion) -> $"Function '{name}' is not known{didYouMean suggestion}"
        | LmmError.WrongArguments(call, reason) -> $"In '{call}': {reason}"
        | LmmError.NotNumeric(name, neededBy, found) ->
            $"Column '{name}' is text, but {neededBy} needs numbers; {correction found}"
        | LmmError.StrayCells(name, neededBy, found, count) ->
            let it = Plural.verb count "it" "them"

            let needs =
                neededBy
                |> Option.map (fun by -> $", and {by} needs numbers")
                |> Option.defaultValue ""

            let example = found |> List.head |> fst

            let factor =
                if neededBy.IsNone then
                    $", or write factor({name}) if these are names of levels"
                else
                    ""

            $"Column '{name}' has numbers except in {cells found count}{needs}: correct {it}, "
            + $"name a code of missing values (--na \"{example}\"){factor}."
        | LmmError.NotFinite(expression, row) ->
            $"'{expression}' is not a finite number in row {row}; check the values it is computed from."
        | LmmError.InfiniteValue(column, row) -> $"Column '{column}' is infinite in row {row}; check the column."
        | LmmError.HugeValue(expression, row) ->
            $"'{expression}' is beyond 1e150 in row {row}, and the squares of such numbers overflow; check the values, "
            + "or take a larger unit."
        | LmmError.AllMissing name -> $"Column '{name}' has no values: every row is missing."
        | LmmError.NoCompleteRows missing ->
            let rows =
                if missing = 1 then
                    "the only row"
                else
                    $"each of the {missing} rows"

            $"No rows are left: {rows} misses a value in some column the model uses."
        | LmmError.NoSuchLevel(column, level, suggestion, known) ->
            $"Column '{column}' has no level '{level}'{meantOrListed suggestion level known}"
        | LmmError.LevelListedTwice(column, level) -> $"Level '{level}' of '{column}' is listed twice; list it once."
        | LmmError.LevelsLeftOut(column, levels) ->
            $"The order of the levels of '{column}' leaves out {quoted levels}; list all levels."
        | LmmError.ConstantResponse response ->
            $"The response '{response}' has the same value in every row; there is nothing to model."
        | LmmError.ResponseFitsExactly response ->
            $"The fixed effects fit the response '{response}' exactly; no variation is left to estimate variances from."
        | LmmError.TooFewRows(rows, coefficients) ->
            let rows = Plural.count rows "row"
            let effects = Plural.count coefficients "fixed effect"
            $"{rows} cannot estimate {effects} and a residual variance; use fewer terms."
        | LmmError.RowsExhausted(rows, coefficients, column, levels) ->
            let rows = Plural.count rows "row"
            let effects = Plural.count coefficients "fixed effect"
            let levels = Plural.count levels "level"

            $"{rows} cannot estimate {effects} and a residual variance; '{column}' alone has {levels}: leave it out, "
            + "or make it a random effect."
        | LmmError.RepeatedTerm(term, count) ->
            $"Random term '{term}' is there {count} times; their variances cannot be told apart: keep one of them."
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
        | LmmError.MissingParameters names ->
            let listed = names |> List.map (fun name -> $"'{name}'") |> String.concat ", "
            $"No value is given for {listed}; a simulation needs a value of every parameter of the model."
        | LmmError.UnknownParameter(name, suggestion) ->
            $"The model has no covariance parameter '{name}'{didYouMean suggestion}"
        | LmmError.AmbiguousParameter name ->
            $"Several random terms have a parameter '{name}'; leave it free, or give each term a grouping factor of its own."
        | LmmError.ParameterOutside(name, value, low, high) ->
            $"Parameter '{name}' cannot be {value}; give it {region low high}."
        | LmmError.HeldInPart(names, others) ->
            $"{quoted names} cannot be held without {quoted others}, which {belong others.Length} to the same matrix; hold them all, or none."
        | LmmError.HeldImpossible names ->
            $"{quoted names} cannot be held at these values: no positive definite matrix has them."
        | LmmError.NamedTwice(first, second) ->
            $"'{first}' and '{second}' are the same parameter; leave out one of them."
        | LmmError.NoBound name -> $"Parameter '{name}' has a bound without ends; give it a lower or an upper one."
        | LmmError.BoundsCrossed(name, lower, upper) ->
            $"Parameter '{name}' cannot be above {lower} and below {upper}; exchange its bounds."
        | LmmError.BoundOutside(name, bound, low, high) ->
            $"Parameter '{name}' cannot have the bound {bound}; give it {region low high}."
        | LmmError.BoundInPart(name, others) ->
            $"Parameter '{name}' cannot be bounded: {quoted others} {belong others.Length} to the same matrix; choose a structure without them."
        | LmmError.HeldAndBounded name -> $"Parameter '{name}' is held and bounded; leave out one of the two."
        | LmmError.StartOfHeld name -> $"Parameter '{name}' is held, so that it has no start; leave out one of the two."
        | LmmError.StartBeyondBound(name, value) ->
            $"Parameter '{name}' cannot start at {value}, which is outside its bounds; start between them."
        | LmmError.StartImpossible names ->
            $"The fit cannot start at these values of {quoted names}: no positive definite matrix has them."
        | LmmError.PedigreeLoop animals ->
            let path = String.concat "' <- '" (shortened animals @ [ List.head animals ])
            $"The pedigree has a loop, an animal that is its own ancestor: '{path}'; correct one of these parents."
        | LmmError.RepeatedAnimal(animal, rows) ->
            let rows = rows |> List.map string |> limited
            $"The pedigree has animal '{animal}' in rows {rows}; keep one of them."
        | LmmError.UnnamedAnimal row ->
            $"The pedigree has no animal in row {row}; name it, for only parents may be unknown."
        | LmmError.DisguisedUnknown(name, animals) ->
            let animals = Plural.count animals "animal"

            $"'{name}' is sire and dam of {animals} in the pedigree and has no row of its own; write 0 for an unknown "
            + $"parent, or give '{name}' a row if it is one."
        | LmmError.TooFewColumns(source, expected, found) ->
            let found = Plural.count found "column"
            $"{source} has {found} where {expected} are needed, in this order."
        | LmmError.UnknownMatrix(name, suggestion, known) ->
            $"The model names a known matrix '{name}' that was not given{meantOrListed suggestion name known}"
        | LmmError.UnusedMatrix(name, []) ->
            $"Matrix '{name}' is given, but the model has no term for it; write one such as known({name} | g)."
        | LmmError.UnusedMatrix(name, named) ->
            let named = limited named
            $"Matrix '{name}' is given, but the model names {named}; use one name for both."
        | LmmError.LevelsNotInMatrix(matrix, group, levels, count) ->
            let shown = quoted levels
            let more = if count > levels.Length then ", ..." else ""
            let levels = Plural.count count "level"
            $"Known matrix '{matrix}' lacks {levels} of '{group}': {shown}{more}; add them or leave out their rows."
        | LmmError.RepeatedLevel(matrix, level) -> $"{matrix} names level '{level}' twice; give each level one row."
        | LmmError.NotSquare(matrix, rows, columns, unmatched) ->
            let rows = Plural.count rows "row"
            let columns = Plural.count columns "column"

            match unmatched with
            | Some level -> $"{matrix} has {rows} and {columns}, but '{level}' is not a level of both."
            | None ->
                $"{matrix} has {rows} and {columns}; a matrix of relationships has a row and a column for each level."
        | LmmError.NotSymmetric(matrix, row, column, value, mirrored) ->
            $"{matrix} is not symmetric: element ('{row}', '{column}') is {value}, its mirror image {mirrored}."
        | LmmError.NotPositiveDefinite(matrix, true) ->
            $"{matrix} is not positive definite; an inverse of a covariance matrix must be: check its elements."
        | LmmError.NotPositiveDefinite(matrix, false) ->
            $"{matrix} is not positive semidefinite, so it is no covariance matrix; check its elements."
        | LmmError.RepeatedElement(matrix, row, column) ->
            $"{matrix} gives element ('{row}', '{column}') twice with different values; keep one of them."
        | LmmError.MissingElement(matrix, row) -> $"{matrix} lacks a value in row {row}; give every element."
        | LmmError.MostlySeenOnce(structure, variable, values, once) ->
            $"Nearly every value of '{variable}' is its own, {once} of {values}: '{structure}' has a variance for each and "
            + "a covariance for each pair; take a variable that repeats, such as the number of the visit, or car1, which "
            + "goes by distance."
        | LmmError.SeenOnce(structure, variable, level, within, row) ->
            let where =
                match within with
                | Some(factor, own) -> $" for {factor} '{own}'"
                | None -> ""

            $"{variable} '{level}' is seen once{where}, in row {row}: its variance cannot be estimated by '{structure}'; "
            + "leave this row out, or take a structure with fewer variances and correlations, such as cs or ar1."
        | LmmError.LevelFitted(structure, variable, level, within, rows) ->
            let where =
                match within with
                | Some(factor, own) -> $" for {factor} '{own}'"
                | None -> ""

            $"The fixed effects fit all {rows} rows of {variable} '{level}'{where} exactly, so the variance that they have of "
            + $"their own by '{structure}' goes to zero and the likelihood has no maximum; "
            + "leave these rows out, or take a structure in which they share a variance."
        | LmmError.TooFewSubjects(structure, within, (subject, subjects), (variable, positions), needed) ->
            let where =
                match within with
                | Some(factor, own) -> $" for {factor} '{own}'"
                | None -> ""

            let levels = Plural.count subjects "level"

            $"'{structure}' cannot be estimated{where}: '{subject}' has {levels}, and a matrix of {positions} values of "
            + $"'{variable}' needs {needed} or more beside these fixed effects; "
            + "take a structure with fewer parameters, such as cs or ar1."
        | LmmError.FixedAndRandom(term, group, effect) ->
            $"The variance of '{effect}' in '{term}' cannot be estimated: the fixed effects hold this effect of every level of "
            + $"'{group}'; leave out the random term, or the fixed effects that repeat it."
        | LmmError.WithoutSubjects(structure, withSubjects) ->
            $"Residual structure '{structure}' needs subjects that repeat it; write {withSubjects}."
        | LmmError.TooManyCoordinates(structure, most, found) ->
            let coordinates = Plural.count most "coordinate"

            $"'{structure}' takes {coordinates} at most, and {found} are given; "
            + "structures along several variables are the spatial ones and kron(ar1(a), ar1(b))."
        | LmmError.NuggetWithoutDistance structure ->
            $"'{structure}' has no distance that a nugget could be seen at; use it with ar1, car1, arma, sp_... or kron."
        | LmmError.NotAlongVariable(term, example) ->
            $"Random term '{term}' has a structure that runs along one variable, without intercept; write {example}."
        | LmmError.NoEqualSteps(structure, variable) ->
            $"'{structure}' goes in equal steps along '{variable}', and its values lie on none or on too many; "
            + $"take car1, which goes by distance, or factor({variable}), which takes them in their order."
        | LmmError.MissingLags(structure, variable, lags) ->
            let lags = lags |> List.map string |> limited

            $"'{structure}' has a correlation for each lag, and no two values of '{variable}' are {lags} apart; "
            + $"take factor({variable}), whose levels are steps in their order, or fewer correlations, as in ar1."
        | LmmError.RepeatedPosition(subject, position, (first, second), others) ->
            let where =
                match subject with
                | Some(name, level) -> $"Subject '{level}' of '{name}' has two rows at {position}"
                | None -> $"Two rows are at {position}"

            let more =
                if others = 0 then
                    ""
                else
                    let rows = Plural.count others "more row"
                    let repeat = Plural.verb others "repeats" "repeat"
                    $" {rows} {repeat} a place."

            $"{where}: rows {first} and {second}; keep one row for each.{more}"
        | LmmError.VariesWithin(factor, group, level, (one, firstRow), (other, secondRow)) ->
            $"'{factor}' must be the same in all rows of '{group}' {level}, but it is '{one}' in row {firstRow} and "
            + $"'{other}' in row {secondRow}."
        | LmmError.ZeroCovariate(call, row) ->
            $"In '{call}': the covariate is zero in row {row}, so the residual would have no variance; use varconstpower."
        | LmmError.CovarianceNotPositiveDefinite what ->
            $"{what} is not symmetric and positive definite; check its elements and their signs."
        | LmmError.CombinationNotEstimable combination ->
            $"'{combination}' is not estimable: its value depends on the solution chosen; take a combination of rows of X."
        | LmmError.UnknownFactor(name, suggestion) -> $"Factor '{name}' is not in the model{didYouMean suggestion}"
        | LmmError.NoLevels factor -> $"Factor '{factor}' has no number of levels; give one, as in {factor}=4."
        | LmmError.IncompleteDesign reason -> $"The design is not complete: {reason}."
        | LmmError.NotClassical reason -> $"The model has no classical analysis: {reason}."
        | LmmError.NoEmStep reason -> $"EM cannot fit this model: {reason}; take another algorithm."
        | LmmError.UnknownChoice(kind, name, known) -> $"There is no {kind} '{name}'; choose one of {limited known}."
        | LmmError.NoConvention(method, convention) ->
            $"The degrees of freedom '{method}' have no conventions; leave out '{convention}', or choose satterthwaite or "
            + "kenward-roger."
        | LmmError.UnknownCoefficient(name, suggestion) ->
            $"'{name}' is not a column of the fixed effects{didYouMean suggestion}"
        | LmmError.HypothesisSyntax(text, position, expected) -> caret "hypothesis" text position expected
        | LmmError.NotEstimable(hypothesis, dropped) ->
            let columns = quoted dropped

            let dependOn =
                Plural.verb dropped.Length "depends on other columns" "depend on other columns"

            $"'{hypothesis}' cannot be estimated from these data: {columns} {dependOn} of the fixed effects, "
            + "and its value would change with how that is resolved; test a combination that the data determine."
        | LmmError.KenwardRogerNeedsReml ->
            "Kenward-Roger is derived for REML and this fit is by ML; fit by REML, or take satterthwaite."
        | LmmError.NoSubjects groups ->
            let names = quoted groups

            "Between-within degrees of freedom need subjects, a grouping factor that holds all others; "
            + $"none of {names} does: take satterthwaite or kenward-roger."
        | LmmError.NoMoments(feature, isSatterthwaiteKnown) ->
            let known =
                (if isSatterthwaiteKnown then "satterthwaite, " else "")
                + "residual, asymptotic or between-within"

            $"These degrees of freedom are not known yet for a model with {feature}; take {known}."
        | LmmError.UnknownFixedEffect(name, suggestion) ->
            $"Fixed effect '{name}' is not in the model{didYouMean suggestion}"
        | LmmError.DifferentData(first, second) ->
            $"'{first}' and '{second}' are fitted to different rows or responses; "
            + "fit both to the same rows, without missing values, before they are compared."
        | LmmError.NotNested(smaller, larger, reason) ->
            $"'{smaller}' is not nested in '{larger}': {reason}; compare the models by AIC or BIC instead of a likelihood ratio test."
        | LmmError.UnboundedLikelihood model ->
            $"The residual variance of '{model}' is zero, where its likelihood has no bound: it cannot be compared with others."
        | LmmError.NeedsUnrelated methodName ->
            $"{methodName} needs unrelated levels and no held variances; fit the model without them."
        | LmmError.TooFewRefits(fitted, replicates) ->
            $"Only {fitted} of {replicates} replicates could be fitted; a bootstrap needs two or more."
        | LmmError.ClustersShareEffects(cluster, group) ->
            $"Clusters of '{cluster}' are not independent: levels of '{group}' occur in several of them; "
            + $"use a coarser cluster that holds each level of '{group}' whole."
        | LmmError.UnknownCluster(cluster, []) ->
            $"'{cluster}' is not a column of the data; clusters can be those of any column, for the model has independent rows."
        | LmmError.UnknownCluster(cluster, groups) ->
            let known = limited groups

            $"'{cluster}' is neither a factor of the model nor a column of the data; "
            + $"clusters can be those of {known}, or of a column that holds their levels whole."
        | LmmError.OneCluster cluster ->
            $"'{cluster}' makes one cluster of all rows; a robust covariance needs several that are independent of each other."
        | LmmError.NoCluster [] ->
            "A robust covariance needs clusters, and the rows of this model are independent; name a column of the data."
        | LmmError.NoCluster groups ->
            let names = quoted groups

            $"A robust covariance needs clusters that are independent, and none of {names} holds all others; "
            + "name a column of the data that does."
        | LmmError.MissingCluster(column, rows) ->
            let count = Plural.count rows "row"
            $"Column '{column}' is missing in {count} of the fit, whose cluster is unknown; fill it in or fit without these rows."
        | LmmError.MissingInNewData(column, rows, count) ->
            let inRows = Plural.count count "row"
            let first = rows |> List.map string |> String.concat ", "
            $"Column '{column}' is missing in {inRows} of the new data ({first}); fill it in or leave these rows out."
        | LmmError.NewFactorLevels(factor, levels, known) ->
            let unseen =
                levels
                |> List.truncate 5
                |> List.map (fun level -> $"'{level}'")
                |> String.concat ", "

            let more =
                if levels.Length > 5 then
                    $" and {levels.Length - 5} more"
                else
                    ""

            let seen = known |> List.truncate 10 |> String.concat ", "

            $"Factor '{factor}' has levels that the fit has not seen: {unseen}{more}; the fixed effects know {seen}."
        | LmmError.NewGroupLevels(group, levels) ->
            let unseen =
                levels
                |> List.truncate 5
                |> List.map (fun level -> $"'{level}'")
                |> String.concat ", "

            let more =
                if levels.Length > 5 then
                    $" and {levels.Length - 5} more"
                else
                    ""

            $"'{group}' has levels that the fit has not seen: {unseen}{more}; leave their rows out, or predict them at the "
            + "population."
        | LmmError.NewResidualPlaces structure ->
            $"The residual structure '{structure}' has no parameters for some of the new places; predict places that occur in "
            + "the data, or means instead of observations."
        | LmmError.NotInModel(role, name, suggestion, known) ->
            let choices =
                match known with
                | [] -> "the model has no variables there."
                | _ -> "choose from " + limited known + "."

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
        | LmmError.NothingToShow(what, reason) -> $"There is no {what} to show: {reason}"

    // More problems at once than anybody reads.
    let private mostTold = 20

    /// <summary>Problems as they are told: each once, the first twenty, and how many more there are.</summary>
    /// <remarks>Every list of problems that the library returns is such a list, and it stays one when it is limited again.
    /// </remarks>
    let limit (problems: LmmError list) : LmmError list =
        let told = problems |> List.filter (_.IsOthers >> not) |> List.distinct

        let counted =
            problems
            |> List.sumBy (fun problem ->
                match problem with
                | LmmError.Others count -> count
                | _ -> 0)

        match told.Length - mostTold with
        | beyond when counted = 0 && beyond <= 1 -> told
        | beyond -> List.truncate mostTold told @ [ LmmError.Others(counted + max 0 beyond) ]

type LmmError with

    // What F# Interactive prints.
    member private problem.Display = LmmError.describe problem
