namespace LmmFunctional.Estimation

/// <summary>Covariance parameters by name: their values, and how the criterion changes with them.</summary>
[<RequireQualifiedAccess>]
module internal ParameterValue =

    /// What a parameter is for a likelihood: the place among its blocks, None for σ².
    let private placeOf (likelihood: LogLikelihood) name =
        ParameterNames.find likelihood.Parameters name
        |> Result.defaultWith (fun _ -> invalidArg (nameof name) $"The likelihood has no parameter '{name}'.")

    let private tauOf (block: NamedParameters) (point: ParameterPoint) =
        point.Theta.AsSpan(block.Start, block.Count).ToArray()

    /// σ on the scale of the response.
    let private sigmaAt (likelihood: LogLikelihood) point =
        likelihood.Standard.ResponseScale
        * sqrt (LogLikelihood.varianceAt likelihood point)

    /// <summary>The value of a parameter at a point, in the units that are printed.</summary>
    /// <exception cref="T:System.ArgumentException">The likelihood has no such parameter.</exception>
    let at (likelihood: LogLikelihood) (point: ParameterPoint) name : float =
        match placeOf likelihood name with
        | None when name = NamedParameters.deviationName -> sigmaAt likelihood point
        | None -> pown (sigmaAt likelihood point) 2
        | Some(block, index) ->
            let values = NamedParameters.valuesAt block (tauOf block point)

            values[index] * pown (sigmaAt likelihood point) block.Powers[index]

    /// <summary>The derivative of the criterion by a parameter that is held, at an optimum of the others.</summary>
    /// <remarks>Where the others are at their best, they may be left as they are: the partial derivative is the whole one.
    /// What is held as a multiple of 1/σ follows σ.</remarks>
    /// <exception cref="T:System.ArgumentException">The likelihood has no such parameter.</exception>
    let slope (likelihood: LogLikelihood) (point: ParameterPoint) name : float =
        let gradient =
            ((likelihood.Full point.Variance).Evaluate point.Theta Order.Gradient).Gradient

        let sigma = sigmaAt likelihood point

        match placeOf likelihood name with
        | None ->
            let df = LogLikelihood.degreesOfFreedom likelihood

            let weight =
                LogLikelihood.residualSquare likelihood point.Theta
                / LogLikelihood.varianceAt likelihood point

            let following =
                likelihood.Held.Entries
                |> Map.toSeq
                |> Seq.filter (fun (_, entry) -> entry.IsScaled)
                |> Seq.sumBy (fun (place, _) -> -0.5 * gradient[place] * point.Theta[place])

            // By log σ², then by σ or σ².
            let byLogarithm = df - weight + following

            if name = NamedParameters.deviationName then
                2.0 * byLogarithm / sigma
            else
                byLogarithm / (sigma * sigma)
        | Some(block, index) ->
            let natural = block.Natural(Jet.variables (tauOf block point))
            let supports = NamedParameters.supports block
            let place = supports[index].MinimumElement

            gradient[block.Start + place]
            / (Jet.derivative place natural[index] * pown sigma block.Powers[index])
