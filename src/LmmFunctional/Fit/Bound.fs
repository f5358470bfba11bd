namespace LmmFunctional

open System
open LmmFunctional.Estimation

/// <summary>The ends between which a covariance parameter is looked for.</summary>
type Bound = {
    /// The least value; None where there is none.
    Lower: float option
    /// The largest value; None where there is none.
    Upper: float option
}

/// <summary>Bounds of covariance parameters.</summary>
[<RequireQualifiedAccess>]
module Bound =

    /// Between two values.
    let between (lower: float) (upper: float) : Bound = {
        Lower = Some lower
        Upper = Some upper
    }

    /// At least a value.
    let atLeast (lower: float) : Bound = { Lower = Some lower; Upper = None }

    /// At most a value.
    let atMost (upper: float) : Bound = { Lower = None; Upper = Some upper }

    /// Bounds that the parameters' own regions do not already keep.
    let private beyond low high bound = [
        for value in Option.toList bound.Lower do
            if not (value >= low && value < high && Double.IsFinite value) then
                value
        for value in Option.toList bound.Upper do
            if not (value > low && value <= high && Double.IsFinite value) then
                value
    ]

    let private problemsOf (likelihood: LogLikelihood) name (bound: Bound) : LmmError list =
        match ParameterNames.find likelihood.Parameters name with
        | Error problems -> problems
        | Ok place ->
            let low, high = ParameterNames.regionOf place

            [
                match bound.Lower, bound.Upper with
                | None, None -> LmmError.NoBound name
                | Some lower, Some upper when lower > upper -> LmmError.BoundsCrossed(name, lower, upper)
                | _ -> ()

                for value in beyond low high bound do
                    LmmError.BoundOutside(name, value, low, high)

                match place with
                | Some(block, index) ->
                    let supports = NamedParameters.supports block

                    if supports[index].Count > 1 then
                        let others = [
                            for other in 0 .. block.Count - 1 do
                                if other <> index && not (Set.intersect supports[other] supports[index]).IsEmpty then
                                    block.Names[other]
                        ]

                        LmmError.BoundInPart(name, others)
                | None -> ()
            ]

    /// <summary>What is wrong with the bounds of a likelihood's parameters.</summary>
    /// <returns>Nothing, or: names that the model does not have, or that are held; bounds the wrong way round, beyond what the
    /// parameter can be, or of a part of a matrix.</returns>
    let internal problems (bounds: Map<string, Bound>) (likelihood: LogLikelihood) : LmmError list =
        if bounds.IsEmpty then
            []
        else
            let meant = ParameterNames.meant likelihood.Parameters

            let held = likelihood.Held.Known |> Map.toSeq |> Seq.map (fst >> meant) |> Set.ofSeq

            [
                for KeyValue(name, bound) in bounds do
                    yield! problemsOf likelihood name bound

                    if held.Contains(meant name) then
                        LmmError.HeldAndBounded name

                yield! ParameterNames.twice likelihood.Parameters (bounds |> Map.toList |> List.map fst)
            ]
