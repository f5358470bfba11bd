namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>The products of the iterative engine from a model.</summary>
[<RequireQualifiedAccess>]
module internal IterativeBuild =

    // Windows of couplings that are worked on at once, and entries that are worth one.
    let private mostWindows, entriesOfWindow = 8, 20000

    // Floats that the images of all windows may take, and rows of a part of a sum.
    let private mostImages = 1 <<< 26

    let private weightOf (model: Standardised) row =
        match model.RootWeights with
        | Some roots -> roots[row] * roots[row]
        | None -> 1.0

    /// Σ z zᵀ by level and Σ z [X y]ᵀ by level and effect, for the columns of some terms of one factor.
    let private sums (model: Standardised) levels (codes: int[]) (columns: float[][]) : struct (float[] * float[]) =
        let all = model.FixedAndResponse
        let order, p = columns.Length, all.Length
        let blocks: float[] = Array.zeroCreate (levels * order * order)
        let withFixed: float[] = Array.zeroCreate (levels * order * p)

        for row in 0 .. model.Rows - 1 do
            let weight = weightOf model row
            let at = codes[row] * order

            for a in 0 .. order - 1 do
                let value = weight * columns[a][row]

                for b in 0 .. order - 1 do
                    let place = (at + a) * order + b
                    blocks[place] <- blocks[place] + value * columns[b][row]

                for c in 0 .. p - 1 do
                    let place = (at + a) * p + c
                    withFixed[place] <- withFixed[place] + value * all[c][row]

        struct (blocks, withFixed)

    /// <summary>The products: one pass over the rows for each grouping factor.</summary>
    let create (model: Standardised) : IterativeProducts =
        let terms = Array.ofList model.Terms
        let leadTerms = LeadChoice.ofTerms terms
        let tailTerms = [| 0 .. terms.Length - 1 |] |> Array.except leadTerms
        let leadColumns = leadTerms |> Array.collect (fun t -> terms[t].Columns)
        let lead = terms[leadTerms[0]]
        let tailOrders = tailTerms |> Array.map (fun t -> terms[t].Columns.Length)

        let tailOffsets =
            Array.map2 (fun t order -> terms[t].Levels * order) tailTerms tailOrders
            |> Array.scan (+) 0

        let blockOffsets =
            Array.map2 (fun t order -> terms[t].Levels * order * order) tailTerms tailOrders
            |> Array.scan (+) 0

        let tail = Array.last tailOffsets

        let others =
            tailTerms
            |> Array.mapi (fun t term -> {
                Levels = terms[term].Levels
                Codes = terms[term].Codes
                Columns = terms[term].Columns
                First = tailOffsets[t]
            })

        let windows =
            let worthwhile =
                int (int64 model.Rows * int64 (max 1 tailTerms.Length) / int64 entriesOfWindow)

            let affordable = mostImages / max 1 (tail * EffectPanel.lanes)
            min mostWindows (min worthwhile affordable) |> max 1

        let weights = model.RootWeights |> Option.map (Array.map (fun root -> root * root))

        let coupling first (term: StandardisedTerm) columns others =
            let sorted, starts = CrossProducts.sortByLevel term.Levels term.Codes
            CouplingBuild.create first term.Levels sorted starts columns others weights tail windows

        // Factors are independent of each other: one task for each.
        let results = Array.zeroCreate<struct (float[] * float[])>(tailTerms.Length + 1)

        Tiles.Run(
            tailTerms.Length + 1,
            float model.Rows * 50.0,
            fun task ->
                results[task] <-
                    if task = 0 then
                        sums model lead.Levels lead.Codes leadColumns
                    else
                        let term = terms[tailTerms[task - 1]]
                        sums model term.Levels term.Codes term.Columns
        )

        let struct (leadLead, leadFixed) = results[0]
        let ofTail = results |> Array.skip 1

        {
            Rows = model.Observations
            P = model.Fixed.Length + 1
            LeadTerms = leadTerms
            LeadOffsets = Array.scan (+) 0 (leadTerms |> Array.map (fun t -> terms[t].Columns.Length))
            LeadLevels = lead.Levels
            LeadOrder = leadColumns.Length
            LeadLead = leadLead
            LeadFixed = leadFixed
            TailTerms = tailTerms
            TailOffsets = tailOffsets
            TailOrders = tailOrders
            BlockOffsets = blockOffsets
            Blocks = ofTail |> Array.collect (fun (struct (blocks, _)) -> blocks)
            TailFixed = ofTail |> Array.collect (fun (struct (_, withFixed)) -> withFixed)
            Lead = coupling 0 lead leadColumns others
            Between = [|
                for t in 0 .. tailTerms.Length - 2 do
                    let term = terms[tailTerms[t]]
                    coupling tailOffsets[t] term term.Columns others[t + 1 ..]
            |]
            Windows = windows
            FixedFixed = model.Products.Value
        }

    /// <summary>The same products with another response.</summary>
    let withResponse (model: Standardised) (products: IterativeProducts) : IterativeProducts =
        let terms = Array.ofList model.Terms

        let struct (_, leadFixed) =
            let lead = terms[products.LeadTerms[0]]
            sums model lead.Levels lead.Codes (products.LeadTerms |> Array.collect (fun t -> terms[t].Columns))

        {
            products with
                LeadFixed = leadFixed
                TailFixed =
                    products.TailTerms
                    |> Array.collect (fun t ->
                        let struct (_, own) = sums model terms[t].Levels terms[t].Codes terms[t].Columns
                        own)
                FixedFixed = model.Products.Value
        }
