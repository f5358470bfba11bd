namespace LmmFunctional.Numerics

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open System.Runtime.Intrinsics.X86
open FSharp.NativeInterop

type private V256 = Vector256<float>

/// <summary>The register tile of AVX2: 12×4, its 12 accumulators in 12 of 16 registers.</summary>
[<AbstractClass; Sealed>]
type internal Tile256 private () =

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private Store(c: nativeptr<float>, alpha: V256, x: V256, y: V256, z: V256) =
        Vector256.Store(Fma.MultiplyAdd(alpha, x, Vector256.Load c), c)
        let c1 = NativePtr.add c 4
        Vector256.Store(Fma.MultiplyAdd(alpha, y, Vector256.Load c1), c1)
        let c2 = NativePtr.add c 8
        Vector256.Store(Fma.MultiplyAdd(alpha, z, Vector256.Load c2), c2)

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
        Tile256.Store(c, scale, c00, c01, c02)
        Tile256.Store(NativePtr.add c stride, scale, c10, c11, c12)
        Tile256.Store(NativePtr.add c (2 * stride), scale, c20, c21, c22)
        Tile256.Store(NativePtr.add c (3 * stride), scale, c30, c31, c32)
