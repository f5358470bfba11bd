namespace LmmFunctional.Numerics

open System
open FSharp.NativeInterop

/// <summary>The inverse of a large positive definite matrix from its Cholesky factor, in panels; lower triangle, in place.
/// </summary>
/// <remarks>From the last block column to the first: with L = [L₁₁ 0; L₂₁ L₂₂], X = L₁₁⁻¹ and W = L₂₁X, the inverse C has
/// C₂₁ = −C₂₂W and C₁₁ = XᵀX − C₂₁ᵀW (Takahashi's equations by blocks). Tiles are fixed by the order alone.</remarks>
[<AbstractClass; Sealed>]
type internal PanelInverse private () =

    /// X = L₁₁⁻¹ of every block, in three forms of step² floats each: by columns, by rows, and Xᵀ in panels.
    static member private Inverses(panels: Panels, step: int, forms: LmmFunctional.Numerics.Buffer) =
        let height = MicroKernel.Rows
        let square = step * step

        Tiles.Run(
            (panels.Order + step - 1) / step,
            float panels.Order * float square,
            fun index ->
                let first = index * step
                let width = min step (panels.Order - first)
                let block = Workspace.Rent square
                panels.LoadBlock(first, width, block.Pointer)
                let x = NativePtr.add forms.Pointer (3 * index * square)
                let rows = NativePtr.add x square
                let transposed = NativePtr.add rows square
                Triangular.InvertSmall(width, block.Pointer, width, x)

                for k in 0 .. width - 1 do
                    for i in 0 .. width - 1 do
                        let value = NativePtr.get x (k + i * width)
                        NativePtr.set rows (k * width + i) value
                        NativePtr.set transposed ((i / height * width + k) * height + i % height) value

                Workspace.Return block
        )

    /// W = L₂₁X of a block column, row by row: rows of the panels from one to another.
    static member private Weights
        (
            panels: Panels,
            first: int,
            width: int,
            transposed: nativeptr<float>,
            w: nativeptr<float>,
            start: int,
            last: int
        ) =
        let height = MicroKernel.Rows

        for panel in start..last do
            let at = NativePtr.add w (panel * height * width)
            Span<float>(NativePtr.toVoidPtr at, height * width).Clear()

            for row in 0 .. MicroKernel.Columns .. height - 1 do
                for part in 0 .. width / height - 1 do
                    MicroKernel.Multiply(
                        width,
                        NativePtr.add transposed (part * width * height),
                        NativePtr.add (panels.At(panel, first)) row,
                        height,
                        NativePtr.add at (row * width + part * height),
                        width,
                        1.0
                    )

    /// C₂₁ = −C₂₂W for a group of panels, and its transpose into the rows of the block.
    static member private Below(inverse: Panels, first: int, width: int, w: nativeptr<float>, start: int, last: int) =
        let height = MicroKernel.Rows
        let below = first + width

        for panel in start..last do
            inverse.Clear(panel, first, width)

        let right = NativePtr.add w (below * width)
        inverse.Multiply(start, last, below, inverse.Order, right, width, first, width, -1.0)

        for panel in start..last do
            for column in 0 .. width - 1 do
                let source = inverse.At(panel, first + column)

                let target =
                    NativePtr.add (inverse.At((first + column) / height, panel * height)) ((first + column) % height)

                for i in 0 .. height - 1 do
                    NativePtr.set target (i * height) (NativePtr.get source i)

    /// Some columns of C₁₁ = XᵀX − C₂₁ᵀW.
    static member private Diagonal
        (inverse: Panels, first: int, width: int, forms: nativeptr<float>, square: int, w: nativeptr<float>, column: int) =
        let height = MicroKernel.Rows
        let below = first + width
        let rows = NativePtr.add forms (square + column)
        let transposed = NativePtr.add forms (2 * square)
        let columns = MicroKernel.Columns

        for part in 0 .. width / height - 1 do
            let panel = first / height + part
            inverse.Clear(panel, first + column, columns)
            let target = inverse.At(panel, first + column)
            let left = NativePtr.add transposed (part * width * height)
            MicroKernel.Multiply(width, left, rows, width, target, height, 1.0)

        let right = NativePtr.add w (below * width + column)
        let firstPanel = first / height
        let lastPanel = firstPanel + width / height - 1

        if below < inverse.Order then
            inverse.Multiply(firstPanel, lastPanel, below, inverse.Order, right, width, first + column, columns, -1.0)

    /// <summary>L ← (L Lᵀ)⁻¹, lower triangle, from a Cholesky factor.</summary>
    static member Invert(n: int, l: nativeptr<float>, stride: int) =
        let height = MicroKernel.Rows
        let panels = Panels.Rent n
        let inverse = Panels.Rent n
        let order = panels.Order
        let step = panels.Step
        let square = step * step
        let blocks = (order + step - 1) / step
        let forms = Workspace.Rent(3 * blocks * square)
        let mutable weights = Workspace.Rent(order * step)
        let mutable next = Workspace.Rent(order * step)
        panels.Load(n, l, stride)
        PanelInverse.Inverses(panels, step, forms)

        let formsOf block =
            NativePtr.add forms.Pointer (3 * block * square)

        for block in blocks - 1 .. -1 .. 0 do
            let first = block * step
            let width = min step (order - first)
            let below = first + width
            let w = weights.Pointer

            if below < order then
                let rest = float (order - below)

                inverse.ForGroups(
                    below / height,
                    2.0 * rest * rest * float width,
                    fun start last -> PanelInverse.Below(inverse, first, width, w, start, last)
                )

            // The block on the diagonal, and meanwhile W of the next block column.
            let slices = width / MicroKernel.Columns
            let group = panels.Group

            let groups =
                if block = 0 then
                    0
                else
                    ((order - first) / height + group - 1) / group

            let v = next.Pointer

            Tiles.Run(
                slices + groups,
                2.0 * float (order - first) * float (width * width + square),
                fun tile ->
                    if tile < slices then
                        let column = tile * MicroKernel.Columns
                        PanelInverse.Diagonal(inverse, first, width, formsOf block, square, w, column)
                    else
                        let start = first / height + (tile - slices) * group
                        let last = min (order / height - 1) (start + group - 1)
                        let transposed = NativePtr.add (formsOf (block - 1)) (2 * square)
                        PanelInverse.Weights(panels, first - step, step, transposed, v, start, last)
            )

            let swap = weights
            weights <- next
            next <- swap

        inverse.Store(n, l, stride)
        Workspace.Return forms
        Workspace.Return weights
        Workspace.Return next
        Panels.Return panels
        Panels.Return inverse
