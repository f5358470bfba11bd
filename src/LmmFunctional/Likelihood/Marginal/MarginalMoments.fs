namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>What inference about β needs of the covariance parameters of a marginal model.</summary>
[<RequireQualifiedAccess>]
module internal MarginalMoments =

    /// U L⁻ᵀ of every pattern, columns of all vectors: U = V⁻¹X, LLᵀ = X'V⁻¹X.
    let private framed p (patterns: MarginalPattern[]) (factor: MarginalFactor) (sums: MarginalSums[]) =
        let inverse = MarginalSweep.inverseFactor p factor.FixedFactor

        Array.map2
            (fun (pattern: MarginalPattern) (own: MarginalSums) ->
                Dense.Multiply(pattern.Size * pattern.Vectors, p, p, own.Effects, false, inverse, true))
            patterns
            sums

    let private symmetric p (a: float[]) =
        Array.init (p * p) (fun k -> 0.5 * (a[k] + a[k / p + k % p * p]))

    /// P_k = U'V̇_kU in the frame, and the symmetric parts of Q_kl = U'V̇_kV⁻¹V̇_lU.
    let private products p (patterns: MarginalPattern[]) (factor: MarginalFactor) (frames: float[][]) first k =
        let applied index =
            let pattern = patterns[index]
            let m, columns = pattern.Size, pattern.Vectors * p

            first index
            |> Array.map (fun (derivative: float[]) ->
                if derivative.Length = 0 then
                    [||]
                else
                    Dense.Multiply(m, columns, m, derivative, false, frames[index], false))

        let add (total: float[]) at (own: float[]) =
            for i in 0 .. own.Length - 1 do
                total[at + i] <- total[at + i] + own[i]

        let size = p * p

        let linear () =
            MarginalSweep.sum 1e6 patterns (k * size) (fun index total ->
                let length = patterns[index].Size * patterns[index].Vectors

                applied index
                |> Array.iteri (fun i own ->
                    if own.Length > 0 then
                        add total (i * size) (Dense.Multiply(p, p, length, frames[index], true, own, false))))

        let quadratic () =
            MarginalSweep.sum 1e6 patterns (k * (k + 1) / 2 * size) (fun index total ->
                let pattern = patterns[index]
                let length = pattern.Size * pattern.Vectors

                let solved =
                    applied index
                    |> Array.map (fun own ->
                        if own.Length > 0 then
                            Dense.Solve(pattern.Size, pattern.Vectors * p, factor.Factors[index], false, own)

                        own)

                for i in 0 .. k - 1 do
                    for j in 0..i do
                        if solved[i].Length > 0 && solved[j].Length > 0 then
                            let at = CovarianceMoments.pair i j * size
                            add total at (Dense.Multiply(p, p, length, solved[i], true, solved[j], false)))

        let parts count (all: float[]) =
            Array.init count (fun i -> symmetric p (Array.sub all (i * size) size))

        parts k (linear ()), lazy (parts (k * (k + 1) / 2) (quadratic ()))

    /// U'V̈_klU in the frame, pair by pair: a weight u_c u_dᵀ for each of their elements.
    let private seconds p (patterns: MarginalPattern[]) (covariance: MarginalCovariance) (frames: float[][]) k =
        let size = p * p

        let total =
            MarginalSweep.sum 1e6 patterns (k * (k + 1) / 2 * size) (fun index total ->
                let pattern = patterns[index]
                let m, r = pattern.Size, pattern.Vectors

                let column c =
                    Array.sub frames[index] (c * r * m) (r * m)

                for d in 0 .. p - 1 do
                    for c in d .. p - 1 do
                        let product = Dense.Multiply(m, m, r, column c, false, column d, true)

                        let weights =
                            Array.init (m * m) (fun at -> 0.5 * (product[at] + product[at / m + at % m * m]))

                        let second = SquareBlock.zero k
                        covariance.AddSecond index weights second

                        for i in 0 .. k - 1 do
                            for j in 0..i do
                                let at = CovarianceMoments.pair i j * size
                                total[at + c + d * p] <- total[at + c + d * p] + second[i, j]

                                if c <> d then
                                    total[at + d + c * p] <- total[at + d + c * p] + second[i, j])

        Array.init (k * (k + 1) / 2) (fun pair -> Array.sub total (pair * size) size)

    /// What the moments of a model are made of, at a θ; nothing is known where V is not positive definite.
    let partsAt reml (model: MarginalModel) theta : MomentParts =
        let factor =
            MarginalVariance.factor model theta
            |> Option.defaultWith (fun () -> MarginalFactor.undefined model.FixedCount model.Patterns)

        let p, k = model.FixedCount, model.Parameters
        let sums = MarginalVariance.sums reml model factor
        let parts = MarginalVariance.parts reml model theta factor sums
        let covariance = MarginalModel.covariance model theta
        let frames = framed p model.Patterns factor sums
        let first, quadratic = products p model.Patterns factor frames covariance.First k

        {
            FixedFactor = factor.FixedFactor
            Parts = parts
            First = first
            Products = quadratic
            Seconds = lazy (seconds p model.Patterns covariance frames k)
        }

    /// <summary>The moments at a θ that can be evaluated, in SAS's parameters.</summary>
    /// <param name="reml">Whether the criterion is REML.</param>
    /// <param name="parametrisation">Elements of G, or of its factors.</param>
    /// <param name="design">The design.</param>
    /// <param name="standard">The same on the inner scale.</param>
    /// <param name="model">The marginal model.</param>
    /// <param name="isFixed">Parameters of θ that are held by a bound.</param>
    /// <param name="held">What is known.</param>
    /// <param name="point">The inner parameters.</param>
    let create reml parametrisation design standard (model: MarginalModel) isFixed held (point: ParameterPoint) =
        partsAt reml model point.Theta
        |> MomentParts.moments reml parametrisation design standard model isFixed held point
