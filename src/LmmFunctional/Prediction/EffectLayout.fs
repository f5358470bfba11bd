namespace LmmFunctional.Analysis

open System
open System.Collections.Generic
open System.Collections.Immutable
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Where the effects of one random term stand among the unknowns v of the mixed model equations.</summary>
/// <remarks>u = (I ⊗ λ)v for independent levels and for levels with a sparse precision, u = (T ⊗ λ)v for levels related by
/// A = TTᵀ; v is on the inner scale, relative to σ.</remarks>
[<NoComparison; ReferenceEquality>]
type internal EffectPlace = {
    /// S.
    Order: int
    Levels: int
    /// λ, S×S by columns, for columns of Z on the inner scale.
    Lambda: float[]
    /// The same for columns on the user's scale.
    UserLambda: float[]
    /// The node of the first level; of all levels, when they are related by a root.
    FirstNode: int
    /// The place of the term's first effect within its nodes.
    Offset: int
    /// T, q×r by columns.
    Root: DenseRoot option
}

/// <summary>The unknowns v of all random terms and of a field of residuals, and the places of every row's among them.</summary>
[<NoComparison; ReferenceEquality>]
type internal EffectLayout = {
    Places: EffectPlace[]
    /// The first node of the cells of a field of residuals.
    FirstCell: int
    /// The number of unknowns of each node.
    Weights: int[]
    /// The prior precision between nodes: pairs of nodes, the unknowns of each node in order, and its value.
    Priors: struct (int * int * float)[]
    /// The prior precision of every node with itself.
    OwnPrior: float[]
}

[<RequireQualifiedAccess>]
module internal EffectLayout =

    let private groupKey (term: RandomDesign) = term.Group, term.Term.Relationship

    /// The layout of the model of a fit at a θ on the inner scale.
    let at (fit: Fit) (theta: ImmutableArray<float>) (latent: LatentField option) : EffectLayout =
        let design = Array.ofList fit.Design.Random
        let standard = Array.ofList fit.Model.Standard.Terms
        let lambdas = ThetaLayout.matrices fit.Model.Layout theta
        let firstOf = Dictionary<string * string option, int>()
        let weights = ResizeArray<int>()
        let own = ResizeArray<float>()
        let priors = ResizeArray<struct (int * int * float)>()

        // Terms with the same levels, related in the same way, share their nodes.
        let addNodes (term: RandomDesign) =
            let first = weights.Count
            firstOf[groupKey term] <- first

            match term.Relationship |> Option.map _.Form with
            | Some(RelationshipForm.Root _) ->
                weights.Add 0
                own.Add 1.0
            | Some(RelationshipForm.Precision precision) ->
                for level in 0 .. precision.Count - 1 do
                    weights.Add 0
                    own.Add precision.Diagonal[level]

                    for at in precision.Starts[level] .. precision.Starts[level + 1] - 1 do
                        priors.Add(struct (first + level, first + precision.Columns[at], precision.Values[at]))
            | None ->
                for _ in 1 .. term.Levels.Length do
                    weights.Add 0
                    own.Add 1.0

        let place t (term: RandomDesign) =
            if not (firstOf.ContainsKey(groupKey term)) then
                addNodes term

            let first = firstOf[groupKey term]
            let order = term.Names.Length
            let offset = weights[first]

            let root =
                match term.Relationship |> Option.map _.Form with
                | Some(RelationshipForm.Root root) -> Some root
                | _ -> None

            match root with
            | Some root -> weights[first] <- offset + order * root.Rank
            | None ->
                for node in first .. first + term.Levels.Length - 1 do
                    weights[node] <- offset + order

            let userLambda: float[] = Array.zeroCreate (order * order)
            Dense.Add(order, order, order, standard[t].Transform, 0, false, lambdas[t], 0, false, userLambda, 0)

            {
                Order = order
                Levels = term.Levels.Length
                Lambda = lambdas[t]
                UserLambda = userLambda
                FirstNode = first
                Offset = offset
                Root = root
            }

        let places = design |> Array.mapi place
        let firstCell = weights.Count

        match latent with
        | None -> ()
        | Some field ->
            for _ in 1 .. field.Cells do
                weights.Add 1
                own.Add 0.0

            for struct (i, j, value) in field.Precision do
                if i = j then
                    own[firstCell + i] <- value
                else
                    priors.Add(struct (firstCell + i, firstCell + j, value))

        {
            Places = places
            FirstCell = firstCell
            Weights = weights.ToArray()
            Priors = priors.ToArray()
            OwnPrior = own.ToArray()
        }

    /// <summary>The unknowns of a level's effects multiplied by S numbers z, as node, place within the node and factor; those
    /// with factor zero are left out.</summary>
    let loadings (place: EffectPlace) (lambda: float[]) level (z: int -> float) (add: int -> int -> float -> unit) =
        let s = place.Order

        for k in 0 .. s - 1 do
            let mutable value = 0.0

            for i in 0 .. s - 1 do
                value <- value + lambda[i + k * s] * z i

            if value <> 0.0 then
                match place.Root with
                | None -> add (place.FirstNode + level) (place.Offset + k) value
                | Some root ->
                    for c in 0 .. root.Rank - 1 do
                        let share = root.Values[level + c * root.Count]

                        if share <> 0.0 then
                            add place.FirstNode (place.Offset + c * s + k) (share * value)
