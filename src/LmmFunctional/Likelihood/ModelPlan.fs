namespace LmmFunctional.Estimation

open LmmFunctional
open LmmFunctional.Model

/// <summary>How a model would be fitted to its data, and what that would cost.</summary>
[<StructuredFormatDisplay("{Display}")>]
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
    /// How many starts the search for the lowest optimum may try: fewer where an evaluation takes long.
    Starts: int
    /// All ways that were compared, the chosen one among them.
    Candidates: PlanCandidate list
    /// Why log determinants would be sampled; None where the fit is exact.
    Sampled: string option
} with

    member private this.Display =
        let parameters = $"{this.ParameterCount} covariance parameters"

        Display.below (string this.Spec) [
            $"{this.Rows} rows, {this.FixedCount} fixed and {this.RandomCount} random effects, {parameters}"
            $"chosen: {this.Chosen}"
            $"at most {this.Starts} starts"
            yield! Option.toList this.Sampled
        ]

    /// The model, its size and the engine chosen.
    override this.ToString() = this.Display

/// <summary>Plans of models.</summary>
[<RequireQualifiedAccess>]
module ModelPlan =

    /// Residuals with a structure.
    let private ofResiduals (design: Design) (standard: Standardised) (layout: ThetaLayout) (plan: ResidualPlan) =
        let parameters = (MarginalModel.parameters design standard layout).Parameters

        {
            Spec = design.Spec
            Rows = standard.Rows
            FixedCount = standard.Fixed.Length
            RandomCount = standard.Terms |> List.sumBy (fun term -> term.Levels * term.Columns.Length)
            ParameterCount = parameters
            Chosen = plan.Chosen
            CurvatureWork = float parameters * plan.Chosen.Work
            Starts = StartPrice.most plan.Chosen.Work parameters
            Candidates = plan.Candidates
            Sampled = None
        }

    /// <summary>The plan of a design for a fit that may take so many seconds, or any time; nothing is factored.</summary>
    /// <returns>The plan, or a refusal with the memory that would be needed.</returns>
    let within (budget: float option) (design: Design) : Result<ModelPlan, LmmError list> =
        let standard = Standardised.ofDesign design
        let layout = ThetaLayout.create standard

        if design.Residual.IsSome then
            ResidualPlan.create design standard layout
            |> Result.map (ofResiduals design standard layout)
        else
            Plan.within budget standard
            |> Result.map (fun plan -> {
                Spec = design.Spec
                Rows = standard.Rows
                FixedCount = standard.Fixed.Length
                RandomCount = standard.Terms |> List.sumBy (fun term -> term.Levels * term.Columns.Length)
                ParameterCount = layout.Parameters
                Chosen = plan.Chosen
                // What samples has none.
                CurvatureWork = if plan.Sampling.IsSome then 0.0 else plan.CurvatureWork
                Starts = StartPrice.most plan.Chosen.Work layout.Parameters
                Candidates = plan.Candidates
                Sampled = plan.Sampling |> Option.map _.Reason
            })

    /// <summary>The plan of a design; nothing is factored.</summary>
    /// <returns>The plan, or a refusal with the memory that would be needed.</returns>
    let ofDesign (design: Design) : Result<ModelPlan, LmmError list> = within None design
