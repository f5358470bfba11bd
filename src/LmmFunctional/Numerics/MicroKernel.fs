namespace LmmFunctional.Numerics

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open System.Runtime.Intrinsics.X86
open FSharp.NativeInterop

type private V512 = Vector512<float>
type private V256 = Vector256<float>
type private V128 = Vector128<float>

/// <summary>The innermost product of dense algebra: C += α A B for one register tile, with A and B packed.</summary>
/// <remarks>A is packed as k slices of <c>Rows</c> floats, B as k slices of at least <c>Columns</c>; C is column-major. The tile is
/// held in registers for all k, which is why its shape differs by instruction set: 24×8 with AVX-512 (24 accumulators of
/// 32 registers), 12×4 with AVX2 (12 of 16), 4×4 with 128-bit vectors (8 accumulators: NEON, SSE2) and without any. Overwrites
/// only C.</remarks>
[<AbstractClass; Sealed>]
type internal MicroKernel private () =

    /// Rows of a register tile.
    static member Rows =
        if Avx512F.IsSupported then 24
        elif Fma.IsSupported then 12
        else 4

    /// Columns of a register tile.
    static member Columns = if Avx512F.IsSupported then 8 else 4

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private Store512(c: nativeptr<float>, alpha: V512, x: V512, y: V512, z: V512) =
        Vector512.Store(Avx512F.FusedMultiplyAdd(alpha, x, Vector512.Load c), c)
        let c1 = NativePtr.add c 8
        Vector512.Store(Avx512F.FusedMultiplyAdd(alpha, y, Vector512.Load c1), c1)
        let c2 = NativePtr.add c 16
        Vector512.Store(Avx512F.FusedMultiplyAdd(alpha, z, Vector512.Load c2), c2)

    static member private Tile512
        (
            depth: int,
            packedA: nativeptr<float>,
            packedB: nativeptr<float>,
            step: int,
            c: nativeptr<float>,
            stride: int,
            alpha: float
        ) =
        let mutable c00 = V512.Zero
        let mutable c01 = V512.Zero
        let mutable c02 = V512.Zero
        let mutable c10 = V512.Zero
        let mutable c11 = V512.Zero
        let mutable c12 = V512.Zero
        let mutable c20 = V512.Zero
        let mutable c21 = V512.Zero
        let mutable c22 = V512.Zero
        let mutable c30 = V512.Zero
        let mutable c31 = V512.Zero
        let mutable c32 = V512.Zero
        let mutable c40 = V512.Zero
        let mutable c41 = V512.Zero
        let mutable c42 = V512.Zero
        let mutable c50 = V512.Zero
        let mutable c51 = V512.Zero
        let mutable c52 = V512.Zero
        let mutable c60 = V512.Zero
        let mutable c61 = V512.Zero
        let mutable c62 = V512.Zero
        let mutable c70 = V512.Zero
        let mutable c71 = V512.Zero
        let mutable c72 = V512.Zero
        let mutable a = packedA
        let mutable b = packedB
        let mutable k = depth

        while k > 0 do
            let a0 = Vector512.Load a
            let a1 = Vector512.Load(NativePtr.add a 8)
            let a2 = Vector512.Load(NativePtr.add a 16)
            let b0 = Vector512.Create(NativePtr.get b 0)
            c00 <- Avx512F.FusedMultiplyAdd(a0, b0, c00)
            c01 <- Avx512F.FusedMultiplyAdd(a1, b0, c01)
            c02 <- Avx512F.FusedMultiplyAdd(a2, b0, c02)
            let b1 = Vector512.Create(NativePtr.get b 1)
            c10 <- Avx512F.FusedMultiplyAdd(a0, b1, c10)
            c11 <- Avx512F.FusedMultiplyAdd(a1, b1, c11)
            c12 <- Avx512F.FusedMultiplyAdd(a2, b1, c12)
            let b2 = Vector512.Create(NativePtr.get b 2)
            c20 <- Avx512F.FusedMultiplyAdd(a0, b2, c20)
            c21 <- Avx512F.FusedMultiplyAdd(a1, b2, c21)
            c22 <- Avx512F.FusedMultiplyAdd(a2, b2, c22)
            let b3 = Vector512.Create(NativePtr.get b 3)
            c30 <- Avx512F.FusedMultiplyAdd(a0, b3, c30)
            c31 <- Avx512F.FusedMultiplyAdd(a1, b3, c31)
            c32 <- Avx512F.FusedMultiplyAdd(a2, b3, c32)
            let b4 = Vector512.Create(NativePtr.get b 4)
            c40 <- Avx512F.FusedMultiplyAdd(a0, b4, c40)
            c41 <- Avx512F.FusedMultiplyAdd(a1, b4, c41)
            c42 <- Avx512F.FusedMultiplyAdd(a2, b4, c42)
            let b5 = Vector512.Create(NativePtr.get b 5)
            c50 <- Avx512F.FusedMultiplyAdd(a0, b5, c50)
            c51 <- Avx512F.FusedMultiplyAdd(a1, b5, c51)
            c52 <- Avx512F.FusedMultiplyAdd(a2, b5, c52)
            let b6 = Vector512.Create(NativePtr.get b 6)
            c60 <- Avx512F.FusedMultiplyAdd(a0, b6, c60)
            c61 <- Avx512F.FusedMultiplyAdd(a1, b6, c61)
            c62 <- Avx512F.FusedMultiplyAdd(a2, b6, c62)
            let b7 = Vector512.Create(NativePtr.get b 7)
            c70 <- Avx512F.FusedMultiplyAdd(a0, b7, c70)
            c71 <- Avx512F.FusedMultiplyAdd(a1, b7, c71)
            c72 <- Avx512F.FusedMultiplyAdd(a2, b7, c72)
            a <- NativePtr.add a 24
            b <- NativePtr.add b step
            k <- k - 1

        let scale = Vector512.Create alpha
        MicroKernel.Store512(c, scale, c00, c01, c02)
        MicroKernel.Store512(NativePtr.add c stride, scale, c10, c11, c12)
        MicroKernel.Store512(NativePtr.add c (2 * stride), scale, c20, c21, c22)
        MicroKernel.Store512(NativePtr.add c (3 * stride), scale, c30, c31, c32)
        MicroKernel.Store512(NativePtr.add c (4 * stride), scale, c40, c41, c42)
        MicroKernel.Store512(NativePtr.add c (5 * stride), scale, c50, c51, c52)
        MicroKernel.Store512(NativePtr.add c (6 * stride), scale, c60, c61, c62)
        MicroKernel.Store512(NativePtr.add c (7 * stride), scale, c70, c71, c72)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private Store256(c: nativeptr<float>, alpha: V256, x: V256, y: V256, z: V256) =
        Vector256.Store(Fma.MultiplyAdd(alpha, x, Vector256.Load c), c)
        let c1 = NativePtr.add c 4
        Vector256.Store(Fma.MultiplyAdd(alpha, y, Vector256.Load c1), c1)
        let c2 = NativePtr.add c 8
        Vector256.Store(Fma.MultiplyAdd(alpha, z, Vector256.Load c2), c2)

    static member private Tile256
        (
            depth: int,
            packedA: nativeptr<float>,
            packedB: nativeptr<float>,
            step: int,
            c: nativeptr<float>,
            stride: int,
            alpha: float
        ) =
        let mutable c00 = V256.Zero
        let mutable c01 = V256.Zero
        let mutable c02 = V256.Zero
        let mutable c10 = V256.Zero
        let mutable c11 = V256.Zero
        let mutable c12 = V256.Zero
        let mutable c20 = V256.Zero
        let mutable c21 = V256.Zero
        let mutable c22 = V256.Zero
        let mutable c30 = V256.Zero
        let mutable c31 = V256.Zero
        let mutable c32 = V256.Zero
        let mutable a = packedA
        let mutable b = packedB
        let mutable k = depth

        while k > 0 do
            let a0 = Vector256.Load a
            let a1 = Vector256.Load(NativePtr.add a 4)
            let a2 = Vector256.Load(NativePtr.add a 8)
            let b0 = Vector256.Create(NativePtr.get b 0)
            c00 <- Fma.MultiplyAdd(a0, b0, c00)
            c01 <- Fma.MultiplyAdd(a1, b0, c01)
            c02 <- Fma.MultiplyAdd(a2, b0, c02)
            let b1 = Vector256.Create(NativePtr.get b 1)
            c10 <- Fma.MultiplyAdd(a0, b1, c10)
            c11 <- Fma.MultiplyAdd(a1, b1, c11)
            c12 <- Fma.MultiplyAdd(a2, b1, c12)
            let b2 = Vector256.Create(NativePtr.get b 2)
            c20 <- Fma.MultiplyAdd(a0, b2, c20)
            c21 <- Fma.MultiplyAdd(a1, b2, c21)
            c22 <- Fma.MultiplyAdd(a2, b2, c22)
            let b3 = Vector256.Create(NativePtr.get b 3)
            c30 <- Fma.MultiplyAdd(a0, b3, c30)
            c31 <- Fma.MultiplyAdd(a1, b3, c31)
            c32 <- Fma.MultiplyAdd(a2, b3, c32)
            a <- NativePtr.add a 12
            b <- NativePtr.add b step
            k <- k - 1

        let scale = Vector256.Create alpha
        MicroKernel.Store256(c, scale, c00, c01, c02)
        MicroKernel.Store256(NativePtr.add c stride, scale, c10, c11, c12)
        MicroKernel.Store256(NativePtr.add c (2 * stride), scale, c20, c21, c22)
        MicroKernel.Store256(NativePtr.add c (3 * stride), scale, c30, c31, c32)

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private Store128(c: nativeptr<float>, alpha: V128, x: V128, y: V128) =
        Vector128.Store(Vector128.MultiplyAddEstimate(alpha, x, Vector128.Load c), c)
        let c1 = NativePtr.add c 2
        Vector128.Store(Vector128.MultiplyAddEstimate(alpha, y, Vector128.Load c1), c1)

    static member private Tile128
        (
            depth: int,
            packedA: nativeptr<float>,
            packedB: nativeptr<float>,
            step: int,
            c: nativeptr<float>,
            stride: int,
            alpha: float
        ) =
        let mutable c00 = V128.Zero
        let mutable c01 = V128.Zero
        let mutable c10 = V128.Zero
        let mutable c11 = V128.Zero
        let mutable c20 = V128.Zero
        let mutable c21 = V128.Zero
        let mutable c30 = V128.Zero
        let mutable c31 = V128.Zero
        let mutable a = packedA
        let mutable b = packedB
        let mutable k = depth

        while k > 0 do
            let a0 = Vector128.Load a
            let a1 = Vector128.Load(NativePtr.add a 2)
            let b0 = Vector128.Create(NativePtr.get b 0)
            c00 <- Vector128.MultiplyAddEstimate(a0, b0, c00)
            c01 <- Vector128.MultiplyAddEstimate(a1, b0, c01)
            let b1 = Vector128.Create(NativePtr.get b 1)
            c10 <- Vector128.MultiplyAddEstimate(a0, b1, c10)
            c11 <- Vector128.MultiplyAddEstimate(a1, b1, c11)
            let b2 = Vector128.Create(NativePtr.get b 2)
            c20 <- Vector128.MultiplyAddEstimate(a0, b2, c20)
            c21 <- Vector128.MultiplyAddEstimate(a1, b2, c21)
            let b3 = Vector128.Create(NativePtr.get b 3)
            c30 <- Vector128.MultiplyAddEstimate(a0, b3, c30)
            c31 <- Vector128.MultiplyAddEstimate(a1, b3, c31)
            a <- NativePtr.add a 4
            b <- NativePtr.add b step
            k <- k - 1

        let scale = Vector128.Create alpha
        MicroKernel.Store128(c, scale, c00, c01)
        MicroKernel.Store128(NativePtr.add c stride, scale, c10, c11)
        MicroKernel.Store128(NativePtr.add c (2 * stride), scale, c20, c21)
        MicroKernel.Store128(NativePtr.add c (3 * stride), scale, c30, c31)

    static member private TileScalar
        (
            depth: int,
            packedA: nativeptr<float>,
            packedB: nativeptr<float>,
            step: int,
            c: nativeptr<float>,
            stride: int,
            alpha: float
        ) =
        for j in 0..3 do
            for i in 0..3 do
                let mutable sum = 0.0

                for k in 0 .. depth - 1 do
                    sum <- sum + NativePtr.get packedA (4 * k + i) * NativePtr.get packedB (step * k + j)

                let at = i + j * stride
                NativePtr.set c at (NativePtr.get c at + alpha * sum)

    /// C += α A B for one full tile; slices of B are step floats apart.
    static member Multiply(depth, packedA, packedB, step, c, stride, alpha) =
        if Avx512F.IsSupported then
            MicroKernel.Tile512(depth, packedA, packedB, step, c, stride, alpha)
        elif Fma.IsSupported then
            MicroKernel.Tile256(depth, packedA, packedB, step, c, stride, alpha)
        elif Vector128.IsHardwareAccelerated then
            MicroKernel.Tile128(depth, packedA, packedB, step, c, stride, alpha)
        else
            MicroKernel.TileScalar(depth, packedA, packedB, step, c, stride, alpha)
