namespace LmmFunctional.Classical

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>A factor of a balanced design.</summary>
type DesignFactor = {
    Name: string
    /// How many levels it has, within each level of the factors it is nested in.
    Levels: int
    /// Whether its levels are a sample of many.
    IsRandom: bool
}

/// <summary>A term of a balanced design: its subscripts, in the order of the factors.</summary>
type DesignTerm = {
    /// Subscripts outside of parentheses.
    Live: DesignFactor list
    /// Subscripts in parentheses: the factors that the live ones are nested in.
    Dead: DesignFactor list
} with

    /// All subscripts.
    member term.Factors = term.Dead @ term.Live

    /// A term with a random factor is random altogether.
    member term.IsRandom = term.Factors |> List.exists _.IsRandom

    /// The product of the levels of dead and the levels less one of live subscripts.
    member term.Df =
        (term.Live |> List.fold (fun df factor -> df * (factor.Levels - 1)) 1)
        * (term.Dead |> List.fold (fun df factor -> df * factor.Levels) 1)

    /// AB, or B(A) where B is nested in A.
    member term.Name =
        let joined factors =
            let separator =
                if factors |> List.forall (fun factor -> factor.Name.Length = 1) then
                    ""
                else
                    "·"

            factors |> List.map _.Name |> String.concat separator

        if term.Dead.IsEmpty then
            joined term.Live
        else
            $"{joined term.Live}({joined term.Dead})"

/// <summary>A balanced design: every combination of levels occurs equally often.</summary>
type BalancedDesign = internal {
    AllFactors: DesignFactor list
    AllTerms: DesignTerm list
    Repeats: int
} with

    /// The factors in the order of the model.
    member design.Factors = design.AllFactors

    /// The terms, main effects first.
    member design.Terms = design.AllTerms

    /// Observations in each cell.
    member design.Replicates = design.Repeats

    /// Observations in all.
    member design.Observations =
        design.Repeats
        * (design.AllFactors |> List.fold (fun n factor -> n * factor.Levels) 1)

    /// What the terms leave of n − 1.
    member design.ErrorDf = design.Observations - 1 - (design.AllTerms |> List.sumBy _.Df)

/// <summary>Balanced designs from the text of their terms.</summary>
[<RequireQualifiedAccess>]
module BalancedDesign =

    // The factors without which a factor never occurs.
    let private nesting (terms: string list list) name =
        terms
        |> List.filter (List.contains name)
        |> List.map Set.ofList
        |> Set.intersectMany
        |> Set.remove name

    let private nestingProblems (names: string list) terms = [
        for a in names do
            for b in names do
                if a < b && (nesting terms a).Contains b && (nesting terms b).Contains a then
                    LmmError.IncompleteDesign(
                        $"factors '{a}' and '{b}' occur only together; write one factor for their combinations"
                    )
    ]

    // A term less one of its live subscripts must be there, or its sum of squares would hold that of the other too.
    let private marginProblems (liveOf: string list -> string list) (terms: string list list) =
        let present = terms |> List.map Set.ofList |> Set.ofList

        [
            for term in terms do
                for live in liveOf term do
                    let margin = term |> List.filter ((<>) live)

                    if not margin.IsEmpty && not (present.Contains(Set.ofList margin)) then
                        let name (term: string list) = String.concat ":" term
                        LmmError.IncompleteDesign($"term '{name term}' is there without '{name margin}'; add it")
        ]
        |> List.distinct

    let private factorProblems (names: string list) random levels = [
        for name in random do
            if not (List.contains name names) then
                LmmError.UnknownFactor(name, Nearest.suggest names name)

        for name, count in levels do
            if not (List.contains name names) then
                LmmError.UnknownFactor(name, Nearest.suggest names name)
            elif count < 2 then
                LmmError.SingleLevel name

        for name in names do
            if not (levels |> List.exists (fst >> (=) name)) then
                LmmError.NoLevels name
    ]

    let private columnName (term: Term) =
        term.Factors
        |> List.map (fun factor ->
            match factor with
            | Expr.Column name -> Ok name
            | other ->
                Error [
                    LmmError.WrongArguments(ExprText.deparse other, "a factor of a design must be a plain name.")
                ])
        |> Problems.all

    /// <summary>A design from terms that are named.</summary>
    /// <param name="terms">The factors of every term; a factor that never occurs without others is nested in
    /// them.</param>
    /// <param name="random">The random factors.</param>
    /// <param name="levels">For every factor its number of levels, two or more.</param>
    /// <param name="replicates">Observations in each cell, one or more.</param>
    /// <returns>The design, or every problem: unknown factors, missing levels, terms without their margins, no
    /// degrees of freedom left for the error.</returns>
    let create (terms: string list list) random levels replicates : Result<BalancedDesign, LmmError list> =
        let names = terms |> List.concat |> List.distinct

        let problems = [
            yield! factorProblems names random levels
            yield! nestingProblems names terms

            if replicates < 1 then
                LmmError.IncompleteDesign $"{replicates} observations in each cell are too few; give one or more"
        ]

        let liveOf term =
            let dead = term |> List.map (nesting terms) |> Set.unionMany
            term |> List.filter (dead.Contains >> not)

        match problems @ (if problems.IsEmpty then marginProblems liveOf terms else []) with
        | [] ->
            let factors =
                names
                |> List.map (fun name -> {
                    Name = name
                    Levels = levels |> List.find (fst >> (=) name) |> snd
                    IsRandom = List.contains name random
                })

            let design = {
                AllFactors = factors
                AllTerms =
                    terms
                    |> List.map (fun term ->
                        let live = liveOf term

                        {
                            Live = factors |> List.filter (fun factor -> List.contains factor.Name live)
                            Dead =
                                factors
                                |> List.filter (fun factor ->
                                    List.contains factor.Name term && not (List.contains factor.Name live))
                        })
                Repeats = replicates
            }

            if design.ErrorDf > 0 then
                Ok design
            else
                Error [
                    LmmError.IncompleteDesign(
                        "no degrees of freedom are left for the error; leave out the highest interaction or give more "
                        + "observations in each cell"
                    )
                ]
        | problems -> Error problems

    /// <summary>A design from text such as <c>A*B</c> or <c>A/B + C</c>.</summary>
    /// <param name="text">The right side of a formula.</param>
    /// <param name="random">The random factors.</param>
    /// <param name="levels">For every factor its number of levels.</param>
    /// <param name="replicates">Observations in each cell.</param>
    /// <returns>The design, or every problem of text, factors and terms.</returns>
    let parse (text: string) random levels replicates : Result<BalancedDesign, LmmError list> =
        // Terms are read as the right side of a formula; problems are told of what was written.
        let asFormula = "y ~ "

        let ofTerms problem =
            match problem with
            | LmmError.FormulaSyntax(_, position, expected) ->
                LmmError.FormulaSyntax(text, max 0 (position - asFormula.Length), expected)
            | other -> other

        let parsed =
            match text.Split '~' with
            | [| terms |] -> Formula.parse (asFormula + terms) |> Result.mapError (List.map ofTerms)
            | _ -> Formula.parse text

        parsed
        |> Result.bind (fun spec ->
            spec.Fixed.Items @ (spec.Random |> List.map _.Group)
            |> List.filter (fun term -> term <> Term.intercept)
            |> List.distinctBy (fun term -> Set.ofList term.Factors)
            |> List.map columnName
            |> Problems.all)
        |> Result.bind (fun terms -> create terms random levels replicates)
