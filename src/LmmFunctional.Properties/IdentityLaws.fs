namespace LmmFunctional.Properties

open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Verification

/// <summary>The identities of the catalogue as properties.</summary>
[<RequireQualifiedAccess>]
module IdentityLaws =

    let private describe (check: IdentityCheck) =
        match check.Outcome with
        | IdentityOutcome.Checked(residual, tolerance) ->
            $"{check.Name}: {residual:E2} where {tolerance:E2} is allowed; {check.Equation}"
        | IdentityOutcome.NotApplicable reason -> $"{check.Name}: {reason}"

    /// <summary>What fails, one line for each identity: its residual, what is allowed, and its equation.</summary>
    let failures (fit: Fit) : string list =
        Identities.check fit |> Identities.failures |> List.map describe

    /// <summary>Every identity that applies to a fit holds; the label of a failure names those that do not.</summary>
    let hold (fit: Fit) : Property =
        let failed = failures fit
        failed.IsEmpty |> Prop.label (String.concat "\n" failed)
