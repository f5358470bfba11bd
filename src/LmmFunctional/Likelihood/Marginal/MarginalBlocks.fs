namespace LmmFunctional.Estimation

open System
open System.Collections.Generic
open System.Runtime.InteropServices

/// <summary>The rows of a model parted into independent blocks, and blocks alike gathered into patterns.</summary>
[<RequireQualifiedAccess>]
module internal MarginalBlocks =

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

    /// What decides the covariances of the rows.
    [<NoEquality; NoComparison>]
    type private RowData = {
        Rows: int
        Terms: StandardisedTerm[]
        Positions: int[]
        Levels: int[]
        Covariates: float[][]
        RootVariances: float[]
        Subjects: int[]
        /// Codes that rows of one block share with others of it, with how many there are.
        Codings: (int * int[]) list
        /// Whether residuals of a subject are correlated.
        IsCorrelated: bool
    } with

        /// Whether blocks are subjects.
        member data.HasOneSubject = data.Codings.Length = 1 && data.IsCorrelated

    let private dataOf (standard: Standardised) (residual: ResidualDesign option) : RowData =
        let rows = standard.Rows
        let terms = Array.ofList standard.Terms
        let none: int[] = Array.zeroCreate rows

        let correlated =
            residual |> Option.filter (fun design -> not design.Factors.IsEmpty)

        {
            Rows = rows
            Terms = terms
            Positions = residual |> Option.map (positionsOf rows) |> Option.defaultValue none
            Levels =
                residual
                |> Option.bind _.Levels
                |> Option.map (fun (_, _, codes) -> codes)
                |> Option.defaultValue none
            Covariates =
                match residual with
                | None -> [||]
                | Some design -> design.Variances |> Seq.map (snd >> covariate rows) |> Array.ofSeq
            RootVariances =
                match standard.RootWeights with
                | Some roots -> roots |> Array.map (fun root -> 1.0 / root)
                | None -> Array.create rows 1.0
            Subjects =
                match correlated with
                | Some design -> design.SubjectCodes
                | None -> Array.init rows id
            Codings = [
                match correlated with
                | Some design -> design.Subjects.Length, design.SubjectCodes
                | None -> ()

                for term in terms do
                    term.Levels, term.Codes
            ]
            IsCorrelated = correlated.IsSome
        }

    /// Rows of each block, blocks in the order of their first rows.
    let private blocksOf (data: RowData) : int[][] =
        let ids = RowComponents.components data.Rows data.Codings
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

        for row in 0 .. data.Rows - 1 do
            let block = places[ids[row]]
            blocks[block].[filled[block]] <- row
            filled[block] <- filled[block] + 1

        blocks

    /// Puts the rows of each block into an order that depends on nothing but what decides their covariances.
    let private sort (data: RowData) (blocks: int[][]) =
        let subjects, positions = data.Subjects, data.Positions

        let numbers = [
            yield! data.Covariates
            data.RootVariances

            for term in data.Terms do
                yield! term.Columns
        ]

        let compare a b =
            let mutable result = compare subjects[a] subjects[b]

            if result = 0 then
                result <- compare positions[a] positions[b]

            for values in numbers do
                if result = 0 then
                    result <- compare values[a] values[b]

            if result = 0 then compare a b else result

        let comparer = Comparer<int>.Create(Comparison compare)

        let isInOrder (block: int[]) =
            let mutable i = 1

            while i < block.Length && compare block[i - 1] block[i] < 0 do
                i <- i + 1

            i >= block.Length

        // Most data are in order already.
        for block in blocks do
            if not (isInOrder block) then
                Array.Sort(block, comparer)

    /// What decides the covariances of a block, as numbers: blocks with the same are one pattern.
    let private signature (data: RowData) (marks: Dictionary<int, int>) (block: int[]) : int64[] =
        let m = block.Length

        let key: int64[] =
            Array.zeroCreate (
                m
                * (4
                   + data.Covariates.Length
                   + (data.Terms |> Array.sumBy (fun term -> 1 + term.Columns.Length)))
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

        addCodes data.Levels
        addCodes data.Positions
        addNumbers data.RootVariances

        if data.HasOneSubject then
            part <- part + 1
        else
            addLocal data.Subjects

        for values in data.Covariates do
            addNumbers values

        for term in data.Terms do
            addLocal term.Codes

            for column in term.Columns do
                addNumbers column

        key

    /// <summary>The patterns of a model.</summary>
    /// <param name="standard">The model on the inner scale.</param>
    /// <param name="residual">The residual structure met with the data; None for independent residuals.</param>
    let patterns (standard: Standardised) (residual: ResidualDesign option) : MarginalPattern[] =
        let data = dataOf standard residual
        let blocks = blocksOf data
        sort data blocks

        let marks = Dictionary<int, int>()
        let found = Dictionary<int64[], int>(signatures)
        let members = ResizeArray<ResizeArray<int[]>>()

        for block in blocks do
            let key = signature data marks block

            match found.TryGetValue key with
            | true, index -> members[index].Add block
            | false, _ ->
                found.Add(key, members.Count)
                members.Add(ResizeArray [ block ])

        let ofBlock (values: 'value[]) (block: int[]) =
            block |> Array.map (fun row -> values[row])

        let rowsOf (block: int[]) = {
            Subjects = local marks data.Subjects block
            Levels = ofBlock data.Levels block
            Positions = ofBlock data.Positions block
            Covariates = data.Covariates |> Array.map (fun values -> ofBlock values block)
            RootVariances = ofBlock data.RootVariances block
        }

        let termsOf (block: int[]) =
            data.Terms
            |> Array.map (fun term -> {
                Codes = local marks term.Codes block
                Columns = term.Columns |> Array.map (fun column -> ofBlock column block)
            })

        let columns = [| yield! standard.Fixed; standard.Response |]

        let shapes =
            members |> Seq.map (fun own -> rowsOf own[0], termsOf own[0]) |> Array.ofSeq

        MarginalPattern.create shapes columns (members |> Seq.map Array.concat |> Array.ofSeq)
