namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Correlations that a fit gives to the responses of two rows.</summary>
[<RequireQualifiedAccess>]
module internal ModelCorrelation =

    /// <summary>The correlation of two rows by V; apply it to the fit once.</summary>
    /// <returns>None where levels are related, whose covariances are not formed row by row.</returns>
    let ofFit (fit: Fit) : (int -> int -> float) option =
        if fit.Design.Random |> List.exists _.Relationship.IsSome then
            None
        else
            let covariance = RowCovariance.ofFit fit

            Some(fun i j ->
                let v = covariance [| i; j |]
                v[0, 1] / sqrt (v[0, 0] * v[1, 1]))
