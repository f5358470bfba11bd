namespace LmmFunctional

/// <summary>The forms of random effects, and what the engine asks of them.</summary>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module internal EffectsForm =

    /// k, the number of parameters.
    let count form = form.Names.Length

    /// λ at τ, by columns.
    let lambda (form: EffectsForm) (tau: float[]) =
        form.Factor(Jet.constants tau) |> Array.map _.Value

    /// ∂λ/∂τ_k for every k, each by columns.
    let derivatives (form: EffectsForm) (factor: Jet[]) =
        Array.init (count form) (fun k -> factor |> Array.map (Jet.derivative k))

    /// <summary>Σ_ij W_ij ∂²G_ij/∂τ_k∂τ_l, k×k by columns, for a symmetric W (S×S).</summary>
    /// <remarks>With ∂²(λλᵀ) written out: 2 Σ (Wλ)_ic ∂²λ_ic + 2 Σ_c ∂_kλ_cᵀ W ∂_lλ_c.</remarks>
    let curvature (form: EffectsForm) (factor: Jet[]) (w: float[]) =
        let s = form.Order
        let k = count form
        let sum: float[] = Array.zeroCreate (k * k)

        for c in 0 .. s - 1 do
            for i in 0 .. s - 1 do
                let left = factor[i + c * s]

                if left.Support.Length > 0 then
                    let mutable product = 0.0

                    for j in 0 .. s - 1 do
                        let right = factor[j + c * s]
                        let weight = w[i + j * s]
                        product <- product + weight * right.Value

                        for a in 0 .. left.Support.Length - 1 do
                            for b in 0 .. right.Support.Length - 1 do
                                let at = left.Support[a] + right.Support[b] * k
                                sum[at] <- sum[at] + 2.0 * weight * left.First[a] * right.First[b]

                    Jet.addSecond (2.0 * product) k sum left

        sum

    /// <summary>The form of a structure that is no Kronecker product on the effects.</summary>
    /// <exception cref="T:System.ArgumentException">It is one.</exception>
    let create structure (positions: FormPositions) =
        let labels = positions.Labels
        let order = labels.Length

        match StructureForm.correlationOf structure positions, structure with
        | Some correlation, Structure.AnteDependence ->
            EffectsShape.heterogeneous labels (fun k -> struct (k, k + 1)) correlation
        | Some correlation, _ -> EffectsShape.heterogeneous labels (fun k -> struct (0, k + 1)) correlation
        | None, Structure.Unstructured -> EffectsShape.free labels order
        | None, Structure.ReducedRank q -> EffectsShape.free labels (min q order)
        | None, Structure.FactorAnalytic q -> EffectsShape.factorAnalytic labels (min q order)
        | None, _ -> EffectsShape.scaled order (StructureForm.create structure positions)

    /// <summary>The form of a structure on the effects of each of its factors: λ of a Kronecker product is the product of
    /// the factors' own, of which one carries the scale.</summary>
    /// <exception cref="T:System.ArgumentException">There are not as many lists of effects as factors.</exception>
    let rec ofFactors structure (factors: FormPositions list) =
        match structure, factors with
        | Structure.Kronecker(first, second), _ ->
            let count = StructureForm.factorCount first

            let ofFirst, ofSecond =
                List.truncate count factors, List.skip (min count factors.Length) factors

            let relativeFirst, firstPositions = StructureForm.ofFactors first ofFirst
            let relativeSecond, secondPositions = StructureForm.ofFactors second ofSecond
            let m, n = firstPositions.Labels.Length, secondPositions.Labels.Length

            // The scale goes to variances of their own, so that each of them can be zero.
            if relativeFirst.HasEqualVariances && not relativeSecond.HasEqualVariances then
                EffectsShape.product m n false (ofFactors second ofSecond) relativeFirst
            else
                EffectsShape.product m n true (ofFactors first ofFirst) relativeSecond
        | _, [ positions ] -> create structure positions
        | _ -> invalidArg (nameof factors) "A structure needs the effects of each of its factors."
