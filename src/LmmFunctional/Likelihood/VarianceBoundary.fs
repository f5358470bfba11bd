namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional.Model

/// <summary>Variances of zero: recognised, certified, and left again when the likelihood wants them positive.</summary>
/// <remarks>The Kuhn-Tucker conditions on the cone G ⪰ 0: D = ∂f/∂G is positive semidefinite and D G = 0. The multiplier is the
/// smallest eigenvalue of D on the null space of G; a way out is looked for along all of D, because a factor such as
/// [[0, 0], [0, b]] is stationary in its free entries even where D G is not zero.</remarks>
[<RequireQualifiedAccess>]
module internal VarianceBoundary =

    // A pivot this small relative to its row is a candidate for a lower rank, and one this small relative to the residual
    // for a variance of zero: the solver takes it only when the criterion does not rise.
    let private zeroPivot = 1e-5
    let private zeroDeviation = 1e-4

    let private snap = LowerRank.cleaned zeroPivot zeroDeviation

    /// What the parameters of a term are, as far as bounds go.
    [<RequireQualifiedAccess>]
    type private Kind =
        /// The entries of λ.
        | Entries
        /// Loadings in this many columns.
        | Loadings of columns: int
        /// One standard deviation that multiplies all the rest, at this place of θ.
        | Deviation of at: int
        /// A standard deviation of each effect, and correlations.
        | Deviations
        /// Parameters without a bound of their own.
        | Other

    let rec private hasLoadings structure =
        match structure with
        | Structure.Kronecker(first, second) -> hasLoadings first || hasLoadings second
        | single -> (Catalogue.modelOf single).SasParameters.IsLoadings

    let private kindOf (layout: ThetaLayout) t (term: RandomDesign) =
        match layout.Forms[t], term.Term.Structure with
        | None, _ -> Kind.Entries
        | Some form, Structure.ReducedRank q -> Kind.Loadings(min q form.Order)
        | Some form, structure when form.Deviations.Length = 1 && not (hasLoadings structure) ->
            Kind.Deviation(layout.ParameterStarts[t] + form.Deviations[0])
        | Some form, structure when form.Deviations.Length = form.Order && not (hasLoadings structure) ->
            Kind.Deviations
        | Some _, _ -> Kind.Other

    /// <summary>What is at its bound at a stationary θ, and the way out if it should not be.</summary>
    /// <remarks>Only what is exactly zero is at a bound; what may be zero is offered as the snapped point. Parameters behind
    /// those of the random terms are left alone. <c>derivatives</c> gives D and its trace part for each term; the trace
    /// part is the natural size of D.</remarks>
    let inspect (design: Design) (layout: ThetaLayout) derivatives (theta: ImmutableArray<float>) : Boundary =
        let terms = Array.ofList design.Random
        let orderOf t = layout.Shapes[t].Order
        let kinds = terms |> Array.mapi (kindOf layout)
        let lambdas = ThetaLayout.matrices layout theta

        let replaced index value (values: ImmutableArray<float>) = values.SetItem(index, value)

        let withLoadings t columns (lambda: float[]) (values: ImmutableArray<float>) =
            let n = orderOf t

            seq {
                for column in 0 .. columns - 1 do
                    for row in column .. n - 1 do
                        lambda[row + column * n]
            }
            |> Seq.indexed
            |> Seq.fold (fun values (k, value) -> replaced (layout.ParameterStarts[t] + k) value values) values

        let snapped =
            let ofEntries =
                lambdas
                |> Array.mapi (fun t lambda ->
                    if kinds[t] = Kind.Entries then
                        snap (orderOf t) lambda
                    else
                        lambda)
                |> ThetaLayout.withMatrices layout theta

            kinds
            |> Seq.indexed
            |> Seq.fold
                (fun values (t, kind) ->
                    match kind with
                    | Kind.Deviation at when abs theta[at] <= zeroDeviation -> replaced at 0.0 values
                    | Kind.Loadings columns ->
                        match LowerRank.fewerLoadings zeroPivot zeroDeviation (orderOf t) columns lambdas[t] with
                        | Some fewer -> withLoadings t columns fewer values
                        | None -> values
                    | _ -> values)
                ofEntries

        let isZero t i = lambdas[t][i + i * orderOf t] = 0.0

        let isZeroColumn t column =
            let n = orderOf t
            Seq.forall (fun i -> lambdas[t][i + column * n] = 0.0) (seq { 0 .. n - 1 })

        let isFull t =
            RelativeFactor.count layout.Shapes[t] = orderOf t * (orderOf t + 1) / 2

        let parts: (float[] * float[])[] Lazy = lazy (derivatives theta)

        let active = [
            for t in 0 .. terms.Length - 1 do
                match kinds[t], layout.Forms[t] with
                | Kind.Entries, _ ->
                    match List.filter (isZero t) [ 0 .. orderOf t - 1 ] with
                    | [] -> ()
                    | zeros -> yield! parts.Value[t] ||> VarianceBound.ofPivots t terms[t] lambdas[t] zeros
                | Kind.Loadings columns, _ ->
                    match List.filter (isZeroColumn t) [ 0 .. columns - 1 ] with
                    | [] -> ()
                    | zeros ->
                        parts.Value[t]
                        ||> VarianceBound.ofRank t terms[t] (columns - zeros.Length) columns lambdas[t]
                | Kind.Deviation at, Some form when theta[at] = 0.0 ->
                    parts.Value[t]
                    ||> VarianceBound.ofForm t terms[t] form (ThetaLayout.parametersOf layout theta t)
                | _ -> ()
        ]

        // Single deviations of zero are ends of their coordinates; where all are, the correlations are free too.
        let empty = [
            for t in 0 .. terms.Length - 1 do
                match kinds[t], layout.Forms[t] with
                | Kind.Deviations, Some form ->
                    let own = ThetaLayout.parametersOf layout theta t

                    if form.Deviations |> Array.forall (fun at -> own[at] = 0.0) then
                        parts.Value[t] ||> VarianceBound.ofForm t terms[t] form own
                | _ -> ()
        ]

        let wayOut (bound: VarianceBound) variance =
            let t = bound.Term
            let n = orderOf t

            match kinds[t], layout.Forms[t] with
            | (Kind.Deviation _ | Kind.Deviations), Some form ->
                bound.Direction
                |> Seq.indexed
                |> Seq.fold
                    (fun values (k, value) ->
                        let scale =
                            if Array.contains k form.Deviations then
                                sqrt variance
                            else
                                1.0

                        replaced (layout.ParameterStarts[t] + k) (scale * value) values)
                    theta
            | Kind.Loadings columns, _ ->
                let free = Seq.find (isZeroColumn t) (seq { 0 .. columns - 1 })

                lambdas[t]
                |> Array.mapi (fun k v ->
                    if k / n = free then
                        sqrt variance * bound.Direction[k % n]
                    else
                        v)
                |> LowerFactor.loadings n
                |> fun raised -> withLoadings t columns raised theta
            | _ ->
                let g = Semidefinite.square n lambdas[t]

                let raised =
                    Array.mapi (fun k v -> v + variance * bound.Direction[k % n] * bound.Direction[k / n]) g

                lambdas
                |> Array.mapi (fun other lambda -> if other = t then Semidefinite.factor n raised else lambda)
                |> ThetaLayout.withMatrices layout theta

        let turns =
            seq {
                for t in 0 .. terms.Length - 1 do
                    if kinds[t] = Kind.Entries && isFull t then
                        match LowerRank.turn (orderOf t) lambdas[t] (lazy (fst parts.Value[t])) with
                        | None -> ()
                        | Some turned ->
                            fun share ->
                                lambdas
                                |> Array.mapi (fun other lambda -> if other = t then turned share else lambda)
                                |> ThetaLayout.withMatrices layout theta
            }

        let isFixed = Array.create theta.Length false

        for t in 0 .. terms.Length - 1 do
            let start = layout.ParameterStarts[t]

            match kinds[t] with
            | Kind.Entries ->
                for e in layout.Starts[t] .. layout.Starts[t + 1] - 1 do
                    isFixed[start + e - layout.Starts[t]] <- isZero t layout.Entries[e].Column
            | Kind.Loadings columns ->
                let ofColumns =
                    seq {
                        for column in 0 .. columns - 1 do
                            for _ in column .. orderOf t - 1 do
                                isZeroColumn t column
                    }

                ofColumns |> Seq.iteri (fun k isZero -> isFixed[start + k] <- isZero)
            | Kind.Deviation at when theta[at] = 0.0 ->
                for k in start .. layout.ParameterStarts[t + 1] - 1 do
                    isFixed[k] <- true
            | _ -> ()

        {
            Snapped = snapped
            Active = active |> List.map (fun bound -> bound.Name, bound.Multiplier)
            Fixed = ImmutableArray.CreateRange isFixed
            Escape =
                active @ empty
                |> List.tryFind (fun bound -> bound.Slope < -bound.Tolerance)
                |> Option.map wayOut
            Turn = Seq.tryHead turns
        }
