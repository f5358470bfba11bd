namespace LmmFunctional

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open FSharp.NativeInterop

/// <summary>The algebra of eight groups at a time, lane by lane the same: what an evaluation adds up over groups.</summary>
/// <remarks>With Z'Z = CCᵀ, N = (I + Z'Z G)⁻¹ = C E⁻¹ C⁻¹ for E = I + CᵀGC, so that Z'V⁻¹Z = C E⁻¹ Cᵀ and Z'V⁻¹W = C E⁻¹ C⁻¹Z'W:
/// nothing is formed by subtraction, and E ⪰ I needs no pivoting. Workspaces are overwritten.</remarks>
[<AbstractClass; Sealed>]
type internal LaneKernel private () =

    static member inline private Load(start: nativeptr<float>, k: int) : Vector512<float> =
        Vector512.Load(NativePtr.add start (k <<< 3))

    static member inline private Store(value: Vector512<float>, start: nativeptr<float>, k: int) =
        Vector512.Store(value, NativePtr.add start (k <<< 3))

    static member inline private Add(value: Vector512<float>, start: nativeptr<float>, k: int) =
        let at = NativePtr.add start (k <<< 3)
        Vector512.Store(Vector512.Load at + value, at)

    static member inline private Fma(a: Vector512<float>, b: Vector512<float>, c: Vector512<float>) =
        Vector512.FusedMultiplyAdd(a, b, c)

    /// The number of groups that a lane stands for.
    static member inline private Weight(layout: LaneLayout, group: nativeptr<float>) : Vector512<float> =
        if layout.Scatter > 0 then
            LaneKernel.Load(group, layout.Fields - 1)
        else
            Vector512<float>.One

    /// Factors E, and takes L⁻¹ to the columns; log|E|.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member Factor
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
                        let c = LaneKernel.Load(group, k * (k + 1) / 2 + j)
                        sum <- LaneKernel.Fma(Vector512.Create weight, c, sum)

                LaneKernel.Store(sum, work, scaled + i + j * order)

        // E = I + YᵀY.
        for i in 0 .. order - 1 do
            for j in 0..i do
                let mutable sum =
                    if i = j then
                        Vector512<float>.One
                    else
                        Vector512<float>.Zero

                for k in 0 .. order - 1 do
                    let left = LaneKernel.Load(work, scaled + k + i * order)
                    sum <- LaneKernel.Fma(left, LaneKernel.Load(work, scaled + k + j * order), sum)

                LaneKernel.Store(sum, work, factor + i * (i + 1) / 2 + j)

        // E = L D Lᵀ.
        let mutable determinant = Vector512<float>.One
        let mutable logDeterminant = Vector512<float>.Zero

        for j in 0 .. order - 1 do
            let pivot = LaneKernel.Load(work, factor + j * (j + 1) / 2 + j)
            let inverse = Vector512<float>.One / pivot
            LaneKernel.Store(inverse, work, layout.Inverse + j)
            determinant <- determinant * pivot

            // A product of a few determinants is far from overflow.
            if j &&& 3 = 3 || j = order - 1 then
                logDeterminant <- logDeterminant + LaneLog.Of determinant
                determinant <- Vector512<float>.One

            for i in j + 1 .. order - 1 do
                let row = factor + i * (i + 1) / 2
                let negative = -(LaneKernel.Load(work, row + j) * inverse)

                for k in j + 1 .. i do
                    let other = LaneKernel.Load(work, factor + k * (k + 1) / 2 + j)
                    let value = LaneKernel.Load(work, row + k)
                    LaneKernel.Store(LaneKernel.Fma(negative, other, value), work, row + k)

            for i in j + 1 .. order - 1 do
                let at = factor + i * (i + 1) / 2 + j
                LaneKernel.Store(LaneKernel.Load(work, at) * inverse, work, at)

        for c in 0 .. layout.Columns - 1 do
            let source = layout.Triangle + c * order
            let target = layout.Right + c * order

            for i in 0 .. order - 1 do
                let mutable sum = LaneKernel.Load(group, source + i)
                let row = factor + i * (i + 1) / 2

                for k in 0 .. i - 1 do
                    sum <- LaneKernel.Fma(-LaneKernel.Load(work, row + k), LaneKernel.Load(work, target + k), sum)

                LaneKernel.Store(sum, work, target + i)

        logDeterminant

    /// Adds log|E| and the part of the groups in [X y]'V⁻¹[X y] to the sums.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member AddValue
        (layout: LaneLayout, group: nativeptr<float>, lambda: nativeptr<float>, work: nativeptr<float>)
        =
        let order = layout.Order
        let p = layout.P
        let sums = layout.Sums
        let logDeterminant = LaneKernel.Factor(layout, group, lambda, work)
        let weight = LaneKernel.Weight(layout, group)
        LaneKernel.Add(weight * logDeterminant, work, sums)

        for c in 0 .. p - 1 do
            for d in 0..c do
                let mutable sum = Vector512<float>.Zero

                for i in 0 .. order - 1 do
                    let left =
                        LaneKernel.Load(work, layout.Right + c * order + i)
                        * LaneKernel.Load(work, layout.Inverse + i)

                    sum <- LaneKernel.Fma(left, LaneKernel.Load(work, layout.Right + d * order + i), sum)

                LaneKernel.Add(weight * sum, work, sums + 1 + c * (c + 1) / 2 + d)

        for c in p .. layout.Columns - 1 do
            let mutable sum = Vector512<float>.Zero

            for i in 0 .. order - 1 do
                let value = LaneKernel.Load(work, layout.Right + c * order + i)
                sum <- LaneKernel.Fma(value * LaneKernel.Load(work, layout.Inverse + i), value, sum)

            LaneKernel.Add(sum, work, sums + p * (p + 1) / 2)

    /// <summary>Ω, the scores [E | v] and their products, into the workspace.</summary>
    /// <remarks><c>fixedFactor</c> is the Cholesky factor of [X y]'V⁻¹[X y], P×P by columns, with the inverses of its diagonal
    /// on the diagonal.</remarks>
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member private Scores
        (
            layout: LaneLayout,
            group: nativeptr<float>,
            lambda: nativeptr<float>,
            fixedFactor: nativeptr<float>,
            work: nativeptr<float>
        ) =
        let order = layout.Order
        let p = layout.P
        LaneKernel.Factor(layout, group, lambda, work) |> ignore
        let weight = LaneKernel.Weight(layout, group)

        for a in 0 .. order - 1 do
            let column = layout.Root + a * order

            for i in 0 .. order - 1 do
                let mutable sum =
                    if i <= a then
                        LaneKernel.Load(group, a * (a + 1) / 2 + i)
                    else
                        Vector512<float>.Zero

                let row = layout.Factor + i * (i + 1) / 2

                for k in 0 .. i - 1 do
                    sum <- LaneKernel.Fma(-LaneKernel.Load(work, row + k), LaneKernel.Load(work, column + k), sum)

                LaneKernel.Store(sum, work, column + i)

                LaneKernel.Store(sum * LaneKernel.Load(work, layout.Inverse + i), work, layout.Scaled + a * order + i)

        for c in 0 .. layout.Columns - 1 do
            let diagonal =
                Vector512.Create(NativePtr.get fixedFactor ((min c (p - 1)) * (p + 1)))

            for a in 0 .. order - 1 do
                let mutable sum = Vector512<float>.Zero

                for i in 0 .. order - 1 do
                    let scaled = LaneKernel.Load(work, layout.Scaled + a * order + i)
                    sum <- LaneKernel.Fma(scaled, LaneKernel.Load(work, layout.Right + c * order + i), sum)

                // The scatter has no part in X.
                if c < p then
                    for k in 0 .. c - 1 do
                        let factor = Vector512.Create(-(NativePtr.get fixedFactor (c + k * p)))
                        sum <- LaneKernel.Fma(factor, LaneKernel.Load(work, layout.Scores + k * order + a), sum)

                LaneKernel.Store(sum * diagonal, work, layout.Scores + c * order + a)

        let v = layout.Scores + (p - 1) * order

        for a in 0 .. order - 1 do
            for b in 0..a do
                let at = a * (a + 1) / 2 + b
                let mutable omega = Vector512<float>.Zero
                let mutable gram = Vector512<float>.Zero

                for i in 0 .. order - 1 do
                    let root = LaneKernel.Load(work, layout.Root + a * order + i)
                    omega <- LaneKernel.Fma(root, LaneKernel.Load(work, layout.Scaled + b * order + i), omega)

                for x in 0 .. p - 2 do
                    let left = LaneKernel.Load(work, layout.Scores + x * order + a)
                    gram <- LaneKernel.Fma(left, LaneKernel.Load(work, layout.Scores + x * order + b), gram)

                let mutable square =
                    weight * LaneKernel.Load(work, v + a) * LaneKernel.Load(work, v + b)

                for c in p .. layout.Columns - 1 do
                    let left = LaneKernel.Load(work, layout.Scores + c * order + a)
                    square <- LaneKernel.Fma(left, LaneKernel.Load(work, layout.Scores + c * order + b), square)

                LaneKernel.Store(omega, work, layout.Omega + at)
                LaneKernel.Store(weight * gram, work, layout.Gram + at)
                LaneKernel.Store(square, work, layout.Square + at)

    /// Adds Ω_bc W_ad for all pairs of blocks to the sums from a place on.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member private AddProducts(layout: LaneLayout, other: int, sums: int, work: nativeptr<float>) =
        let blocks = layout.Blocks
        let positions = blocks.Positions
        let mutable at = sums

        for pair in 0 .. blocks.PairStarts.Length - 2 do
            let first, last = blocks.PairStarts[pair], blocks.PairStarts[pair + 1] - 1

            for k in first..last do
                let omega = LaneKernel.Load(work, layout.Omega + positions[k])

                for l in first..last do
                    let target = NativePtr.add work (at <<< 3)
                    let value = LaneKernel.Load(work, other + positions[l])
                    Vector512.Store(LaneKernel.Fma(omega, value, Vector512.Load target), target)
                    at <- at + 1

    /// Adds the part of the groups in the first derivatives to the sums, and in the average information if asked for.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member AddScores
        (
            layout: LaneLayout,
            average: bool,
            group: nativeptr<float>,
            lambda: nativeptr<float>,
            fixedFactor: nativeptr<float>,
            work: nativeptr<float>
        ) =
        LaneKernel.Scores(layout, group, lambda, fixedFactor, work)
        let order = layout.Order
        let p = layout.P
        let weight = LaneKernel.Weight(layout, group)
        let triangle = layout.Triangle
        let sums = layout.Sums

        for k in 0 .. triangle - 1 do
            LaneKernel.Add(weight * LaneKernel.Load(work, layout.Omega + k), work, sums + k)
            LaneKernel.Add(LaneKernel.Load(work, layout.Square + k), work, sums + triangle + k)
            LaneKernel.Add(LaneKernel.Load(work, layout.Gram + k), work, sums + 2 * triangle + k)

        if average then
            let blocks = layout.Blocks
            let v = layout.Scores + (p - 1) * order
            let mutable at = sums + layout.GradientSums

            for pair in 0 .. blocks.InnerFirst.Length - 1 do
                let right = weight * LaneKernel.Load(work, v + blocks.InnerSecond[pair])

                for x in 0 .. p - 2 do
                    let left =
                        LaneKernel.Load(work, layout.Scores + x * order + blocks.InnerFirst[pair])

                    LaneKernel.Add(left * right, work, at)
                    at <- at + 1

            LaneKernel.AddProducts(layout, layout.Square, at, work)

    /// Adds the part of the groups in tr(Q V̇_k Q V̇_l) to the sums; Q = P under REML, V⁻¹ otherwise.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member AddTraces
        (
            layout: LaneLayout,
            reml: bool,
            group: nativeptr<float>,
            lambda: nativeptr<float>,
            fixedFactor: nativeptr<float>,
            work: nativeptr<float>
        ) =
        LaneKernel.Scores(layout, group, lambda, fixedFactor, work)
        let order = layout.Order
        let weight = LaneKernel.Weight(layout, group)
        let two = Vector512.Create -2.0

        // In place of v vᵀ, which is not needed here.
        for k in 0 .. layout.Triangle - 1 do
            let omega = weight * LaneKernel.Load(work, layout.Omega + k)

            let other =
                if reml then
                    LaneKernel.Fma(two, LaneKernel.Load(work, layout.Gram + k), omega)
                else
                    omega

            LaneKernel.Store(other, work, layout.Square + k)

        LaneKernel.AddProducts(layout, layout.Square, layout.Sums, work)

        if reml then
            let blocks = layout.Blocks
            let mutable at = layout.Sums + EffectBlocks.sums blocks

            for pair in 0 .. blocks.InnerFirst.Length - 1 do
                for x in 0 .. layout.P - 2 do
                    let left =
                        LaneKernel.Load(work, layout.Scores + x * order + blocks.InnerFirst[pair])

                    let weighted = weight * left

                    for z in 0..x do
                        let right =
                            LaneKernel.Load(work, layout.Scores + z * order + blocks.InnerSecond[pair])

                        LaneKernel.Add(weighted * right, work, at)
                        at <- at + 1
