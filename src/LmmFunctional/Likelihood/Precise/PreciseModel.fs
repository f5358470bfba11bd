namespace LmmFunctional.Estimation

open System.Collections.Generic

/// <summary>The rows that share levels with one another, directly or through others, rotated: V is block-diagonal by these.
/// </summary>
/// <remarks>With Z = Q M for the rank r of Z, Q'Q = I, V = Q(I + MΛΛᵀMᵀ)Qᵀ + (I − QQᵀ).</remarks>
[<NoComparison; ReferenceEquality>]
type internal PreciseBlock = {
    /// The term and level of each of its levels, and where its effects start.
    Terms: int[]
    Levels: int[]
    Starts: int[]
    /// q, its effects.
    Effects: int
    /// r.
    Rank: int
    /// M, r×q by columns.
    Effect: float[]
    /// Q'[X y], r×P by columns.
    Fixed: float[]
}

/// <summary>A model with everything that random effects explain apart from what they do not.</summary>
[<NoComparison; ReferenceEquality>]
type internal PreciseModel = {
    Rows: int
    P: int
    /// S of each term.
    Orders: int[]
    Blocks: PreciseBlock[]
    /// The block of each level of each term, and where its effects start there.
    BlockOf: int[][]
    StartOf: int[][]
    /// A triangle of (I − QQᵀ)[X y], P×P by columns, upper.
    Within: float[]
}

