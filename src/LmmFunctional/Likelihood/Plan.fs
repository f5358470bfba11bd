namespace LmmFunctional

open System

/// <summary>How the likelihood of a model will be computed: chosen once, before anything is factored.</summary>
[<NoComparison; ReferenceEquality>]
type internal Plan = {
    /// The engine, with what it is predicted to cost.
    Chosen: PlanCandidate
    /// All that were thought of, the chosen one among them.
    Candidates: PlanCandidate list
    /// Operations that exact second derivatives add.
    CurvatureWork: float
    /// Makes one more workspace over the same cross-products.
    NewEngine: unit -> Engine
}

/// <summary>Plans.</summary>
[<RequireQualifiedAccess>]
module internal Plan =

    /// What may be used: most of the memory that is there, and no array of more than 2³¹ elements.
    let private available () =
        min
            (0.8 * float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes))
            (BlockCandidates.bytesPerElement * float Int32.MaxValue)

    /// <summary>The plan of a model.</summary>
    /// <returns>The plan, or a refusal with the memory that would be needed.</returns>
    let create (model: Standardised) : Result<Plan, LmmError list> =
        // The cross-products lead with the factor that has the most effects: the tail and its memory are then least.
        let candidates = BlockCandidates.ofModel model
        let chosen = List.head candidates

        if chosen.Bytes > available () then
            Error [ LmmError.TooLarge("The crossed random effects", chosen.Bytes, available ()) ]
        else
            let tail = sqrt (chosen.Bytes / BlockCandidates.bytesPerElement)

            let order =
                model.Terms
                |> List.filter (fun term -> Some term.Group = chosen.Lead)
                |> List.sumBy (fun term -> float term.Columns.Length)

            let cross = lazy (CrossProducts.create model)

            Ok {
                Chosen = chosen
                Candidates = candidates
                CurvatureWork = 2.0 * order * order * tail * tail * tail
                NewEngine = fun () -> BlockEngine cross.Value
            }
