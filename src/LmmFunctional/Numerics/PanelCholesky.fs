namespace LmmFunctional.Numerics

open System
open FSharp.NativeInterop

/// <summary>Cholesky factors of large matrices, in panels; lower triangle, in place.</summary>
/// <remarks>Left-looking by block columns: an element is loaded and stored once for each slice of the depth, and packed once
/// in all. Tiles are fixed by the order alone.</remarks>
[<AbstractClass; Sealed>]
type internal PanelCholesky private () =

    /// A ← L for a small matrix, column by column; false when A is not positive definite.
    static member FactorSmall(n: int, a: nativeptr<float>, stride: int) : bool =
        let mutable positive = true
        let mutable j = 0

        while positive && j < n do
            let column = NativePtr.add a (j * stride)
            let pivot = NativePtr.get column j

            if pivot > 0.0 then
                let root = sqrt pivot
                NativePtr.set column j root
                let below = j + 1
                VectorKernel.Scale(n - below, 1.0 / root, NativePtr.add column below)

                for k in below .. n - 1 do
                    VectorKernel.AddScaled(
                        n - k,
                        -NativePtr.get column k,
                        NativePtr.add column k,
                        NativePtr.add a (k + k * stride)
                    )

                j <- j + 1
            else
                positive <- false

        positive

    /// The block column from the columns on its left: its panels −= L (rows of the block)ᵀ.
    static member private Update(panels: Panels, first: int, width: int) =
        let height = MicroKernel.Rows
        let flops = 2.0 * float (panels.Order - first) * float first * float width

        panels.ForGroups(
            first / height,
            flops,
            fun start last ->
                // The rows of the block itself are the second factor, panel by panel.
                for slice in 0 .. Panels.DepthBlock .. first - 1 do
                    let depth = min Panels.DepthBlock (first - slice)

                    for column in 0 .. MicroKernel.Columns .. width - 1 do
                        let right =
                            NativePtr.add (panels.At((first + column) / height, slice)) ((first + column) % height)

                        for panel in start..last do
                            if panel * height + height > first + column then
                                MicroKernel.Multiply(
                                    depth,
                                    panels.At(panel, slice),
                                    right,
                                    height,
                                    panels.At(panel, first + column),
                                    height,
                                    -1.0
                                )
        )

    /// Everything below the block on the diagonal times the transpose of its inverse X (width×width).
    static member private Divide(panels: Panels, first: int, width: int, x: nativeptr<float>) =
        let height = MicroKernel.Rows
        let below = first + width

        panels.ForGroups(
            below / height,
            2.0 * float (panels.Order - below) * float width * float width,
            fun start last ->
                let copy = Workspace.Rent(width * height)

                for panel in start..last do
                    let own = panels.At(panel, first)
                    Span<float>(NativePtr.toVoidPtr own, width * height).CopyTo copy.Span
                    panels.Clear(panel, first, width)

                    for column in 0 .. MicroKernel.Columns .. width - 1 do
                        // Rows of X below the column are all that its transpose has above it.
                        MicroKernel.Multiply(
                            min width (column + MicroKernel.Columns),
                            copy.Pointer,
                            NativePtr.add x column,
                            width,
                            panels.At(panel, first + column),
                            height,
                            1.0
                        )

                Workspace.Return copy
        )

    /// <summary>A ← L with A = L Lᵀ; false when A is not positive definite: what it holds is then unspecified.</summary>
    static member Factor(n: int, a: nativeptr<float>, stride: int) : bool =
        let panels = Panels.Rent n
        let step = panels.Step
        let block = Workspace.Rent(step * step)
        let inverse = Workspace.Rent(step * step)
        panels.Load(n, a, stride)
        let mutable positive = true
        let mutable first = 0

        while positive && first < panels.Order do
            let width = min step (panels.Order - first)
            PanelCholesky.Update(panels, first, width)
            panels.LoadBlock(first, width, block.Pointer)
            positive <- PanelCholesky.FactorSmall(width, block.Pointer, width)

            if positive then
                panels.StoreBlock(first, width, block.Pointer)

                if first + width < panels.Order then
                    Triangular.InvertSmall(width, block.Pointer, width, inverse.Pointer)
                    PanelCholesky.Divide(panels, first, width, inverse.Pointer)

                first <- first + width

        panels.Store(n, a, stride)
        Workspace.Return block
        Workspace.Return inverse
        Panels.Return panels
        positive
