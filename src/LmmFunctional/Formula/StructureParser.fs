namespace LmmFunctional.Language

open FParsec
open Readers
open ExprParser
open LmmFunctional.Model

/// <summary>Reading structures: of random terms, <c>ar1(0 + visit | g)</c>, and of residuals,
/// <c>ar1(week | subject) * varpower(dose)</c>.</summary>
[<RequireQualifiedAccess>]
module internal StructureParser =

    let private inBrackets p = mark '(' >>. nested p .>> mark ')'

    // Names and arguments

    // Arguments have parentheses of their own: toep(3)(visit | subject).
    let private arguments: Reader<float list> =
        let numbers = mark '(' >>. sepBy1 number (mark ',') .>> mark ')'
        attempt (numbers .>> followedBy (skipChar '(')) <|>% []

    let private headBy (make: string -> float list -> Result<Structure, string>) : Reader<Structure> =
        bareName .>>. arguments |>> (fun (name, values) -> make name values) |> accepted

    let private head = headBy StructureCatalogue.make

    let private column = columnOrCall <?> "a column"

    // Parts of a Kronecker product.
    let private twoOrMore example (parts: Reader<'part list>) =
        parts
        |> unless (fun parts ->
            if parts.Length > 1 then
                None
            else
                Some $"'kron' takes two parts or more: {example}")

    // Random terms

    // The place behind the bracket that opens at a place, and whether a bar stands directly inside it.
    let private closing (stream: CharStream<int>) opening =
        let mutable at = opening + 1
        let mutable depth = 1
        let mutable hasBar = false

        let skipQuoted quote =
            at <- at + 1

            while stream.Peek at <> quote && stream.Peek at <> CharStream.EndOfStreamChar do
                at <- if stream.Peek at = '\\' then at + 2 else at + 1

        while depth > 0 && stream.Peek at <> CharStream.EndOfStreamChar do
            match stream.Peek at with
            | '(' -> depth <- depth + 1
            | ')' -> depth <- depth - 1
            | '|' -> hasBar <- hasBar || depth = 1
            | '"'
            | '\''
            | '`' as quote -> skipQuoted quote
            | _ -> ()

            at <- at + 1

        struct (at, hasBar)

    // A call with a bar directly inside, or with two brackets in a row; anything else is a function of columns.
    let private atStructure: Reader<unit> =
        fun stream ->
            let rec after isPart (at: int) =
                if isPart (stream.Peek at) then
                    after isPart (at + 1)
                else
                    at

            let opening = after Lexeme.isNamePart 0 |> after System.Char.IsWhiteSpace

            let isStructure =
                Lexeme.isNameStart (stream.Peek())
                && stream.Peek opening = '('
                && (let struct (behind, hasBar) = closing stream opening
                    hasBar || stream.Peek(after System.Char.IsWhiteSpace behind) = '(')

            if isStructure then
                Reply(())
            else
                Reply(Error, NoErrorMessages)

    /// The factor that has covariance parameters for each of its levels, if there is one: per arm.
    let perLevelOf: Reader<Expr option> = opt ((keyword "per" <?> "") >>. column)

    /// A random term with a named structure.
    let random (sum: Reader<Node>) : Reader<Node> =
        let known: Reader<CovariancePart<Node>> =
            position .>> (keyword "known" <?> "") .>>. inBrackets name
            |>> fun (at, matrix) -> CovariancePart.Known(matrix, at)

        let effects: Reader<CovariancePart<Node>> =
            position .>>. (head <?> "a structure") .>>. inBrackets sum
            |>> fun ((at, structure), effects) -> CovariancePart.Effects(structure, effects, at)

        let group = mark '|' >>. sum .>>. perLevelOf

        let related =
            position .>>. ((keyword "known" <?> "") >>. inBrackets (name .>>. group))
            |>> fun (at, (matrix, group)) -> [ CovariancePart.Known(matrix, at) ], group

        let product =
            let parts = sepBy1 (known <|> effects) (mark ',')

            (keyword "kron" <?> "")
            >>. inBrackets (twoOrMore "kron(us(0 + trait), known(A) | g)" parts .>>. group)

        let plain =
            position .>>. head .>>. inBrackets (sum .>>. group)
            |>> fun ((at, structure), (effects, group)) -> [ CovariancePart.Effects(structure, effects, at) ], group

        position .>> atStructure .>>. choice [ related; product; plain ]
        |>> fun (at, (parts, (group, perLevelOf))) -> Node.Random(parts, group, perLevelOf, at)

    // Residuals

    let private variances = [ "ident"; "varpower"; "varexp"; "varconstpower"; "power"; "exp"; "constpower" ]

    // The functions of the standard deviation are offered where a name is close to one of them.
    let private makeCorrelation name arguments =
        StructureCatalogue.make name arguments
        |> Result.mapError (fun words ->
            if name = "known" then
                "'known' relates the levels of a random term; residuals have no known matrix"
            else
                match Nearest.suggest variances name with
                | Some known when not (words.Contains "did you mean") && words.Contains "is not known" ->
                    $"the structure '{name}' is not known; did you mean '{known}'?"
                | _ -> words)

    let private rowOrder: Reader<Coordinates> =
        number
        |> unless (fun value ->
            if value = 1.0 then
                None
            else
                Some "expected a column, or 1 for the order of the rows")
        |>> fun _ -> Coordinates.RowOrder

    let private coordinates: Reader<Coordinates> =
        rowOrder <|> (sepBy1 column (mark '+') |>> Coordinates.Variables)

    let private subject: Reader<Term option> =
        opt (mark '|' >>. sepBy1 column (mark ':'))
        |>> Option.map (List.map Term.ofExpr >> List.reduce Term.interact)

    let private alongAxis: Reader<ResidualCorrelation> =
        headBy makeCorrelation .>>. inBrackets coordinates
        |>> fun (structure, along) -> { Structure = structure; Along = along }

    /// A factor of the product: a correlation with its subjects, or a function of the standard deviation.
    [<RequireQualifiedAccess>]
    type private Factor =
        | Correlation of ResidualCorrelation list * within: Term option
        | Variance of VarianceFunction

    let private variance: Reader<VarianceFunction> =
        let covariate =
            (attempt (keyword "fitted" .>> mark '(' .>> mark ')') <?> "")
            |>> (fun () -> VarianceCovariate.Fitted)
            <|> (column |>> VarianceCovariate.Variable)

        let ofCovariate (word: string) (synonym: string) make =
            (keyword word <|> keyword synonym <?> "") >>. inBrackets covariate |>> make

        choice [
            (keyword "ident" <?> "") >>. inBrackets column |>> VarianceFunction.PerGroup
            ofCovariate "varpower" "power" VarianceFunction.Power
            ofCovariate "varexp" "exp" VarianceFunction.Exponential
            ofCovariate "varconstpower" "constpower" VarianceFunction.ConstantPower
        ]

    let private correlation: Reader<ResidualCorrelation list * Term option> =
        let product =
            twoOrMore "kron(ar1(row), ar1(col))" (sepBy1 alongAxis (mark ',')) .>>. subject

        let plain =
            headBy makeCorrelation .>>. inBrackets (coordinates .>>. subject)
            |>> fun (structure, (along, within)) -> [ { Structure = structure; Along = along } ], within

        (keyword "kron" <?> "") >>. inBrackets product <|> plain <?> "a structure"

    let private factor: Reader<Factor> =
        variance |>> Factor.Variance <|> (correlation |>> Factor.Correlation)

    // The place of each factor is kept only to refuse a second correlation there.
    let private product: Reader<Factor list> =
        let later = (mark '*' <?> "an operator") >>. factor

        let onlyOne (factors: Factor list) =
            let isCorrelation factor =
                match factor with
                | Factor.Correlation _ -> true
                | Factor.Variance _ -> false

            if (factors |> List.filter isCorrelation).Length <= 1 then
                None
            else
                Some "at most one correlation; the product of two is kron(ar1(row), ar1(col))"

        factor .>>. many later |>> (fun (first, rest) -> first :: rest)
        |> unless onlyOne

    let private structured: Reader<ResidualStructure> =
        let nugget =
            opt ((mark '+' <?> "an operator") >>. keyword "nugget") |>> Option.isSome

        product .>>. nugget .>>. opt (keyword "per" >>. column)
        |>> fun ((factors, hasNugget), perLevelOf) -> {
            Correlations =
                factors
                |> List.collect (fun factor ->
                    match factor with
                    | Factor.Correlation(parts, _) -> parts
                    | Factor.Variance _ -> [])
            Within =
                factors
                |> List.tryPick (fun factor ->
                    match factor with
                    | Factor.Correlation(_, within) -> within
                    | Factor.Variance _ -> None)
            Variances =
                factors
                |> List.choose (fun factor ->
                    match factor with
                    | Factor.Variance variance -> Some variance
                    | Factor.Correlation _ -> None)
            HasNugget = hasNugget
            PerLevelOf = perLevelOf
        }

    /// What follows <c>residual =</c>.
    let residual: Reader<ResidualTerm> =
        (keyword "independent" <?> "") |>> (fun () -> ResidualTerm.Independent)
        <|> (structured |>> ResidualTerm.Structured)
