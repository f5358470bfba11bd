namespace LmmFunctional.Estimation

open FSharp.NativeInterop
open LmmFunctional.Numerics

#nowarn "9"

/// <summary>Cross-products of the columns of a matrix with many rows.</summary>
[<RequireQualifiedAccess>]
module internal ColumnProducts =

    // Fewer columns than this fill no tile of the blocked product.
    let private fewColumns = 12

    // Rows whose columns stay in cache while all pairs of them are multiplied.
    let private cachedRows = 1024

    /// X'X of some rows, the lower triangle, added to what is there.
    let private addCrossProducts n p (x: float[]) first last (sums: float[]) =
        use values = fixed x
        use target = fixed sums

        if p >= fewColumns then
            let rows = NativePtr.add values first
            Product.Add(p, p, last - first, 1.0, rows, n, true, rows, n, false, target, p, true)
        else
            for start in first..cachedRows .. last - 1 do
                let m = min cachedRows (last - start)

                for j in 0 .. p - 1 do
                    let column = NativePtr.add values (start + j * n)

                    for i in j .. p - 1 do
                        let at = NativePtr.add target (i + j * p)
                        let dot = VectorKernel.Dot(m, NativePtr.add values (start + i * n), column)
                        NativePtr.write at (NativePtr.read at + dot)

    // So few rows are one part; the number of parts depends on the sizes only.
    let private partRows = 8192

    /// <summary>X'X, the lower triangle, p×p by columns; what is above it is undefined.</summary>
    /// <param name="n">Rows of X.</param>
    /// <param name="p">Columns of X.</param>
    /// <param name="x">X by columns.</param>
    let create n p (x: float[]) : float[] =
        let parts = min 8 (max 1 (n / max partRows p))

        let bound part =
            int (int64 n * int64 part / int64 parts)

        let sums = Array.init parts (fun _ -> Array.zeroCreate<float>(p * p))

        Tiles.Run(
            parts,
            float n * float p * float p,
            fun part -> addCrossProducts n p x (bound part) (bound (part + 1)) sums[part]
        )

        for part in 1 .. parts - 1 do
            for k in 0 .. p * p - 1 do
                sums[0].[k] <- sums[0].[k] + sums[part].[k]

        sums[0]
