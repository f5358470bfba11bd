namespace LmmFunctional

open System

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

    let private tooLarge bytes =
        Error [ LmmError.TooLarge("The related random effects", bytes, available ()) ]

    /// Related levels are no independent blocks: sparse equations are the way that knows them.
    let private ofRelated design standard layout =
        match WhitenedModel.tryCreate design standard (MarginalModel.parameters design standard layout) with
        | None -> tooLarge (8.0 * float Array.MaxLength)
        | Some model when not (fits model) -> tooLarge model.Bytes
        | Some model ->
            let candidate = ofEquations design model

            Ok {
                Way = ResidualWay.Equations model
                Chosen = candidate
                Candidates = [ candidate ]
            }

    /// Dense blocks, or equations where these are much cheaper or the blocks too large.
    let private ofIndependent (design: Design) standard (model: MarginalModel) dense =
        let blocks others = {
            Way = ResidualWay.Blocks model
            Chosen = dense
            Candidates = dense :: others
        }

        let isWorthIt work =
            advantage * work < dense.Work || dense.Bytes > available ()

        if model.Forms.Length = 0 || dense.Work <= noticeable then
            blocks []
        elif not (isWorthIt (WhitenedModel.leastWork design standard)) then
            blocks []
        else
            match WhitenedModel.tryCreate design standard model with
            | None -> blocks []
            | Some whitened ->
                let candidate = ofEquations design whitened

                if fits whitened && isWorthIt candidate.Work then
                    {
                        Way = ResidualWay.Equations whitened
                        Chosen = candidate
                        Candidates = [ candidate; dense ]
                    }
                else
                    blocks [ candidate ]

    /// <summary>The plan of a design whose residuals have a structure; nothing is factored.</summary>
    /// <returns>The plan, or a refusal with the memory that related levels would need.</returns>
    let create (design: Design) (standard: Standardised) (layout: ThetaLayout) : Result<ResidualPlan, LmmError list> =
        if standard.Terms |> List.exists _.Relationship.IsSome then
            ofRelated design standard layout
        else
            let model = MarginalModel.create design standard layout
            let dense = ofBlocks design model

            match SeparableModel.tryCreate design standard model with
            | Some cells ->
                let candidate = ofCells dense cells

                Ok {
                    Way = ResidualWay.Cells cells
                    Chosen = candidate
                    Candidates = [ candidate; dense ]
                }
            | None -> Ok(ofIndependent design standard model dense)
