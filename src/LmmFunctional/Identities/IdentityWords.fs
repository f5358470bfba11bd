namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra

/// <summary>The words that identities are written in.</summary>
module internal IdentityWords =

    /// <summary>An identity.</summary>
    let create title formula origin test : Identity = {
        Title = title
        Formula = formula
        Origin = origin
        Test = test
    }

    /// A residual with the tolerance that it is held to.
    let within tolerance residual =
        IdentityOutcome.Checked(residual, tolerance)

    /// The Frobenius norm; MathNet's own forms A Aᵀ.
    let norm (a: Matrix<float>) : float =
        a.AsColumnMajorArray()
        |> Option.ofObj
        |> Option.defaultWith a.ToColumnMajorArray
        |> Array.fold (fun sum value -> sum + value * value) 0.0
        |> sqrt

    /// The norm of the difference of two matrices relative to the larger of them and a size; zero when all are.
    let distanceOf (size: float) (a: Matrix<float>) (b: Matrix<float>) : float =
        let size = max size (max (norm a) (norm b))
        if size = 0.0 then 0.0 else norm (a - b) / size

    /// The norm of the difference of two matrices relative to the larger of them; zero when both are.
    let distance (a: Matrix<float>) (b: Matrix<float>) : float = distanceOf 0.0 a b

    /// A curvature of −2 log likelihood below this is none: where a parameter is at an end of its range.
    let leastCurvature = 1e-20

    /// The difference of two numbers relative to a size.
    let gap (size: float) (a: float) (b: float) : float =
        if size = 0.0 then 0.0 else abs (a - b) / size

    /// The largest of some residuals; NaN when one of them is.
    let largest (residuals: float seq) : float =
        residuals
        |> Seq.fold (fun most value -> if Double.IsNaN most || most >= value then most else value) 0.0

    /// A check that needs n×n matrices.
    let onDense (test: Setting -> Dense -> IdentityOutcome) (setting: Setting) =
        match setting.Dense with
        | Some dense -> test setting dense.Value
        | None ->
            IdentityOutcome.NotApplicable
                $"it takes {setting.N} × {setting.N} matrices; the limit is {Setting.denseRows} rows"

    /// A check that needs the matrices of independent blocks of rows.
    let onScores (test: Setting -> Scores -> IdentityOutcome) (setting: Setting) =
        match setting.Scores with
        | Some scores -> test setting scores.Value
        | None ->
            let largest = setting.Blocks.Value |> Seq.map Array.length |> Seq.max

            IdentityOutcome.NotApplicable(
                if largest > Setting.denseRows then
                    $"it takes {largest} × {largest} matrices; the limit is {Setting.denseRows} rows"
                else
                    $"the matrices of {setting.Blocks.Value.Length} independent blocks of rows take too long"
            )

    /// A check that means something under REML only.
    let underReml test (setting: Setting) =
        if setting.IsRestricted then
            test setting
        else
            IdentityOutcome.NotApplicable "the fit is by maximum likelihood"

    /// A check that needs random effects.
    let withEffects test (setting: Setting) =
        if setting.Model.Terms.IsEmpty then
            IdentityOutcome.NotApplicable "the model has no random effects"
        else
            test setting

    /// A check at an optimum.
    let atOptimum test (setting: Setting) =
        if setting.IsSettled then
            test setting
        else
            IdentityOutcome.NotApplicable "the fit has not converged"

    /// A check that σ² is estimated for.
    let withFreeScale test (setting: Setting) =
        if setting.Claims.IsScaleFree then
            test setting
        else
            IdentityOutcome.NotApplicable "the residual variance is held at a known value"

    /// A check at an optimum inside the parameter space.
    let inside test (setting: Setting) =
        if setting.IsSingular then
            IdentityOutcome.NotApplicable "a variance or correlation is at its bound"
        else
            test setting

    /// A check beside the optimum, where scores are not zero.
    let beside test (setting: Setting) =
        match setting.Beside with
        | Some other -> test other.Value
        | None -> test setting

    /// Several checks as one: the one that comes nearest to failing.
    let worst (tests: (Setting -> IdentityOutcome) list) (setting: Setting) =
        let share outcome =
            match outcome with
            | IdentityOutcome.Checked(residual, tolerance) when residual <= tolerance -> residual / tolerance
            | IdentityOutcome.Checked _ -> infinity
            | IdentityOutcome.NotApplicable _ -> -1.0

        tests |> List.map (fun test -> test setting) |> List.maxBy share

    let private withoutParameters = "no covariance parameter but σ² is estimated"

    /// A check that needs parameters beside σ².
    let withParameters test (setting: Setting) =
        if setting.Claims.Jets.Free.Length = 0 then
            IdentityOutcome.NotApplicable withoutParameters
        else
            test setting
