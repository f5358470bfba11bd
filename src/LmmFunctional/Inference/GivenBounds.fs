namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Bounds that were given to a fit, as its intervals tell them.</summary>
[<RequireQualifiedAccess>]
module internal GivenBounds =

    /// The names a parameter can be bounded by, each with the map from its units to those of intervals.
    let private namesOf (design: Design) (parameter: VarianceParameter) : (string * (float -> float)) list =
        match parameter with
        | VarianceParameter.EffectVariance(term, effect) ->
            let term = design.Random[term]
            [ $"{term.Group}.{term.Names[effect]}", sqrt ]
        | VarianceParameter.Residual -> [ NamedParameters.residualName, sqrt; NamedParameters.deviationName, id ]
        | VarianceParameter.ResidualStructure _ -> [
            $"{NamedParameters.residualName}.{VarianceParameters.nameIn design parameter}", id
          ]
        | _ -> [ VarianceParameters.nameIn design parameter, id ]

    /// Whether the estimate of a parameter is a bound it was given.
    let isInForce (fit: Fit) (parameter: VarianceParameter) : bool =
        let names = namesOf fit.Design parameter |> List.map fst

        fit.Certificate.BoundsInForce
        |> List.exists (fun bound -> List.contains bound.Name names)

    let private join note (interval: ParameterInterval) = {
        interval with
            Note =
                Some(
                    match interval.Note with
                    | Some other -> $"{other}; {note}"
                    | None -> note
                )
    }

    let private note side =
        $"the {side} end is the bound it was given"

    /// An interval within the bounds that its parameter was given.
    let within (fit: Fit) (parameter: VarianceParameter) (interval: ParameterInterval) : ParameterInterval =
        let cut (interval: ParameterInterval) (tell, bound: Bound) =
            let lower, upper = Option.map tell bound.Lower, Option.map tell bound.Upper

            let above =
                match lower, interval.Lower with
                | Some lower, Some reached when reached < lower ->
                    join (note "lower") { interval with Lower = Some lower }
                | _ -> interval

            match upper, above.Upper with
            | Some upper, Some reached when reached > upper -> join (note "upper") { above with Upper = Some upper }
            | _ -> above

        namesOf fit.Design parameter
        |> List.choose (fun (name, tell) -> fit.Limits.TryFind name |> Option.map (fun bound -> tell, bound))
        |> List.fold cut interval
