namespace LmmFunctional.Estimation

open System

/// <summary>Coordinates that give covariance parameters their values.</summary>
[<RequireQualifiedAccess>]
module internal ParameterSolution =

    /// τ at one place so that a parameter has a value, all other places given: bisection on a monotone function.
    let private solvePlace (parameters: NamedParameters) (tau: float[]) index place (value: float) =
        let at x =
            (NamedParameters.valuesAt parameters (Array.updateAt place x tau))[index]
            - value

        let atLow, atHigh = at -NamedParameters.far, at NamedParameters.far

        if atLow * atHigh > 0.0 then
            None
        else
            let rec halve low high count =
                let middle = 0.5 * (low + high)

                if count = 0 || middle = low || middle = high then
                    middle
                elif at middle * atLow > 0.0 then
                    halve middle high (count - 1)
                else
                    halve low middle (count - 1)

            Some(halve -NamedParameters.far NamedParameters.far 200)

    /// One place after the other, where each parameter depends on one place more than those before.
    let private solveInTurn (parameters: NamedParameters) (supports: Set<int>[]) (values: (int * float) list) =
        let rec next tau (known: Set<int>) rest =
            match rest with
            | [] -> Some tau
            | _ ->
                rest
                |> List.tryFind (fun (index, _) -> (supports[index] - known).Count = 1)
                |> Option.bind (fun (index, value) ->
                    let place = (supports[index] - known).MinimumElement

                    solvePlace parameters tau index place value
                    |> Option.bind (fun x ->
                        next
                            (Array.updateAt place x tau)
                            (known.Add place)
                            (rest |> List.filter (fun (other, _) -> other <> index))))

        next parameters.Point Set.empty values

    // Relative to the largest value: what a solution may miss any by.
    let private accuracy = 1e-8

    /// <summary>Coordinates of τ that give some of the parameters their values, σ being one.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="values">Places of parameters with their values; together they depend on as many coordinates.</param>
    /// <returns>Places of τ with their values; None where there is no positive definite matrix with these
    /// parameters.</returns>
    let solve (parameters: NamedParameters) (values: (int * float) list) : (int * float) list option =
        let supports = NamedParameters.supports parameters
        let places = values |> List.map (fun (index, _) -> supports[index]) |> Set.unionMany

        let natural = NamedParameters.valuesAt parameters parameters.Point
        values |> List.iter (fun (index, value) -> natural[index] <- value)

        let reaches (tau: float[]) =
            let whole =
                parameters.Point
                |> Array.mapi (fun k value -> if places.Contains k then tau[k] else value)

            let reached = NamedParameters.valuesAt parameters whole

            let largest = values |> List.map (fun (_, value) -> abs value) |> List.max

            values
            |> List.forall (fun (index, value) -> abs (reached[index] - value) <= accuracy * largest)

        parameters.Unconstrained natural
        |> Option.filter reaches
        |> Option.orElseWith (fun () -> solveInTurn parameters supports values |> Option.filter reaches)
        |> Option.filter (Array.forall Double.IsFinite)
        |> Option.map (fun tau -> [ for place in places -> place, tau[place] ])
