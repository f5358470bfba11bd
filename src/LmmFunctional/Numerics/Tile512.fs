namespace LmmFunctional.Numerics

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open System.Runtime.Intrinsics.X86
open FSharp.NativeInterop

type private V512 = Vector512<float>

/// <summary>The register tile of AVX-512: 24×8, its 24 accumulators in 24 of 32 registers.</summary>
[<AbstractClass; Sealed>]
type internal Tile512 private () =

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private Store(c: nativeptr<float>, alpha: V512, x: V512, y: V512, z: V512) =
        Vector512.Store(Avx512F.FusedMultiplyAdd(alpha, x, Vector512.Load c), c)
        let c1 = NativePtr.add c 8
        Vector512.Store(Avx512F.FusedMultiplyAdd(alpha, y, Vector512.Load c1), c1)
        let c2 = NativePtr.add c 16
        Vector512.Store(Avx512F.FusedMultiplyAdd(alpha, z, Vector512.Load c2), c2)

    /// C += α A B.
    static member Multiply
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
        Tile512.Store(c, scale, c00, c01, c02)
        Tile512.Store(NativePtr.add c stride, scale, c10, c11, c12)
        Tile512.Store(NativePtr.add c (2 * stride), scale, c20, c21, c22)
        Tile512.Store(NativePtr.add c (3 * stride), scale, c30, c31, c32)
        Tile512.Store(NativePtr.add c (4 * stride), scale, c40, c41, c42)
        Tile512.Store(NativePtr.add c (5 * stride), scale, c50, c51, c52)
        Tile512.Store(NativePtr.add c (6 * stride), scale, c60, c61, c62)
        Tile512.Store(NativePtr.add c (7 * stride), scale, c70, c71, c72)
