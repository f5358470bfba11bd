namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional

/// <summary>A start of the search from given values of covariance parameters.</summary>
/// <remarks>A likelihood may have several optima; a start in the basin of one of them leads to it, so that a published local
/// optimum can be reached and compared.</remarks>
[<RequireQualifiedAccess>]
module internal Start =

    let private problemsOf (bounds: Map<string, Bound>) (likelihood: LogLikelihood) name value : LmmError list =
        match ParameterNames.find likelihood.Parameters name with
        | Error problems -> problems
        | Ok place ->
            let low, high = ParameterNames.regionOf place
            let meant = ParameterNames.meant likelihood.Parameters

            [
                if not (Double.IsFinite value && value > low && value < high) then
                    LmmError.ParameterOutside(name, value, low, high)

                if likelihood.Held.Known |> Map.exists (fun held _ -> meant held = meant name) then
                    LmmError.StartOfHeld name

                for KeyValue(bounded, bound) in bounds do
                    if meant bounded = meant name then
                        let isBelow = bound.Lower |> Option.exists (fun lower -> value < lower)
                        let isAbove = bound.Upper |> Option.exists (fun upper -> value > upper)

                        if isBelow || isAbove then
                            LmmError.StartBeyondBound(name, value)
            ]

    // What a start may miss a value by, relative to the largest.
    let private accuracy = 1e-8

    /// τ of one block where some parameters have these values, at σ = 1; the others stay where they are.
    let private tauOf (block: NamedParameters) (tau: float[]) (given: Map<int, float>) =
        let wanted = block.Completed (NamedParameters.valuesAt block tau) given
        let largest = given |> Map.fold (fun largest _ value -> max largest (abs value)) 0.0

        block.Unconstrained wanted
        |> Option.filter (fun tau ->
            let reached = NamedParameters.valuesAt block tau

            Array.forall Double.IsFinite tau
            && given
               |> Map.forall (fun index value -> abs (reached[index] - value) <= accuracy * largest))

    /// All of θ where the parameters have their values at this σ² on the inner scale, or the names that no matrix has.
    let private thetaAt
        (values: Map<string, float>)
        (likelihood: LogLikelihood)
        (theta: ImmutableArray<float>)
        variance
        =
        let sigma = likelihood.Standard.ResponseScale * sqrt variance

        let put (theta: float[]) (block: NamedParameters) =
            let given =
                Map [
                    for KeyValue(name, value) in values do
                        match block.IndexOf name with
                        | -1 -> ()
                        | index -> index, value / pown sigma block.Powers[index]
                ]

            if given.IsEmpty then
                Ok theta
            else
                match tauOf block (Array.sub theta block.Start block.Count) given with
                | Some tau ->
                    let moved = Array.copy theta
                    Array.blit tau 0 moved block.Start block.Count
                    Ok moved
                | None ->
                    let names = given |> Map.toList |> List.map (fun (index, _) -> block.Names[index])
                    Error [ LmmError.StartImpossible names ]

        (Ok(Array.ofSeq theta), likelihood.Parameters)
        ||> List.fold (fun theta block -> theta |> Result.bind (fun theta -> put theta block))
        |> Result.map ImmutableArray.CreateRange

    // σ² that follows θ, and θ that follows σ², settle within a few evaluations.
    let private mostEvaluations = 50
    let private settled = 1e-8

    let private residualVariance (values: Map<string, float>) (likelihood: LogLikelihood) =
        let unit = likelihood.Standard.ResponseScale

        values.TryFind NamedParameters.residualName
        |> Option.orElse (values.TryFind NamedParameters.deviationName |> Option.map (fun sd -> sd * sd))
        |> Option.map (fun variance -> variance / (unit * unit))
        |> Option.orElse likelihood.Held.Residual

    /// <summary>The likelihood with a start in which some parameters have given values.</summary>
    /// <param name="values">Values by name, in the units that are printed, as those that are held; the other parameters start
    /// where they would have. Where σ² is not among them it is the best for the others.</param>
    /// <param name="bounds">The bounds of the fit.</param>
    /// <param name="likelihood">The likelihood.</param>
    /// <returns>The likelihood, or: names that the model does not have, values outside their region or bounds or of parameters
    /// that are held, values that no covariance matrix has.</returns>
    let apply (values: Map<string, float>) bounds (likelihood: LogLikelihood) : Result<LogLikelihood, LmmError list> =
        let problems () = [
            for KeyValue(name, value) in values do
                yield! problemsOf bounds likelihood name value

            yield! ParameterNames.twice likelihood.Parameters (values |> Map.toList |> List.map fst)
        ]

        let point variance theta =
            LogLikelihood.startingFrom
                {
                    Theta = theta
                    Variance = Some variance
                }
                likelihood

        let usual = LogLikelihood.pointAt likelihood likelihood.Objective.Start

        let following theta =
            LogLikelihood.residualSquare likelihood theta
            / LogLikelihood.degreesOfFreedom likelihood

        let rec settle evaluations variance =
            thetaAt values likelihood usual.Theta variance
            |> Result.bind (fun theta ->
                let next = following theta

                if
                    evaluations = 0
                    || not (next > 0.0 && Double.IsFinite next)
                    || abs (next - variance) <= settled * variance
                then
                    Ok(point variance theta)
                else
                    settle (evaluations - 1) next)

        if values.IsEmpty then
            Ok likelihood
        else
            match problems () with
            | [] ->
                match residualVariance values likelihood with
                | Some variance -> thetaAt values likelihood usual.Theta variance |> Result.map (point variance)
                | None -> settle mostEvaluations (LogLikelihood.varianceAt likelihood usual)
            | problems -> Error problems
