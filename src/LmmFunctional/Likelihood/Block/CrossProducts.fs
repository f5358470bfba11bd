namespace LmmFunctional.Estimation

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>The sums of products of the columns of [Z X y] that the likelihood needs; nothing of size n is left.</summary>
/// <remarks>The effects of the leading grouping factor come first: its diagonal block is block-diagonal, one S×S block per
/// level. All other effects are the tail, q₂ in all. Rows are taken in the order of the leading levels.
/// Columns of X come before y: P = p + 1.</remarks>
[<NoComparison; ReferenceEquality>]
type internal CrossProducts = {
    Rows: int
    P: int
    /// The terms of the leading factor, as positions among all terms; empty for a model without random terms.
    LeadTerms: int[]
    /// Where the effects of each leading term start within a leading block.
    LeadOffsets: int[]
    LeadLevels: int
    /// S, effects per leading level.
    LeadOrder: int
    /// Per leading level the S×S block of Z'Z.
    LeadLead: float[]
    /// Per leading level and effect the P products with [X y].
    LeadFixed: float[]
    /// The other terms, as positions among all terms.
    TailTerms: int[]
    /// Where the effects of each tail term start; the last element is q₂.
    TailOffsets: int[]
    TailOrders: int[]
    /// Per leading level where its entries of Z₂'Z₁ start.
    EntryStarts: int[]
    /// The tail effect of each entry, ascending within a level.
    EntryRows: int[]
    /// S values per entry.
    EntryValues: float[]
    /// Z₂'Z₂, q₂×q₂, lower triangle.
    TailTail: Buffer
    /// Z₂'[X y], q₂×P.
    TailFixed: Buffer
    /// [X y]'[X y], P×P.
    FixedFixed: float[]
} with

    /// q₂, the number of tail effects.
    member cross.Tail = Array.last cross.TailOffsets

    /// The number of levels of a tail term.
    member cross.TailLevels(t: int) =
        (cross.TailOffsets[t + 1] - cross.TailOffsets[t]) / cross.TailOrders[t]

/// <summary>A row of the data in the columns of the tail, and what it adds to products.</summary>
[<Sealed>]
type private TailRow(terms: StandardisedTerm[], tailTerms: int[], offsets: int[], orders: int[]) =
    let effects = Array.sum orders
    let rows: int[] = Array.zeroCreate effects
    let values: float[] = Array.zeroCreate effects

    /// Takes row i, times its weight.
    member _.Read(i: int, weight: float) =
        let mutable e = 0

        for t in 0 .. tailTerms.Length - 1 do
            let term = terms[tailTerms[t]]
            let first = offsets[t] + orders[t] * term.Codes[i]

            for s in 0 .. orders[t] - 1 do
                rows[e] <- first + s
                values[e] <- weight * term.Columns[s][i]
                e <- e + 1

    /// Adds its products with itself, lower triangle, and with a row of [X y].
    member _.AddProducts(row: float[], tail: int, tailTail: Buffer, tailFixed: Buffer) =
        // Offsets ascend with the terms, so that rows are ascending and pairs fall into the lower triangle.
        for u in 0 .. effects - 1 do
            let column = rows[u]

            for v in u .. effects - 1 do
                let index = rows[v] + column * tail
                tailTail[index] <- tailTail[index] + values[u] * values[v]

            for c in 0 .. row.Length - 1 do
                let index = column + c * tail
                tailFixed[index] <- tailFixed[index] + values[u] * row[c]

    /// Adds its products with the lead's columns of the row.
    member _.AddCoupling(z1: float[], levelStart: int, entries: SparseEntries) =
        for u in 0 .. effects - 1 do
            let place = entries.PlaceOf(rows[u], levelStart)

            for a in 0 .. z1.Length - 1 do
                entries.Add(place + a, values[u] * z1[a])

