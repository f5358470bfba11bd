namespace LmmFunctional.Estimation

open System.Collections.Immutable
open System.Runtime.InteropServices
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

    /// A point that is looked at: θ with its factors λ, and what the parameters of each term are.
    [<NoEquality; NoComparison>]
    type private Place = {
        Layout: ThetaLayout
        Terms: RandomDesign[]
        Kinds: Kind[]
        Lambdas: float[][]
        Theta: ImmutableArray<float>
        /// D and its trace part for each term.
        Parts: Lazy<(float[] * float[])[]>
    } with

        member place.Order(t: int) = place.Layout.Shapes[t].Order

        member place.Start(t: int) = place.Layout.ParameterStarts[t]

        member place.Own(t: int) =
            ThetaLayout.parametersOf place.Layout place.Theta t

        /// Whether an effect has no variance.
        member place.IsZero(t: int, i: int) =
            place.Lambdas[t][i + i * place.Order t] = 0.0

        member place.IsZeroColumn(t: int, column: int) =
            let n = place.Order t
            let lambda = place.Lambdas[t]
            let mutable isZero = true

            for i in 0 .. n - 1 do
                isZero <- isZero && lambda[i + column * n] = 0.0

            isZero

        /// θ with another factor of one term.
        member place.With(t: int, lambda: float[]) =
            place.Lambdas
            |> Array.mapi (fun other own -> if other = t then lambda else own)
            |> ThetaLayout.withMatrices place.Layout place.Theta

    let private replaced index value (values: ImmutableArray<float>) = values.SetItem(index, value)

    let private withLoadings (place: Place) t columns (lambda: float[]) (values: ImmutableArray<float>) =
        let n = place.Order t

        seq {
            for column in 0 .. columns - 1 do
                for row in column .. n - 1 do
                    lambda[row + column * n]
        }
        |> Seq.indexed
        |> Seq.fold (fun values (k, value) -> replaced (place.Start t + k) value values) values

    /// θ with what may be zero at zero.
    let private snapped (place: Place) =
        let ofEntries =
            place.Lambdas
            |> Array.mapi (fun t lambda ->
                if place.Kinds[t] = Kind.Entries then
                    snap (place.Order t) lambda
                else
                    lambda)
            |> ThetaLayout.withMatrices place.Layout place.Theta

        let mutable values = ofEntries

        for t in 0 .. place.Kinds.Length - 1 do
            match place.Kinds[t] with
            | Kind.Deviation at when abs place.Theta[at] <= zeroDeviation -> values <- replaced at 0.0 values
            | Kind.Loadings columns ->
                match LowerRank.fewerLoadings zeroPivot zeroDeviation (place.Order t) columns place.Lambdas[t] with
                | Some fewer -> values <- withLoadings place t columns fewer values
                | None -> ()
            | _ -> ()

        values

    /// Bounds that are in force.
    let private active (place: Place) = [
        for t in 0 .. place.Terms.Length - 1 do
            let term, lambda = place.Terms[t], place.Lambdas[t]

            match place.Kinds[t], place.Layout.Forms[t] with
            | Kind.Entries, _ ->
                match List.filter (fun i -> place.IsZero(t, i)) [ 0 .. place.Order t - 1 ] with
                | [] -> ()
                | zeros -> yield! place.Parts.Value[t] ||> VarianceBound.ofPivots t term lambda zeros
            | Kind.Loadings columns, _ ->
                match List.filter (fun column -> place.IsZeroColumn(t, column)) [ 0 .. columns - 1 ] with
                | [] -> ()
                | zeros ->
                    place.Parts.Value[t]
                    ||> VarianceBound.ofRank t term (columns - zeros.Length) columns lambda
            | Kind.Deviation at, Some form when place.Theta[at] = 0.0 ->
                place.Parts.Value[t] ||> VarianceBound.ofForm t term form (place.Own t)
            | _ -> ()
    ]

    /// Single deviations of zero are ends of their coordinates; where all are, the correlations are free too.
    let private empty (place: Place) = [
        for t in 0 .. place.Terms.Length - 1 do
            match place.Kinds[t], place.Layout.Forms[t] with
            | Kind.Deviations, Some form ->
                let own = place.Own t

                if form.Deviations |> Array.forall (fun at -> own[at] = 0.0) then
                    place.Parts.Value[t] ||> VarianceBound.ofForm t place.Terms[t] form own
            | _ -> ()
    ]

    /// θ away from a bound, with this variance.
    let private wayOut (place: Place) (bound: VarianceBound) variance =
        let t = bound.Term
        let n = place.Order t

        match place.Kinds[t], place.Layout.Forms[t] with
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

                    replaced (place.Start t + k) (scale * value) values)
                place.Theta
        | Kind.Loadings columns, _ ->
            let free =
                Seq.find (fun column -> place.IsZeroColumn(t, column)) (seq { 0 .. columns - 1 })

            place.Lambdas[t]
            |> Array.mapi (fun k v ->
                if k / n = free then
                    sqrt variance * bound.Direction[k % n]
                else
                    v)
            |> LowerFactor.loadings n
            |> fun raised -> withLoadings place t columns raised place.Theta
        | _ ->
            Semidefinite.square n place.Lambdas[t]
            |> Array.mapi (fun k v -> v + variance * bound.Direction[k % n] * bound.Direction[k / n])
            |> Semidefinite.factor n
            |> fun raised -> place.With(t, raised)

    /// Turns of factors of lower rank.
    let private turns (place: Place) =
        seq {
            for t in 0 .. place.Terms.Length - 1 do
                let n = place.Order t
                let isFull = RelativeFactor.count place.Layout.Shapes[t] = n * (n + 1) / 2

                if place.Kinds[t] = Kind.Entries && isFull then
                    match LowerRank.turn n place.Lambdas[t] (lazy (fst place.Parts.Value[t])) with
                    | None -> ()
                    | Some turned -> fun share -> place.With(t, turned share)
        }

    /// What does not matter where something is zero.
    let private isFixed (place: Place) : bool[] =
        let layout = place.Layout
        let result = Array.create place.Theta.Length false

        for t in 0 .. place.Terms.Length - 1 do
            let start = place.Start t

            match place.Kinds[t] with
            | Kind.Entries ->
                for e in layout.Starts[t] .. layout.Starts[t + 1] - 1 do
                    result[start + e - layout.Starts[t]] <- place.IsZero(t, layout.Entries[e].Column)
            | Kind.Loadings columns ->
                let ofColumns =
                    seq {
                        for column in 0 .. columns - 1 do
                            for _ in column .. place.Order t - 1 do
                                place.IsZeroColumn(t, column)
                    }

                ofColumns |> Seq.iteri (fun k isZero -> result[start + k] <- isZero)
            | Kind.Deviation at when place.Theta[at] = 0.0 ->
                for k in start .. layout.ParameterStarts[t + 1] - 1 do
                    result[k] <- true
            | _ -> ()

        result

    /// <summary>What is at its bound at a stationary θ, and the way out if it should not be.</summary>
    /// <remarks>Only what is exactly zero is at a bound; what may be zero is offered as the snapped point. Parameters behind
    /// those of the random terms are left alone. <c>derivatives</c> gives D and its trace part for each term; the trace
    /// part is the natural size of D.</remarks>
    let inspect (design: Design) (layout: ThetaLayout) derivatives (theta: ImmutableArray<float>) : Boundary =
        let terms = Array.ofList design.Random

        let place = {
            Layout = layout
            Terms = terms
            Kinds = terms |> Array.mapi (kindOf layout)
            Lambdas = ThetaLayout.matrices layout theta
            Theta = theta
            Parts = lazy (derivatives theta)
        }

        let active = active place

        {
            Snapped = snapped place
            Active = active |> List.map (fun bound -> bound.Name, bound.Multiplier)
            Fixed = ImmutableCollectionsMarshal.AsImmutableArray(isFixed place)
            Escape =
                active @ empty place
                |> List.tryFind (fun bound -> bound.Slope < -bound.Tolerance)
                |> Option.map (wayOut place)
            Turn = Seq.tryHead (turns place)
        }
