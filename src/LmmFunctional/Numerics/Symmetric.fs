namespace LmmFunctional.Numerics

open FSharp.NativeInterop

/// <summary>Symmetric matrices held by their lower triangle, column-major, with stride n.</summary>
[<AbstractClass; Sealed>]
type internal Symmetric private () =

    /// Y += A X for the columns of A from one to before another, and for the rows that mirror them.
    static member private AddColumns
        (n, m, a: nativeptr<float>, x: nativeptr<float>, y: nativeptr<float>, first, until)
        =
        for j in first .. until - 1 do
            let column = NativePtr.add a (j + j * n)
            let below = n - j - 1

            for k in 0 .. m - 1 do
                let own = NativePtr.add x (j + k * n)
                let image = NativePtr.add y (j + k * n)
                let value = NativePtr.get own 0
                let dot = VectorKernel.Dot(below, NativePtr.add column 1, NativePtr.add own 1)
                NativePtr.set image 0 (NativePtr.get image 0 + NativePtr.get column 0 * value + dot)

                if value <> 0.0 then
                    VectorKernel.AddScaled(below, value, NativePtr.add column 1, NativePtr.add image 1)

    /// <summary>Y ← A X for m columns, each matrix with stride n; one pass over A.</summary>
    static member MultiplyColumns(n: int, m: int, a: nativeptr<float>, x: nativeptr<float>, y: nativeptr<float>) =
        // Columns in tiles of about equal area; every tile but the first has a sum of its own.
        let tiles = if n < 512 then 1 else 8

        let edge tile =
            if tile = tiles then
                n
            else
                int (float n * (1.0 - sqrt (1.0 - float tile / float tiles)))

        let sums = Workspace.Rent(max 1 ((tiles - 1) * n * m))

        Tiles.Run(
            tiles,
            2.0 * float n * float n * float m,
            fun tile ->
                let sum =
                    if tile = 0 then
                        y
                    else
                        NativePtr.add sums.Pointer ((tile - 1) * n * m)

                System.Span<float>(NativePtr.toVoidPtr sum, n * m).Clear()
                Symmetric.AddColumns(n, m, a, x, sum, edge tile, edge (tile + 1))
        )

        for tile in 1 .. tiles - 1 do
            VectorKernel.AddScaled(n * m, 1.0, NativePtr.add sums.Pointer ((tile - 1) * n * m), y)

        Workspace.Return sums

    /// y ← A x.
    static member Multiply(n: int, a: nativeptr<float>, x: nativeptr<float>, y: nativeptr<float>) =
        Symmetric.MultiplyColumns(n, 1, a, x, y)

    /// full ← A with both triangles; it may be A itself.
    static member Mirror(n: int, a: nativeptr<float>, full: nativeptr<float>) =
        // Square blocks, so that the columns written and those read stay in the cache.
        let block = 32
        let blocks = (n + block - 1) / block

        Tiles.Run(
            blocks,
            2.0 * float n * float n,
            fun across ->
                for down in across .. blocks - 1 do
                    for j in across * block .. min n ((across + 1) * block) - 1 do
                        for i in max j (down * block) .. min n ((down + 1) * block) - 1 do
                            let value = NativePtr.get a (i + j * n)
                            NativePtr.set full (i + j * n) value
                            NativePtr.set full (j + i * n) value
        )

    /// Element (i, j).
    static member Get(n: int, a: nativeptr<float>, i: int, j: int) = NativePtr.get a (max i j + min i j * n)
