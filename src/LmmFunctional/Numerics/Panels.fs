namespace LmmFunctional.Numerics

open System
open FSharp.NativeInterop

/// <summary>A square matrix as panels of <c>MicroKernel.Rows</c> rows, each column-major and contiguous: the form that the
/// micro-kernel reads and writes, so that nothing is packed twice.</summary>
/// <remarks>The order is rounded up to full panels, the rest is that of a unit matrix. Rented; to be returned.</remarks>
[<Struct; NoComparison; NoEquality>]
type internal Panels = {
    /// The order, a multiple of the panels' height.
    Order: int
    Storage: LmmFunctional.Numerics.Buffer
} with

    /// A slice of a group of panels and of a block column stay in the second-level cache.
    static member DepthBlock = 256

    /// Columns of a step: few for small matrices, where factoring the block on the diagonal is waited for.
    member panels.Step = if panels.Order <= 1536 then 48 else 96

    /// Panels that one tile takes.
    member panels.Group = if panels.Order <= 1536 then 2 else 4

    /// The element (first row of a panel, column).
    member panels.At(panel: int, column: int) : nativeptr<float> =
        NativePtr.add panels.Storage.Pointer ((panel * panels.Order + column) * MicroKernel.Rows)

    static member Rent(n: int) : Panels =
        let height = MicroKernel.Rows
        let order = (n + height - 1) / height * height

        {
            Order = order
            Storage = Workspace.Rent(order * order)
        }

    static member Return(panels: Panels) = Workspace.Return panels.Storage

    /// The lower triangle of a matrix of order n, read panel by panel; what lies above is unspecified.
    member panels.Load(n: int, a: nativeptr<float>, stride: int) =
        let height = MicroKernel.Rows
        let panels = panels

        Tiles.Run(
            panels.Order / height,
            float n * float n,
            fun panel ->
                let first = panel * height
                let rows = min height (n - first)

                for column in 0 .. min panels.Order (first + height) - 1 do
                    let target = Span<float>(NativePtr.toVoidPtr (panels.At(panel, column)), height)

                    if column < n then
                        Span<float>(NativePtr.toVoidPtr (NativePtr.add a (first + column * stride)), rows).CopyTo target

                        if rows < height then
                            target.Slice(rows).Clear()
                    else
                        target.Clear()
                        target[column - first] <- 1.0
        )

    /// The lower triangle written back to a matrix of order n.
    member panels.Store(n: int, a: nativeptr<float>, stride: int) =
        let height = MicroKernel.Rows
        let panels = panels

        Tiles.Run(
            panels.Order / height,
            float n * float n,
            fun panel ->
                let first = panel * height
                let rows = min height (n - first)

                for column in 0 .. min n (first + rows) - 1 do
                    let skip = max 0 (column - first)
                    let source = NativePtr.add (panels.At(panel, column)) skip

                    Span<float>(NativePtr.toVoidPtr source, rows - skip)
                        .CopyTo(
                            Span<float>(
                                NativePtr.toVoidPtr (NativePtr.add a (first + skip + column * stride)),
                                rows - skip
                            )
                        )
        )

    /// A square block on the diagonal, column-major with stride width.
    member panels.LoadBlock(first: int, width: int, target: nativeptr<float>) =
        let height = MicroKernel.Rows

        for column in 0 .. width - 1 do
            for panel in 0 .. width / height - 1 do
                let source = panels.At(first / height + panel, first + column)
                let at = NativePtr.add target (panel * height + column * width)
                Span<float>(NativePtr.toVoidPtr source, height).CopyTo(Span<float>(NativePtr.toVoidPtr at, height))

    /// Writes such a block back.
    member panels.StoreBlock(first: int, width: int, source: nativeptr<float>) =
        let height = MicroKernel.Rows

        for column in 0 .. width - 1 do
            for panel in 0 .. width / height - 1 do
                let target = panels.At(first / height + panel, first + column)
                let at = NativePtr.add source (panel * height + column * width)
                Span<float>(NativePtr.toVoidPtr at, height).CopyTo(Span<float>(NativePtr.toVoidPtr target, height))

    /// Columns of a panel set to zero.
    member panels.Clear(panel: int, first: int, width: int) =
        Span<float>(NativePtr.toVoidPtr (panels.At(panel, first)), width * MicroKernel.Rows).Clear()

    /// Runs tiles over groups of panels from one on: first and last panel of a group.
    member panels.ForGroups(firstPanel: int, flops: float, body: Action<int, int>) =
        let last = panels.Order / MicroKernel.Rows - 1
        let group = panels.Group

        Tiles.Run(
            (last - firstPanel + group) / group,
            flops,
            fun tile ->
                let start = firstPanel + tile * group
                body.Invoke(start, min last (start + group - 1))
        )

    /// <summary>Columns first.. of a group of panels += α (their columns from..until − 1) B, B with rows step floats apart.
    /// </summary>
    member panels.Multiply
        (
            firstPanel: int,
            lastPanel: int,
            from: int,
            until: int,
            b: nativeptr<float>,
            step: int,
            first: int,
            width: int,
            alpha: float
        ) =
        for slice in from .. Panels.DepthBlock .. until - 1 do
            let depth = min Panels.DepthBlock (until - slice)
            let right = NativePtr.add b ((slice - from) * step)

            for column in 0 .. MicroKernel.Columns .. width - 1 do
                for panel in firstPanel..lastPanel do
                    MicroKernel.Multiply(
                        depth,
                        panels.At(panel, slice),
                        NativePtr.add right column,
                        step,
                        panels.At(panel, first + column),
                        MicroKernel.Rows,
                        alpha
                    )
