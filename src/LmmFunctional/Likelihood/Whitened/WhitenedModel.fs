namespace LmmFunctional.Estimation

open System

/// <summary>A model with structured residuals and random effects that stay in the equations.</summary>
/// <remarks>V = Z(I ⊗ λ)K⁻¹(I ⊗ λᵀ)Zᵀ + R relative to σ², R block-diagonal. M = Λ'Z'R⁻¹ZΛ + K has a pattern that does not depend
/// on the parameters: it is that of the supernodal engine, with blocks between all levels of a block of rows.</remarks>
[<NoComparison; ReferenceEquality>]
type internal WhitenedModel = {
    /// Parameters and forms, without blocks of rows.
    Marginal: MarginalModel
    Terms: StandardisedTerm[]
    Rows: WhitenedRows
    Groups: WhitenedGroup[]
    Links: WhitenedLinks[]
    /// The products of levels, all zero: each workspace has its own.
    Levels: NodeProducts
    /// The same for nodes, which are those of levels but for dense relationships, analysed.
    Symbolic: SupernodalSymbolic
} with

    /// Whether nodes are other than levels.
    member model.HasRoots = model.Levels.Groups |> Array.exists _.Root.IsSome

    /// Operations of one evaluation with derivatives, roughly.
    member model.Work =
        let effects = model.Groups |> Array.sumBy (fun group -> float group.Order)
        model.Symbolic.Work + WhitenedRows.work effects model.Rows

    /// Memory of one evaluation, roughly.
    member model.Bytes =
        let links =
            model.Links |> Array.sumBy (fun links -> 4.0 * float links.Entries.Length)

        let blocks =
            model.Rows.Residual.Patterns
            |> Array.sumBy (fun pattern -> 8.0 * float (model.Marginal.Parameters + 6) * pown (float pattern.Size) 2)

        let columns = float (4 * model.Rows.DataColumns + 2 * model.Marginal.Parameters)

        model.Symbolic.Bytes
        + 2.0 * model.Symbolic.SharedBytes
        + links
        + blocks
        + 8.0 * columns * float model.Rows.Count

[<RequireQualifiedAccess>]
module internal WhitenedModel =

    /// Operations of one evaluation, those of the equations left out.
    let leastWork (design: Design) (standard: Standardised) =
        let effects = standard.Terms |> List.sumBy (fun term -> float term.Columns.Length)
        WhitenedRows.work effects (WhitenedRows.create design standard)

    /// The same pattern with products of its own, all zero.
    let copy (products: NodeProducts) = {
        products with
            Groups =
                products.Groups
                |> Array.map (fun group -> {
                    group with
                        Squares = Array.zeroCreate group.Squares.Length
                        Fixed = Array.zeroCreate group.Fixed.Length
                })
            Pairs =
                products.Pairs
                |> Array.map (fun pairs -> {
                    pairs with
                        Values = Array.zeroCreate pairs.Values.Length
                })
            FixedFixed = Array.zeroCreate products.FixedFixed.Length
    }

    // Tables of more elements than this are no array.
    let private mostEntries = 0.9 * float Array.MaxLength

    /// <summary>Orders and analyses a model; no number is computed.</summary>
    /// <param name="design">The design.</param>
    /// <param name="standard">The same on the inner scale.</param>
    /// <param name="marginal">Parameters and forms of the same design.</param>
    /// <returns>None where its tables would be too large.</returns>
    let tryCreate (design: Design) (standard: Standardised) (marginal: MarginalModel) : WhitenedModel option =
        let terms = Array.ofList standard.Terms
        let grouped = NodeProducts.groupTerms terms
        let rows = WhitenedRows.create design standard

        let groups =
            grouped
            |> Array.map (fun members -> WhitenedGroup.create rows (members |> Array.map (fun t -> terms[t])))

        let couples = [|
            for left in 0 .. groups.Length - 1 do
                for right in left .. groups.Length - 1 do
                    left, right
        |]

        if
            couples
            |> Array.exists (fun (left, right) -> WhitenedLinks.size groups[left] groups[right] > mostEntries)
        then
            None
        else
            let levels = grouped |> Array.map (fun members -> terms[members[0]].Levels)

            let links =
                couples
                |> Array.choose (fun (left, right) -> WhitenedLinks.tryCreate groups levels left right)

            let p = rows.DataColumns
            let empty = NodeProducts.emptyGroups p terms grouped

            let pairs =
                links
                |> Array.map (fun links -> {
                    Left = links.Left
                    Right = links.Right
                    Starts = links.LevelStarts
                    Columns = links.Columns
                    Values =
                        Array.zeroCreate (links.Columns.Length * groups[links.Left].Order * groups[links.Right].Order)
                    ByRight = NodePairs.byRight levels[links.Right] links.LevelStarts links.Columns
                })

            let ofLevels = {
                Rows = rows.Count
                P = p
                Groups = empty
                Pairs = pairs
                FixedFixed = Array.zeroCreate (p * p)
                Places = NodeProducts.placesOf terms.Length grouped
            }

            let ofNodes, pairsOfNodes = RootProducts.apply p empty pairs

            Some {
                Marginal = { marginal with Patterns = [||] }
                Terms = terms
                Rows = rows
                Groups = groups
                Links = links
                Levels = ofLevels
                Symbolic =
                    SupernodalPlan.ofProducts {
                        ofLevels with
                            Groups = ofNodes
                            Pairs = pairsOfNodes
                    }
            }

    /// The same model for another response.
    let withResponse (standard: Standardised) (model: WhitenedModel) : WhitenedModel = {
        model with
            Rows = WhitenedRows.withResponse standard model.Rows
    }
