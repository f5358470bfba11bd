namespace LmmFunctional.Estimation

/// <summary>Which grouping factor the block engine eliminates first.</summary>
[<RequireQualifiedAccess>]
module internal LeadChoice =

    /// Terms of the same grouping factor share one leading block; the factor with the most effects leads.
    let ofTerms (terms: StandardisedTerm[]) =
        if terms.Length = 0 then
            [||]
        else
            terms
            |> Array.indexed
            |> Array.groupBy (fun (_, term) -> term.Group)
            |> Array.maxBy (fun (_, group) -> group |> Array.sumBy (fun (_, term) -> term.Levels * term.Columns.Length))
            |> snd
            |> Array.map fst
