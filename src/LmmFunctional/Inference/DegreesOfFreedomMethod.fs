namespace LmmFunctional

open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>How tests of fixed effects allow for the covariance parameters being estimated.</summary>
[<RequireQualifiedAccess>]
type DegreesOfFreedomMethod =
    /// Not at all: z and χ².
    | Asymptotic
    /// n − p: t and F as if V were known up to σ².
    | Residual
    /// SAS's DDFM=CONTAIN: the smallest rank contribution of the random terms that contain a fixed term.
    | Containment
    /// SAS's DDFM=BETWITHIN: subjects for what is constant within them, rows for the rest.
    | BetweenWithin
    /// Moments of the variance of each contrast (Giesbrecht and Burns 1985; Fai and Cornelius 1996 for several).
    | Satterthwaite of Convention
    /// Adjusted covariance of the fixed effects and scaled F (Kenward and Roger 1997); for fits by REML.
    | KenwardRoger of Convention

/// <summary>Methods for degrees of freedom.</summary>
[<RequireQualifiedAccess>]
module DegreesOfFreedomMethod =

    /// Satterthwaite as lmerTest has it.
    let satterthwaite = DegreesOfFreedomMethod.Satterthwaite Convention.lmerTest

    /// <summary>Kenward-Roger with the expected information of the variances, those of zero among them, as pbkrtest has
    /// it.</summary>
    /// <remarks>The one default of every command: it does not depend on how the covariance is parametrised, and gives the
    /// classical df of balanced designs also where a variance is estimated as zero.</remarks>
    let kenwardRoger = DegreesOfFreedomMethod.KenwardRoger Convention.pbkrtest

    /// The names by which methods are chosen in text.
    let names = [
        "asymptotic"
        "residual"
        "containment"
        "between-within"
        "satterthwaite"
        "kenward-roger"
    ]

    /// <summary>The method of a name, whatever its case, with a convention or its own.</summary>
    /// <returns>The method, or: the name is not known, or the method knows no conventions.</returns>
    let ofName (name: string) (convention: Convention option) : Result<DegreesOfFreedomMethod, LmmError list> =
        let without found =
            match convention with
            | None -> Ok found
            | Some convention -> Error [ LmmError.NoConvention(name, convention.Name) ]

        match name.ToLowerInvariant() with
        | "asymptotic"
        | "z" -> without DegreesOfFreedomMethod.Asymptotic
        | "residual" -> without DegreesOfFreedomMethod.Residual
        | "containment" -> without DegreesOfFreedomMethod.Containment
        | "between-within" -> without DegreesOfFreedomMethod.BetweenWithin
        | "satterthwaite" -> Ok(DegreesOfFreedomMethod.Satterthwaite(defaultArg convention Convention.lmerTest))
        | "kenward-roger" -> Ok(DegreesOfFreedomMethod.KenwardRoger(defaultArg convention Convention.pbkrtest))
        | _ -> Error [ LmmError.UnknownChoice("method for degrees of freedom", name, names) ]

    /// What a method is, in words: Kenward-Roger (SAS: observed information, variance scale).
    let describe method =
        match method with
        | DegreesOfFreedomMethod.Asymptotic -> "asymptotic"
        | DegreesOfFreedomMethod.Residual -> "residual"
        | DegreesOfFreedomMethod.Containment -> "containment"
        | DegreesOfFreedomMethod.BetweenWithin -> "between-within"
        | DegreesOfFreedomMethod.Satterthwaite convention -> $"Satterthwaite ({Convention.describe convention})"
        | DegreesOfFreedomMethod.KenwardRoger convention ->
            let second =
                match convention.SecondDerivatives, convention.Parametrisation with
                | SecondDerivatives.Linear, Parametrisation.FactorScale -> ", without second derivatives"
                | _ -> ""

            $"Kenward-Roger ({Convention.describe convention}{second})"
