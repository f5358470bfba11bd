namespace LmmFunctional.Estimation

open LmmFunctional
open LmmFunctional.Model

/// <summary>AIC, AICC and BIC as SAS PROC MIXED counts.</summary>
/// <remarks>SAS counts the covariance parameters that are not at a bound, and fixed effects only under ML; its n is the number
/// of rows less p under REML; BIC takes the number of subjects, the levels of the factor that every random term contains (one
/// when there is none). Source: SAS/STAT User's Guide, The MIXED Procedure, "IC" option of the PROC statement.</remarks>
[<RequireQualifiedAccess>]
module SasCriteria =

    /// The levels of a grouping factor that is part of every other one.
    let private subjects (fit: Fit) =
        let groups =
            fit.Design.Random
            |> List.map (fun term -> Set.ofList term.Term.Group.Factors, term.Levels.Length)

        groups
        |> List.tryFind (fun (group, _) -> groups |> List.forall (fun (other, _) -> Set.isSubset group other))
        |> Option.map snd
        |> Option.defaultValue 1

    /// <summary>The criteria of a fit; smaller is better.</summary>
    let create (fit: Fit) : InformationCriteria =
        let covariances = fit.Certificate.Eigenvalues.Length

        let parameters, rows =
            match fit.Criterion with
            | Criterion.Ml -> float (covariances + 1 + fit.FixedCount), float fit.Observations
            | Criterion.Reml -> float (covariances + 1), float (fit.Observations - fit.FixedCount)

        // SAS never lets the divisor of AICC fall below one.
        let effective = max rows (parameters + 2.0)

        {
            Aic = fit.CriterionValue + 2.0 * parameters
            Aicc =
                Some(
                    fit.CriterionValue
                    + 2.0 * parameters * effective / (effective - parameters - 1.0)
                )
            Bic = fit.CriterionValue + parameters * log (float (subjects fit))
        }
