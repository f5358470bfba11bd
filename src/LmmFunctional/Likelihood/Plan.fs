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
    /// What belongs to an engine that samples; None for exact ones.
    Sampling: Sampling option
}

/// <summary>How a plan samples.</summary>
and [<NoComparison; ReferenceEquality>] internal Sampling = {
    Settings: IterativeSettings
    /// Why, in words.
    Reason: string
    /// The same plan with other settings, over the same cross-products.
    With: IterativeSettings -> Plan
    /// An exact plan of the same model, where one evaluation of it is affordable.
    Exact: Lazy<Plan> option
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
            Sampling = None
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
                Sampling = None
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
            Sampling = None
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

        if model.Terms.IsEmpty || plan.Sampling.IsSome then
            plan
        else
            {
                plan with
                    NewEngine = fun () -> PreciseEngine(plan.NewEngine(), model.IsSpread, shared)
                    ForResponse = fun other -> precisely other (plan.ForResponse other)
            }

    /// Solutions by iteration and traces by probes, for a reason, with an exact plan where one evaluation of that is affordable.
    let private ofIterative (model: Standardised) candidates reason exact =
        let rec ofProducts (products: Lazy<IterativeProducts>) settings = {
            Chosen = IterativeCandidate.ofModel model
            Candidates = candidates
            // Nothing gives them.
            CurvatureWork = infinity
            NewEngine = fun () -> IterativeEngine(products.Value, settings)
            ForResponse = fun other -> ofProducts (lazy (IterativeBuild.withResponse other products.Value)) settings
            Sampling =
                Some {
                    Settings = settings
                    Reason = reason
                    With = ofProducts products
                    Exact = exact
                }
        }

        ofProducts (lazy IterativeBuild.create model) (IterativeSettings.create IterativeCandidate.probes)

    // One exact evaluation may take this share of a budget.
    let private certifying = 0.5

    /// The exact plan, or iteration where that does not fit into memory or takes longer than a budget.
    let private orIterative
        budget
        (model: Standardised)
        candidates
        (exact: PlanCandidate)
        (plan: unit -> Result<Plan, _>)
        =
        let fits = exact.Bytes <= available ()

        if
            not (IterativeCandidate.isPossible model)
            || fits && Patience.isWithin budget exact
        then
            plan ()
        else
            let chosen = IterativeCandidate.ofModel model
            let reason = SamplingReason.create budget (available ()) exact chosen

            let isAffordable =
                budget
                |> Option.exists (fun seconds -> Patience.ofEvaluation exact <= certifying * seconds)

            let exactPlan =
                if fits && isAffordable then
                    match plan () with
                    | Ok plan -> Some(lazy plan)
                    | Error _ -> None
                else
                    None

            Ok(ofIterative model (chosen :: candidates) reason exactPlan)

    let private cheapest budget (model: Standardised) : Result<Plan, LmmError list> =
        // The cross-products lead with the factor that has the most effects: the tail and its memory are then least.
        let blocks = BlockCandidates.ofModel model
        let block = List.head blocks

        if model.Terms |> List.exists _.Relationship.IsSome then
            ofRelated model
        elif CompressedModel.isPossible model then
            ofCompressed model blocks
        elif block.Bytes <= available () && tailOf block <= denseTail then
            orIterative budget model blocks block (fun () -> Ok(ofBlock model blocks block))
        elif IterativeCandidate.isHopeless model then
            orIterative budget model blocks block (fun () -> Ok(ofBlock model blocks block))
        else
            let symbolic = SupernodalPlan.analyse model
            let sparse = sparseCandidate symbolic
            let candidates = sparse :: blocks

            let isPossible (candidate: PlanCandidate) =
                candidate.Bytes <= available ()
                && (candidate.Engine <> sparse.Engine || symbolic.IsPossible)

            match [ sparse; block ] |> List.filter isPossible |> List.sortBy _.Work with
            | [] ->
                let least = [ sparse; block ] |> List.minBy _.Bytes

                orIterative
                    budget
                    model
                    candidates
                    {
                        least with
                            Bytes = max least.Bytes (2.0 * available ())
                    }
                    (fun () -> Error [ LmmError.TooLarge("The crossed random effects", least.Bytes, available ()) ])
            | chosen :: _ when chosen.Engine = sparse.Engine ->
                orIterative budget model candidates chosen (fun () -> Ok(ofSupernodal model candidates chosen symbolic))
            | chosen :: _ -> orIterative budget model candidates chosen (fun () -> Ok(ofBlock model candidates chosen))

    /// <summary>The plan of a model: the cheapest engine that fits into memory, or iteration where none does or a fit would take
    /// longer than a budget in seconds.</summary>
    /// <returns>The plan, or a refusal with the memory that would be needed.</returns>
    let within budget (model: Standardised) : Result<Plan, LmmError list> =
        cheapest budget model |> Result.map (precisely model)

    /// <summary>The plan of a model: the cheapest engine that fits into memory.</summary>
    /// <returns>The plan, or a refusal with the memory that would be needed.</returns>
    let create (model: Standardised) : Result<Plan, LmmError list> = within None model
