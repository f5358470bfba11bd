namespace LmmFunctional.Verification

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>What became of an identity on one fit.</summary>
[<RequireQualifiedAccess>]
type IdentityOutcome =
    /// How far the two sides are apart, and how far rounding and the solver may leave them: relative to their size.
    | Checked of residual: float * tolerance: float
    /// Why there is nothing to check.
    | NotApplicable of reason: string

/// <summary>An equation that every fitted linear mixed model satisfies, with the way to check it.</summary>
[<ReferenceEquality>]
type Identity = internal {
    Title: string
    Formula: string
    Origin: string
    Test: Setting -> IdentityOutcome
} with

    /// A short name, unique in the catalogue.
    member identity.Name = identity.Title

    /// The equation in the notation of the textbooks.
    member identity.Equation = identity.Formula

    /// The book or paper that has it.
    member identity.Source = identity.Origin

/// <summary>An identity with what became of it on one fit.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type IdentityCheck = {
    Identity: Identity
    Outcome: IdentityOutcome
} with

    member private check.Display =
        match check.Outcome with
        | IdentityOutcome.NotApplicable reason -> $"{check.Identity.Name}: does not apply, {reason}"
        | IdentityOutcome.Checked(residual, tolerance) ->
            let verb = if residual <= tolerance then "holds" else "does not hold"
            $"{check.Identity.Name}: {verb}, residual {Display.number residual}, tolerance {Display.number tolerance}"

    /// The identity and whether it holds.
    override check.ToString() = check.Display

    /// The identity's name.
    member check.Name = check.Identity.Name

    /// The identity's equation.
    member check.Equation = check.Identity.Equation

    /// The book or paper that has the identity.
    member check.Source = check.Identity.Source

    /// Whether it holds; None where it does not apply. A residual that is no number does not hold.
    member check.Holds =
        match check.Outcome with
        | IdentityOutcome.Checked(residual, tolerance) -> Some(residual <= tolerance)
        | IdentityOutcome.NotApplicable _ -> None

/// <summary>Checking one identity.</summary>
[<RequireQualifiedAccess>]
module Identity =

    /// <summary>What becomes of an identity in a setting.</summary>
    let internal checkIn (setting: Setting) (identity: Identity) : IdentityCheck = {
        Identity = identity
        Outcome =
            match setting.Obstacle with
            | Some obstacle -> IdentityOutcome.NotApplicable obstacle
            | None -> identity.Test setting
    }

    /// An identity that cannot be checked on a fit at all.
    let internal without reason (identity: Identity) : IdentityCheck = {
        Identity = identity
        Outcome = IdentityOutcome.NotApplicable reason
    }

    /// Why no identity can be checked on a fit: matrices that are known or dense would be too large.
    let private obstacle (fit: Fit) =
        let largestBlock =
            ResidualCovariance.correlated fit.Design
            |> Seq.fold (fun most rows -> max most rows.Length) 0

        let mostLevels =
            fit.Design.Random
            |> Seq.filter _.Relationship.IsSome
            |> Seq.fold (fun most term -> max most term.Levels.Length) 0

        if fit.FixedCount = 0 then
            Some "the model has no fixed effects"
        elif fit.Model.Held.HasScale then
            Some "a variance of random effects is held while that of the residuals is estimated"
        elif largestBlock > ResidualCovariance.mostRows then
            Some $"the residuals of {largestBlock} rows are correlated; the limit is {ResidualCovariance.mostRows}"
        elif mostLevels > LevelRelation.mostLevels then
            Some $"a known matrix relates {mostLevels} levels; the limit is {LevelRelation.mostLevels}"
        else
            None

    /// <summary>How identities are checked on a fit, what they have in common made once.</summary>
    let internal checker (fit: Fit) : Identity -> IdentityCheck =
        match obstacle fit with
        | Some reason -> without reason
        | None -> checkIn (Setting.ofFit fit)

    /// <summary>Checks one identity on a fit; <c>Identities.check</c> checks all of them at little more cost.</summary>
    let check (fit: Fit) (identity: Identity) : IdentityCheck = checker fit identity
