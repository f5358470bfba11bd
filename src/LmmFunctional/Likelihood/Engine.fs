namespace LmmFunctional.Estimation

open System

/// <summary>What one evaluation leaves behind about a term: parts of D = ∂f/∂G, both S×S by columns.</summary>
[<NoComparison; ReferenceEquality>]
type internal TermDerivative = {
    /// Σ_j (Z'QZ)_jj, where Q is V⁻¹ for ML and P for REML: the derivative of the log determinants.
    Trace: float[]
    /// Σ_j v_j v_jᵀ, where v = Z'V⁻¹(y − Xβ)/r: the derivative of −log r².
    Square: float[]
}

/// <summary>A way to evaluate the likelihood: one workspace over cross-products made once.</summary>
/// <remarks>Everything is on the inner scale, with V = ZΛΛᵀZᵀ + I relative to σ² and P = p + 1 columns [X y]. An engine is
/// overwritten by every <c>Factor</c> and used by one thread at a time. Same λ in, same bits out. All engines answer the
/// same to rounding.</remarks>
[<AbstractClass>]
type internal Engine(rows: int, columns: int) =
    // What the workspace holds: asking again for the same point costs nothing.
    let mutable factored: float[][] = [||]
    let mutable isFactored = false
    let mutable isPositive = false
    let mutable isSolved = false

    let mutable along: struct (CovarianceDirections * struct (float[][] * float[][])) voption =
        ValueNone

    /// Whether these are the λ that were factored last; keeps them if not.
    let isLast (lambdas: float[][]) =
        if isFactored && factored.Length = lambdas.Length then
            let mutable isSame = true

            for t in 0 .. lambdas.Length - 1 do
                if not (lambdas[t].AsSpan().SequenceEqual(factored[t].AsSpan())) then
                    isSame <- false
                    lambdas[t].AsSpan().CopyTo(factored[t].AsSpan())

            isSame
        else
            factored <- Array.map Array.copy lambdas
            isFactored <- true
            false

    /// n.
    member _.Rows = rows

    /// P = p + 1.
    member _.P = columns

    /// <summary>Factors everything for the given λ per term, S×S by columns, in the order of the terms.</summary>
    /// <returns>False when a matrix is not positive definite to working precision.</returns>
    member engine.Factor(lambdas: float[][]) : bool =
        if not (isLast lambdas) then
            isSolved <- false
            isPositive <- engine.FactorAnew lambdas

        isPositive

    /// Forgets what was factored: the cross-products have changed.
    member _.Forget() = isFactored <- false

    /// Scores, and what the derivatives need; after a Factor that succeeded.
    member engine.Solve() =
        if not isSolved then
            engine.SolveAnew()
            isSolved <- true

    /// log|X'V⁻¹X|.
    member engine.LogDeterminantFixed =
        let factor = engine.FixedFactor
        let mutable sum = 0.0

        for c in 0 .. columns - 2 do
            sum <- sum + 2.0 * log factor[c + c * columns]

        sum

    /// r² = (y − Xβ)'V⁻¹(y − Xβ).
    member engine.ResidualSquare =
        let r = engine.FixedFactor[columns * columns - 1]
        r * r

    abstract FactorAnew: lambdas: float[][] -> bool
    abstract SolveAnew: unit -> unit

    /// log|V|.
    abstract LogDeterminant: float

    /// The lower Cholesky factor of [X y]'V⁻¹[X y], P×P by columns.
    abstract FixedFactor: float[]

    /// The parts of ∂f/∂G of every term, in the order of the terms, Q = P under REML; after Solve.
    abstract Derivatives: reml: bool -> TermDerivative[]

    /// F, k×k, along the free entries of Λ: F_kl = w_kᵀ Z'PZ w_l, w_k = (E_kΛᵀ + ΛE_kᵀ) Z'V⁻¹(y − Xβ)/r; after Solve.
    member engine.Average(entries: Entry[]) = engine.AverageAlong(entries, factored)

    /// T, k×k, along the free entries of Λ: T_kl = tr(Q V̇_k Q V̇_l), V̇_k = Z(E_kΛᵀ + ΛE_kᵀ)Zᵀ; after Solve.
    member engine.Trace(entries: Entry[], reml: bool) =
        engine.TraceAlong(entries, factored, reml)

    /// <summary>F along the directions e_r b_cᵀ + b_c e_rᵀ in G, b_c column c of the term's basis.</summary>
    /// <remarks>The basis Λ gives the derivatives by the entries of Λ, the identity those by the entries of G; after Solve.
    /// </remarks>
    abstract AverageAlong: entries: Entry[] * bases: float[][] -> SquareBlock

    /// T along the same directions; after Solve.
    abstract TraceAlong: entries: Entry[] * bases: float[][] * reml: bool -> SquareBlock

    /// <summary>What derivatives along block-diagonal matrices B_k of the effects are made of, each S×S per term.</summary>
    /// <returns>UᵀB_kU, and UᵀB_kΩB_lU for l ≤ k at k(k + 1)/2 + l, all P×P by columns: U = [E | v], E = Z'V⁻¹XL⁻ᵀ with
    /// LLᵀ = X'V⁻¹X, v = Z'V⁻¹(y − Xβ)/r, Ω = Z'V⁻¹Z; after Solve.</returns>
    abstract ScoreForms: forms: float[][][] -> struct (float[][] * float[][])

    /// tr(ΩB_kΩB_l) of such matrices, k×k; None where that would cost more than differences of first derivatives; after Solve.
    abstract TraceForms: forms: float[][][] -> SquareBlock option

    /// ScoreForms along the directions of a point, which two informations ask for.
    member private engine.ScoresAlong(directions: CovarianceDirections) =
        match along with
        | ValueSome struct (known, scores) when Object.ReferenceEquals(known, directions) -> scores
        | _ ->
            let scores = engine.ScoreForms directions.Changes
            along <- ValueSome struct (directions, scores)
            scores

    /// F, k×k, along the parameters of θ: F_kl = v'B_kZ'PZB_lv, B_k = ∂G/∂θ_k; after Solve.
    abstract AverageOf: directions: CovarianceDirections -> SquareBlock

    default engine.AverageOf directions =
        let struct (first, second) = engine.ScoresAlong directions
        let last = columns * columns - 1

        SquareBlock.init first.Length (fun k l ->
            let high, low = max k l, min k l
            let mutable sum = second[high * (high + 1) / 2 + low].[last]

            for c in 0 .. columns - 2 do
                let at = c + (columns - 1) * columns
                sum <- sum - first[k].[at] * first[l].[at]

            sum)

    /// T, k×k, along the parameters of θ: T_kl = tr(Q V̇_k Q V̇_l); after Solve.
    abstract TraceOf: directions: CovarianceDirections * reml: bool -> SquareBlock

    default engine.TraceOf(directions, reml) =
        match engine.TraceForms directions.Changes with
        | None -> engine.TraceDifferences(directions, reml)
        | Some plain when not reml -> plain
        | Some plain ->
            let struct (first, second) = engine.ScoresAlong directions

            // P = V⁻¹ − V⁻¹XL⁻ᵀL⁻¹X'V⁻¹ on both sides.
            SquareBlock.init first.Length (fun k l ->
                let high, low = max k l, min k l
                let both = second[high * (high + 1) / 2 + low]
                let mutable sum = plain[k, l]

                for c in 0 .. columns - 2 do
                    sum <- sum - 2.0 * both[c + c * columns]

                    for d in 0 .. columns - 2 do
                        sum <- sum + first[k].[c + d * columns] * first[l].[c + d * columns]

                sum)

    /// T_kl = −∂tr(QV̇_k)/∂θ_l with V̇_k as it is, by central differences of fourth order; the factor is restored.
    member engine.TraceDifferences(directions: CovarianceDirections, reml) =
        let own = factored |> Array.map Array.copy
        let k = directions.Changes.Length

        let at lambdas =
            if engine.Factor lambdas then
                engine.Solve()

            engine.Derivatives reml
            |> Array.map _.Trace
            |> CovarianceDirections.along directions

        let columns =
            Array.init k (fun l ->
                let h = 1e-3

                let far, near =
                    Array.map2 (-) (at (directions.At l (2.0 * h))) (at (directions.At l (-2.0 * h))),
                    Array.map2 (-) (at (directions.At l h)) (at (directions.At l -h))

                Array.map2 (fun near far -> (far - 8.0 * near) / (12.0 * h)) near far)

        at own |> ignore
        SquareBlock.init k (fun i j -> 0.5 * (columns[i].[j] + columns[j].[i]))

    /// v = Z'V⁻¹(y − Xβ)/r of one effect, for related levels A v: the effects are G times this; after Solve.
    abstract Score: term: int * level: int * effect: int -> float

    /// E = Z'V⁻¹XL⁻ᵀ of a level's effects with LLᵀ = X'V⁻¹X, for related levels A E: S×p by columns; after Solve.
    abstract FixedScores: term: int * level: int -> float[]

    /// λ(M⁻¹)_jjλᵀ, S×S (M of the levels themselves): the covariance of a level's effects given the data and β, divided by σ²; after Solve.
    abstract ConditionalCovariance: term: int * level: int -> float[]

    /// z_j'z_j of one effect; of independent levels.
    abstract EffectSquare: term: int * level: int * effect: int -> float

    /// z_j'[X y] of one effect, in one of the P columns; of independent levels.
    abstract EffectFixed: term: int * level: int * effect: int * column: int -> float

    /// [X y]'[X y], P×P.
    abstract FixedFixed: float[]

    /// What each probe said, from an engine that samples; after Solve.
    abstract Samples: EngineSamples option

    default _.Samples = None
