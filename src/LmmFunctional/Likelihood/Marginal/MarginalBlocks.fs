namespace LmmFunctional

open System
open System.Collections.Generic

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

    /// Codes as they are counted within a block: zero for the first that appears.
    let private local (codes: int[]) (rows: int[]) =
        let seen = Dictionary<int, int>()

        rows
        |> Array.map (fun row ->
            match seen.TryGetValue codes[row] with
            | true, code -> code
            | false, _ ->
                let code = seen.Count
                seen.Add(codes[row], code)
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

                for value in key do
                    hash.Add value

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

        let blocks =
            let ids = components rows codings
            let counts = Dictionary<int, ResizeArray<int>>()
            let order = ResizeArray<ResizeArray<int>>()

            for row in 0 .. rows - 1 do
                match counts.TryGetValue ids[row] with
                | true, members -> members.Add row
                | false, _ ->
                    let members = ResizeArray [ row ]
                    counts.Add(ids[row], members)
                    order.Add members

            order
            |> Seq.map (fun members ->
                members.Sort comparer
                members.ToArray())
            |> Array.ofSeq

        let rowsOf (block: int[]) = {
            Subjects = local subjects block
            Levels = block |> Array.map (fun row -> levels[row])
            Positions = block |> Array.map (fun row -> positions[row])
            Covariates =
                covariates
                |> List.map (fun values -> block |> Array.map (fun row -> values[row]))
                |> Array.ofList
            RootVariances = block |> Array.map (fun row -> rootVariances[row])
        }

        let termsOf (block: int[]) =
            terms
            |> Array.map (fun term -> {
                Codes = local term.Codes block
                Columns =
                    term.Columns
                    |> Array.map (fun column -> block |> Array.map (fun row -> column[row]))
            })

        let signature (own: ResidualRows) (ownTerms: PatternTerm[]) =
            let bits (value: float) = BitConverter.DoubleToInt64Bits value

            [|
                for codes in [ own.Subjects; own.Levels; own.Positions ] do
                    yield! Array.map int64 codes

                for values in [ yield! own.Covariates; own.RootVariances ] do
                    yield! Array.map bits values

                for term in ownTerms do
                    yield! Array.map int64 term.Codes

                    for column in term.Columns do
                        yield! Array.map bits column
            |]

        let found = Dictionary<int64[], int>(signatures)
        let members = ResizeArray<ResizeArray<int[]>>()
        let shapes = ResizeArray<struct (ResidualRows * PatternTerm[])>()

        for block in blocks do
            let own, ownTerms = rowsOf block, termsOf block
            let key = signature own ownTerms

            match found.TryGetValue key with
            | true, index -> members[index].Add block
            | false, _ ->
                found.Add(key, members.Count)
                members.Add(ResizeArray [ block ])
                shapes.Add(struct (own, ownTerms))

        let columns = [| yield! standard.Fixed; standard.Response |]

        Array.init members.Count (fun index ->
            let struct (own, ownTerms) = shapes[index]
            let rows = Array.concat members[index]
            MarginalPattern.create own ownTerms columns rows own.Subjects.Length)
