namespace LmmFunctional.Classical

/// <summary>Expected mean squares of balanced designs by the tabular rules of live, dead and absent
/// subscripts.</summary>
/// <remarks>Bennett and Franklin (1954) and Cornfield and Tukey (1956), as textbooks of design teach them.</remarks>
[<RequireQualifiedAccess>]
module ExpectedMeanSquares =

    /// The name of the last row of a table.
    let errorSource = "Error"

    let private isLive (factor: DesignFactor) (term: DesignTerm) = List.contains factor term.Live

    let private isDead (factor: DesignFactor) (term: DesignTerm) = List.contains factor term.Dead

    /// <summary>The entry of the table in a term's row and a factor's column.</summary>
    /// <param name="form">The side conditions: in the unrestricted form a live fixed subscript of a random term is
    /// entered as one instead of zero.</param>
    /// <param name="term">The row.</param>
    /// <param name="factor">The column.</param>
    /// <returns>1 for a dead subscript; for a live one 0 if it is fixed and 1 if random; the levels for an absent one.
    /// </returns>
    let entry form (term: DesignTerm) (factor: DesignFactor) : int =
        if isDead factor term then
            1
        elif isLive factor term then
            match form with
            | _ when factor.IsRandom -> 1
            | InteractionForm.Unrestricted when term.IsRandom -> 1
            | InteractionForm.Unrestricted
            | InteractionForm.Restricted -> 0
        else
            factor.Levels

    let private contains (inner: DesignTerm) (outer: DesignTerm) =
        inner.Factors |> List.forall (fun factor -> List.contains factor outer.Factors)

    // Columns of the mean square's own live subscripts are covered; replicates are absent from every term but the
    // error.
    let private multiple form (design: BalancedDesign) (source: DesignTerm) (term: DesignTerm) =
        design.Factors
        |> List.filter (fun factor -> not (isLive factor source))
        |> List.fold (fun product factor -> product * entry form term factor) design.Replicates

    /// <summary>The expectation of a term's mean square.</summary>
    /// <param name="form">The side conditions of random interactions with fixed factors.</param>
    /// <param name="design">The design.</param>
    /// <param name="source">A term of the design.</param>
    let expectation form (design: BalancedDesign) (source: DesignTerm) : Expectation =
        let entering =
            design.Terms
            |> List.filter (contains source)
            |> List.map (fun term -> term, multiple form design source term)
            |> List.filter (fun (_, multiple) -> multiple <> 0)

        {
            Error = 1.0
            Variances = [
                for term, multiple in entering do
                    if term.IsRandom then
                        term.Name, float multiple
            ]
            Fixed = [
                for term, multiple in entering do
                    if not term.IsRandom then
                        term.Name, Some(float multiple)
            ]
        }

    /// <summary>The table of expected mean squares: the terms, then the error.</summary>
    /// <param name="form">The side conditions of random interactions with fixed factors.</param>
    /// <param name="design">The design.</param>
    let table form (design: BalancedDesign) : ExpectedMeanSquare list =
        [
            for term in design.Terms do
                {
                    Source = term.Name
                    Df = term.Df
                    IsRandom = term.IsRandom
                    Expected = expectation form design term
                }
        ]
        @ [
            {
                Source = errorSource
                Df = design.ErrorDf
                IsRandom = true
                Expected = Expectation.error
            }
        ]
