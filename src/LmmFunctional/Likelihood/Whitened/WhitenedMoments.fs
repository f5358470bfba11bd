namespace LmmFunctional

open System.Collections.Immutable
open LmmFunctional.Numerics

/// <summary>What inference about β needs of the covariance parameters of a whitened model.</summary>
/// <remarks>Everything is made of n×p matrices, one for each parameter.</remarks>
[<RequireQualifiedAccess>]
module internal WhitenedMoments =

    let private symmetric p (a: float[]) =
        Array.init (p * p) (fun k -> 0.5 * (a[k] + a[k / p + k % p * p]))

    /// V̇_kU of all parameters, n×p each, side by side.
    let private images (factor: WhitenedFactor) =
        let n, p = factor.Model.Rows.Count, factor.Model.Rows.Residual.FixedCount
        WhitenedImages.create factor p (Array.sub factor.Scores 0 (n * p))

    let private first (factor: WhitenedFactor) : float[][] =
        let model = factor.Model

        let n, p, k =
            model.Rows.Count, model.Rows.Residual.FixedCount, model.Marginal.Parameters

        let frame = Array.sub factor.Scores 0 (n * p)
        let all = Dense.Multiply(p, k * p, n, frame, true, images factor, false)
        Array.init k (fun i -> symmetric p (Array.sub all (i * p * p) (p * p)))

    let private products (factor: WhitenedFactor) : float[][] =
        let model = factor.Model

        let n, p, k =
            model.Rows.Count, model.Rows.Residual.FixedCount, model.Marginal.Parameters

        let applied = images factor
        let solved = factor.Solve(k * p, applied)
        let all = Dense.Multiply(k * p, k * p, n, applied, true, solved, false)

        CovarianceMoments.pairs k (fun i j ->
            Array.init (p * p) (fun at -> all[i * p + at % p + (j * p + at / p) * k * p])
            |> symmetric p)

    let private seconds (factor: WhitenedFactor) : float[][] =
        let model = factor.Model
        let p, k = model.Rows.Residual.FixedCount, model.Marginal.Parameters
        let result = CovarianceMoments.pairs k (fun _ _ -> Array.zeroCreate (p * p))

        for d in 0 .. p - 1 do
            for c in d .. p - 1 do
                let own = WhitenedSeconds.along factor c d

                for i in 0 .. k - 1 do
                    for j in 0..i do
                        let target = result[CovarianceMoments.pair i j]
                        target[c + d * p] <- own[i, j]
                        target[d + c * p] <- own[i, j]

        result

    /// <summary>The moments at a θ that can be evaluated, in SAS's parameters; see
    /// <see cref="M:LmmFunctional.MarginalMoments.create"/>.</summary>
    let create
        reml
        parametrisation
        (design: Design)
        (standard: Standardised)
        (engine: WhitenedEngine)
        (isFixed: bool[])
        (theta: ImmutableArray<float>)
        : CovarianceMoments =
        let at (action: WhitenedFactor -> 'result) : 'result =
            WhitenedObjective.withFactor engine theta action
            |> Option.defaultWith (fun () -> invalidArg (nameof theta) "V is not positive definite at this point.")

        let parts =
            at (fun factor ->
                let parts = fst (WhitenedDerivatives.parts reml factor)

                {
                    parts with
                        // Both need the factor again.
                        Combined =
                            fun ofAverage ofTrace ->
                                at (fun factor ->
                                    (fst (WhitenedDerivatives.parts reml factor)).Combined ofAverage ofTrace)
                        Curvature =
                            fun df -> at (fun factor -> (fst (WhitenedDerivatives.parts reml factor)).Curvature df)
                })

        MarginalMoments.ofParts reml parametrisation design standard engine.Model.Marginal isFixed theta {
            FixedFactor = at (fun factor -> Array.copy factor.FixedFactor)
            Parts = parts
            First = at first
            Products = lazy (at products)
            Seconds = lazy (at seconds)
        }
