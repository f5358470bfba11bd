namespace LmmFunctional

/// <summary>What compressed engines of one model share: its cross-products by group, laid out for the lanes.</summary>
[<NoComparison; ReferenceEquality>]
type internal CompressedModel = {
    Products: GroupProducts
    Groups: LaneGroups
    Layout: LaneLayout
    /// [X y]'[X y] less the part that Z explains group by group, P×P by columns.
    Within: float[]
}

[<RequireQualifiedAccess>]
module internal CompressedModel =

    /// Whether a model can be evaluated this way: random terms, all of one grouping factor.
    let isPossible (model: Standardised) =
        match model.Terms with
        | [] -> false
        | first :: rest -> rest |> List.forall (fun term -> term.Group = first.Group)

    let private orderOf (model: Standardised) =
        model.Terms |> List.sumBy (fun term -> term.Columns.Length)

    /// Memory of cross-products and lanes, predicted, when no groups are equal.
    let bytes (model: Standardised) =
        let order = orderOf model
        let p = model.Fixed.Length + 1
        let lanes = order * (order + 1) / 2 + order * p

        GroupProducts.bytes model.Terms.Head.Levels order p
        + 8.0 * float model.Terms.Head.Levels * float lanes

    /// Floating-point operations of one evaluation with its gradient, predicted, when no groups are equal.
    let work (model: Standardised) =
        let order = float (orderOf model)
        let p = float model.Fixed.Length + 1.0

        float model.Terms.Head.Levels
        * (3.0 * order * order * (order + p) + order * p * p)

    /// Floating-point operations that the average information and exact second derivatives add, predicted.
    let curvatureWork (model: Standardised) =
        let blocks = model.Terms |> List.map _.Factor |> Array.ofList |> EffectBlocks.create

        let p = float model.Fixed.Length

        let perGroup =
            float (EffectBlocks.sums blocks) + float blocks.InnerFirst.Length * p * p

        float model.Terms.Head.Levels * perGroup

    /// <summary>The cross-products of a model; groups with the same Z'Z and Z'X are collapsed if asked for.</summary>
    let create (model: Standardised) (collapse: bool) : CompressedModel =
        let products = GroupProducts.create model
        let groups = LaneGroups.create products collapse

        let blocks = model.Terms |> List.map _.Factor |> Array.ofList |> EffectBlocks.create

        let layout = LaneLayout.create groups blocks
        // At λ = 0 the groups' part of [X y]'V⁻¹[X y] is all that Z explains.
        let explained = GroupSweep(groups, layout).Run SweepKind.Value
        let p = products.P

        {
            Products = products
            Groups = groups
            Layout = layout
            Within =
                Array.init (p * p) (fun k -> products.FixedFixed[k] - explained[1 + EffectBlocks.place (k % p) (k / p)])
        }
