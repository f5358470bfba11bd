namespace LmmFunctional.Classical

open LmmFunctional.Analysis

/// <summary>Expected mean squares as textbooks print them.</summary>
[<RequireQualifiedAccess>]
module EmsText =

    /// The letter for the number of levels of each factor: the initial, or the whole name where initials collide.
    let private letters (design: BalancedDesign) : DesignFactor -> string =
        let lower (text: string) = text.ToLowerInvariant()

        let initials =
            design.Factors |> List.map (fun factor -> lower (factor.Name.Substring(0, 1)))

        let areDistinct =
            (List.distinct initials).Length = initials.Length
            && not (List.contains "n" initials)

        fun factor ->
            if areDistinct then
                lower (factor.Name.Substring(0, 1))
            else
                lower factor.Name

    let private joined (parts: string list) =
        let separator =
            if parts |> List.forall (fun part -> part.Length = 1) then
                ""
            else
                "·"

        String.concat separator parts

    let private inBrackets (name: string) =
        if name.Length > 1 then $"({name})" else name

    let private symbolicDf letter (term: DesignTerm) =
        joined [ for factor in term.Dead -> letter factor ]
        + String.concat "" [ for factor in term.Live -> $"({letter factor}−1)" ]

    /// <summary>The expectation of a term's mean square in symbols: <c>σ² + nσ²_AB + bnσ²_A</c>.</summary>
    /// <param name="form">The side conditions of random interactions with fixed factors.</param>
    /// <param name="design">The design; n stands for the replicates if there is more than one.</param>
    /// <param name="source">A term of the design.</param>
    let symbolic form (design: BalancedDesign) (source: DesignTerm) : string =
        let letter = letters design
        let expectation = ExpectedMeanSquares.expectation form design source

        let enters (term: DesignTerm) =
            (expectation.Variances |> List.exists (fst >> (=) term.Name))
            || (expectation.Fixed |> List.exists (fst >> (=) term.Name))

        let multiple (term: DesignTerm) =
            [
                for factor in design.Factors do
                    if not (List.contains factor term.Factors) then
                        letter factor

                if design.Replicates > 1 then
                    "n"
            ]
            |> joined

        let part (term: DesignTerm) =
            if term.IsRandom then
                $"{multiple term}σ²_{term.Name}"
            else
                let df = symbolicDf letter term
                let df = if term.Factors.Length > 1 then $"[{df}]" else df
                $"{multiple term}Σ{inBrackets term.Name}²/{df}"

        design.Terms
        |> List.filter enters
        |> List.sortBy (fun term -> (if term = source then 1 else 0), -term.Factors.Length)
        |> List.map part
        |> List.append [ "σ²" ]
        |> String.concat " + "

    let private number (value: float) =
        if value = 1.0 then "" else NumberText.significant 5 value

    /// <summary>An expectation with its numbers: <c>σ² + 2σ²_AB + 10σ²_A</c>; Q(A) is a quadratic form of
    /// effects.</summary>
    /// <param name="dfOf">The degrees of freedom of a source, for Σα²/df.</param>
    /// <param name="source">The source whose mean square it is; its own part is written last.</param>
    /// <param name="expectation">The expectation.</param>
    let numeric (dfOf: string -> int) source (expectation: Expectation) : string =
        let variances =
            expectation.Variances
            // Terms of many factors have the small coefficients, and textbooks write them first.
            |> List.sortBy snd
            |> List.map (fun (name, coefficient) -> name, $"{number coefficient}σ²_{name}")

        let fixedParts =
            expectation.Fixed
            |> List.map (fun (name, coefficient) ->
                name,
                match coefficient with
                | Some value -> $"{number value}Σ{inBrackets name}²/{dfOf name}"
                | None -> $"Q({name})")

        let own, others = variances @ fixedParts |> List.partition (fst >> (=) source)

        [ $"{number expectation.Error}σ²" ] @ List.map snd (others @ own)
        |> String.concat " + "
