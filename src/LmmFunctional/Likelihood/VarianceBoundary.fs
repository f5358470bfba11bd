namespace LmmFunctional

open System.Collections.Immutable

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

    // A derivative by a variance this small, relative to the trace part of D, is rounding.
    let private zeroDerivative = 1e-6

    /// A bound that holds: its term and name, the derivative by the variance, and the steepest direction over the term.
    [<NoComparison; ReferenceEquality>]
    type private Bound = {
        Term: int
        Name: string
        Multiplier: float
        Slope: float
        Direction: float[]
        Tolerance: float
    }

    let private snap = LowerRank.cleaned zeroPivot zeroDeviation

    /// The bounds of one term whose λ has zero pivots: one for each variance of a diagonal term, one for the rank of G else.
    let private bounds t (term: RandomDesign) (lambda: float[]) (zeros: int list) (d: float[]) (scale: float[]) =
        let n = term.Names.Length

        let tolerance =
            zeroDerivative * (Seq.init n (fun i -> abs scale[i + i * n]) |> Seq.max)

        match term.Term.Structure with
        | Structure.Diagonal -> [
            for i in zeros ->
                {
                    Term = t
                    Name = $"{term.Group} {term.Names[i]}"
                    Multiplier = d[i + i * n]
                    Slope = d[i + i * n]
                    Direction = Array.init n (fun j -> if i = j then 1.0 else 0.0)
                    Tolerance = tolerance
                }
          ]
        | _ ->
            let struct (values, vectors) = Semidefinite.eigen n d
            let rank = n - zeros.Length

            [
                {
                    Term = t
                    Name =
                        if rank = 0 then
                            let names = String.concat ", " term.Names
                            $"{term.Group} {names}"
                        else
                            $"{term.Group} (rank {rank} of {n})"
                    Multiplier = LowerRank.multiplier zeros.Length n (Semidefinite.square n lambda) d
                    Slope = values[0]
                    Direction = Array.sub vectors 0 n
                    Tolerance = tolerance
                }
            ]

    /// The places of θ of the one standard deviation that multiplies all the rest of a term, for terms with such a form.
    let private soleDeviations (layout: ThetaLayout) =
        layout.Forms
        |> Array.mapi (fun t form ->
            match form with
            | Some form when form.Deviations.Length = 1 -> Some(layout.ParameterStarts[t] + form.Deviations[0])
            | _ -> None)

    /// The bound of a term whose form has a standard deviation of zero: D along the form's matrix.
    let private formBound t (term: RandomDesign) (form: EffectsForm) (own: float[]) (d: float[]) (scale: float[]) =
        let unit = Array.copy own
        unit[form.Deviations[0]] <- 1.0
        let matrix = Semidefinite.square form.Order (EffectsForm.lambda form unit)

        let along weights =
            Array.fold2 (fun sum w m -> sum + w * m) 0.0 weights matrix

        {
            Term = t
            Name = $"{term.Group} {form.Names[form.Deviations[0]]}"
            Multiplier = along d
            Slope = along d
            Direction = [||]
            Tolerance = zeroDerivative * abs (along scale)
        }

    /// <summary>What is at its bound at a stationary θ, and the way out if it should not be.</summary>
    /// <remarks>Only what is exactly zero is at a bound; what may be zero is offered as the snapped point. Parameters behind
    /// those of the random terms are left alone. <c>derivatives</c> gives D and its trace part for each term; the trace
    /// part is the natural size of D.</remarks>
    let inspect (design: Design) (layout: ThetaLayout) derivatives (theta: ImmutableArray<float>) : Boundary =
        let terms = Array.ofList design.Random
        let orderOf t = layout.Shapes[t].Order
        let soleDeviations = soleDeviations layout
        let lambdas = ThetaLayout.matrices layout theta

        let replaced index value (values: ImmutableArray<float>) = values.SetItem(index, value)

        let snapped =
            let ofEntries =
                lambdas
                |> Array.mapi (fun t lambda ->
                    if layout.Forms[t].IsSome then
                        lambda
                    else
                        snap (orderOf t) lambda)
                |> ThetaLayout.withMatrices layout theta

            soleDeviations
            |> Seq.choose id
            |> Seq.filter (fun at -> abs theta[at] <= zeroDeviation)
            |> Seq.fold (fun values at -> replaced at 0.0 values) ofEntries

        let isFull t =
            RelativeFactor.count layout.Shapes[t] = orderOf t * (orderOf t + 1) / 2

        let isZero t i = lambdas[t][i + i * orderOf t] = 0.0
        let parts: (float[] * float[])[] Lazy = lazy (derivatives theta)

        let active = [
            for t in 0 .. terms.Length - 1 do
                match layout.Forms[t], soleDeviations[t] with
                | Some form, Some at when theta[at] = 0.0 ->
                    parts.Value[t]
                    ||> formBound t terms[t] form (ThetaLayout.parametersOf layout theta t)
                | Some _, _ -> ()
                | None, _ ->
                    match List.filter (isZero t) [ 0 .. orderOf t - 1 ] with
                    | [] -> ()
                    | zeros -> yield! parts.Value[t] ||> bounds t terms[t] lambdas[t] zeros
        ]

        let wayOut bound variance =
            match soleDeviations[bound.Term] with
            | Some at -> replaced at (sqrt variance) theta
            | None ->
                let n = orderOf bound.Term
                let g = Semidefinite.square n lambdas[bound.Term]

                let raised =
                    Array.mapi (fun k v -> v + variance * bound.Direction[k % n] * bound.Direction[k / n]) g

                lambdas
                |> Array.mapi (fun t lambda ->
                    if t = bound.Term then
                        Semidefinite.factor n raised
                    else
                        lambda)
                |> ThetaLayout.withMatrices layout theta

        let turns =
            seq {
                for t in 0 .. terms.Length - 1 do
                    if layout.Forms[t].IsNone && isFull t then
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

            match layout.Forms[t], soleDeviations[t] with
            | None, _ ->
                for e in layout.Starts[t] .. layout.Starts[t + 1] - 1 do
                    isFixed[start + e - layout.Starts[t]] <- isZero t layout.Entries[e].Column
            | Some _, Some at when theta[at] = 0.0 ->
                for k in start .. layout.ParameterStarts[t + 1] - 1 do
                    isFixed[k] <- true
            | Some _, _ -> ()

        {
            Snapped = snapped
            Active = active |> List.map (fun bound -> bound.Name, bound.Multiplier)
            Fixed = ImmutableArray.CreateRange isFixed
            Escape =
                active
                |> List.tryFind (fun bound -> bound.Slope < -bound.Tolerance)
                |> Option.map wayOut
            Turn = Seq.tryHead turns
        }
