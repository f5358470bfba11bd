namespace LmmFunctional.Numerics

open System
open System.Buffers
open FSharp.NativeInterop

/// <summary>Matrix products on column-major blocks, by packed panels (Goto and van de Geijn 2008).</summary>
/// <remarks>Tiles are fixed by the shapes alone, so the same product has the same bits at any number of threads.</remarks>
[<AbstractClass; Sealed>]
type internal Product private () =

    // A packed panel of A (BlockRows × Depth) fits the second-level cache, a slice of B (Depth × tile columns) the first.
    static let depthBlock = 256
    // Small products take smaller blocks, so that two threads find enough tiles of equal size.
    static let blockFor (m: int) (n: int) = if max m n <= 768 then 96 else 192

    static let roundUp n multiple =
        (n + multiple - 1) / multiple * multiple

    /// Packs m rows and depth columns of op(A) into panels of the given height; missing rows are zero.
    static member private Pack
        (
            source: nativeptr<float>,
            stride: int,
            transposed: bool,
            m: int,
            depth: int,
            target: nativeptr<float>,
            height: int
        ) =
        for first in 0..height .. m - 1 do
            let rows = min height (m - first)
            let panel = NativePtr.add target (first * depth)

            if transposed then
                for i in 0 .. height - 1 do
                    if i < rows then
                        let column = NativePtr.add source ((first + i) * stride)

                        for k in 0 .. depth - 1 do
                            NativePtr.set panel (k * height + i) (NativePtr.get column k)
                    else
                        for k in 0 .. depth - 1 do
                            NativePtr.set panel (k * height + i) 0.0
            else
                for k in 0 .. depth - 1 do
                    let column = NativePtr.add source (first + k * stride)

                    let slice =
                        Span<float>(NativePtr.toVoidPtr (NativePtr.add panel (k * height)), height)

                    Span<float>(NativePtr.toVoidPtr column, rows).CopyTo slice

                    if rows < height then
                        slice.Slice(rows).Clear()

    /// C += α A B for packed A (m rows) and B (n columns); with lower, tiles strictly above the diagonal are skipped.
    static member private MultiplyPacked
        (
            m: int,
            n: int,
            depth: int,
            a: nativeptr<float>,
            b: nativeptr<float>,
            c: nativeptr<float>,
            stride: int,
            alpha: float,
            lower: bool
        ) =
        let height = MicroKernel.Rows
        let width = MicroKernel.Columns
        let edge = NativePtr.stackalloc<float>(24 * 8)

        for j in 0..width .. n - 1 do
            let columns = min width (n - j)
            let panelB = NativePtr.add b (j * depth)

            for i in 0..height .. m - 1 do
                let rows = min height (m - i)

                if not lower || i + rows - 1 >= j then
                    let panelA = NativePtr.add a (i * depth)

                    if rows = height && columns = width then
                        MicroKernel.Multiply(
                            depth,
                            panelA,
                            panelB,
                            width,
                            NativePtr.add c (i + j * stride),
                            stride,
                            alpha
                        )
                    else
                        Span<float>(NativePtr.toVoidPtr edge, height * width).Clear()
                        MicroKernel.Multiply(depth, panelA, panelB, width, edge, height, alpha)

                        for jj in 0 .. columns - 1 do
                            for ii in 0 .. rows - 1 do
                                let at = i + ii + (j + jj) * stride
                                NativePtr.set c at (NativePtr.get c at + NativePtr.get edge (ii + jj * height))

    /// Packs a block of an operand: so many of its outer indices from one on, and of the inner ones.
    static member private PackBlock
        (
            source: nativeptr<float>,
            stride: int,
            transposed: bool,
            outer: int,
            count: int,
            inner: int,
            depth: int,
            target: nativeptr<float>,
            width: int
        ) =
        let start =
            if transposed then
                inner + outer * stride
            else
                outer + inner * stride

        Product.Pack(NativePtr.add source start, stride, transposed, count, depth, target, width)

    /// <summary>C += α op(A) op(B), with C m×n and inner dimension k. Overwrites C; with lower (m = n), tiles strictly above
    /// its diagonal are left alone.</summary>
    static member Add
        (
            m,
            n,
            k,
            alpha,
            a: nativeptr<float>,
            strideA,
            transposeA,
            b: nativeptr<float>,
            strideB,
            transposeB,
            c: nativeptr<float>,
            strideC,
            lower: bool
        ) =
        if m > 0 && n > 0 && k > 0 then
            let height = MicroKernel.Rows
            let width = MicroKernel.Columns
            let rowBlock = blockFor m n
            let columnBlock = rowBlock
            let blocksDown = (m + rowBlock - 1) / rowBlock
            let blocksAcross = (n + columnBlock - 1) / columnBlock
            let packedLengthA = roundUp rowBlock height * depthBlock
            let packedLengthB = roundUp columnBlock width * depthBlock
            let panelsA = Workspace.Rent(blocksDown * packedLengthA)
            let panelsB = Workspace.Rent(blocksAcross * packedLengthB)

            for first in 0..depthBlock .. k - 1 do
                let depth = min depthBlock (k - first)
                let flops = 2.0 * float m * float n * float depth * (if lower then 0.5 else 1.0)

                Tiles.Run(
                    blocksDown + blocksAcross,
                    flops,
                    fun tile ->
                        if tile < blocksDown then
                            let row = tile * rowBlock
                            let target = NativePtr.add panelsA.Pointer (tile * packedLengthA)
                            let count = min rowBlock (m - row)
                            Product.PackBlock(a, strideA, transposeA, row, count, first, depth, target, height)
                        else
                            let block = tile - blocksDown
                            let column = block * columnBlock
                            let target = NativePtr.add panelsB.Pointer (block * packedLengthB)
                            let count = min columnBlock (n - column)
                            Product.PackBlock(b, strideB, not transposeB, column, count, first, depth, target, width)
                )

                Tiles.Run(
                    blocksDown * blocksAcross,
                    flops,
                    fun tile ->
                        let down = tile % blocksDown
                        let across = tile / blocksDown
                        let row = down * rowBlock
                        let column = across * columnBlock

                        if not lower || down >= across then
                            Product.MultiplyPacked(
                                min rowBlock (m - row),
                                min columnBlock (n - column),
                                depth,
                                NativePtr.add panelsA.Pointer (down * packedLengthA),
                                NativePtr.add panelsB.Pointer (across * packedLengthB),
                                NativePtr.add c (row + column * strideC),
                                strideC,
                                alpha,
                                lower && down = across
                            )
                )

            Workspace.Return panelsA
            Workspace.Return panelsB
