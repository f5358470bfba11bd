namespace LmmFunctional

open System

/// <summary>How the likelihood of a model will be computed: chosen once, before anything is factored.</summary>
[<NoComparison; ReferenceEquality>]
type internal Plan = {
    /// The name of the engine.
    Engine: string
    /// Floating-point operations of one evaluation with its gradient, predicted.
    Work: float
    /// Operations that exact second derivatives add.
    CurvatureWork: float
    /// Memory of one workspace, predicted.
    Bytes: float
    /// Makes one more workspace over the same cross-products.
    NewEngine: unit -> Engine
}

/// <summary>Plans.</summary>
[<RequireQualifiedAccess>]
module internal Plan =

    // Five q₂×q₂ matrices of eight bytes an element.
    let private bytesPerElement = 40.0

    /// What may be used: most of the memory that is there, and no array of more than 2³¹ elements.
    let private available () =
        min (0.8 * float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)) (bytesPerElement * float Int32.MaxValue)

    /// The tail that a leading factor leaves: all effects but those of the grouping factor that has the most.
    let private tailOf (terms: StandardisedTerm list) =
        let effects =
            terms
            |> List.groupBy _.Group
            |> List.map (fun (_, group) ->
                group |> List.sumBy (fun term -> float term.Levels * float term.Columns.Length))

        List.sum effects - List.fold max 0.0 effects

    let private tooLarge what bytes =
        Error [ LmmError.TooLarge(what, bytes, available ()) ]

    /// Random terms of one grouping factor: nothing but small matrices, group by group.
    let private compressed (model: Standardised) : Result<Plan, LmmError list> =
        let bytes = CompressedModel.bytes model

        if bytes > available () then
            tooLarge "The random effects" bytes
        else
            let shared = CompressedModel.create model true

            Ok {
                Engine = "compressed"
                Work = CompressedModel.work model
                CurvatureWork = CompressedModel.curvatureWork model
                Bytes = bytes
                NewEngine = fun () -> CompressedEngine shared
            }

    /// One leading factor eliminated, all other effects dense.
    let private block (model: Standardised) : Result<Plan, LmmError list> =
        let tail = tailOf model.Terms
        let bytes = bytesPerElement * tail * tail

        if bytes > available () then
            tooLarge "The crossed random effects" bytes
        else
            let cross = CrossProducts.create model
            let order = float cross.LeadOrder

            Ok {
                Engine = "block"
                Work = tail * tail * tail + 50.0 * float cross.EntryValues.Length
                CurvatureWork = 2.0 * order * order * tail * tail * tail
                Bytes = bytes
                NewEngine = fun () -> BlockEngine cross
            }

    /// <summary>The plan of a model.</summary>
    /// <returns>The plan, or a refusal with the memory that would be needed.</returns>
    let create (model: Standardised) : Result<Plan, LmmError list> =
        if CompressedModel.isPossible model then
            compressed model
        else
            block model
