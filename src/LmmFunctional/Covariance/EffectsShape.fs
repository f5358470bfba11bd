namespace LmmFunctional.Estimation

/// <summary>How the structures of random effects make λ.</summary>
[<RequireQualifiedAccess>]
module internal EffectsShape =

    /// One signed standard deviation s and a correlation form: λ = s chol(C); or relative variances: λ = s chol(M).
    let scaled order (form: CovarianceForm) = {
        Order = order
        Names = Array.append [| "sd" |] form.Names
        Kinds = Array.append [| ParameterKind.StandardDeviation |] form.Kinds
        Ends = Array.append [| ParameterEnds.none "sd" |] form.Ends
        Powers = Array.append [| 1 |] (Array.create form.Names.Length 0)
        Deviations = [| 0 |]
        Start = fun deviations -> Array.append [| EffectsFormParts.rootMeanSquare deviations |] form.Start
        Factor =
            fun tau ->
                EffectsFormParts.values form order (Array.skip 1 tau)
                |> Semidefinite.factor order
                |> Array.map ((*) tau[0])
        Covariance =
            fun tau ->
                let variance = Jet.square tau[0]

                CovarianceForm.matrix form (Array.skip 1 tau) [| 0 .. order - 1 |]
                |> Array.map (
                    EffectsFormParts.once (fun element -> if Jet.isZero element then element else variance *. element)
                )
        Curvature = WeightedCurvature.ofScaled order form
        Natural = fun tau -> Array.append [| EffectsFormParts.magnitude tau[0] |] (form.Natural(Array.skip 1 tau))
        Unconstrained =
            fun natural ->
                if natural[0] > 0.0 then
                    form.Unconstrained(Array.skip 1 natural)
                    |> Option.map (Array.append [| natural[0] |])
                else
                    None
    }

    /// A signed standard deviation for each effect and a correlation form: λ = diag(s) chol(C). The pair of effects that
    /// a correlation is first met at has its sign by those of the two deviations.
    let heterogeneous (labels: string[]) (pairOf: int -> struct (int * int)) (correlation: CovarianceForm) =
        let order = labels.Length
        let deviations = labels |> Array.map (fun label -> $"sd({label})")

        {
            Order = order
            Names = Array.append deviations correlation.Names
            Kinds = Array.append (Array.create order ParameterKind.StandardDeviation) correlation.Kinds
            Ends = Array.append (deviations |> Array.map ParameterEnds.signed) correlation.Ends
            Powers = Array.append (Array.create order 1) (Array.create correlation.Names.Length 0)
            Deviations = [| 0 .. order - 1 |]
            Start = fun deviations -> Array.append deviations correlation.Start
            Factor =
                fun tau ->
                    EffectsFormParts.values correlation order (Array.skip order tau)
                    |> Semidefinite.factor order
                    |> Array.mapi (fun at entry -> tau[at % order] * entry)
            Covariance =
                fun tau ->
                    let own =
                        CovarianceForm.matrix correlation (Array.skip order tau) [| 0 .. order - 1 |]

                    CovarianceForm.symmetric order (fun i j ->
                        let element = own[i + j * order]

                        if Jet.isZero element then
                            element
                        else
                            let variance = if i = j then Jet.square tau[i] else tau[i] *. tau[j]
                            variance *. element)
            Curvature = WeightedCurvature.ofHeterogeneous order correlation
            Natural =
                fun tau ->
                    let deviations, own = Array.splitAt order tau

                    let signed k (value: Jet) =
                        let struct (i, j) = pairOf k

                        if i < order && j < order && deviations[i].Value * deviations[j].Value < 0.0 then
                            Jet.negate value
                        else
                            value

                    Array.append
                        (deviations |> Array.map EffectsFormParts.magnitude)
                        (correlation.Natural own |> Array.mapi signed)
            Unconstrained =
                fun natural ->
                    let deviations, own = Array.splitAt order natural

                    if deviations |> Array.forall (fun sd -> sd > 0.0) then
                        correlation.Unconstrained own |> Option.map (Array.append deviations)
                    else
                        None
        }


    /// The free entries of λ, as listed by RelativeFactor, or of an S×q lower trapezoidal Γ padded with zeros.
    let free (labels: string[]) rank =
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

        let names =
            entries
            |> Array.map (fun struct (row, column) -> $"loading{column + 1}({labels[row]})")

        let covariance (tau: Jet[]) =
            let lambda: Jet[] = Array.create (order * order) Jet.zero

            entries
            |> Array.iteri (fun k struct (row, column) -> lambda[row + column * order] <- tau[k])

            FactorAnalytic.product order rank lambda |> CovarianceForm.symmetric order

        {
            Order = order
            Names = names
            Kinds = Array.create entries.Length ParameterKind.Loading
            Ends = names |> Array.map ParameterEnds.none
            Powers = Array.create entries.Length 1
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
                    let lambda: float[] = Array.zeroCreate (order * order)

                    entries
                    |> Array.iteri (fun k struct (row, column) -> lambda[row + column * order] <- tau[k])

                    lambda
            Covariance = covariance
            Curvature = WeightedCurvature.ofCovariance covariance
            Natural = id
            Unconstrained = Some
        }

    /// All of λ: the last column has one entry, whose sign says nothing.
    let full (labels: string[]) =
        let all = free labels labels.Length

        {
            all with
                Ends =
                    all.Names
                    |> Array.mapi (fun k name ->
                        if k = all.Names.Length - 1 then
                            ParameterEnds.signed name
                        else
                            ParameterEnds.none name)
        }

    /// Factors and own variances: λ = chol(ΓΓᵀ + D).
    let factorAnalytic (labels: string[]) q =
        let order = labels.Length
        let entries = FactorAnalytic.entries order q

        let names =
            Array.append
                (FactorAnalytic.loadingNames labels q)
                (labels |> Array.map (fun label -> $"specific({label})"))

        let covariance (tau: Jet[]) =
            let loadings, roots = Array.splitAt entries.Length tau
            let gamma = FactorAnalytic.loadings order q loadings

            CovarianceForm.symmetric order (fun i j ->
                let common = FactorAnalytic.product order q gamma i j
                if i = j then common +. Jet.square roots[i] else common)

        {
            Order = order
            Names = names
            Ends =
                names
                |> Array.mapi (fun k name ->
                    if k < entries.Length then
                        ParameterEnds.none name
                    else
                        ParameterEnds.signed name)
            Kinds =
                Array.append
                    (Array.create entries.Length ParameterKind.Loading)
                    (Array.create order ParameterKind.Variance)
            Powers = Array.append (Array.create entries.Length 1) (Array.create order 2)
            Deviations = [| entries.Length .. entries.Length + order - 1 |]
            Start =
                fun deviations ->
                    Array.append
                        (entries
                         |> Array.map (fun struct (i, k) -> if i = k then 0.6 * deviations[i] else 0.4 * deviations[i]))
                        (deviations |> Array.map ((*) 0.7))
            Factor = fun tau -> covariance (Jet.constants tau) |> Array.map _.Value |> Semidefinite.factor order
            Covariance = covariance
            Curvature = WeightedCurvature.ofCovariance covariance
            Natural =
                fun tau ->
                    let loadings, roots = Array.splitAt entries.Length tau
                    Array.append loadings (roots |> Array.map Jet.square)
            Unconstrained =
                fun natural ->
                    let loadings, specific = Array.splitAt entries.Length natural

                    if specific |> Array.forall (fun variance -> variance >= 0.0) then
                        Some(Array.append loadings (specific |> Array.map sqrt))
                    else
                        None
        }