[<RequireQualifiedAccess>]
module internal PreciseModel =

    // Rows reduced at a time.
    let private blockRows = 256

    // Operations that take about a second.
    let private affordable = 2e9

    /// The set of each level of each term: levels that meet in a row are in one set. Sets are numbered by first rows.
    let private sets (terms: StandardisedTerm[]) rows =
        let offsets = terms |> Array.scan (fun at term -> at + term.Levels) 0
        let parent = Array.init (Array.last offsets) id

        let rec root i =
            if parent[i] = i then
                i
            else
                parent[i] <- parent[parent[i]]
                root parent[i]

        for row in 0 .. rows - 1 do
            let first = root terms[0].Codes[row]

            for t in 1 .. terms.Length - 1 do
                parent[root (offsets[t] + terms[t].Codes[row])] <- root first

        let numbers = Dictionary<int, int>()

        let ofRow =
            Array.init rows (fun row ->
                let own = root terms[0].Codes[row]

                match numbers.TryGetValue own with
                | true, number -> number
                | _ ->
                    numbers[own] <- numbers.Count
                    numbers.Count - 1)

        let ofLevel =
            terms
            |> Array.mapi (fun t term ->
                Array.init term.Levels (fun level ->
                    match numbers.TryGetValue(root (offsets[t] + level)) with
                    | true, number -> number
                    | _ -> -1))

        ofRow, ofLevel, numbers.Count

    /// Terms, levels and starts of each block; where each level starts.
    let private places (terms: StandardisedTerm[]) (ofLevel: int[][]) count =
        let lists = Array.init count (fun _ -> List<struct (int * int * int)>())
        let sizes: int[] = Array.zeroCreate count

        let starts =
            terms
            |> Array.mapi (fun t term ->
                Array.init term.Levels (fun level ->
                    match ofLevel[t].[level] with
                    | -1 -> -1
                    | block ->
                        let start = sizes[block]
                        lists[block].Add(struct (t, level, start))
                        sizes[block] <- start + term.Columns.Length
                        start))

        lists, sizes, starts

    /// The rows of [Z X y] of one block taken into a triangle, by columns.
    let private triangle (standard: Standardised) (terms: StandardisedTerm[]) (starts: int[][]) q (rows: int[]) =
        let columns = standard.FixedAndResponse
        let width = q + columns.Length
        let result: float[] = Array.zeroCreate (width * width)

        for first in 0..blockRows .. rows.Length - 1 do
            let m = min blockRows (rows.Length - first)
            let block: float[] = Array.zeroCreate (m * width)

            for i in 0 .. m - 1 do
                let row = rows[first + i]

                let weight =
                    match standard.RootWeights with
                    | Some roots -> roots[row]
                    | None -> 1.0

                for t in 0 .. terms.Length - 1 do
                    let term = terms[t]
                    let start = starts[t].[term.Codes[row]]

                    for s in 0 .. term.Columns.Length - 1 do
                        block[i + (start + s) * m] <- weight * term.Columns[s].[row]

                for c in 0 .. columns.Length - 1 do
                    block[i + (q + c) * m] <- weight * columns[c].[row]

            Rank.reduce width m block result

        result

    /// Floating-point operations that rotation and one evaluation take.
    let private work p (sizes: int[]) (counts: int[]) =
        Array.fold2
            (fun sum q n ->
                let width = float (q + p)
                sum + width * width * (4.0 * float n + 20.0 * float q))
            0.0
            sizes
            counts

    /// <summary>The model rotated, unless that would take much more than a second.</summary>
    let tryCreate (standard: Standardised) : PreciseModel option =
        let terms = Array.ofList standard.Terms
        let p = standard.Fixed.Length + 1

        if terms.Length = 0 || terms |> Array.exists _.Relationship.IsSome then
            None
        else
            let ofRow, ofLevel, count = sets terms standard.Rows
            let lists, sizes, starts = places terms ofLevel count
            let counts: int[] = Array.zeroCreate count

            for block in ofRow do
                counts[block] <- counts[block] + 1

            if work p sizes counts > affordable then
                None
            else
                let rows = counts |> Array.map Array.zeroCreate<int>
                let filled: int[] = Array.zeroCreate count

                for row in 0 .. standard.Rows - 1 do
                    let block = ofRow[row]
                    rows[block].[filled[block]] <- row
                    filled[block] <- filled[block] + 1

                let within: float[] = Array.zeroCreate (p * p)

                let blocks =
                    Array.init count (fun block ->
                        let q = sizes[block]
                        let width = q + p
                        let reduced = triangle standard terms starts q rows[block]
                        let rank = PreciseReduction.echelon q width reduced
                        let left = width - rank

                        let rest =
                            Array.init (left * p) (fun k -> reduced[rank + k % left + (q + k / left) * width])

                        Rank.reduce p left rest within

                        let pick f =
                            lists[block] |> Seq.map f |> Array.ofSeq

                        {
                            Terms = pick (fun (struct (t, _, _)) -> t)
                            Levels = pick (fun (struct (_, level, _)) -> level)
                            Starts = pick (fun (struct (_, _, start)) -> start)
                            Effects = q
                            Rank = rank
                            Effect = Array.init (rank * q) (fun k -> reduced[k % rank + k / rank * width])
                            Fixed = Array.init (rank * p) (fun k -> reduced[k % rank + (q + k / rank) * width])
                        })

                Some {
                    Rows = standard.Rows
                    P = p
                    Orders = terms |> Array.map _.Columns.Length
                    Blocks = blocks
                    BlockOf = ofLevel
                    StartOf = starts
                    Within = within
                }

    // What sums of rounded numbers may leave, in units of rounding.
    let private rounding = 64.0 * 2.220446049250313e-16

    /// <summary>Whether random and fixed effects leave nothing but rounding of the response, and yet do not fit any response.
    /// </summary>
    let leavesNothing (design: Design) (standard: Standardised) (model: PreciseModel) =
        let p = model.P
        let within c d = model.Within[c + d * p]
        let rank = model.Blocks |> Array.sumBy _.Rank

        let columns = [|
            for c in 0 .. p - 2 do
                let whole = standard.Products.Value[c + c * p]

                // Of X, within the levels.
                if within c c * within c c > PreciseReduction.dependent * PreciseReduction.dependent * whole then
                    c
        |]

        let left = within (p - 1) (p - 1)

        let size =
            design.Response
            |> Seq.mapi (fun row y ->
                let offset =
                    design.Offset
                    |> Option.map (fun offset -> offset[row])
                    |> Option.defaultValue 0.0

                let root =
                    standard.RootWeights
                    |> Option.map (fun roots -> roots[row])
                    |> Option.defaultValue 1.0

                root * (abs y + abs offset) / standard.ResponseScale)
            |> Seq.sumBy (fun y -> y * y)
            |> sqrt

        model.Rows > rank + columns.Length && abs left <= rounding * size
