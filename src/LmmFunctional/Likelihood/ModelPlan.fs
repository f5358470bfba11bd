namespace LmmFunctional

/// <summary>How a model would be fitted to its data, and what that would cost.</summary>
type ModelPlan = {
    /// The model as written.
    Spec: LmmSpec
    /// Number of rows used.
    Rows: int
    /// p, the rank of X.
    FixedCount: int
    /// q, the number of random effects in all.
    RandomCount: int
    /// Covariance parameters, without σ².
    ParameterCount: int
    /// The engine that would be used.
    Chosen: PlanCandidate
    /// Floating-point operations that exact second derivatives add to an evaluation.
    CurvatureWork: float
    /// All ways that were compared, the chosen one among them.
    Candidates: PlanCandidate list
}

/// <summary>Plans of models.</summary>
[<RequireQualifiedAccess>]
module ModelPlan =

    /// <summary>The plan of a design; nothing is factored.</summary>
    /// <returns>The plan, or: a structure that cannot be fitted, or the memory that would be needed and is not there.</returns>
    let ofDesign (design: Design) : Result<ModelPlan, LmmError list> =
        let standard = Standardised.ofDesign design

        match NotFitted.problems design.Spec with
        | [] -> Plan.create standard
        | problems -> Error problems
        |> Result.map (fun plan -> {
            Spec = design.Spec
            Rows = standard.Rows
            FixedCount = standard.Fixed.Length
            RandomCount = standard.Terms |> List.sumBy (fun term -> term.Levels * term.Columns.Length)
            ParameterCount = (ThetaLayout.create standard).Entries.Length
            Chosen = plan.Chosen
            CurvatureWork = plan.CurvatureWork
            Candidates = plan.Candidates
        })
