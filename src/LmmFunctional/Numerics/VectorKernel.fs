namespace LmmFunctional.Numerics

open System
open System.Numerics
open System.Runtime.CompilerServices
open FSharp.NativeInterop

/// <summary>Loops over one or two contiguous vectors, at the width of the machine.</summary>
[<AbstractClass; Sealed>]
type internal VectorKernel private () =

    /// y += a x.
    static member AddScaled(n: int, a: float, x: nativeptr<float>, y: nativeptr<float>) =
        let width = Vector<float>.Count
        let scale = Vector<float>(a)
        let mutable i = 0

        while i + width <= n do
            let at = NativePtr.add y i
            Vector.Store(Vector.MultiplyAddEstimate(scale, Vector.Load(NativePtr.add x i), Vector.Load at), at)
            i <- i + width

        while i < n do
            NativePtr.set y i (Double.MultiplyAddEstimate(a, NativePtr.get x i, NativePtr.get y i))
            i <- i + 1

    /// y += a x, n elements each from a place in an array on.
    static member AddScaled(n: int, a: float, x: float[], atX: int, y: float[], atY: int) =
        // So few are not worth pinning their arrays.
        if n < 8 then
            for i in 0 .. n - 1 do
                y[atY + i] <- Double.MultiplyAddEstimate(a, x[atX + i], y[atY + i])
        else
            use source = fixed &x[atX]
            use target = fixed &y[atY]
            VectorKernel.AddScaled(n, a, source, target)

    /// x ← c x − s y and y ← s x + c y, n elements of one array each from a place on; no product is fused with a sum.
    static member Rotate(n: int, cosine: float, sine: float, values: float[], atX: int, atY: int) =
        let width = Vector<float>.Count
        let c, s = Vector<float> cosine, Vector<float> sine
        let mutable i = 0

        while i + width <= n do
            let x, y = Vector<float>(values, atX + i), Vector<float>(values, atY + i)
            (c * x - s * y).CopyTo(values, atX + i)
            (s * x + c * y).CopyTo(values, atY + i)
            i <- i + width

        while i < n do
            let x, y = values[atX + i], values[atY + i]
            values[atX + i] <- cosine * x - sine * y
            values[atY + i] <- sine * x + cosine * y
            i <- i + 1

    /// x'y.
    static member Dot(n: int, x: nativeptr<float>, y: nativeptr<float>) : float =
        let width = Vector<float>.Count
        let mutable sum0 = Vector<float>.Zero
        let mutable sum1 = Vector<float>.Zero
        let mutable i = 0

        while i + 2 * width <= n do
            sum0 <- Vector.MultiplyAddEstimate(Vector.Load(NativePtr.add x i), Vector.Load(NativePtr.add y i), sum0)
            let j = i + width
            sum1 <- Vector.MultiplyAddEstimate(Vector.Load(NativePtr.add x j), Vector.Load(NativePtr.add y j), sum1)
            i <- i + 2 * width

        let mutable sum = Vector.Sum(sum0 + sum1)

        while i < n do
            sum <- Double.MultiplyAddEstimate(NativePtr.get x i, NativePtr.get y i, sum)
            i <- i + 1

        sum

    /// x ← a x.
    static member Scale(n: int, a: float, x: nativeptr<float>) =
        for i in 0 .. n - 1 do
            NativePtr.set x i (a * NativePtr.get x i)
