namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>The forms of random effects, and what the engine asks of them.</summary>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module internal EffectsForm =

    /// k, the number of parameters.
    let count form = form.Names.Length

    /// λ at τ, by columns.
    let lambda (form: EffectsForm) (tau: float[]) = form.Factor tau

    /// ∂G/∂τ_k for every k, each S×S by columns, from G as jets.
    let derivatives (form: EffectsForm) (covariance: Jet[]) : float[][] =
        let result =
            Array.init (count form) (fun _ -> Array.zeroCreate<float> covariance.Length)

        covariance
        |> Array.iteri (fun at element ->
            for place in 0 .. element.Support.Length - 1 do
                result[element.Support[place]].[at] <- element.First[place])

        result

    /// Σ_ij W_ij ∂²G_ij/∂τ_k∂τ_l, k×k by columns, for a symmetric W (S×S), from G as jets.
    let curvature (form: EffectsForm) (covariance: Jet[]) (w: float[]) : float[] =
        WeightedCurvature.ofElements (count form) covariance w

    /// <summary>The form of a structure that is no Kronecker product on the effects.</summary>
    /// <exception cref="T:System.ArgumentException">It is one.</exception>
    let create structure (positions: FormPositions) =
        let labels = positions.Labels
        let order = labels.Length

        match structure with
        | Structure.Unstructured -> EffectsShape.full labels
        | Structure.ReducedRank q -> EffectsShape.free labels (min q order)
        | Structure.FactorAnalytic q -> EffectsShape.factorAnalytic labels (min q order)
        | _ ->
            match StructureForm.shapeOf structure positions, structure with
            | StructureShape.Scaled form, _ -> EffectsShape.scaled order form
            | StructureShape.PerPosition correlation, Structure.AnteDependence ->
                EffectsShape.heterogeneous labels (fun k -> struct (k, k + 1)) correlation
            | StructureShape.PerPosition correlation, _ ->
                EffectsShape.heterogeneous labels (fun k -> struct (0, k + 1)) correlation

    /// A product on some of its combinations, or on all.
    let rec private ofSome structure (factors: FormPositions list) (combinations: int[] list option) =
        match structure, factors with
        | Structure.Kronecker(first, second), _ ->
            let count = StructureForm.factorCount first

            let split (parts: 'part list) =
                List.truncate count parts, List.skip (min count parts.Length) parts

            let ofFirst, ofSecond = split factors
            let relativeFirst, firstPositions = StructureForm.ofFactors first ofFirst
            let relativeSecond, secondPositions = StructureForm.ofFactors second ofSecond
            let m, n = firstPositions.Labels.Length, secondPositions.Labels.Length

            /// The place in a product of the places in its factors, the first varying fastest.
            let together (parts: FormPositions list) (places: int[] list) =
                List.foldBack2
                    (fun (part: FormPositions) own later ->
                        Array.map2 (fun own later -> own + part.Labels.Length * later) own later)
                    parts
                    places
                    (Array.zeroCreate places.Head.Length)

            let places =
                combinations
                |> Option.map (fun places ->
                    let a, b = split places
                    Array.zip (together ofFirst a) (together ofSecond b))
                |> Option.defaultWith (fun () -> Array.init (m * n) (fun at -> at % m, at / m))

            // The scale goes to variances of their own, so that each of them can be zero.
            if relativeFirst.HasEqualVariances && not relativeSecond.HasEqualVariances then
                EffectsProduct.create m n false (ofSome second ofSecond None) relativeFirst places
            else
                EffectsProduct.create m n true (ofSome first ofFirst None) relativeSecond places
        | _, [ positions ] -> create structure positions
        | _ -> invalidArg (nameof factors) "A structure needs the effects of each of its factors."

    /// <summary>The form of a structure on the effects of each of its factors: λ of a Kronecker product is the product of
    /// the factors' own, of which one carries the scale.</summary>
    /// <exception cref="T:System.ArgumentException">There are not as many lists of effects as factors.</exception>
    let ofFactors structure (factors: FormPositions list) = ofSome structure factors None

    /// <summary>The form of a Kronecker product on some combinations of the places of its factors.</summary>
    /// <param name="structure">The product.</param>
    /// <param name="factors">The places of each factor.</param>
    /// <param name="combinations">For each factor the place of every effect.</param>
    let ofCombinations structure factors combinations =
        ofSome structure factors (Some combinations)
