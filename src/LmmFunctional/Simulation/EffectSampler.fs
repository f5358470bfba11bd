namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Random effects of one term drawn from their covariance A ⊗ G: A the identity or what relates the levels.</summary>
[<RequireQualifiedAccess>]
module internal EffectSampler =

    /// Numbers of covariance A from independent ones, one for each level; nothing to do where levels are independent.
    let private ofLevels (relationship: Relationship option) : (RandomStream -> float[]) option =
        match relationship |> Option.map _.Form with
        | None -> None
        | Some(RelationshipForm.Precision precision) ->
            let root = SparsePrecision.root precision
            Some(fun stream -> root (Array.init precision.Count (fun _ -> stream.NextNormal())))
        | Some(RelationshipForm.Root root) ->
            Some(fun stream ->
                let normal = Array.init root.Rank (fun _ -> stream.NextNormal())

                Array.init root.Count (fun i ->
                    let mutable sum = 0.0

                    for k in 0 .. root.Rank - 1 do
                        sum <- sum + root.Values[i + k * root.Count] * normal[k]

                    sum))

    /// Standard effects, S for each level: independent within a level, related between levels.
    let private standard (relationship: Relationship option) levels order : RandomStream -> float[] =
        match ofLevels relationship with
        | None -> fun stream -> Array.init (levels * order) (fun _ -> stream.NextNormal())
        | Some draw ->
            fun stream ->
                let effects: float[] = Array.zeroCreate (levels * order)

                for i in 0 .. order - 1 do
                    draw stream
                    |> Array.iteri (fun level value -> effects[level * order + i] <- value)

                effects

    /// <summary>A function that draws S effects for each level, level after level.</summary>
    /// <param name="relationship">What relates the levels.</param>
    /// <param name="levels">Their number.</param>
    /// <param name="covariance">G, S×S, in squared units of the response.</param>
    let create (relationship: Relationship option) levels (covariance: Matrix) : RandomStream -> float[] =
        let order = covariance.Rows
        let factor = Semidefinite.factor order covariance.Values
        let standard = standard relationship levels order

        fun stream ->
            let normal = standard stream
            let effects: float[] = Array.zeroCreate normal.Length

            for level in 0 .. levels - 1 do
                for i in 0 .. order - 1 do
                    for k in 0..i do
                        effects[level * order + i] <-
                            effects[level * order + i] + factor[i + k * order] * normal[level * order + k]

            effects

    /// Adds Zu of a term to each row.
    let add (codes: int[]) (columns: float[][]) (effects: float[]) (response: float[]) =
        let order = columns.Length

        for row in 0 .. response.Length - 1 do
            let start = codes[row] * order

            for i in 0 .. order - 1 do
                response[row] <- response[row] + columns[i].[row] * effects[start + i]
