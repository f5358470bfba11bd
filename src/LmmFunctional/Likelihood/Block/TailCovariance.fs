namespace LmmFunctional.Estimation

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>Products with the block-diagonal factor Λ of the tail: one S×S matrix per term, the same for all its levels.</summary>
[<RequireQualifiedAccess>]
module internal TailCovariance =

    /// Left-multiplies rows of one column by the term's matrix, from the given level of the term on.
    let private applyToColumn
        (column: nativeptr<float>)
        start
        order
        levels
        firstLevel
        (matrix: float[])
        (scratch: float[])
        =
        if order = 1 then
            VectorKernel.Scale(levels - firstLevel, matrix[0], NativePtr.add column (start + firstLevel))
        else
            for level in firstLevel .. levels - 1 do
                let rows = NativePtr.add column (start + level * order)

                for i in 0 .. order - 1 do
                    scratch[i] <- NativePtr.get rows i

                for i in 0 .. order - 1 do
                    let mutable sum = 0.0

                    for k in 0 .. order - 1 do
                        sum <- sum + matrix[i + k * order] * scratch[k]

                    NativePtr.set rows i sum

    /// <summary>R (q₂×m) ← M R, where M has one S×S block per level of each term.</summary>
    let apply (matrices: float[][]) columns (r: nativeptr<float>) (cross: CrossProducts) =
        let scratch = Array.zeroCreate (Array.fold max 1 cross.TailOrders)

        for c in 0 .. columns - 1 do
            let column = NativePtr.add r (c * cross.Tail)

            for t in 0 .. cross.TailOrders.Length - 1 do
                let order = cross.TailOrders[t]
                let levels = cross.TailLevels t
                applyToColumn column cross.TailOffsets[t] order levels 0 matrices[t] scratch

    /// <summary>target ← M source Mᵀ on the lower triangle, block by block.</summary>
    let congruence (matrices: float[][]) (source: Buffer) (target: Buffer) (cross: CrossProducts) =
        let q = cross.Tail

        for u in 0 .. cross.TailOrders.Length - 1 do
            let width = cross.TailOrders[u]
            let levelsU = cross.TailLevels u
            let right = matrices[u]
            let perTile = 64

            Tiles.Run(
                (levelsU + perTile - 1) / perTile,
                float (cross.TailOffsets[u + 1] - cross.TailOffsets[u]) * float q,
                fun tile ->
                    let scratch = Array.zeroCreate (Array.fold max 1 cross.TailOrders)

                    for level in tile * perTile .. min levelsU ((tile + 1) * perTile) - 1 do
                        let first = cross.TailOffsets[u] + level * width

                        // Columns of the block times Mᵀ; the block on the diagonal is read from its lower triangle.
                        for j in 0 .. width - 1 do
                            let column = NativePtr.add target.Pointer ((first + j) * q)

                            if width = 1 then
                                let count = q - first

                                source.Span
                                    .Slice(first + first * q, count)
                                    .CopyTo(Span<float>(NativePtr.toVoidPtr (NativePtr.add column first), count))

                                VectorKernel.Scale(count, right[0], NativePtr.add column first)
                            else
                                for row in first .. q - 1 do
                                    let mutable sum = 0.0

                                    for k in 0 .. width - 1 do
                                        let factor = right[j + k * width]

                                        if factor <> 0.0 then
                                            sum <- sum + factor * Symmetric.Get(q, source.Pointer, row, first + k)

                                    NativePtr.set column row sum

                        for j in 0 .. width - 1 do
                            let column = NativePtr.add target.Pointer ((first + j) * q)

                            for t in u .. cross.TailOrders.Length - 1 do
                                let order = cross.TailOrders[t]
                                let levels = cross.TailLevels t
                                let firstLevel = if t = u then level else 0
                                applyToColumn column cross.TailOffsets[t] order levels firstLevel matrices[t] scratch
            )
