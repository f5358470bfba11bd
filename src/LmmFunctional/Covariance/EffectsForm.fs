namespace LmmFunctional

/// <summary>A structure of random effects: the relative covariance factor λ (S×S) with its derivatives by τ.</summary>
/// <remarks>Cov(effects) = σ² G, G = λ λᵀ. Standard deviations are signed parameters of λ, so that a variance of zero is an
/// ordinary point; diagonal and unstructured ones keep the free entries of λ themselves.</remarks>
[<NoEquality; NoComparison>]
type internal EffectsForm = {
    /// S, the number of effects.
    Order: int
    /// The natural parameters: as many as there are in τ. Standard deviations are relative to σ.
    Names: string[]
    Kinds: ParameterKind[]
    /// Places in τ of the signed standard deviations (of unstructured ones: the diagonal of λ).
    Deviations: int[]
    /// τ to start from, given a relative standard deviation for each effect.
    Start: float[] -> float[]
    /// λ by columns.
    Factor: Jet[] -> Jet[]
    /// The natural parameters at τ.
    Natural: Jet[] -> Jet[]
}

[<RequireQualifiedAccess>]
module internal EffectsForm =

    /// k, the number of parameters.
    let count form = form.Names.Length

    /// λ at τ, by columns.
    let lambda (form: EffectsForm) (tau: float[]) =
        form.Factor(Jet.constants tau) |> Array.map _.Value

    /// ∂λ/∂τ_k for every k, each by columns.
    let derivatives (form: EffectsForm) (factor: Jet[]) =
        Array.init (count form) (fun k -> factor |> Array.map (Jet.derivative k))

    /// <summary>Σ_ij W_ij ∂²G_ij/∂τ_k∂τ_l, k×k by columns, for a symmetric W (S×S).</summary>
    /// <remarks>With ∂²(λλᵀ) written out: 2 Σ (Wλ)_ic ∂²λ_ic + 2 Σ_c ∂_kλ_cᵀ W ∂_lλ_c.</remarks>
    let curvature (form: EffectsForm) (factor: Jet[]) (w: float[]) =
        let s = form.Order
        let k = count form
        let sum: float[] = Array.zeroCreate (k * k)

        for c in 0 .. s - 1 do
            for i in 0 .. s - 1 do
                let left = factor[i + c * s]

                if left.Support.Length > 0 then
                    let mutable product = 0.0

                    for j in 0 .. s - 1 do
                        let right = factor[j + c * s]
                        let weight = w[i + j * s]
                        product <- product + weight * right.Value

                        for a in 0 .. left.Support.Length - 1 do
                            for b in 0 .. right.Support.Length - 1 do
                                let at = left.Support[a] + right.Support[b] * k
                                sum[at] <- sum[at] + 2.0 * weight * left.First[a] * right.First[b]

                    Jet.addSecond (2.0 * product) k sum left

        sum

    let private rootMeanSquare (deviations: float[]) =
        sqrt (deviations |> Array.averageBy (fun sd -> sd * sd))

    /// |x|, taken as x at zero.
    let private magnitude (x: Jet) =
        if x.Value < 0.0 then Jet.negate x else x

    /// One signed standard deviation s and a correlation form: λ = s chol(C); or relative variances: λ = s chol(M).
    let private scaled order (form: CovarianceForm) = {
        Order = order
        Names = Array.append [| "sd" |] form.Names
        Kinds = Array.append [| ParameterKind.StandardDeviation |] form.Kinds
        Deviations = [| 0 |]
        Start = fun deviations -> Array.append [| rootMeanSquare deviations |] form.Start
        Factor =
            fun tau ->
                CovarianceForm.matrix form (Array.skip 1 tau) [| 0 .. order - 1 |]
                |> JetCholesky.factor order
                |> Array.map (fun entry -> if Jet.isZero entry then entry else tau[0] *. entry)
        Natural = fun tau -> Array.append [| magnitude tau[0] |] (form.Natural(Array.skip 1 tau))
    }

    /// A signed standard deviation for each effect and a correlation form: λ = diag(s) chol(C).
    let private heterogeneous (labels: string[]) (correlation: CovarianceForm) =
        let order = labels.Length

        {
            Order = order
            Names = Array.append (labels |> Array.map (fun label -> $"sd({label})")) correlation.Names
            Kinds = Array.append (Array.create order ParameterKind.StandardDeviation) correlation.Kinds
            Deviations = [| 0 .. order - 1 |]
            Start = fun deviations -> Array.append deviations correlation.Start
            Factor =
                fun tau ->
                    CovarianceForm.matrix correlation (Array.skip order tau) [| 0 .. order - 1 |]
                    |> JetCholesky.factor order
                    |> Array.mapi (fun at entry -> if Jet.isZero entry then entry else tau[at % order] *. entry)
            Natural =
                fun tau ->
                    let deviations, own = Array.splitAt order tau
                    Array.append (deviations |> Array.map magnitude) (correlation.Natural own)
        }

    /// The free entries of λ, as listed by RelativeFactor, or of an S×q lower trapezoidal Γ padded with zeros.
    let private free (labels: string[]) rank =
        let order = labels.Length

        let entries = [|
            for column in 0 .. rank - 1 do
                for row in column .. order - 1 do
                    struct (row, column)
        |]

        let diagonal =
            entries
            |> Array.indexed
            |> Array.choose (fun (k, struct (row, column)) -> if row = column then Some k else None)

        {
            Order = order
            Names =
                entries
                |> Array.map (fun struct (row, column) -> $"loading{column + 1}({labels[row]})")
            Kinds = Array.create entries.Length ParameterKind.Real
            Deviations = diagonal
            Start =
                fun deviations ->
                    entries
                    |> Array.map (fun struct (row, column) ->
                        if row = column then deviations[row]
                        // Effects without a column of their own start correlated with the last one.
                        elif row >= rank && column = rank - 1 then deviations[row]
                        else 0.0)
            Factor =
                fun tau ->
                    let lambda: Jet[] = Array.create (order * order) Jet.zero

                    entries
                    |> Array.iteri (fun k struct (row, column) -> lambda[row + column * order] <- tau[k])

                    lambda
            Natural = id
        }

    /// Factors and own variances: λ = chol(ΓΓᵀ + D), smooth wherever that has full rank.
    let private factorAnalytic (labels: string[]) q =
        let order = labels.Length
        let entries = FactorAnalytic.entries order q

        {
            Order = order
            Names =
                Array.append
                    (FactorAnalytic.loadingNames labels q)
                    (labels |> Array.map (fun label -> $"specific({label})"))
            Kinds = Array.create (entries.Length + order) ParameterKind.Real
            Deviations = [| entries.Length .. entries.Length + order - 1 |]
            Start =
                fun deviations ->
                    Array.append
                        (entries
                         |> Array.map (fun struct (i, k) -> if i = k then 0.6 * deviations[i] else 0.4 * deviations[i]))
                        (deviations |> Array.map ((*) 0.7))
            Factor =
                fun tau ->
                    let loadings, roots = Array.splitAt entries.Length tau
                    let gamma = FactorAnalytic.loadings order q loadings

                    Array.init (order * order) (fun at ->
                        let i, j = at % order, at / order
                        let common = FactorAnalytic.product order q gamma i j
                        if i = j then common +. Jet.square roots[i] else common)
                    |> JetCholesky.factor order
            Natural =
                fun tau ->
                    let loadings, roots = Array.splitAt entries.Length tau
                    Array.append loadings (roots |> Array.map Jet.square)
        }

    /// λ of a product of m first and n second indices, the first varying fastest: of a form that carries the scale and
    /// of a relative one; τ and natural parameters in the order of the factors.
    let private product m n isFirstScaled (scaled: EffectsForm) (relative: CovarianceForm) =
        let order = m * n
        let own, rest = count scaled, CovarianceForm.count relative

        let join a b =
            if isFirstScaled then Array.append a b else Array.append b a

        let split (tau: 'a[]) =
            if isFirstScaled then
                Array.splitAt own tau
            else
                let b, a = Array.splitAt rest tau
                a, b

        {
            Order = order
            Names = join scaled.Names relative.Names
            Kinds = join scaled.Kinds relative.Kinds
            Deviations =
                if isFirstScaled then
                    scaled.Deviations
                else
                    scaled.Deviations |> Array.map ((+) rest)
            Start =
                fun deviations ->
                    let ofIndex i =
                        Array.init (order / scaled.Order) (fun k ->
                            deviations[if isFirstScaled then i + k * m else k + i * m])
                        |> rootMeanSquare

                    join (scaled.Start(Array.init scaled.Order ofIndex)) relative.Start
            Factor =
                fun tau ->
                    let tauOfScaled, tauOfRelative = split tau
                    let lambda = scaled.Factor tauOfScaled
                    let size = order / scaled.Order

                    let root =
                        CovarianceForm.matrix relative tauOfRelative [| 0 .. size - 1 |]
                        |> JetCholesky.factor size

                    let first, second = if isFirstScaled then lambda, root else root, lambda

                    Array.init (order * order) (fun at ->
                        let i, j = at % order, at / order
                        let a, b = first[i % m + j % m * m], second[i / m + j / m * n]
                        if Jet.isZero a || Jet.isZero b then Jet.zero else a *. b)
            Natural =
                fun tau ->
                    let tauOfScaled, tauOfRelative = split tau
                    join (scaled.Natural tauOfScaled) (relative.Natural tauOfRelative)
        }

    /// <summary>The form of a structure that is no Kronecker product on the effects.</summary>
    /// <exception cref="T:System.ArgumentException">It is one.</exception>
    let create structure (positions: FormPositions) =
        let labels = positions.Labels
        let order = labels.Length

        match StructureForm.correlationOf structure positions, structure with
        | Some correlation, _ -> heterogeneous labels correlation
        | None, Structure.Unstructured -> free labels order
        | None, Structure.ReducedRank q -> free labels (min q order)
        | None, Structure.FactorAnalytic q -> factorAnalytic labels (min q order)
        | None, _ -> scaled order (StructureForm.create structure positions)

    /// <summary>The form of a structure on the effects of each of its factors: λ of a Kronecker product is the product of
    /// the factors' own, of which one carries the scale.</summary>
    /// <exception cref="T:System.ArgumentException">There are not as many lists of effects as factors.</exception>
    let rec ofFactors structure (factors: FormPositions list) =
        match structure, factors with
        | Structure.Kronecker(first, second), _ ->
            let count = StructureForm.factorCount first

            let ofFirst, ofSecond =
                List.truncate count factors, List.skip (min count factors.Length) factors

            let relativeFirst, firstPositions = StructureForm.ofFactors first ofFirst
            let relativeSecond, secondPositions = StructureForm.ofFactors second ofSecond
            let m, n = firstPositions.Labels.Length, secondPositions.Labels.Length

            // The scale goes to variances of their own, so that each of them can be zero.
            if relativeFirst.HasEqualVariances && not relativeSecond.HasEqualVariances then
                product m n false (ofFactors second ofSecond) relativeFirst
            else
                product m n true (ofFactors first ofFirst) relativeSecond
        | _, [ positions ] -> create structure positions
        | _ -> invalidArg (nameof factors) "A structure needs the effects of each of its factors."
