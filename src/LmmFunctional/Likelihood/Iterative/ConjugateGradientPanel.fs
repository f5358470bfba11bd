namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>(I + C)⁻¹ of eight columns at once by conjugate gradients; the blocks of I + C are the identity, which is what its
/// block-Jacobi preconditioner comes to.</summary>
/// <remarks>One thread at a time, with panels of its own.</remarks>
[<Sealed>]
type internal ConjugateGradientPanel(point: SchurPoint) =
    let tail = point.Tail
    let lanes = EffectPanel.lanes
    let residual = EffectPanel.create tail
    let direction = EffectPanel.create tail
    let image = EffectPanel.create tail
    let mutable steps = 0

    /// Steps of the last solution.
    member _.Steps = steps

    /// <summary>The solution for a right side, from zero.</summary>
    /// <returns>Whether the residuals of all lanes came below the tolerance, relative to the right sides.</returns>
    member _.Solve(right: Buffer, solution: Buffer, tolerance: float, mostSteps: int, leadProducts: Buffer) : bool =
        solution.Span.Slice(0, tail * lanes).Clear()
        EffectPanel.copy tail right residual
        EffectPanel.copy tail right direction
        let mutable squares = EffectPanel.dot tail residual residual
        let goals = squares |> Array.map (fun square -> tolerance * tolerance * square)
        steps <- 0

        let isOpen lane = squares[lane] > goals[lane]

        let anyOpen () =
            Seq.exists isOpen (seq { 0 .. lanes - 1 })

        while steps < mostSteps && anyOpen () do
            point.Coupled(direction, image, leadProducts)
            EffectPanel.addScaled tail (Array.create lanes 1.0) direction image
            let curvatures = EffectPanel.dot tail direction image

            // A lane that has converged stays where it is.
            let lengths =
                Array.init lanes (fun lane ->
                    if isOpen lane && curvatures[lane] > 0.0 then
                        squares[lane] / curvatures[lane]
                    else
                        0.0)

            EffectPanel.addScaled tail lengths direction solution
            EffectPanel.addScaled tail (lengths |> Array.map (~-)) image residual
            let next = EffectPanel.dot tail residual residual

            let ratios =
                Array.init lanes (fun lane ->
                    if lengths[lane] > 0.0 then
                        next[lane] / squares[lane]
                    else
                        0.0)

            squares <- Array.init lanes (fun lane -> if lengths[lane] > 0.0 then next[lane] else squares[lane])
            EffectPanel.scaleAndAdd tail residual ratios direction
            steps <- steps + 1

        not (anyOpen ())
