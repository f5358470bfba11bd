namespace LmmFunctional.Estimation

open System
open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>The cross-products of a model whose random terms share one grouping factor: Z'Z and Z'[X y] per group.</summary>
/// <remarks>One pass over the rows, in any order; the sums of a group run in the order of its rows, so that they do not
/// depend on the number of threads.</remarks>
[<NoComparison; ReferenceEquality>]
type internal GroupProducts = {
    /// n.
    Rows: int
    /// P = p + 1, the columns of [X y].
    P: int
    /// The number of groups.
    Levels: int
    /// S, the effects of a group, all terms together.
    Order: int
    /// Where the effects of each term start; the last element is S.
    Offsets: int[]
    /// How many floats one effect of a group takes, a multiple of eight.
    Stride: int
    /// Per group and effect: its products with the S effects, then with the P columns, then padding.
    Values: Buffer
    /// [X y]'[X y], P×P by columns.
    FixedFixed: float[]
} with

    /// Where the products of an effect with the effects of its group start.
    member products.At(level: int, effect: int) =
        (level * products.Order + effect) * products.Stride

    /// z_j'z_k of two effects of a group.
    member products.Square(level: int, effect: int, other: int) =
        products.Values[products.At(level, effect) + other]

    /// z_j'[X y] of one effect, in one of the P columns.
    member products.Fixed(level: int, effect: int, column: int) =
        products.Values[products.At(level, effect) + products.Order + column]

/// <summary>Making cross-products by group.</summary>
[<RequireQualifiedAccess>]
module internal GroupProducts =

    // Rows gathered at a time, row by row, so that they stay in the first-level cache.
    let private blockRows = 128

    let private isSorted (codes: int[]) =
        let mutable row = 1

        while row < codes.Length && codes[row - 1] <= codes[row] do
            row <- row + 1

        row >= codes.Length

    /// Sorted rows are cut where a group ends, into parts that fill different groups; others are one part.
    let private cuts (codes: int[]) =
        let n = codes.Length
        let parts = if n >= 32768 && isSorted codes then 16 else 1

        let endOfGroup row =
            let mutable at = row

            while at > 0 && at < n && codes[at] = codes[at - 1] do
                at <- at + 1

            at

        Array.init (parts + 1) (fun part -> endOfGroup (int (int64 n * int64 part / int64 parts)))

    // The kernels are compiled in full at once: most fits are over before the run time would do so.

    /// Rows first .. last − 1 of all columns, row after row, times the root of their weights.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let private gather (columns: float[][]) (weights: float[] option) stride first last (target: nativeptr<float>) =
        for c in 0 .. columns.Length - 1 do
            let column = columns[c]
            let mutable at = NativePtr.add target c

            match weights with
            | None ->
                for row in first .. last - 1 do
                    NativePtr.write at column[row]
                    at <- NativePtr.add at stride
            | Some weights ->
                for row in first .. last - 1 do
                    NativePtr.write at (column[row] * weights[row])
                    at <- NativePtr.add at stride

    /// Adds rows first .. last − 1 to the products of their groups.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let private addRows (columns: float[][]) weights (codes: int[]) order stride (values: Buffer) first last =
        let block = Workspace.Rent(blockRows * stride)
        block.Span.Clear()
        let mutable start = first

        while start < last do
            let stop = min last (start + blockRows)
            gather columns weights stride start stop block.Pointer

            for row in start .. stop - 1 do
                let own = NativePtr.add block.Pointer ((row - start) * stride)
                let group = NativePtr.add values.Pointer (codes[row] * order * stride)

                for i in 0 .. order - 1 do
                    let factor = NativePtr.get own i

                    // Effects along a series or a field are zero in all rows but those of their place.
                    if factor <> 0.0 then
                        let value = Vector512.Create factor
                        let target = NativePtr.add group (i * stride)
                        let mutable at = 0

                        while at < stride do
                            let sum = NativePtr.add target at

                            Vector512.Store(
                                Vector512.FusedMultiplyAdd(
                                    value,
                                    Vector512.Load(NativePtr.add own at),
                                    Vector512.Load sum
                                ),
                                sum
                            )

                            at <- at + 8

            start <- stop

        Workspace.Return block

    /// <summary>Memory of the cross-products: eight bytes for each of the numbers of a group, padding counted.</summary>
    let bytes levels order p =
        8.0 * float levels * float order * (8.0 * ceil ((float order + float p) / 8.0))

    /// <summary>The cross-products of a model with at least one random term, all of the same grouping factor.</summary>
    let create (model: Standardised) : GroupProducts =
        let terms = Array.ofList model.Terms
        let offsets = terms |> Array.scan (fun at term -> at + term.Columns.Length) 0
        let order = Array.last offsets
        let fixedColumns = model.FixedAndResponse
        let p = fixedColumns.Length
        let columns = Array.append (terms |> Array.collect _.Columns) fixedColumns
        let stride = (order + p + 7) / 8 * 8
        let levels, codes = terms[0].Levels, terms[0].Codes
        let values = Buffer(levels * order * stride)
        let cuts = cuts codes

        Tiles.Run(
            cuts.Length - 1,
            float model.Rows * float (order * stride),
            fun part -> addRows columns model.RootWeights codes order stride values cuts[part] cuts[part + 1]
        )

        {
            Rows = model.Observations
            P = p
            Levels = levels
            Order = order
            Offsets = offsets
            Stride = stride
            Values = values
            FixedFixed = model.Products.Value
        }

    /// <summary>The same products with another response: bit for bit those that <c>create</c> would make.</summary>
    let withResponse (model: Standardised) (products: GroupProducts) : GroupProducts =
        let columns = model.Terms |> Seq.collect _.Columns |> Array.ofSeq
        let codes = model.Terms.Head.Codes
        let values = Buffer products.Values.Length
        products.Values.Span.CopyTo values.Span
        let place = products.Order + products.P - 1

        for level in 0 .. products.Levels - 1 do
            for i in 0 .. products.Order - 1 do
                values[products.At(level, i) + place] <- 0.0

        for row in 0 .. model.Rows - 1 do
            let weight =
                match model.RootWeights with
                | Some weights -> weights[row]
                | None -> 1.0

            let response = model.Response[row] * weight

            for i in 0 .. columns.Length - 1 do
                let factor = columns[i].[row] * weight

                if factor <> 0.0 then
                    let at = products.At(codes[row], i) + place
                    values[at] <- Math.FusedMultiplyAdd(factor, response, values[at])

        {
            products with
                Values = values
                FixedFixed = model.Products.Value
        }
