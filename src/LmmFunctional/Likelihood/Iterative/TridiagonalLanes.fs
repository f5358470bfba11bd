namespace LmmFunctional.Estimation

open System

/// <summary>Eight symmetric tridiagonal matrices, one per lane: diagonals and off-diagonals as the Lanczos process makes them.
/// </summary>
[<RequireQualifiedAccess>]
module internal TridiagonalLanes =

    /// <summary>(I + sT)⁻¹ e₁ times a length, per lane.</summary>
    /// <returns>The coefficients: the k-th of all lanes at k.</returns>
    let solve (s: float) (alphas: float[][]) (betas: float[][]) (lengths: float[]) : float[][] =
        let k = alphas.Length
        let result = Array.init k (fun _ -> Array.zeroCreate<float> lengths.Length)
        let pivots: float[] = Array.zeroCreate k

        for lane in 0 .. lengths.Length - 1 do
            let mutable right = lengths[lane]

            for i in 0 .. k - 1 do
                let pivot = 1.0 + s * alphas[i].[lane]

                if i = 0 then
                    pivots[i] <- pivot
                else
                    let off = s * betas[i - 1].[lane]
                    pivots[i] <- pivot - off * off / pivots[i - 1]
                    right <- -off / pivots[i - 1] * right

                result[i].[lane] <- right

            for i in k - 1 .. -1 .. 0 do
                let next =
                    if i + 1 < k then
                        s * betas[i].[lane] * result[i + 1].[lane]
                    else
                        0.0

                result[i].[lane] <- (result[i].[lane] - next) / pivots[i]

        result

    /// How many eigenvalues of a lane's matrix are below a number (Sturm).
    let private countBelow (alphas: float[][]) (betas: float[][]) lane value =
        let mutable count = 0
        let mutable pivot = 1.0

        for i in 0 .. alphas.Length - 1 do
            let square =
                if i = 0 then
                    0.0
                else
                    betas[i - 1].[lane] * betas[i - 1].[lane]

            pivot <- alphas[i].[lane] - value - square / pivot

            if pivot = 0.0 then
                pivot <- 1e-300

            if pivot < 0.0 then
                count <- count + 1

        count

    /// The least and the greatest eigenvalue over all lanes, to three digits.
    let extremes (alphas: float[][]) (betas: float[][]) : struct (float * float) =
        let k = alphas.Length

        let bound =
            Seq.init k (fun i ->
                Seq.max (Seq.map abs alphas[i])
                + (if i > 0 then Seq.max betas[i - 1] else 0.0)
                + (if i < k - 1 then Seq.max betas[i] else 0.0))
            |> Seq.fold max 1e-6

        let search (isAbove: float -> bool) =
            let mutable low, high = -bound, bound

            for _ in 1..24 do
                let middle = 0.5 * (low + high)
                if isAbove middle then high <- middle else low <- middle

            0.5 * (low + high)

        let lanes = [| 0 .. alphas[0].Length - 1 |]

        struct (search (fun value -> lanes |> Array.exists (fun lane -> countBelow alphas betas lane value > 0)),
                search (fun value -> lanes |> Array.forall (fun lane -> countBelow alphas betas lane value = k)))
