namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Whether Kenward and Roger's adjustment keeps the term of the second derivatives of V.</summary>
[<RequireQualifiedAccess>]
type SecondDerivatives =
    /// Kenward and Roger 1997.
    | Full
    /// Without the term: Prasad and Rao's form, SAS's KENWARDROGER(LINEAR).
    | Linear

/// <summary>What Satterthwaite and Kenward-Roger leave open, so that programs give different numbers for one
/// fit.</summary>
type Convention = {
    /// The system that computes so.
    Name: string
    /// Whose inverse, doubled, is taken as the covariance of the covariance parameters.
    Information: Information
    /// The parameters that the information and the second derivatives are of.
    Parametrisation: Parametrisation
    SecondDerivatives: SecondDerivatives
    /// Whether the last level of a factor is its reference in the hypothesis matrices of type III, as in SAS, or the
    /// first.
    /// Only the denominator df of joint Satterthwaite tests can tell.
    LastIsReference: bool
}

/// <summary>Conventions by the system that follows them.</summary>
[<RequireQualifiedAccess>]
module Convention =

    /// <summary>SAS PROC MIXED, DDFM=SATTERTHWAITE and DDFM=KENWARDROGER: observed information of variances.</summary>
    /// <remarks>A variance of zero is held fixed, and so are its covariances.</remarks>
    let sas = {
        Name = "SAS"
        Information = Information.Observed
        Parametrisation = Parametrisation.VarianceScale
        SecondDerivatives = SecondDerivatives.Full
        LastIsReference = true
    }

    /// SAS PROC MIXED, DDFM=KENWARDROGER(LINEAR).
    let sasLinear = {
        sas with
            Name = "SAS, linear"
            SecondDerivatives = SecondDerivatives.Linear
    }

    /// <summary>The R package pbkrtest: expected information of variances, those of zero included; V is linear in
    /// them.</summary>
    /// <remarks>Source: Halekoh and Højsgaard 2014.</remarks>
    let pbkrtest = {
        Name = "pbkrtest"
        Information = Information.Expected
        Parametrisation = Parametrisation.VarianceScale
        SecondDerivatives = SecondDerivatives.Linear
        LastIsReference = false
    }

    /// <summary>The R package lmerTest, Satterthwaite: observed information in the factors of the
    /// covariances.</summary>
    /// <remarks>Directions without positive curvature are left out, and a factor of zero has no slope: a variance of
    /// zero
    /// counts for nothing. Source: Kuznetsova, Brockhoff and Christensen 2017.</remarks>
    let lmerTest = {
        Name = "lmerTest"
        Information = Information.Observed
        Parametrisation = Parametrisation.FactorScale
        SecondDerivatives = SecondDerivatives.Linear
        LastIsReference = false
    }

    /// The R package mmrm: observed information in factors, with the term of the second derivatives.
    let mmrm = {
        Name = "mmrm"
        Information = Information.Observed
        Parametrisation = Parametrisation.FactorScale
        SecondDerivatives = SecondDerivatives.Full
        LastIsReference = false
    }

    let private known = [
        "sas", sas
        "sas-linear", sasLinear
        "pbkrtest", pbkrtest
        "lmertest", lmerTest
        "mmrm", mmrm
    ]

    /// The names by which conventions are chosen in text.
    let names = known |> List.map fst

    /// <summary>The convention of a name, whatever its case.</summary>
    /// <returns>The convention, or: the name is not known.</returns>
    let ofName (name: string) : Result<Convention, LmmError list> =
        match known |> List.tryFind (fun (own, _) -> own = name.ToLowerInvariant()) with
        | Some(_, convention) -> Ok convention
        | None -> Error [ LmmError.UnknownChoice("convention", name, names) ]

    /// What a convention is, in words: SAS: observed information, variance scale.
    let describe (convention: Convention) =
        let information =
            match convention.Information with
            | Information.Observed -> "observed"
            | Information.Expected -> "expected"
            | Information.Average -> "average"

        let scale =
            match convention.Parametrisation with
            | Parametrisation.VarianceScale -> "variance scale"
            | Parametrisation.FactorScale -> "factor scale"

        $"{convention.Name}: {information} information, {scale}"
