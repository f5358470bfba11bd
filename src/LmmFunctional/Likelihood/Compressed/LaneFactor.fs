namespace LmmFunctional.Estimation

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open FSharp.NativeInterop

/// <summary>E = I + CᵀGC of eight groups at a time, factored.</summary>
/// <remarks>With Z'Z = CCᵀ, N = (I + Z'Z G)⁻¹ = C E⁻¹ C⁻¹, so that Z'V⁻¹Z = C E⁻¹ Cᵀ and Z'V⁻¹W = C E⁻¹ C⁻¹Z'W: nothing is
/// formed by subtraction, and E ⪰ I needs no pivoting.</remarks>
[<AbstractClass; Sealed>]
type internal LaneFactor private () =

    /// Factors E, and takes L⁻¹ to the columns; log|E|.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member Create
        (layout: LaneLayout, group: nativeptr<float>, lambda: nativeptr<float>, work: nativeptr<float>)
        : Vector512<float> =
        let order = layout.Order
        let factor = layout.Factor
        let scaled = layout.Scaled

        // Y = λᵀC, by columns, in place of what comes later.
        for j in 0 .. order - 1 do
            for i in 0 .. order - 1 do
                let mutable sum = Vector512<float>.Zero

                for k in max i j .. order - 1 do
                    let weight = NativePtr.get lambda (k + i * order)

                    if weight <> 0.0 then
                        let c = Lanes.Load(group, k * (k + 1) / 2 + j)
                        sum <- Lanes.Fma(Vector512.Create weight, c, sum)

                Lanes.Store(sum, work, scaled + i + j * order)

        // E = I + YᵀY.
        for i in 0 .. order - 1 do
            for j in 0..i do
                let mutable sum =
                    if i = j then
                        Vector512<float>.One
                    else
                        Vector512<float>.Zero

                for k in 0 .. order - 1 do
                    let left = Lanes.Load(work, scaled + k + i * order)
                    sum <- Lanes.Fma(left, Lanes.Load(work, scaled + k + j * order), sum)

                Lanes.Store(sum, work, factor + i * (i + 1) / 2 + j)

        // E = L D Lᵀ.
        let mutable determinant = Vector512<float>.One
        let mutable logDeterminant = Vector512<float>.Zero

        for j in 0 .. order - 1 do
            let pivot = Lanes.Load(work, factor + j * (j + 1) / 2 + j)
            let inverse = Vector512<float>.One / pivot
            Lanes.Store(inverse, work, layout.Inverse + j)
            determinant <- determinant * pivot

            // A product of a few determinants is far from overflow.
            if j &&& 3 = 3 || j = order - 1 then
                logDeterminant <- logDeterminant + LaneLog.Of determinant
                determinant <- Vector512<float>.One

            for i in j + 1 .. order - 1 do
                let row = factor + i * (i + 1) / 2
                let negative = -(Lanes.Load(work, row + j) * inverse)

                for k in j + 1 .. i do
                    let other = Lanes.Load(work, factor + k * (k + 1) / 2 + j)
                    let value = Lanes.Load(work, row + k)
                    Lanes.Store(Lanes.Fma(negative, other, value), work, row + k)

            for i in j + 1 .. order - 1 do
                let at = factor + i * (i + 1) / 2 + j
                Lanes.Store(Lanes.Load(work, at) * inverse, work, at)

        for c in 0 .. layout.Columns - 1 do
            let source = layout.Triangle + c * order
            let target = layout.Right + c * order

            for i in 0 .. order - 1 do
                let mutable sum = Lanes.Load(group, source + i)
                let row = factor + i * (i + 1) / 2

                for k in 0 .. i - 1 do
                    sum <- Lanes.Fma(-Lanes.Load(work, row + k), Lanes.Load(work, target + k), sum)

                Lanes.Store(sum, work, target + i)

        logDeterminant
