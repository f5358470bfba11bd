namespace LmmFunctional.Estimation

/// <summary>What compressed engines of one model share: its cross-products by group, laid out for the lanes.</summary>
[<NoComparison; ReferenceEquality>]
type internal CompressedModel = {
    Products: GroupProducts
    /// What groups repeat, which does not depend on the response.
    Patterns: GroupPatterns voption
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

    // More sums than this take more memory and time than the matrices of a structure's few parameters.
    let private mostSums = 4096.0

    let private hasStructure (model: Standardised) =
        model.Terms |> List.exists _.Form.IsSome

    let private sizesOf (model: Standardised) =
        model.Terms |> List.map _.Factor |> Array.ofList |> EffectBlocks.sizes

    /// Whether second derivatives come from sums over the groups for pairs of elements, made beside the gradient; else from the
    /// matrices of each parameter.
    let private hasSums (model: Standardised) =
        let struct (sums, _) = EffectBlocks.predicted (sizesOf model)
        not (hasStructure model) || sums <= mostSums

    let private parameters (model: Standardised) =
        model.Terms
        |> List.sumBy (fun term ->
            match term.Form with
            | Some form -> float form.Names.Length
            | None -> float (RelativeFactor.count term.Factor))

    /// Memory of cross-products, lanes and second derivatives, predicted, when no groups are equal.
    let bytes (model: Standardised) =
        let order = float (orderOf model)
        let p = float model.Fixed.Length + 1.0
        let lanes = order * (order + 1.0) / 2.0 + order * p
        let k = parameters model

        let seconds =
            if hasSums model then
                let struct (sums, pairs) = EffectBlocks.predicted (sizesOf model)
                // Eight lanes of a sweep, twice where groups are shared out.
                16.0 * (sums + pairs * p * p)
            else
                // ∂G, their products with Ω and the transposes of these.
                4.0 * k * order * order

        // Elements of G as jets with their first and second derivatives.
        let jets =
            model.Terms
            |> List.sumBy (fun term ->
                match term.Form with
                | Some form ->
                    let own = float (min form.Names.Length 4)
                    float form.Order * float form.Order * (8.0 + own + own * own / 2.0)
                | None -> 0.0)

        GroupProducts.bytes model.Terms.Head.Levels (orderOf model) (model.Fixed.Length + 1)
        + 8.0
          * (8.0 * ceil (float model.Terms.Head.Levels / 8.0) * lanes
             + 8.0 * (6.0 * order * order)
             + seconds
             + jets)

    /// Floating-point operations of one evaluation with its gradient, predicted, when no groups are equal.
    let work (model: Standardised) =
        let order = float (orderOf model)
        let p = float model.Fixed.Length + 1.0

        float model.Terms.Head.Levels
        * (3.0 * order * order * (order + p) + order * p * p)

    /// Floating-point operations that the average information and exact second derivatives add, predicted.
    let curvatureWork (model: Standardised) =
        let order = float (orderOf model)
        let p = float model.Fixed.Length
        let k = parameters model

        let perGroup =
            if hasSums model then
                let struct (sums, pairs) = EffectBlocks.predicted (sizesOf model)
                sums + pairs * p * p
            else
                (2.0 * order * order * (k + 2.0) * (order + p)) + k * k * order * (order + p)

        float model.Terms.Head.Levels * perGroup

    let private assemble (products: GroupProducts) patterns groups layout =
        // At λ = 0 the groups' part of [X y]'V⁻¹[X y] is all that Z explains.
        let explained = GroupSweep(groups, layout).Run SweepKind.Value
        let p = products.P

        {
            Products = products
            Patterns = patterns
            Groups = groups
            Layout = layout
            Within =
                Array.init (p * p) (fun k -> products.FixedFixed[k] - explained[1 + EffectBlocks.place (k % p) (k / p)])
        }

    /// <summary>The cross-products of a model; groups with the same Z'Z and Z'X are collapsed if asked for.</summary>
    let create (model: Standardised) (collapse: bool) : CompressedModel =
        let products = GroupProducts.create model

        let patterns = if collapse then GroupPatterns.find products else ValueNone

        let groups = LaneGroups.create products patterns

        let blocks =
            if hasSums model then
                model.Terms |> List.map _.Factor |> Array.ofList |> EffectBlocks.create
            else
                EffectBlocks.none

        assemble products patterns groups (LaneLayout.create groups blocks)

    /// The same for another response, bit for bit what <c>create</c> would make.
    let withResponse (model: Standardised) (shared: CompressedModel) : CompressedModel =
        let products = GroupProducts.withResponse model shared.Products
        assemble products shared.Patterns (LaneGroups.create products shared.Patterns) shared.Layout
