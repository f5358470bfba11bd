namespace LmmFunctional.Estimation

open System
open LmmFunctional

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
    /// The same plan for another response of the same columns: what does not depend on the response is shared.
    ForResponse: Standardised -> Plan
}

/// <summary>Plans.</summary>
[<RequireQualifiedAccess>]
module internal Plan =

    /// What may be used: most of the memory that is there, and no array of more than 2³¹ elements.
    let private available () =
        min
            (0.8 * float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes))
            (BlockCandidates.bytesPerElement * float Int32.MaxValue)

    // Below this tail a dense Schur complement takes less than a second, and looking for a better order costs more.
    let private denseTail = 4000.0

    let private tailOf (block: PlanCandidate) =
        sqrt (block.Bytes / BlockCandidates.bytesPerElement)

    let private ofBlock (model: Standardised) candidates (chosen: PlanCandidate) =
        let tail = tailOf chosen

        let order =
            model.Terms
            |> List.filter (fun term -> Some term.Group = chosen.Lead)
            |> List.sumBy (fun term -> float term.Columns.Length)

        let rec ofProducts (cross: Lazy<CrossProducts>) = {
            Chosen = chosen
            Candidates = candidates
            CurvatureWork = 2.0 * order * order * tail * tail * tail
            NewEngine = fun () -> BlockEngine cross.Value
            ForResponse = fun other -> ofProducts (lazy (CrossProducts.withResponse other cross.Value))
        }

        ofProducts (lazy (CrossProducts.create model))

    /// Random terms of one grouping factor: nothing but small matrices, group by group.
    let private ofCompressed (model: Standardised) blocks =
        let chosen = {
            Engine = "compressed"
            Lead = List.tryHead model.Terms |> Option.map _.Group
            Work = CompressedModel.work model
            Bytes = CompressedModel.bytes model
        }

        // Products of a group's effects stand in one array, as do those of eight groups side by side.
        let isAddressable = chosen.Bytes < 8.0 * float Array.MaxLength

        if chosen.Bytes > available () || not isAddressable then
            Error [ LmmError.TooLarge("The random effects", chosen.Bytes, available ()) ]
        else
            let curvatureWork = CompressedModel.curvatureWork model

            let rec ofShared (shared: Lazy<CompressedModel>) = {
                Chosen = chosen
                Candidates = chosen :: blocks
                CurvatureWork = curvatureWork
                NewEngine = fun () -> CompressedEngine shared.Value
                ForResponse = fun other -> ofShared (lazy (CompressedModel.withResponse other shared.Value))
            }

            Ok(ofShared (lazy CompressedModel.create model true))

    let private ofSupernodal (model: Standardised) candidates (chosen: PlanCandidate) (symbolic: SupernodalSymbolic) =
        let parameters = float (ThetaLayout.create model).Parameters

        let rec ofSymbolic (symbolic: Lazy<SupernodalSymbolic>) = {
            Chosen = chosen
            Candidates = candidates
            // Second derivatives come from differences of the gradient.
            CurvatureWork = (4.0 * parameters + 1.0) * chosen.Work
            NewEngine = fun () -> SupernodalEngine symbolic.Value
            ForResponse = fun other -> ofSymbolic (lazy (SupernodalPlan.withResponse other symbolic.Value))
        }

        ofSymbolic (lazy symbolic)

    let private sparseCandidate (symbolic: SupernodalSymbolic) = {
        Engine = "supernodal"
        Lead = None
        Work = symbolic.Work
        Bytes = symbolic.Bytes + symbolic.SharedBytes
    }

    /// Related levels: the sparse factor is the one that knows them.
    let private ofRelated (model: Standardised) =
        let symbolic = SupernodalPlan.analyse model
        let chosen = sparseCandidate symbolic

        if chosen.Bytes <= available () && symbolic.IsPossible then
            Ok(ofSupernodal model [ chosen ] chosen symbolic)
        else
            Error [ LmmError.TooLarge("The related random effects", chosen.Bytes, available ()) ]

    /// The same with an engine that takes over where variances are very large beside σ².
    let rec private precisely (model: Standardised) (plan: Plan) =
        let shared = lazy PreciseModel.tryCreate model

        if model.Terms.IsEmpty then
            plan
        else
            {
                plan with
                    NewEngine = fun () -> PreciseEngine(plan.NewEngine(), model.IsSpread, shared)
                    ForResponse = fun other -> precisely other (plan.ForResponse other)
            }

    let private cheapest (model: Standardised) : Result<Plan, LmmError list> =
        // The cross-products lead with the factor that has the most effects: the tail and its memory are then least.
        let blocks = BlockCandidates.ofModel model
        let block = List.head blocks

        if model.Terms |> List.exists _.Relationship.IsSome then
            ofRelated model
        elif CompressedModel.isPossible model then
            ofCompressed model blocks
        elif block.Bytes <= available () && tailOf block <= denseTail then
            Ok(ofBlock model blocks block)
        else
            let symbolic = SupernodalPlan.analyse model
            let sparse = sparseCandidate symbolic
            let candidates = sparse :: blocks

            let isPossible (candidate: PlanCandidate) =
                candidate.Bytes <= available ()
                && (candidate.Engine <> sparse.Engine || symbolic.IsPossible)

            match [ sparse; block ] |> List.filter isPossible |> List.sortBy _.Work with
            | [] ->
                let least = min sparse.Bytes block.Bytes
                Error [ LmmError.TooLarge("The crossed random effects", least, available ()) ]
            | chosen :: _ when chosen.Engine = sparse.Engine -> Ok(ofSupernodal model candidates chosen symbolic)
            | chosen :: _ -> Ok(ofBlock model candidates chosen)

    /// <summary>The plan of a model: the cheapest engine that fits into memory.</summary>
    /// <returns>The plan, or a refusal with the memory that would be needed.</returns>
    let create (model: Standardised) : Result<Plan, LmmError list> =
        cheapest model |> Result.map (precisely model)
