namespace LmmFunctional.Estimation

/// <summary>What a fit is predicted to take, in seconds of a small machine, and when it is too long for the user.</summary>
[<RequireQualifiedAccess>]
module internal Patience =

    // Evaluations with gradient of a whole fit.
    let private evaluations = 12.0

    // Operations a second: dense kernels keep to the arithmetic units, sparse ones wait for memory.
    let private dense, sparse = 4e10, 6e9

    /// Seconds of one evaluation with its gradient.
    let ofEvaluation (candidate: PlanCandidate) =
        candidate.Work / (if candidate.Engine = "iterative" then sparse else dense)

    /// Seconds of a fit.
    let ofFit candidate = evaluations * ofEvaluation candidate

    /// Whether a fit keeps to a budget in seconds; any does where there is none.
    let isWithin (budget: float option) candidate =
        budget |> Option.forall (fun seconds -> ofFit candidate <= seconds)

/// <summary>The iterative engine as a candidate of a plan.</summary>
[<RequireQualifiedAccess>]
module internal IterativeCandidate =

    /// Probes of a fit at first: one panel.
    let probes = EffectPanel.lanes

    // Passes over the couplings by one panel, in an evaluation with gradient and average information, and the steps of Krylov
    // spaces whose bases are kept.
    let private passes, steps = 70.0, 20.0

    /// Whether the model is one for it: crossed factors with independent levels.
    let isPossible (model: Standardised) =
        model.Terms |> List.forall (fun term -> term.Relationship.IsNone)
        && (model.Terms |> List.map _.Group |> List.distinct).Length > 1

    /// Effects in all but the leading factor, and the pairs of effects that meet in a row, at most.
    let private sizes (model: Standardised) =
        let terms = Array.ofList model.Terms
        let lead = LeadChoice.ofTerms terms
        let tails = [| 0 .. terms.Length - 1 |] |> Array.except lead
        let order t = float terms[t].Columns.Length
        let leadOrder = lead |> Array.sumBy order
        let effects = tails |> Array.sumBy order

        let between =
            tails
            |> Array.mapi (fun at t -> order t * (tails[at + 1 ..] |> Array.sumBy order))
            |> Array.sum

        terms[lead[0]],
        tails |> Array.sumBy (fun t -> float terms[t].Levels * order t),
        float model.Rows * effects,
        float model.Rows * (leadOrder * effects + between)

    /// The candidate of a model that it is possible for.
    let ofModel (model: Standardised) : PlanCandidate =
        let lead, tail, entries, values = sizes model
        let panel = 8.0 * float EffectPanel.lanes

        {
            Engine = "iterative"
            Lead = Some lead.Group
            Work = passes * 4.0 * float EffectPanel.lanes * values
            Bytes =
                4.0 * entries
                + 8.0 * values
                + panel * tail * (2.0 * steps + 24.0)
                + 8.0 * panel * float lead.Levels * float (max 1 lead.Columns.Length)
        }

    // Links of a level above which elimination fills all that is left, and rows below which that may be looked into.
    let private manyLinks, manyRows = 8.0, 3e6

    /// <summary>Whether an order of elimination is not worth looking for: levels are linked to so many others that what is left
    /// of the tail fills up whatever the order, and the search alone would take minutes.</summary>
    let isHopeless (model: Standardised) =
        isPossible model
        && (let terms = Array.ofList model.Terms
            let lead = LeadChoice.ofTerms terms
            let own = terms[lead[0]]

            let tails =
                [| 0 .. terms.Length - 1 |]
                |> Array.except lead
                |> Array.map (fun t -> terms[t])

            float model.Rows > manyRows
            && (let sorted, starts = CrossProducts.sortByLevel own.Levels own.Codes
                let mutable links = 0L

                for tail in tails do
                    let seen = Array.create tail.Levels -1

                    for level in 0 .. own.Levels - 1 do
                        for at in starts[level] .. starts[level + 1] - 1 do
                            let code = tail.Codes[sorted[at]]

                            if seen[code] <> level then
                                seen[code] <- level
                                links <- links + 1L

                let levels = own.Levels + (tails |> Array.sumBy _.Levels)
                float links > manyLinks * float levels))
