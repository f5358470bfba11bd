namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional.Numerics

/// <summary>What inference about β needs of the covariance parameters of a model that is solved with.</summary>
/// <remarks>Everything is made of n×p matrices, one for each parameter.</remarks>
[<RequireQualifiedAccess>]
module internal SolvedMoments =

    let private symmetric p (a: float[]) =
        Array.init (p * p) (fun k -> 0.5 * (a[k] + a[k / p + k % p * p]))

    let private rowsOf p (solved: ISolved) = solved.Scores.Length / (p + 1)

    /// V̇_kU of all parameters, n×p each, side by side.
    let private images p (solved: ISolved) =
        solved.Images(p, Array.sub solved.Scores 0 (rowsOf p solved * p))

    let private first p k (solved: ISolved) : float[][] =
        let n = rowsOf p solved
        let frame = Array.sub solved.Scores 0 (n * p)
        let all = Dense.Multiply(p, k * p, n, frame, true, images p solved, false)
        Array.init k (fun i -> symmetric p (Array.sub all (i * p * p) (p * p)))

    let private products p k (solved: ISolved) : float[][] =
        let applied = images p solved
        let inverted = solved.Solve(k * p, applied)

        let all =
            Dense.Multiply(k * p, k * p, rowsOf p solved, applied, true, inverted, false)

        CovarianceMoments.pairs k (fun i j ->
            Array.init (p * p) (fun at -> all[i * p + at % p + (j * p + at / p) * k * p])
            |> symmetric p)

    let private seconds p k (solved: ISolved) : float[][] =
        let result = CovarianceMoments.pairs k (fun _ _ -> Array.zeroCreate (p * p))

        for d in 0 .. p - 1 do
            for c in d .. p - 1 do
                let own = solved.SecondAlong(c, d)

                for i in 0 .. k - 1 do
                    for j in 0..i do
                        let target = result[CovarianceMoments.pair i j]
                        target[c + d * p] <- own[i, j]
                        target[d + c * p] <- own[i, j]

        result

    /// <summary>What the moments of a model are made of, at a θ.</summary>
    /// <exception cref="T:System.ArgumentException">V is not positive definite there.</exception>
    let partsAt reml (model: ISolvedModel) (theta: ImmutableArray<float>) : MomentParts =
        let p, k = model.Marginal.FixedCount, model.Marginal.Parameters

        let at (action: ISolved -> 'result) : 'result =
            model.At(theta, action)
            |> Option.defaultWith (fun () -> invalidArg (nameof theta) "V is not positive definite at this point.")

        let parts =
            at (fun solved ->
                let parts = solved.Parts reml

                {
                    parts with
                        // Both need the factor again.
                        Combined =
                            fun ofAverage ofTrace -> at (fun solved -> (solved.Parts reml).Combined ofAverage ofTrace)
                        Curvature = fun df -> at (fun solved -> (solved.Parts reml).Curvature df)
                })

        {
            FixedFactor = at (fun solved -> Array.copy solved.FixedFactor)
            Parts = parts
            First = at (first p k)
            Products = lazy (at (products p k))
            Seconds = lazy (at (seconds p k))
        }

    /// <summary>The moments at a θ that can be evaluated, in SAS's parameters; see
    /// <see cref="M:LmmFunctional.Estimation.MarginalMoments.create"/>.</summary>
    let create
        reml
        parametrisation
        design
        standard
        (model: ISolvedModel)
        isFixed
        held
        (point: ParameterPoint)
        : CovarianceMoments =
        partsAt reml model point.Theta
        |> MomentParts.moments reml parametrisation design standard model.Marginal isFixed held point
