namespace LmmFunctional.Estimation

/// <summary>Kronecker products of structures of random effects.</summary>
[<RequireQualifiedAccess>]
module internal EffectsProduct =

    let private start
        isFirstScaled
        (scaled: EffectsForm)
        (relative: CovarianceForm)
        (places: (int * int)[])
        deviations
        =
        let ofIndex i =
            places
            |> Array.indexed
            |> Array.filter (fun (_, (first, second)) -> (if isFirstScaled then first else second) = i)
            |> Array.map (fun (effect, _) -> Array.get deviations effect)
            |> EffectsFormParts.rootMeanSquare

        let own = scaled.Start(Array.init scaled.Order ofIndex)

        if isFirstScaled then
            Array.append own relative.Start
        else
            Array.append relative.Start own

    /// λ from τ of both factors. The factor of a product is the product of factors, which keeps columns of zeros; that of a part
    /// is not.
    let private factor
        m
        n
        isFirstScaled
        (scaled: EffectsForm)
        relative
        (places: (int * int)[])
        tauOfScaled
        tauOfRelative
        =
        let order = places.Length
        let isFull = order = m * n
        let lambda = scaled.Factor tauOfScaled
        let size = if isFirstScaled then n else m
        let other = EffectsFormParts.values relative size tauOfRelative

        let own, other =
            if isFull then
                lambda, Semidefinite.factor size other
            else
                Semidefinite.square scaled.Order lambda, other

        let first, second = if isFirstScaled then own, other else other, own

        let product =
            Array.init (order * order) (fun at ->
                let (i, i'), (j, j') = places[at % order], places[at / order]
                first[i + j * m] * second[i' + j' * n])

        if isFull then
            product
        else
            Semidefinite.factor order product

    /// λ of a product of m first and n second indices, of a form that carries the scale and of a relative one, on these pairs of
    /// indices, the first varying fastest; τ and natural parameters in the order of the factors.
    let create m n isFirstScaled (scaled: EffectsForm) (relative: CovarianceForm) (places: (int * int)[]) =
        let order = places.Length
        let own, rest = scaled.Names.Length, CovarianceForm.count relative

        let join a b =
            if isFirstScaled then Array.append a b else Array.append b a

        let split (tau: 'a[]) =
            if isFirstScaled then
                Array.splitAt own tau
            else
                let b, a = Array.splitAt rest tau
                a, b

        let covariance (tau: Jet[]) =
            let tauOfScaled, tauOfRelative = split tau
            let own = scaled.Covariance tauOfScaled
            let size = if isFirstScaled then n else m
            let other = CovarianceForm.matrix relative tauOfRelative [| 0 .. size - 1 |]
            let first, second = if isFirstScaled then own, other else other, own

            CovarianceForm.symmetric order (fun i j ->
                let (i, i'), (j, j') = places[i], places[j]
                let a, b = first[i + j * m], second[i' + j' * n]
                if Jet.isZero a || Jet.isZero b then Jet.zero else a *. b)

        {
            Order = order
            Names =
                if isFirstScaled then
                    Kronecker.names scaled.Names relative.Names
                else
                    Kronecker.names relative.Names scaled.Names
            Kinds = join scaled.Kinds relative.Kinds
            Ends =
                if isFirstScaled then
                    Kronecker.ends (scaled.Names, scaled.Ends) (relative.Names, relative.Ends)
                else
                    Kronecker.ends (relative.Names, relative.Ends) (scaled.Names, scaled.Ends)
            Powers = join scaled.Powers (Array.create rest 0)
            Deviations =
                if isFirstScaled then
                    scaled.Deviations
                else
                    scaled.Deviations |> Array.map ((+) rest)
            Start = start isFirstScaled scaled relative places
            Factor =
                fun tau ->
                    let tauOfScaled, tauOfRelative = split tau
                    factor m n isFirstScaled scaled relative places tauOfScaled tauOfRelative
            Covariance = covariance
            Curvature = WeightedCurvature.ofCovariance covariance
            Natural =
                fun tau ->
                    let tauOfScaled, tauOfRelative = split tau
                    join (scaled.Natural tauOfScaled) (relative.Natural tauOfRelative)
            Unconstrained =
                fun natural ->
                    let ofScaled, ofRelative = split natural
                    Option.map2 join (scaled.Unconstrained ofScaled) (relative.Unconstrained ofRelative)
        }
