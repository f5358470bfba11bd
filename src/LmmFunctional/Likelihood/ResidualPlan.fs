namespace LmmFunctional.Estimation

open System
open LmmFunctional

/// <summary>How the likelihood of a model with structured residuals is computed.</summary>
[<RequireQualifiedAccess; NoComparison; ReferenceEquality>]
type internal ResidualWay =
    /// Random effects integrated out: dense blocks of dependent rows.
    | Blocks of MarginalModel
    /// Fields of cells with a sparse inverse.
    | Cells of SeparableModel
    /// Random effects kept in sparse equations, rows whitened by the residuals of their subject.
    | Equations of WhitenedModel

/// <summary>The ways to compute the likelihood of a model with structured residuals, compared.</summary>
[<NoComparison; ReferenceEquality>]
type internal ResidualPlan = {
    Way: ResidualWay
    Chosen: PlanCandidate
    /// All that were thought of, the chosen one among them.
    Candidates: PlanCandidate list
}

[<RequireQualifiedAccess>]
module internal ResidualPlan =

    /// What may be used: most of the memory that is there.
    let private available () =
        0.8 * float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)

    // Below so many operations dense blocks take no time worth saving.
    let private noticeable = 1e7

    // Dense blocks make better use of the machine than sparse equations: those must be cheaper by this factor.
    let private advantage = 2.0

    let private ofBlocks (design: Design) (model: MarginalModel) = {
        Engine = "marginal"
        Lead = design.Residual |> Option.map _.SubjectName
        Work = MarginalModel.work model
        Bytes = MarginalModel.bytes model
    }

    let private ofCells dense (model: SeparableModel) = {
        dense with
            Engine = "separable"
            Work = model.Work
            Bytes = model.Bytes
    }

    let private ofEquations (design: Design) (model: WhitenedModel) = {
        Engine = "whitened"
        Lead = design.Residual |> Option.map _.SubjectName
        Work = model.Work
        Bytes = model.Bytes
    }

    let private fits (model: WhitenedModel) =
        model.Symbolic.IsPossible && model.Bytes <= available ()

    let private tooLarge what bytes =
        Error [ LmmError.TooLarge(what, bytes, available ()) ]

    /// Related levels are no independent blocks: sparse equations are the way that knows them.
    let private ofRelated design standard layout =
        match WhitenedModel.tryCreate design standard (MarginalModel.parameters design standard layout) with
        | None -> tooLarge "The related random effects" (8.0 * float Array.MaxLength)
        | Some model when not (fits model) -> tooLarge "The related random effects" model.Bytes
        | Some model ->
            let candidate = ofEquations design model

            Ok {
                Way = ResidualWay.Equations model
                Chosen = candidate
                Candidates = [ candidate ]
            }

    /// The equations of unrelated levels, where they may cost so much less than a number of operations.
    let private tryEquations design (standard: Standardised) model isWorthIt =
        if
            standard.Terms.IsEmpty
            || not (isWorthIt (WhitenedModel.leastWork design standard))
        then
            None
        else
            WhitenedModel.tryCreate design standard model
            |> Option.filter fits
            |> Option.map (fun model -> model, ofEquations design model)

    /// Dense blocks, or equations where these are much cheaper or the blocks too large.
    let private ofIndependent (design: Design) standard (model: MarginalModel) dense =
        let isWorthIt work =
            dense.Work > noticeable
            && (advantage * work < dense.Work || dense.Bytes > available ())

        match tryEquations design standard model isWorthIt with
        | Some(equations, candidate) when isWorthIt candidate.Work -> {
            Way = ResidualWay.Equations equations
            Chosen = candidate
            Candidates = [ candidate; dense ]
          }
        | others -> {
            Way = ResidualWay.Blocks model
            Chosen = dense
            Candidates = dense :: [ for _, candidate in Option.toList others -> candidate ]
          }

    /// Fields of cells, or equations where lines of cells are so short that these are cheaper.
    let private ofField (design: Design) standard (model: MarginalModel) dense (cells: SeparableModel) =
        let sparse = ofCells dense cells

        match tryEquations design standard model (fun work -> work < sparse.Work) with
        | Some(equations, candidate) when candidate.Work < sparse.Work -> {
            Way = ResidualWay.Equations equations
            Chosen = candidate
            Candidates = [ candidate; sparse; dense ]
          }
        | others -> {
            Way = ResidualWay.Cells cells
            Chosen = sparse
            Candidates = [
                sparse

                for _, candidate in Option.toList others do
                    candidate

                dense
            ]
          }

    /// <summary>The plan of a design whose residuals have a structure; nothing is factored.</summary>
    /// <returns>The plan, or a refusal with the memory that related levels would need.</returns>
    let create (design: Design) (standard: Standardised) (layout: ThetaLayout) : Result<ResidualPlan, LmmError list> =
        if standard.Terms |> List.exists _.Relationship.IsSome then
            ofRelated design standard layout
        else
            let model = MarginalModel.create design standard layout
            let dense = ofBlocks design model

            let plan =
                match SeparableModel.tryCreate design standard model with
                | Some cells -> ofField design standard model dense cells
                | None -> ofIndependent design standard model dense

            if plan.Chosen.Bytes > available () then
                tooLarge "The dependent residuals" plan.Chosen.Bytes
            else
                Ok plan
