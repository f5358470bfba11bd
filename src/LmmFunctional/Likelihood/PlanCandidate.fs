namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>A way to compute the likelihood of a model, with its predicted cost.</summary>
[<StructuredFormatDisplay("{Display}")>]
type PlanCandidate = {
    /// The name of the engine.
    Engine: string
    /// The grouping factor that is eliminated first; None where there is no such choice.
    Lead: string option
    /// Floating-point operations of one evaluation with its gradient.
    Work: float
    /// Memory of one workspace.
    Bytes: float
} with

    member private this.Display =
        let lead =
            match this.Lead with
            | Some group -> $", {group} first"
            | None -> ""

        $"{this.Engine}{lead}: {Display.number this.Work} operations, {Display.number this.Bytes} bytes"

    /// The engine, its work and its memory.
    override this.ToString() = this.Display

/// <summary>The ways of the block engine: one for each grouping factor that may lead.</summary>
[<RequireQualifiedAccess>]
module internal BlockCandidates =

    // Five q₂×q₂ matrices of eight bytes an element.
    let bytesPerElement = 40.0

    let private effects (terms: StandardisedTerm list) =
        terms |> List.sumBy (fun term -> float term.Levels * float term.Columns.Length)

    let private rowsOfLevels (term: StandardisedTerm) =
        let counts = Array.zeroCreate term.Levels

        for code in term.Codes do
            counts[code] <- counts[code] + 1

        counts

    /// Operations on the entries beside the leading blocks, had every row its own levels of the other factors: the update
    /// of the tail by each leading level, and twice as much again for the derivatives.
    let private sparseWork (lead: StandardisedTerm list) (others: StandardisedTerm list) =
        let order = lead |> List.sumBy (fun term -> float term.Columns.Length)

        rowsOfLevels (List.head lead)
        |> Array.sumBy (fun rows ->
            let entries =
                others
                |> List.sumBy (fun term -> float (min rows term.Levels) * float term.Columns.Length)

            3.0 * order * (entries * entries + order * entries + order * order))

    let private candidate lead (leading: StandardisedTerm list) (others: StandardisedTerm list) =
        let tail = effects others

        {
            Engine = "block"
            Lead = lead
            Work =
                tail * tail * tail
                + (if leading.IsEmpty then 0.0 else sparseWork leading others)
            Bytes = bytesPerElement * tail * tail
        }

    /// The candidates of a model, the least memory first.
    let ofModel (model: Standardised) : PlanCandidate list =
        match model.Terms |> List.groupBy _.Group with
        | [] -> [ candidate None [] [] ]
        | groups ->
            groups
            |> List.map (fun (group, leading) ->
                let others = model.Terms |> List.filter (fun term -> term.Group <> group)
                candidate (Some group) leading others)
            |> List.sortBy _.Bytes
