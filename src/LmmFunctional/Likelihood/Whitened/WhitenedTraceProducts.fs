namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional.Numerics

/// <summary>T, k×k: T_kl = tr(QV̇_kQV̇_l) of a whitened model at the point its factor holds.</summary>
[<RequireQualifiedAccess>]
module internal WhitenedTraceProducts =

    let private dot n (a: float[]) from (b: float[]) other =
        let mutable sum = 0.0

        for row in 0 .. n - 1 do
            sum <- sum + a[from + row] * b[other + row]

        sum

    /// T, k×k, exactly: Q V̇_l applied to so many unit vectors at once, never to all.
    let exact reml (factor: WhitenedFactor) : SquareBlock =
        let model = factor.Model

        let n, k, p =
            model.Rows.Count, model.Marginal.Parameters, model.Rows.Residual.FixedCount

        let chunk = 32
        let result = SquareBlock.zero k

        // Q W for m columns.
        let apply m (w: float[]) =
            let image = factor.Solve(m, w)

            if reml && p > 0 then
                let fixedPart = Array.sub factor.Scores 0 (n * p)
                let onFixed = Dense.Multiply(p, m, n, fixedPart, true, w, false)
                let taken = Dense.Multiply(n, m, p, fixedPart, false, onFixed, false)
                Array.map2 (-) image taken
            else
                image

        for first in 0..chunk .. n - 1 do
            let m = min chunk (n - first)
            let unit: float[] = Array.zeroCreate (n * m)

            for c in 0 .. m - 1 do
                unit[first + c + c * n] <- 1.0

            let direct = WhitenedImages.create factor m unit
            let image = apply (k * m) (WhitenedImages.create factor m (apply m unit))

            for i in 0 .. k - 1 do
                for j in 0 .. k - 1 do
                    result[i, j] <- result[i, j] + dot (n * m) direct (i * n * m) image (j * n * m)

        SquareBlock.init k (fun i j -> 0.5 * (result[i, j] + result[j, i]))

    /// <summary>T from differences: ∂_l tr(QV̇_k) = tr(QV̈_kl) − T_kl, of fourth order in fixed steps.</summary>
    /// <param name="factor">The workspace; it is moved, and put back.</param>
    /// <param name="traces">tr(QV̇_k) at the point the workspace holds.</param>
    /// <param name="second">tr(QV̈_kl) at the point.</param>
    /// <returns>None where a step leaves the region in which V is positive definite.</returns>
    let byDifferences (factor: WhitenedFactor) (traces: unit -> float[]) (second: SquareBlock) : SquareBlock option =
        let layout = factor.Model.Marginal.Layout
        let theta = factor.Point
        let k = theta.Length

        // Random effects by the size of their term, residuals as they are: on the scale of logarithms.
        let size i =
            if i >= layout.Parameters then
                1.0
            else
                let t = layout.ParameterStarts |> Array.findIndexBack (fun start -> start <= i)

                Seq.fold
                    (fun most at -> max most (abs theta[at]))
                    0.1
                    (seq { layout.ParameterStarts[t] .. layout.ParameterStarts[t + 1] - 1 })

        let at (theta: ImmutableArray<float>) =
            if factor.Factor theta then Some(traces ()) else None

        let column i =
            let h = 1e-3 * size i

            let moved times =
                at (theta.SetItem(i, theta[i] + times * h))

            match moved 2.0, moved 1.0, moved -1.0, moved -2.0 with
            | Some up2, Some up, Some down, Some down2 ->
                Some(Array.init k (fun j -> (8.0 * (up[j] - down[j]) - (up2[j] - down2[j])) / (12.0 * h)))
            | _ -> None

        let columns = Array.init k column
        factor.Factor theta |> ignore

        if columns |> Array.forall Option.isSome then
            let columns = Array.choose id columns
            Some(SquareBlock.init k (fun i j -> second[i, j] - 0.5 * (columns[i].[j] + columns[j].[i])))
        else
            None

    // So many operations take no time worth saving.
    let private affordable = 1e9

    /// Whether the exact way is worth its time.
    let isExactAffordable (model: WhitenedModel) =
        let n, k = float model.Rows.Count, float model.Marginal.Parameters
        let effects = model.Groups |> Array.sumBy (fun group -> float group.Order)

        let ofBlocks =
            model.Rows.Residual.Patterns
            |> Array.sumBy (fun pattern -> float pattern.Count * pown (float pattern.Size) 2)

        n
        * (k + 1.0)
        * (4.0 * float model.Symbolic.Analysis.PanelLength
           + 4.0 * ofBlocks
           + 8.0 * n * effects)
            <
            affordable
