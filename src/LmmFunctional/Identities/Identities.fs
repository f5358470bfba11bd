namespace LmmFunctional.Verification

open LmmFunctional
open LmmFunctional.Estimation

/// <summary>The catalogue of estimator identities: equations between the answers of a fit that hold whatever the data are.
/// </summary>
/// <remarks>They are checked against the model's own X, Z, G and R, never against what the engines computed with. Up to 300
/// rows n×n matrices are formed; beyond that V is applied to random vectors and inverted by conjugate gradients.</remarks>
[<RequireQualifiedAccess>]
module Identities =

    /// <summary>All identities, in the order of a fit: estimates, projections, likelihood, information, prediction,
    /// rows.</summary>
    let all: Identity list =
        List.concat [
            EstimationIdentities.all
            BalancedIdentities.all
            ProjectionIdentities.all
            LikelihoodIdentities.all
            InformationIdentities.all
            HendersonIdentities.all
            PredictionIdentities.all
            RowIdentities.all
            SimulationIdentities.all
        ]

    /// The catalogue in one setting.
    let internal checkIn (setting: Setting) : IdentityCheck list =
        all |> List.map (Identity.checkIn setting)

    /// <summary>Checks every identity on a fit.</summary>
    /// <returns>For each its residual and tolerance, or why it does not apply.</returns>
    /// <remarks>Up to 300 rows cost O(n³); more rows cost some hundred products with Z.</remarks>
    let check (fit: Fit) : IdentityCheck list =
        Design.guardRows "Identities" fit.Design
        all |> List.map (Identity.checker fit)

    /// <summary>The identities that fail on a fit: none, if the fit is right.</summary>
    let failures (checks: IdentityCheck list) : IdentityCheck list =
        checks |> List.filter (fun check -> check.Holds = Some false)
