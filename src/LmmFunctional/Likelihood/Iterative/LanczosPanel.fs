namespace LmmFunctional.Estimation

open System.Collections.Generic
open LmmFunctional.Numerics

/// <summary>Krylov bases of C for eight starting vectors at once, kept whole: (I + sC)⁻¹ of the starts for every s comes from
/// the same basis.</summary>
/// <remarks>The Lanczos process as it stands, without reorthogonalisation: for solutions of shifted systems it is conjugate
/// gradients, whose convergence lost orthogonality delays but does not hurt. It ends when I + C itself, the hardest of the
/// systems, is solved. One thread at a time; overwritten by every <c>Build</c>.</remarks>
[<Sealed>]
type internal LanczosPanel(point: SchurPoint) =
    let tail = point.Tail
    let lanes = EffectPanel.lanes
    let basis = List<Buffer>()
    let mutable used = 0
    let mutable alphas: float[][] = [||]
    let mutable betas: float[][] = [||]
    let mutable lengths: float[] = Array.zeroCreate lanes

    let vector k =
        if k = basis.Count then
            basis.Add(EffectPanel.create tail)

        basis[k]

    let inverses (values: float[]) =
        values |> Array.map (fun value -> if value > 0.0 then 1.0 / value else 0.0)

    /// Lengths of the starting vectors.
    member _.Lengths = lengths

    /// The least and the greatest eigenvalue of the tridiagonal matrices.
    member _.Extremes = TridiagonalLanes.extremes alphas betas

    /// Steps taken.
    member _.Steps = used

    /// <summary>The bases from a start; work is overwritten.</summary>
    /// <returns>Whether all lanes have converged within so many steps.</returns>
    member _.Build(start: Buffer, tolerance: float, mostSteps: int, work: Buffer, leadProducts: Buffer) : bool =
        lengths <- EffectPanel.dot tail start start |> Array.map sqrt
        EffectPanel.scaled tail (inverses lengths) start (vector 0)
        let a, b = List<float[]>(), List<float[]>()
        // The last element of (I + T)⁻¹e₁, by the recurrence of its factor.
        let pivot = Array.create lanes 1.0
        let right = Array.create lanes 1.0
        let isDone = lengths |> Array.map ((=) 0.0)
        let mutable k = 0

        while k < mostSteps && Array.contains false isDone do
            point.Coupled(vector k, work, leadProducts)

            if k > 0 then
                EffectPanel.addScaled tail (b[k - 1] |> Array.map (~-)) (vector (k - 1)) work

            let alpha = EffectPanel.dot tail work (vector k)
            EffectPanel.addScaled tail (alpha |> Array.map (~-)) (vector k) work
            let beta = EffectPanel.dot tail work work |> Array.map sqrt

            for lane in 0 .. lanes - 1 do
                let off = if k > 0 then b[k - 1].[lane] else 0.0
                right[lane] <- if k > 0 then -off / pivot[lane] * right[lane] else 1.0
                pivot[lane] <- 1.0 + alpha[lane] - (if k > 0 then off * off / pivot[lane] else 0.0)

                if beta[lane] < 1e-14 then
                    beta[lane] <- 0.0

                if beta[lane] * abs (right[lane] / pivot[lane]) <= tolerance then
                    isDone[lane] <- true

            a.Add alpha
            b.Add beta
            EffectPanel.scaled tail (inverses beta) work (vector (k + 1))
            k <- k + 1

        used <- k
        alphas <- a.ToArray()
        betas <- b.ToArray()
        not (Array.contains false isDone)

    /// (I + sC)⁻¹ of the starts into a panel.
    member _.Solve(s: float, target: Buffer) =
        if used = 0 then
            target.Span.Slice(0, tail * lanes).Clear()
        else
            let coefficients = TridiagonalLanes.solve s alphas betas lengths
            EffectPanel.combine tail coefficients (Array.init used vector) target
