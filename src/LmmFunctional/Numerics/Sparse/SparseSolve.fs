namespace LmmFunctional.Numerics

open System
open FSharp.NativeInterop
// Again, so that Buffer is ours and not that of System.
open LmmFunctional.Numerics

/// <summary>Solves with the factor of a sparse matrix, for m right-hand sides by columns, in the order of elimination.</summary>
[<AbstractClass; Sealed>]
type internal SparseSolve private () =

    // Right-hand sides that one thread takes at once.
    static let chunk = 32

    static let isDense w r m =
        m >= 8 && w >= 16 && float w * float (w + r) * float m > 50000.0

    /// Whether the segments of all columns that belong to one supernode are zero, so that nothing is left to do there.
    static member private IsZero(w: int, m: int, x: nativeptr<float>, stride: int) =
        let mutable isZero = true
        let mutable c = 0

        while isZero && c < m do
            let mutable k = 0

            while isZero && k < w do
                isZero <- (NativePtr.get x (k + c * stride) = 0.0)
                k <- k + 1

            c <- c + 1

        isZero

    /// One supernode of x ← L⁻¹ x for m columns.
    static member private ForwardFront(tree: Supernodes, panels: Buffer, s: int, m: int, x: nativeptr<float>) =
        let stride = tree.Size
        let w, r = tree.Width s, tree.Height s
        let n = w + r
        let panel = NativePtr.add panels.Pointer tree.PanelStarts[s]
        let own = NativePtr.add x tree.Columns[s]
        let start = tree.RowStarts[s]

        if not (SparseSolve.IsZero(w, m, own, stride)) then
            if isDense w r m then
                Triangular.SolveLeft(w, m, panel, n, false, own, stride)

                if r > 0 then
                    let image = Workspace.Rent(r * m)
                    image.Span.Slice(0, r * m).Clear()
                    let below = NativePtr.add panel w
                    Product.Add(r, m, w, 1.0, below, n, false, own, stride, false, image.Pointer, r, false)

                    for c in 0 .. m - 1 do
                        let column = NativePtr.add x (c * stride)

                        for i in 0 .. r - 1 do
                            let target = NativePtr.add column tree.Rows[start + i]
                            NativePtr.write target (NativePtr.read target - image[i + c * r])

                    Workspace.Return image
            else
                for c in 0 .. m - 1 do
                    let column = NativePtr.add x (c * stride)
                    let segment = NativePtr.add own (c * stride)

                    for k in 0 .. w - 1 do
                        let factor = NativePtr.add panel (k * n)
                        let value = NativePtr.get segment k / NativePtr.get factor k
                        NativePtr.set segment k value

                        if value <> 0.0 then
                            let under = k + 1

                            VectorKernel.AddScaled(
                                w - under,
                                -value,
                                NativePtr.add factor under,
                                NativePtr.add segment under
                            )

                            for i in 0 .. r - 1 do
                                let target = NativePtr.add column tree.Rows[start + i]
                                let change = value * NativePtr.get factor (w + i)
                                NativePtr.write target (NativePtr.read target - change)

    /// x ← L⁻ᵀ x for m columns.
    static member private BackwardChunk(tree: Supernodes, panels: Buffer, m: int, x: nativeptr<float>) =
        let stride = tree.Size

        for s in tree.Count - 1 .. -1 .. 0 do
            let w, r = tree.Width s, tree.Height s
            let n = w + r
            let panel = NativePtr.add panels.Pointer tree.PanelStarts[s]
            let own = NativePtr.add x tree.Columns[s]
            let start = tree.RowStarts[s]
            let below = Workspace.Rent(max 1 (r * m))

            for c in 0 .. m - 1 do
                for i in 0 .. r - 1 do
                    below[i + c * r] <- NativePtr.get x (tree.Rows[start + i] + c * stride)

            if isDense w r m then
                if r > 0 then
                    let factor = NativePtr.add panel w
                    Product.Add(w, m, r, -1.0, factor, n, true, below.Pointer, r, false, own, stride, false)

                Triangular.SolveLeft(w, m, panel, n, true, own, stride)
            else
                for c in 0 .. m - 1 do
                    let segment = NativePtr.add own (c * stride)

                    for k in w - 1 .. -1 .. 0 do
                        let factor = NativePtr.add panel (k * n)
                        let under = k + 1

                        let inside =
                            VectorKernel.Dot(w - under, NativePtr.add factor under, NativePtr.add segment under)

                        let outside =
                            VectorKernel.Dot(r, NativePtr.add factor w, NativePtr.add below.Pointer (c * r))

                        let value = (NativePtr.get segment k - inside - outside) / NativePtr.get factor k
                        NativePtr.set segment k value

            Workspace.Return below

    static member private InChunks(tree: Supernodes, m: int, body: int -> int -> unit) =
        let operations = 4.0 * float tree.PanelLength * float m

        Tiles.Run((m + chunk - 1) / chunk, operations, fun tile -> body (tile * chunk) (min chunk (m - tile * chunk)))

    /// <summary>x ← L⁻¹ x where x is zero outside the columns of these supernodes, ascending, with all their ancestors.</summary>
    static member ForwardOn(factor: SparseCholesky, supernodes: int[], m: int, x: nativeptr<float>) =
        for s in supernodes do
            SparseSolve.ForwardFront(factor.Tree, factor.Panels, s, m, x)

    /// x ← L⁻¹ x.
    static member Forward(factor: SparseCholesky, m: int, x: nativeptr<float>) =
        SparseSolve.InChunks(
            factor.Tree,
            m,
            fun first count ->
                let columns = NativePtr.add x (first * factor.Tree.Size)

                for s in 0 .. factor.Tree.Count - 1 do
                    SparseSolve.ForwardFront(factor.Tree, factor.Panels, s, count, columns)
        )

    /// x ← L⁻ᵀ x.
    static member Backward(factor: SparseCholesky, m: int, x: nativeptr<float>) =
        SparseSolve.InChunks(
            factor.Tree,
            m,
            fun first count ->
                let columns = NativePtr.add x (first * factor.Tree.Size)
                SparseSolve.BackwardChunk(factor.Tree, factor.Panels, count, columns)
        )
