namespace LmmFunctional.Numerics

open FSharp.NativeInterop

/// <summary>Symmetric matrices held by their lower triangle, column-major, with stride n.</summary>
[<AbstractClass; Sealed>]
type internal Symmetric private () =

    /// y ← A x.
    static member Multiply(n: int, a: nativeptr<float>, x: nativeptr<float>, y: nativeptr<float>) =
        for i in 0 .. n - 1 do
            NativePtr.set y i 0.0

        for j in 0 .. n - 1 do
            let column = NativePtr.add a (j + j * n)
            let value = NativePtr.get x j
            let below = n - j - 1
            let dot = VectorKernel.Dot(below, NativePtr.add column 1, NativePtr.add x (j + 1))
            NativePtr.set y j (NativePtr.get y j + NativePtr.get column 0 * value + dot)

            if value <> 0.0 then
                VectorKernel.AddScaled(below, value, NativePtr.add column 1, NativePtr.add y (j + 1))

    /// Element (i, j).
    static member Get(n: int, a: nativeptr<float>, i: int, j: int) = NativePtr.get a (max i j + min i j * n)
