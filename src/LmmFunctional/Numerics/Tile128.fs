namespace LmmFunctional.Numerics

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open FSharp.NativeInterop

type private V128 = Vector128<float>

/// <summary>The register tile of 128-bit vectors (NEON, SSE2), 4×4, and the same without any vectors.</summary>
[<AbstractClass; Sealed>]
type internal Tile128 private () =

    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member private Store(c: nativeptr<float>, alpha: V128, x: V128, y: V128) =
        Vector128.Store(Vector128.MultiplyAddEstimate(alpha, x, Vector128.Load c), c)
        let c1 = NativePtr.add c 2
        Vector128.Store(Vector128.MultiplyAddEstimate(alpha, y, Vector128.Load c1), c1)

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
        Tile128.Store(c, scale, c00, c01)
        Tile128.Store(NativePtr.add c stride, scale, c10, c11)
        Tile128.Store(NativePtr.add c (2 * stride), scale, c20, c21)
        Tile128.Store(NativePtr.add c (3 * stride), scale, c30, c31)

    /// C += α A B, element by element.
    static member MultiplyScalar
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
