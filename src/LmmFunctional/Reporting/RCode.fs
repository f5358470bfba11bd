namespace LmmFunctional

/// <summary>A model as R code for lme4 or nlme.</summary>
[<RequireQualifiedAccess>]
module RCode =

    let private reml (fit: Fit) = fit.Criterion = Criterion.Reml

    let private weights (spec: LmmSpec) =
        match spec.Weights with
        | Some weight -> $", weights = {Lexeme.name weight}"
        | None -> ""

    /// The fixed part as R writes it: the intercept is there unless taken out.
    let private fixedPart (terms: Terms) = TermText.deparseSum terms

    let private isIntercept (terms: Terms) = terms = Terms.ofList [ Term.intercept ]

    let private hasFactor (fit: Fit) (terms: Terms) =
        let factors = ForeignModel.factors fit

        terms.Items
        |> List.collect _.Factors
        |> List.collect Expr.columns
        |> List.exists (fun name -> List.contains name factors)

    let private unknownFunctions =
        "Functions of the formula must be R's own, or be defined first."

    // lme4

    let private lme4Problem (fit: Fit) (term: RandomTerm) = [
        let words = TermText.deparseRandom term

        if term.Relationship.IsSome then
            $"lme4 has no known matrices between levels: {words}."

        if term.PerLevelOf.IsSome then
            $"lme4 has no covariance parameters for each level of a factor: {words}."

        match term.Structure with
        | Structure.Unstructured -> ()
        | Structure.Diagonal when not (hasFactor fit term.Effects) -> ()
        | Structure.Diagonal ->
            $"lme4's || does not separate the levels of a factor: {words}; write an indicator column for each level."
        | Structure.Identity when isIntercept term.Effects -> ()
        | structure -> $"lme4's lmer has no structure {StructureText.name structure} of random effects: {words}."
    ]

    /// <summary>The call of lme4's lmer, with lmerTest's tests.</summary>
    /// <returns>The call; or what lmer cannot say.</returns>
    let lme4 (fit: Fit) : ForeignCode =
        let spec = ForeignModel.spec fit

        let problems = [
            if spec.Random.IsEmpty then
                "lmer needs a random term; lm or gls fits this model."

            yield! spec.Random |> List.collect (lme4Problem fit)

            match spec.Residual with
            | ResidualTerm.Independent -> ()
            | ResidualTerm.Structured structure ->
                $"lmer has independent residuals only, not {ResidualText.deparseStructure structure}."
        ]

        ForeignModel.outcome
            "lme4"
            problems
            [
                if not (ForeignModel.computed spec).IsEmpty then
                    unknownFunctions
            ]
            (fun () ->
                let random =
                    spec.Random
                    |> List.map (fun term ->
                        " + "
                        + TermText.deparseRandom {
                            term with
                                Structure =
                                    (if term.Structure = Structure.Identity then
                                         Structure.Unstructured
                                     else
                                         term.Structure)
                        })
                    |> String.concat ""

                let criterion = if reml fit then "TRUE" else "FALSE"

                [
                    "library(lmerTest)"
                    $"fit <- lmer({ExprText.deparse spec.Response} ~ {fixedPart spec.Fixed}{random}, data{weights spec}, REML = {criterion})"
                    "summary(fit)"
                    ""
                ]
                |> String.concat "\n")

    // nlme: random effects

    /// The class of pdMat of a term.
    let private pdMat (fit: Fit) (term: RandomTerm) : Result<string, string> =
        let formula = $"~ {TermText.deparseSum term.Effects}"

        match term.Structure with
        | Structure.Unstructured -> Ok $"pdSymm({formula})"
        | Structure.Diagonal -> Ok $"pdDiag({formula})"
        | Structure.Identity -> Ok $"pdIdent({formula})"
        | Structure.CompoundSymmetry -> Ok $"pdCompSymm({formula})"
        | structure ->
            ignore fit

            Error
                $"nlme has no structure {StructureText.name structure} of random effects: {TermText.deparseRandom term}."

    /// Groups in the order of nesting: each must hold the one before; None where they cross.
    let private nested (spec: LmmSpec) : (string * RandomTerm list) list option =
        let groups = spec.Random |> List.groupBy (fun term -> Set.ofList term.Group.Factors)
        let ordered = groups |> List.sortBy (fun (factors, _) -> factors.Count)

        let isChain =
            ordered
            |> List.pairwise
            |> List.forall (fun ((outer, _), (inner, _)) -> Set.isProperSubset outer inner)

        if isChain then
            let names =
                (Set.empty, ordered)
                ||> List.mapFold (fun known (factors, terms) ->
                    let added = Set.difference factors known |> Set.toList |> List.map ExprText.deparse
                    (String.concat ":" added, terms), Set.union known factors)
                |> fst

            // A level of nlme's nesting is one variable.
            if names |> List.exists (fun (name, _) -> name.Contains ':') then
                None
            else
                Some names
        else
            None

    let private randomArgument (fit: Fit) (spec: LmmSpec) : Result<string, string list> =
        match nested spec with
        | None ->
            Error [
                "lme needs nested grouping factors, and those of the model cross or are interactions of their own."
            ]
        | Some levels ->
            let parts =
                levels
                |> List.map (fun (name, terms) ->
                    match terms |> List.map (pdMat fit) with
                    | [ Ok only ] -> Ok $"{name} = {only}"
                    | several ->
                        match
                            several
                            |> List.choose (fun own ->
                                match own with
                                | Error problem -> Some problem
                                | Ok _ -> None)
                        with
                        | [] ->
                            let blocks = several |> List.choose Result.toOption |> String.concat ", "
                            Ok $"{name} = pdBlocked(list({blocks}))"
                        | problems -> Error problems)

            match
                parts
                |> List.collect (fun own ->
                    match own with
                    | Error problems -> problems
                    | Ok _ -> [])
            with
            | [] ->
                let inside = parts |> List.choose Result.toOption |> String.concat ", "
                Ok $", random = list({inside})"
            | problems -> Error problems

    // nlme: residuals

    let private correlationClass (part: ResidualCorrelation) within nugget : Result<string, string> =
        let along =
            match part.Along with
            | Coordinates.RowOrder -> "1"
            | Coordinates.Variables variables -> variables |> List.map ExprText.deparse |> String.concat " + "

        let form = $"form = ~ {along}{within}"

        // nlme counts lags by whole numbers, where the order of the levels is meant.
        let ordered =
            match part.Along with
            | Coordinates.RowOrder -> form
            | Coordinates.Variables _ -> $"form = ~ as.integer(factor({along})){within}"

        let withNugget = if nugget then ", nugget = TRUE" else ""

        match part.Structure with
        | Structure.CompoundSymmetry -> Ok $"corCompSymm({form})"
        | Structure.Unstructured -> Ok $"corSymm({ordered})"
        | Structure.Autoregressive -> Ok $"corAR1({ordered})"
        | Structure.ContinuousAutoregressive -> Ok $"corCAR1({form})"
        | Structure.AutoregressiveMovingAverage(p, q) -> Ok $"corARMA({ordered}, p = {p}, q = {q})"
        | Structure.Spatial(SpatialCorrelation.Exponential, false) -> Ok $"corExp({form}{withNugget})"
        | Structure.Spatial(SpatialCorrelation.Gaussian, false) -> Ok $"corGaus({form}{withNugget})"
        | Structure.Spatial(SpatialCorrelation.Spherical, false) -> Ok $"corSpher({form}{withNugget})"
        | structure -> Error $"nlme has no correlation {StructureText.name structure} of residuals."

    let private varianceClass (own: VarianceFunction) =
        let covariate along =
            match along with
            | VarianceCovariate.Fitted -> "fitted(.)"
            | VarianceCovariate.Variable expr -> ExprText.deparse expr

        match own with
        | VarianceFunction.PerGroup expr -> $"varIdent(form = ~ 1 | {ExprText.deparse expr})"
        | VarianceFunction.Power along -> $"varPower(form = ~ {covariate along})"
        | VarianceFunction.Exponential along -> $"varExp(form = ~ {covariate along})"
        | VarianceFunction.ConstantPower along -> $"varConstPower(form = ~ {covariate along})"

    let private residualArguments (structure: ResidualStructure) : Result<string, string list> =
        let within =
            match structure.Within with
            | Some subject -> $" | {TermText.deparse subject}"
            | None -> ""

        let correlation =
            match structure.Correlations with
            | [] -> Ok ""
            | [ only ] ->
                let hasNugget = structure.HasNugget

                if
                    hasNugget
                    && (match only.Structure with
                        | Structure.Spatial _ -> false
                        | _ -> true)
                then
                    Error "nlme has a nugget with spatial correlations only."
                else
                    correlationClass only within hasNugget
                    |> Result.map (fun own -> $", correlation = {own}")
            | _ -> Error "nlme has no products of correlations."

        let variances =
            match structure.Variances |> List.map varianceClass with
            | [] -> ""
            | [ only ] -> $", weights = {only}"
            | several ->
                let several = String.concat ", " several
                $", weights = varComb({several})"

        let perLevel =
            if structure.PerLevelOf.IsSome then
                [ "nlme has no correlation parameters for each level of a factor." ]
            else
                []

        match correlation, perLevel with
        | Ok own, [] -> Ok(own + variances)
        | Ok _, problems -> Error problems
        | Error problem, problems -> Error(problem :: problems)

    /// <summary>The call of nlme's lme, or of gls where there are no random effects.</summary>
    /// <returns>The call; or what nlme cannot say.</returns>
    let nlme (fit: Fit) : ForeignCode =
        let spec = ForeignModel.spec fit

        let random =
            if spec.Random.IsEmpty then
                Ok ""
            else
                randomArgument fit spec

        let residual =
            match spec.Residual, spec.Weights with
            | ResidualTerm.Independent, None -> Ok ""
            // varFixed is a variance, the inverse of a weight.
            | ResidualTerm.Independent, Some weight -> Ok $", weights = varFixed(~ I(1/{Lexeme.name weight}))"
            | ResidualTerm.Structured structure, None -> residualArguments structure
            | ResidualTerm.Structured structure, Some weight ->
                residualArguments structure
                |> Result.bind (fun arguments ->
                    if structure.Variances.IsEmpty then
                        Ok(arguments + $", weights = varFixed(~ I(1/{Lexeme.name weight}))")
                    else
                        Error [
                            "nlme takes prior weights and variance functions together by varComb, with starting values that only you can give."
                        ])

        let problems = [
            for part in [ random; residual ] do
                match part with
                | Error problems -> yield! problems
                | Ok _ -> ()

            for term in spec.Random do
                if term.Relationship.IsSome then
                    $"nlme has no known matrices between levels: {TermText.deparseRandom term}."

                if term.PerLevelOf.IsSome then
                    $"nlme has no covariance parameters for each level of a factor: {TermText.deparseRandom term}."

            if not spec.Fixed.Offsets.IsEmpty then
                "lme has no offset; subtract it from the response."
        ]

        ForeignModel.outcome
            "nlme"
            problems
            [
                if not (ForeignModel.computed spec).IsEmpty then
                    unknownFunctions
            ]
            (fun () ->
                let verb = if spec.Random.IsEmpty then "gls" else "lme"
                let arguments = (Result.defaultValue "" random) + (Result.defaultValue "" residual)
                let criterion = if reml fit then "REML" else "ML"

                [
                    "library(nlme)"
                    $"fit <- {verb}({ExprText.deparse spec.Response} ~ {fixedPart spec.Fixed}, data{arguments}, method = \"{criterion}\")"
                    "summary(fit)"
                    ""
                ]
                |> String.concat "\n")
