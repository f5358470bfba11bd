namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Factors λ of a G of lower rank, n×n by columns: how they are found from one nearby, and turned.</summary>
[<RequireQualifiedAccess>]
module internal LowerRank =

    // Any entry of a factor this small is zero: relative to the residual it is a variance of 1e-16.
    let private zeroEntry = 1e-8

    // A standard deviation this small, relative to the residual or to the largest, is tried without.
    let private nearlyZero = 1e-2

    // Less than this is not to be gained, in −2 log likelihood units.
    let private zeroFall = 1e-9

    /// λ with pivots below these limits, relative to their rows or to the residual, set to zero.
    let cleaned relative absolute n (lambda: float[]) =
        let rowOf i =
            let mutable square = 0.0

            for j in 0..i do
                square <- square + lambda[i + j * n] * lambda[i + j * n]

            sqrt square

        let isZero i =
            abs lambda[i + i * n] <= max absolute (relative * rowOf i)

        let mutable isLower = false

        for i in 0 .. n - 1 do
            isLower <- isLower || isZero i

        if isLower then
            let isPivot k = k / n = k % n

            // A zero pivot above non-zero entries only rotates the columns to its right: take the triangular form.
            lambda
            |> Array.mapi (fun k v ->
                if abs v <= zeroEntry || isPivot k && isZero (k / n) then
                    0.0
                else
                    v)
            |> LowerFactor.ofColumns n
        else
            lambda

    /// The columns without their directions of hardly any variance, relative to the largest or to the residual, as loadings;
    /// None where that leaves as many columns as there are.
    let fewerLoadings relative absolute n most (lambda: float[]) : float[] option =
        let struct (variances, vectors) =
            Semidefinite.eigen n (Semidefinite.square n lambda)

        let limit = max (absolute * absolute) (relative * relative * Array.last variances)

        if
            variances |> Array.filter (fun variance -> variance > limit) |> Array.length
            >= most
        then
            None
        else
            Array.init (n * n) (fun k ->
                if variances[k / n] > limit then
                    vectors[k] * sqrt variances[k / n]
                else
                    0.0)
            |> LowerFactor.loadings n
            |> Some

    /// NᵀDN, n×n by columns D, n×m N.
    let private restricted n m (basis: float[]) (d: float[]) =
        Dense.Multiply(m, m, n, basis, true, Dense.Multiply(n, m, n, d, false, basis, false), false)

    /// The smallest eigenvalue of D on the null space of G, which has the given dimension.
    let multiplier nullity n (g: float[]) (d: float[]) =
        let struct (_, vectors) = Semidefinite.eigen n g
        let basis = Array.sub vectors 0 (n * nullity)
        let struct (values, _) = Semidefinite.eigen nullity (restricted n nullity basis d)
        values[0]

    /// <summary>The way to turn an unstructured G of lower rank, or nearly so, where D G is not zero: Λ − t N(NᵀDN)⁻¹NᵀDΛ.
    /// </summary>
    /// <remarks>N are the eigenvectors of G with no eigenvalue to speak of, Λ the others: they take a share in the null space.
    /// θ hardly sees this way, because a pivot of nearly zero stands in the column of the entries that would make it.</remarks>
    let turn n (lambda: float[]) (derivative: float[] Lazy) =
        let struct (variances, vectors) =
            Semidefinite.eigen n (Semidefinite.square n lambda)

        let limit = nearlyZero * nearlyZero * max 1.0 (Array.last variances)

        let m =
            variances |> Array.filter (fun variance -> variance <= limit) |> Array.length

        if m = 0 || m = n then
            None
        else
            let basis = Array.sub vectors 0 (n * m)

            let range =
                Array.init (n * n) (fun k ->
                    if k < n * m then
                        0.0
                    else
                        vectors[k] * sqrt variances[k / n])

            let d = derivative.Value
            let onNull = restricted n m basis d
            let struct (values, _) = Semidefinite.eigen m onNull

            if not (values[0] > 0.0) then
                None
            else
                let pull =
                    Dense.Multiply(m, n, n, basis, true, Dense.Multiply(n, n, n, d, false, range, false), false)

                let share =
                    Dense.Multiply(m, n, m, Semidefinite.inverse m onNull, false, pull, false)

                let isExact =
                    Seq.init n (fun i -> lambda[i + i * n]) |> Seq.filter ((=) 0.0) |> Seq.length = m

                if isExact && Array.fold2 (fun fall a b -> fall + a * b) 0.0 pull share <= zeroFall then
                    None
                else
                    let way = Dense.Multiply(n, n, m, basis, false, share, false)
                    Some(fun t -> LowerFactor.ofColumns n (Array.map2 (fun own by -> own - t * by) range way))
