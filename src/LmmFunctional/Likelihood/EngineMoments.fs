namespace LmmFunctional.Estimation

open LmmFunctional
open LmmFunctional.Model

/// <summary>Something that has an engine factored at one λ for whoever asks.</summary>
type internal IFactored =
    /// Runs an action on the engine.
    abstract Run: action: (Engine -> 'result) -> 'result

/// <summary>What an engine knows of the covariance parameters at one λ, along the unit directions of G relative to σ²;
/// σ² comes last.
/// </summary>
/// <remarks>Directions in G, not in λ, so that a variance of zero is no special case. With V = ZGZᵀ + I relative to
/// σ²,
/// P² = P − PZGZᵀP turns every row of σ² into sums over the others.</remarks>
[<RequireQualifiedAccess>]
module internal EngineMoments =

    /// Elements of G along the entries, G = λλᵀ.
    let private elements (entries: Entry[]) (covariances: float[][]) =
        entries
        |> Array.map (fun entry ->
            let g = covariances[entry.Term]
            let n = Semidefinite.order g
            g[entry.Row + entry.Column * n])

    let private identity n =
        Array.init (n * n) (fun k -> if k % (n + 1) = 0 then 1.0 else 0.0)

    // The unit directions are e_r e_cᵀ + e_c e_rᵀ, and e_r e_rᵀ: half of what the identity as basis gives.
    let private share (entry: Entry) =
        if entry.Row = entry.Column then 0.5 else 1.0

    /// tr(A E_k) of symmetric matrices A, one for each term.
    let private traces (entries: Entry[]) (select: int -> float[]) =
        entries
        |> Array.map (fun entry ->
            let a = select entry.Term
            let n = Semidefinite.order a
            2.0 * share entry * a[entry.Row + entry.Column * n])

    /// Bordered with the row of σ²: own_k − Σ_m g_m A_mk, and total − 2 Σ g_m own_m + Σ g_m g_l A_ml.
    let private border (g: float[]) (own: float[]) total (a: SquareBlock) =
        let k = g.Length

        let along j =
            Seq.init k (fun m -> g[m] * a[m, j]) |> Seq.sum

        let edge = Array.init k (fun j -> own[j] - along j)

        let corner = total - (Seq.init k (fun j -> g[j] * (own[j] + edge[j])) |> Seq.sum)

        SquareBlock.init (k + 1) (fun i j ->
            if i < k && j < k then a[i, j]
            elif i < k then edge[i]
            elif j < k then edge[j]
            else corner)

    let private form layout (entry: Entry) =
        layout.Shapes
        |> Array.mapi (fun t shape ->
            let n = shape.Order
            let matrix: float[] = Array.zeroCreate (n * n)

            if t = entry.Term then
                matrix[entry.Row + entry.Column * n] <- 1.0
                matrix[entry.Column + entry.Row * n] <- 1.0

            matrix)

    let private symmetric p (a: float[]) =
        Array.init (p * p) (fun k -> 0.5 * (a[k] + a[k / p + k % p * p]))

    /// P_i and Q_ij of all directions and of σ², relative to σ².
    let private fixedMoments layout (covariances: float[][]) (engine: Engine) =
        let p = engine.P - 1
        let k = layout.Entries.Length

        let forms =
            Array.append (layout.Entries |> Array.map (form layout)) [| covariances |]

        let struct (first, second) = engine.ScoreForms forms
        // Without the column of y.
        let ofFixed (a: float[]) =
            Array.init (p * p) (fun k -> a[k % p + k / p * engine.P])

        let first, second = Array.map ofFixed first, Array.map ofFixed second
        let identity = identity p
        let at i j = second[CovarianceMoments.pair i j]

        let products =
            CovarianceMoments.pairs (k + 1) (fun i j ->
                if i < k then
                    at i j
                elif j < k then
                    Array.map2 (-) first[j] (symmetric p (at k j))
                else
                    Array.map3 (fun one g gg -> one - 2.0 * g + gg) identity first[k] (at k k)
                |> symmetric p)

        let first =
            Array.append (Array.truncate k first) [| Array.map2 (-) identity first[k] |]

        first |> Array.map (symmetric p), products

    /// L⁻ᵀ of the leading p×p part of the factor of [X y]'V⁻¹[X y].
    let private inverseTransposed (engine: Engine) =
        let p = engine.P - 1

        let lower =
            Array.init (p * p) (fun k ->
                if k % p >= k / p then
                    engine.FixedFactor[k % p + k / p * engine.P]
                else
                    0.0)

        let inverse = if p = 0 then [||] else Semidefinite.inverse p lower
        Matrix.init p p (fun i j -> inverse[j + i * p])

    /// Whether an element belongs to an effect of no variance.
    let private isAtBound (layout: ThetaLayout) (covariances: float[][]) (entry: Entry) =
        let own = covariances[entry.Term]
        let n = layout.Shapes[entry.Term].Order

        own[entry.Row + entry.Row * n] = 0.0
        || own[entry.Column + entry.Column * n] = 0.0

    /// The information in the elements of G and σ², from the products by them.
    let private informationOf
        weight
        variance
        (traceProducts: Lazy<SquareBlock>)
        (squareProducts: Lazy<SquareBlock>)
        k
        kind
        =
        let f i j = weight * squareProducts.Value[i, j]

        Matrix.init (k + 1) (k + 1) (fun i j ->
            (match kind with
             | Information.Observed -> 2.0 * f i j - traceProducts.Value[i, j]
             | Information.Expected -> traceProducts.Value[i, j]
             | Information.Average -> f i j)
            / (variance * variance))

    /// <summary>The moments in the elements of G on the inner scale times σ², and σ²: absolute, in the user's units of
    /// the response.
    /// </summary>
    /// <param name="reml">Whether the criterion is REML.</param>
    /// <param name="weight">r²/σ²: dn where σ² is at its estimate.</param>
    /// <param name="variance">σ² on the user's scale.</param>
    /// <param name="coefficientMap">B, p×p by columns, with β(user) = B β(inner) but for scale and shift.</param>
    /// <param name="layout">The entries of the model.</param>
    /// <param name="names">Their names.</param>
    /// <param name="lambdas">λ of each term.</param>
    /// <param name="factored">An engine factored at these λ.</param>
    let create
        reml
        weight
        variance
        (coefficientMap: float[])
        (layout: ThetaLayout)
        (names: string[])
        (lambdas: float[][])
        (factored: IFactored)
        : CovarianceMoments =
        let solved (action: Engine -> 'result) : 'result =
            factored.Run(fun engine ->
                engine.Solve()
                action engine)

        let entries = layout.Entries
        let k = entries.Length

        let covariances =
            Array.map2
                (fun (shape: RelativeFactor) lambda -> Semidefinite.square shape.Order lambda)
                layout.Shapes
                lambdas

        let bases =
            layout.Shapes |> Array.map (fun (shape: RelativeFactor) -> identity shape.Order)

        let g = elements entries covariances

        let rows, p = solved (fun engine -> engine.Rows, engine.P - 1)
        let df = float (if reml then rows - p else rows)

        let root = Matrix.multiply (Matrix(p, p, coefficientMap)) (solved inverseTransposed)

        let fixedPart = lazy (solved (fixedMoments layout covariances))

        // tr(QV̇_k) and v'E_kv.
        let slopes =
            lazy
                (let derivatives = solved (fun engine -> engine.Derivatives reml)

                 traces entries (fun t -> derivatives[t].Trace), traces entries (fun t -> derivatives[t].Square))

        let weighted (a: SquareBlock) =
            SquareBlock.init k (fun i j -> share entries[i] * share entries[j] * a[i, j])

        let traceProducts =
            lazy
                (solved (fun engine -> engine.TraceAlong(entries, bases, reml))
                 |> weighted
                 |> border g (fst slopes.Value) df)

        let squareProducts =
            lazy
                (solved (fun engine -> engine.AverageAlong(entries, bases))
                 |> weighted
                 |> border g (snd slopes.Value) 1.0)

        let along own =
            Array.fold2 (fun sum g own -> sum + g * own) 0.0 g own

        {
            Names = Array.append names [| "Residual" |]
            Values = Array.append g [| 1.0 |] |> Array.map ((*) variance)
            AtBound = Array.append (entries |> Array.map (isAtBound layout covariances)) [| false |]
            Root = Matrix.init p p (fun i j -> sqrt variance * root[i, j])
            First = fst fixedPart.Value |> Array.map (Array.map (fun x -> x / variance))
            Products =
                lazy
                    (snd fixedPart.Value
                     |> Array.map (Array.map (fun x -> x / (variance * variance))))
            Seconds = None
            Gradient =
                lazy
                    (let trace, square = slopes.Value
                     let own = Array.map2 (fun t s -> (t - weight * s) / variance) trace square
                     Array.append own [| ((df - along trace) - weight * (1.0 - along square)) / variance |])
            Information = informationOf weight variance traceProducts squareProducts k
        }
