namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

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

    /// <summary>The call of nlme's lme, or of gls where there are no random effects.</summary>
    /// <returns>The call; or what nlme cannot say.</returns>
    let nlme (fit: Fit) : ForeignCode =
        let spec = ForeignModel.spec fit

        let random =
            if spec.Random.IsEmpty then
                Ok("", [])
            else
                NlmeRandom.argument spec

        let residual =
            match spec.Residual, spec.Weights with
            | ResidualTerm.Independent, None -> Ok ""
            // varFixed is a variance, the inverse of a weight.
            | ResidualTerm.Independent, Some weight -> Ok $", weights = varFixed(~ I(1/{Lexeme.name weight}))"
            | ResidualTerm.Structured structure, None -> NlmeResidual.arguments structure
            | ResidualTerm.Structured structure, Some weight ->
                NlmeResidual.arguments structure
                |> Result.bind (fun arguments ->
                    if structure.Variances.IsEmpty then
                        Ok(arguments + $", weights = varFixed(~ I(1/{Lexeme.name weight}))")
                    else
                        Error [
                            "nlme takes prior weights and variance functions together by varComb, with starting values that only you can give."
                        ])

        let problems = [
            for part in [ Result.map fst random; residual ] do
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
                let grouping, lines = Result.defaultValue ("", []) random
                let arguments = grouping + Result.defaultValue "" residual
                let criterion = if reml fit then "REML" else "ML"

                [
                    "library(nlme)"
                    yield! lines
                    $"fit <- {verb}({ExprText.deparse spec.Response} ~ {fixedPart spec.Fixed}, data{arguments}, method = \"{criterion}\")"
                    "summary(fit)"
                    ""
                ]
                |> String.concat "\n")
