namespace LmmFunctional.Estimation

open FSharp.NativeInterop
open LmmFunctional.Numerics

#nowarn "9"

/// <summary>Sums of second derivatives of V, at the point a factor holds.</summary>
[<RequireQualifiedAccess>]
module internal WhitenedSeconds =

    /// ⟨weights, V̈_kl⟩, for the weights of G of each term and of R of each pattern.
    let weighted (factor: WhitenedFactor) (ofTerms: int -> float[]) (ofPatterns: int -> float[]) : SquareBlock =
        let model = factor.Model
        let k = model.Marginal.Parameters
        let result = SquareBlock.zero k

        model.Marginal.Forms
        |> Array.iteri (fun t form ->
            let start = model.Marginal.Layout.ParameterStarts[t]
            let count = form.Names.Length
            let own = EffectsForm.curvature form factor.Covariances[t] (ofTerms t)

            for j in 0 .. count - 1 do
                for i in 0 .. count - 1 do
                    result[start + i, start + j] <- own[i + j * count])

        let first, own = model.Marginal.Layout.Parameters, model.Rows.Residual.Parameters
        let patterns = model.Rows.Residual.Patterns

        let total =
            MarginalSweep.sum model.Work patterns (own * own) (fun index total ->
                let sum = SquareBlock.zero own
                factor.Residual.Covariance.Value.AddSecond index (ofPatterns index) sum

                for j in 0 .. own - 1 do
                    for i in 0 .. own - 1 do
                        total[i + j * own] <- total[i + j * own] + sum[i, j])

        for j in 0 .. own - 1 do
            for i in 0 .. own - 1 do
                result[first + i, first + j] <- total[i + j * own]

        result

    /// Σ over levels of (Z'w_c)(AZ'w_d)' of every term for two columns of the scores, S×S, symmetric.
    let private scoreProducts (factor: WhitenedFactor) c d : float[][] =
        let model = factor.Model
        let symbolic = model.Symbolic
        let n, q = model.Rows.Count, symbolic.Analysis.Size
        let columns = symbolic.Places.Value.Columns
        let effects = Workspace.Rent(max 1 (2 * q))

        let pair =
            Array.append (Array.sub factor.Scores (c * n) n) (Array.sub factor.Scores (d * n) n)

        WhitenedVectors.project model 2 pair effects.Pointer
        NodeVectors.applyRelationship symbolic 1 (NativePtr.add effects.Pointer q)

        let sums =
            symbolic.Products.Places
            |> Array.map (fun (struct (g, index)) ->
                let group = symbolic.Products.Groups[g]
                let first = group.Offsets[index]
                let size = group.Offsets[index + 1] - first
                let sum: float[] = Array.zeroCreate (size * size)

                for node in group.FirstNode .. group.FirstNode + group.Levels - 1 do
                    let at = columns[node] + first

                    for j in 0 .. size - 1 do
                        for i in 0 .. size - 1 do
                            sum[i + j * size] <- sum[i + j * size] + effects[at + i] * effects[q + at + j]

                Array.init (size * size) (fun k -> 0.5 * (sum[k] + sum[k / size + k % size * size])))

        Workspace.Return effects
        sums

    /// w_c'V̈_klw_d for two columns of the scores, k×k.
    let along (factor: WhitenedFactor) c d : SquareBlock =
        let rows = factor.Model.Rows
        let ofTerms = scoreProducts factor c d

        let ofPattern index =
            let struct (first, count) = WhitenedRows.placesOf rows index
            let m = rows.Residual.Patterns[index].Size
            let product: float[] = Array.zeroCreate (m * m)

            Dense.Add(
                m,
                m,
                count / m,
                factor.Scores,
                first + c * rows.Count,
                false,
                factor.Scores,
                first + d * rows.Count,
                true,
                product,
                0
            )

            Array.init (m * m) (fun k -> 0.5 * (product[k] + product[k / m + k % m * m]))

        weighted factor (fun t -> ofTerms[t]) ofPattern
