namespace LmmFunctional.Estimation

open System
open System.Collections.Generic
open System.Runtime.InteropServices

/// <summary>The rows of a model parted into independent blocks, and blocks alike gathered into patterns.</summary>
[<RequireQualifiedAccess>]
module internal MarginalBlocks =

    /// Components of rows that share a code: one component for each row when there are no codes.
    let private components rows (codings: (int * int[]) list) : int[] =
        let starts = codings |> List.scan (fun start (levels, _) -> start + levels) 0
        let parent = Array.init (List.last starts) id

        let rec root node =
            if parent[node] = node then
                node
            else
                parent[node] <- parent[parent[node]]
                root parent[node]

        match codings with
        | [] -> Array.init rows id
        | (_, leading) :: others ->
            for (_, codes), start in Seq.zip others (List.tail starts) do
                for row in 0 .. rows - 1 do
                    let a, b = root leading[row], root (start + codes[row])

                    if a <> b then
                        parent[max a b] <- min a b

            leading |> Array.map root

    /// Codes as they are counted within a block: zero for the first that appears. The marks of one factor serve all blocks.
    let private local (marks: Dictionary<int, int>) (codes: int[]) (rows: int[]) =
        marks.Clear()

        rows
        |> Array.map (fun row ->
            match marks.TryGetValue codes[row] with
            | true, code -> code
            | false, _ ->
                let code = marks.Count
                marks.Add(codes[row], code)
                code)

    /// Positions along all axes as one number, the first axis varying fastest.
    let private positionsOf rows (design: ResidualDesign) =
        let codes: int[] = Array.zeroCreate rows
        let mutable step = 1

        for axis in design.Factors do
            for row in 0 .. rows - 1 do
                codes[row] <- codes[row] + step * axis.Position[row]

            step <- step * axis.Labels.Length

        codes

    // Fitted values are one until there is a fit to take them from.
    let private covariate rows (values: VarianceValues) =
        match values with
        | VarianceValues.Groups(_, codes) -> codes |> Array.map float
        | VarianceValues.Covariate values -> values
        | VarianceValues.FittedValues -> Array.create rows 1.0

    let private signatures = {
        new IEqualityComparer<int64[]> with
            member _.Equals(a, b) = a.AsSpan().SequenceEqual(b.AsSpan())

            member _.GetHashCode key =
                let mutable hash = HashCode()
                hash.AddBytes(MemoryMarshal.AsBytes(ReadOnlySpan key))
                hash.ToHashCode()
    }

    /// <summary>The patterns of a model.</summary>
    /// <param name="standard">The model on the inner scale.</param>
    /// <param name="residual">The residual structure met with the data; None for independent residuals.</param>
    let patterns (standard: Standardised) (residual: ResidualDesign option) : MarginalPattern[] =
        let rows = standard.Rows
        let terms = Array.ofList standard.Terms

        let none: int[] = Array.zeroCreate rows

        let positions, levels, covariates =
            match residual with
            | None -> none, none, []
            | Some design ->
                positionsOf rows design,
                (match design.Levels with
                 | Some(_, _, codes) -> codes
                 | None -> none),
                design.Variances |> List.map (snd >> covariate rows)

        let isCorrelated =
            residual |> Option.exists (fun design -> not design.Factors.IsEmpty)

        let codings = [
            match residual with
            | Some design when isCorrelated -> design.Subjects.Length, design.SubjectCodes
            | _ -> ()

            for term in terms do
                term.Levels, term.Codes
        ]

        let subjects =
            match residual with
            | Some design when isCorrelated -> design.SubjectCodes
            | _ -> Array.init rows id

        let rootVariances =
            match standard.RootWeights with
            | Some roots -> roots |> Array.map (fun root -> 1.0 / root)
            | None -> Array.create rows 1.0

        let numbers = [
            yield! covariates
            rootVariances

            for term in terms do
                yield! term.Columns
        ]

        // Rows of a block in an order that depends on nothing but what decides their covariances.
        let compare a b =
            let mutable result = compare subjects[a] subjects[b]

            if result = 0 then
                result <- compare positions[a] positions[b]

            for values in numbers do
                if result = 0 then
                    result <- compare values[a] values[b]

            if result = 0 then compare a b else result

        let comparer = Comparer<int>.Create(Comparison compare)

        // Rows of each block in order, blocks in the order of their first rows.
        let blocks =
            let ids = components rows codings
            let places: int[] = Array.create (1 + Array.max ids) -1
            let sizes = ResizeArray<int>()

            for id in ids do
                if places[id] < 0 then
                    places[id] <- sizes.Count
                    sizes.Add 1
                else
                    sizes[places[id]] <- sizes[places[id]] + 1

            let blocks =
                Array.init sizes.Count (fun block -> Array.zeroCreate<int> sizes[block])

            let filled: int[] = Array.zeroCreate sizes.Count

            for row in 0 .. rows - 1 do
                let block = places[ids[row]]
                blocks[block].[filled[block]] <- row
                filled[block] <- filled[block] + 1

            let isInOrder (block: int[]) =
                let mutable i = 1

                while i < block.Length && compare block[i - 1] block[i] < 0 do
                    i <- i + 1

                i >= block.Length

            // Most data are in order already.
            for block in blocks do
                if not (isInOrder block) then
                    Array.Sort(block, comparer)

            blocks

        let marks = Dictionary<int, int>()

        let ofBlock (values: 'value[]) (block: int[]) =
            block |> Array.map (fun row -> values[row])

        let rowsOf (block: int[]) = {
            Subjects = local marks subjects block
            Levels = ofBlock levels block
            Positions = ofBlock positions block
            Covariates = covariates |> Seq.map (fun values -> ofBlock values block) |> Array.ofSeq
            RootVariances = ofBlock rootVariances block
        }

        let termsOf (block: int[]) =
            terms
            |> Array.map (fun term -> {
                Codes = local marks term.Codes block
                Columns = term.Columns |> Array.map (fun column -> ofBlock column block)
            })

        let hasOneSubject = codings.Length = 1 && isCorrelated
        let known = Array.ofList covariates

        // What decides the covariances of a block, as numbers: blocks with the same are one pattern.
        let signature (block: int[]) =
            let m = block.Length

            let key: int64[] =
                Array.zeroCreate (
                    m
                    * (4 + known.Length + (terms |> Array.sumBy (fun term -> 1 + term.Columns.Length)))
                )

            let mutable part = 0

            let addCodes (codes: int[]) =
                for i in 0 .. m - 1 do
                    key[part * m + i] <- int64 codes[block[i]]

                part <- part + 1

            let addNumbers (values: float[]) =
                for i in 0 .. m - 1 do
                    key[part * m + i] <- BitConverter.DoubleToInt64Bits values[block[i]]

                part <- part + 1

            let addLocal (codes: int[]) =
                local marks codes block
                |> Array.iteri (fun i code -> key[part * m + i] <- int64 code)

                part <- part + 1

            addCodes levels
            addCodes positions
            addNumbers rootVariances

            if hasOneSubject then
                part <- part + 1
            else
                addLocal subjects

            for values in known do
                addNumbers values

            for term in terms do
                addLocal term.Codes

                for column in term.Columns do
                    addNumbers column

            key

        let found = Dictionary<int64[], int>(signatures)
        let members = ResizeArray<ResizeArray<int[]>>()

        for block in blocks do
            let key = signature block

            match found.TryGetValue key with
            | true, index -> members[index].Add block
            | false, _ ->
                found.Add(key, members.Count)
                members.Add(ResizeArray [ block ])

        let columns = [| yield! standard.Fixed; standard.Response |]

        let shapes =
            members |> Seq.map (fun own -> rowsOf own[0], termsOf own[0]) |> Array.ofSeq

        MarginalPattern.create shapes columns (members |> Seq.map Array.concat |> Array.ofSeq)