[<RequireQualifiedAccess>]
module internal CrossProducts =

    /// The rows in the order of their codes (a stable counting sort), and where each level starts.
    let sortByLevel levels (codes: int[]) =
        let starts = Array.zeroCreate (levels + 1)

        for code in codes do
            starts[code + 1] <- starts[code + 1] + 1

        for level in 0 .. levels - 1 do
            starts[level + 1] <- starts[level + 1] + starts[level]

        let next = Array.copy starts
        let order = Array.zeroCreate codes.Length

        for row in 0 .. codes.Length - 1 do
            let code = codes[row]
            order[next[code]] <- row
            next[code] <- next[code] + 1

        order, starts

    /// Adds the products of a row in the lead's columns with themselves and with [X y], at the place of a level.
    let private addLead level (z1: float[]) (row: float[]) (leadLead: float[]) (leadFixed: float[]) =
        let order, p = z1.Length, row.Length

        for a in 0 .. order - 1 do
            let blockStart = level * order * order + a * order

            for b in 0 .. order - 1 do
                leadLead[blockStart + b] <- leadLead[blockStart + b] + z1[a] * z1[b]

            let fixedStart = (level * order + a) * p

            for c in 0 .. p - 1 do
                leadFixed[fixedStart + c] <- leadFixed[fixedStart + c] + z1[a] * row[c]

    /// The terms whose effects are eliminated last.
    let private tailOf (terms: StandardisedTerm[]) leadTerms = [|
        for t in 0 .. terms.Length - 1 do
            if not (Array.contains t leadTerms) then
                t
    |]

    /// The products of a model on the inner scale: one pass over the rows.
    let create (model: Standardised) : CrossProducts =
        let terms = Array.ofList model.Terms
        let leadTerms = LeadChoice.ofTerms terms

        let tailTerms = tailOf terms leadTerms
        let leadColumns = leadTerms |> Array.collect (fun t -> terms[t].Columns)
        let order = leadColumns.Length

        let levels =
            if leadTerms.Length = 0 then
                0
            else
                terms[leadTerms[0]].Levels

        let tailOrders = tailTerms |> Array.map (fun t -> terms[t].Columns.Length)

        let tailOffsets =
            Array.scan (+) 0 (Array.map2 (fun t s -> terms[t].Levels * s) tailTerms tailOrders)

        let tail = Array.last tailOffsets
        let all = Array.append model.Fixed [| model.Response |]
        let p = all.Length
        let leadLead = Array.zeroCreate (levels * order * order)
        let leadFixed = Array.zeroCreate (levels * order * p)
        let tailTail = Buffer(max 1 (tail * tail))
        let tailFixed = Buffer(max 1 (tail * p))
        let entries = SparseEntries(order, tail, (if tail = 0 then 0 else model.Rows))
        let entryStarts = Array.zeroCreate (levels + 1)
        let z1 = Array.zeroCreate order
        let row = Array.zeroCreate p
        let ofTail = TailRow(terms, tailTerms, tailOffsets, tailOrders)

        let sorted, starts =
            if levels = 0 then
                [||], [| 0 |]
            else
                sortByLevel levels terms[leadTerms[0]].Codes

        for level in 0 .. levels - 1 do
            let levelStart = entries.Count
            entryStarts[level] <- levelStart

            for at in starts[level] .. starts[level + 1] - 1 do
                let i = sorted[at]

                let weight =
                    match model.RootWeights with
                    | Some w -> w[i]
                    | None -> 1.0

                for a in 0 .. order - 1 do
                    z1[a] <- weight * leadColumns[a][i]

                for c in 0 .. p - 1 do
                    row[c] <- weight * all[c][i]

                addLead level z1 row leadLead leadFixed

                if tail > 0 then
                    ofTail.Read(i, weight)
                    ofTail.AddProducts(row, tail, tailTail, tailFixed)
                    ofTail.AddCoupling(z1, levelStart, entries)

            entries.SortFrom levelStart

        entryStarts[levels] <- entries.Count

        {
            Rows = model.Observations
            P = p
            LeadTerms = leadTerms
            LeadOffsets = Array.scan (+) 0 (leadTerms |> Array.map (fun t -> terms[t].Columns.Length))
            LeadLevels = levels
            LeadOrder = order
            LeadLead = leadLead
            LeadFixed = leadFixed
            TailTerms = tailTerms
            TailOffsets = tailOffsets
            TailOrders = tailOrders
            EntryStarts = entryStarts
            EntryRows = entries.Rows
            EntryValues = entries.Values
            TailTail = tailTail
            TailFixed = tailFixed
            FixedFixed = model.Products.Value
        }

    /// <summary>The same products with another response: bit for bit those that <c>create</c> would make.</summary>
    let withResponse (model: Standardised) (cross: CrossProducts) : CrossProducts =
        let terms = Array.ofList model.Terms
        let leadColumns = cross.LeadTerms |> Array.collect (fun t -> terms[t].Columns)
        let p, order, tail = cross.P, cross.LeadOrder, cross.Tail
        let leadFixed = Array.copy cross.LeadFixed
        let tailFixed = Buffer cross.TailFixed.Length
        cross.TailFixed.Span.CopyTo tailFixed.Span

        for k in 0 .. cross.LeadLevels * order - 1 do
            leadFixed[k * p + p - 1] <- 0.0

        tailFixed.Span.Slice((p - 1) * tail, tail).Clear()

        let rows =
            if cross.LeadLevels = 0 then
                [||]
            else
                fst (sortByLevel cross.LeadLevels terms[cross.LeadTerms[0]].Codes)

        for i in rows do
            let weight =
                match model.RootWeights with
                | Some w -> w[i]
                | None -> 1.0

            let response = weight * model.Response[i]
            let level = terms[cross.LeadTerms[0]].Codes[i]

            for a in 0 .. order - 1 do
                let at = (level * order + a) * p + p - 1
                leadFixed[at] <- leadFixed[at] + weight * leadColumns[a][i] * response

            for t in 0 .. cross.TailTerms.Length - 1 do
                let term = terms[cross.TailTerms[t]]
                let first = cross.TailOffsets[t] + cross.TailOrders[t] * term.Codes[i]

                for s in 0 .. cross.TailOrders[t] - 1 do
                    let at = first + s + (p - 1) * tail
                    tailFixed[at] <- tailFixed[at] + weight * term.Columns[s][i] * response

        {
            cross with
                LeadFixed = leadFixed
                TailFixed = tailFixed
                FixedFixed = model.Products.Value
        }
