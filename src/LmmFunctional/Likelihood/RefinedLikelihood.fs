namespace LmmFunctional.Estimation

open System

/// <summary>The same likelihood computed another way, where a plain computation loses digits.</summary>
[<RequireQualifiedAccess>]
module internal RefinedLikelihood =

    // A ratio of standard deviations from which cross-products lose digits, and derivatives by it are small.
    let private spread = PreciseEngine.Large

    /// The same likelihood with a θ of the size of one, from where it is very large; None where it is not.
    let rescaledAt (point: ParameterPoint) (likelihood: LogLikelihood) : LogLikelihood option =
        let layout = likelihood.Layout

        match likelihood.Method with
        | LikelihoodMethod.Conditional _ when likelihood.Held.IsEmpty && layout.IsPlain ->
            let lambdas = ThetaLayout.matrices layout point.Theta

            let scales =
                lambdas
                |> Array.map (fun lambda ->
                    let size = lambda |> Seq.map abs |> Seq.fold max 0.0

                    if size > spread && Double.IsFinite size then
                        Math.ScaleB(1.0, Math.ILogB size)
                    else
                        1.0)

            if scales |> Array.forall ((=) 1.0) then
                None
            else
                let scaled =
                    Array.map2 (fun lambda scale -> lambda |> Array.map (fun value -> value / scale)) lambdas scales

                match
                    DerivedLikelihood.onStandard
                        (Standardised.withScales (List.ofArray scales) likelihood.Standard)
                        likelihood
                with
                | Ok other -> Some(LogLikelihood.startingAt (ThetaLayout.withMatrices layout point.Theta scaled) other)
                | Error _ -> None
        | _ -> None

    /// Whether the likelihood is that in the limit of no residual variance: σ² is then the unit of the variances.
    let isLimit (likelihood: LogLikelihood) = likelihood.Standard.Precision > 1.0

    /// The same likelihood computed from columns of X that keep their digits under V at a θ that can be evaluated, given the
    /// lower factor of [X y]'V⁻¹[X y] there, P×P by columns; None where its own do.
    let conditionedAt (point: ParameterPoint) (fixedFactor: float[]) (likelihood: LogLikelihood) =
        if isLimit likelihood then
            None
        else
            Conditioning.underFactor fixedFactor likelihood.Model likelihood.Standard
            |> Option.bind (fun standard ->
                match DerivedLikelihood.onStandard standard likelihood with
                | Ok other -> Some(LogLikelihood.startingFrom point other)
                | Error _ -> None)

    // The limit of no residual variance

    // What is left of V for a row is this share squared of the response's variance: rounding beside the random effects, and
    // yet more than the square of what rounding leaves in the response.
    let private limitPrecision = Math.ScaleB(1.0, 28)

    /// <summary>The likelihood in the limit of no residual variance, where random effects leave nothing of the response though
    /// they do not fit any response; None elsewhere, and where it cannot be computed to full accuracy.</summary>
    /// <remarks>The likelihood itself grows without bound towards the limit, by the same for all θ. Where λ is very large r² is
    /// what no random effect explains, and log|V| tells the rank of Z.</remarks>
    let tryLimit (likelihood: LogLikelihood) : LogLikelihood option =
        match likelihood.Method with
        | LikelihoodMethod.Conditional _ when likelihood.Held.IsEmpty ->
            match PreciseModel.tryCreate likelihood.Standard with
            | None -> None
            | Some model when not (PreciseModel.leavesNothing likelihood.Model likelihood.Standard model) -> None
            | Some _ ->
                let known = {
                    likelihood with
                        Held = HeldParameters.limit
                }

                // Variances of the size of the response's.
                let units =
                    likelihood.Layout.Shapes
                    |> Array.map (fun shape ->
                        let n = shape.Order
                        Array.init (n * n) (fun k -> if k % n = k / n then 1.0 else 0.0))

                let standard =
                    Standardised.withUnitColumns likelihood.Standard
                    |> Standardised.withPrecision limitPrecision

                match DerivedLikelihood.onStandard standard known with
                | Ok limit ->
                    Some(
                        LogLikelihood.startingAt
                            (ThetaLayout.withMatrices limit.Layout limit.Function.Start units)
                            limit
                    )
                | Error _ -> None
        | _ -> None

    /// Whether very large variances keep their digits.
    let isPrecise (likelihood: LogLikelihood) =
        match likelihood.Method with
        | LikelihoodMethod.Conditional _ -> (PreciseModel.tryCreate likelihood.Standard).IsSome
        | _ -> false
