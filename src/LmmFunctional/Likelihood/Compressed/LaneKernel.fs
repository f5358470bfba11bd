namespace LmmFunctional.Estimation

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open FSharp.NativeInterop

/// <summary>The algebra of eight groups at a time, lane by lane the same: what an evaluation adds up over groups.</summary>
/// <remarks>The workspace is overwritten as its layout says.</remarks>
[<AbstractClass; Sealed>]
type internal LaneKernel private () =

    /// Adds log|E| and the part of the groups in [X y]'V⁻¹[X y] to the sums.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member AddValue
        (layout: LaneLayout, group: nativeptr<float>, lambda: nativeptr<float>, work: nativeptr<float>)
        =
        let order = layout.Order
        let p = layout.P
        let sums = layout.Sums
        let logDeterminant = LaneFactor.Create(layout, group, lambda, work)
        let weight = Lanes.Weight(layout, group)
        Lanes.Add(weight * logDeterminant, work, sums)

        for c in 0 .. p - 1 do
            for d in 0..c do
                let mutable sum = Vector512<float>.Zero

                for i in 0 .. order - 1 do
                    let left =
                        Lanes.Load(work, layout.Right + c * order + i)
                        * Lanes.Load(work, layout.Inverse + i)

                    sum <- Lanes.Fma(left, Lanes.Load(work, layout.Right + d * order + i), sum)

                Lanes.Add(weight * sum, work, sums + 1 + c * (c + 1) / 2 + d)

        for c in p .. layout.Columns - 1 do
            let mutable sum = Vector512<float>.Zero

            for i in 0 .. order - 1 do
                let value = Lanes.Load(work, layout.Right + c * order + i)
                sum <- Lanes.Fma(value * Lanes.Load(work, layout.Inverse + i), value, sum)

            Lanes.Add(sum, work, sums + p * (p + 1) / 2)

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
        LaneFactor.Create(layout, group, lambda, work) |> ignore
        let weight = Lanes.Weight(layout, group)

        for a in 0 .. order - 1 do
            let column = layout.Root + a * order

            for i in 0 .. order - 1 do
                let mutable sum =
                    if i <= a then
                        Lanes.Load(group, a * (a + 1) / 2 + i)
                    else
                        Vector512<float>.Zero

                let row = layout.Factor + i * (i + 1) / 2

                for k in 0 .. i - 1 do
                    sum <- Lanes.Fma(-Lanes.Load(work, row + k), Lanes.Load(work, column + k), sum)

                Lanes.Store(sum, work, column + i)

                Lanes.Store(sum * Lanes.Load(work, layout.Inverse + i), work, layout.Scaled + a * order + i)

        for c in 0 .. layout.Columns - 1 do
            let diagonal =
                Vector512.Create(NativePtr.get fixedFactor ((min c (p - 1)) * (p + 1)))

            for a in 0 .. order - 1 do
                let mutable sum = Vector512<float>.Zero

                for i in 0 .. order - 1 do
                    let scaled = Lanes.Load(work, layout.Scaled + a * order + i)
                    sum <- Lanes.Fma(scaled, Lanes.Load(work, layout.Right + c * order + i), sum)

                // The scatter has no part in X.
                if c < p then
                    for k in 0 .. c - 1 do
                        let factor = Vector512.Create(-(NativePtr.get fixedFactor (c + k * p)))
                        sum <- Lanes.Fma(factor, Lanes.Load(work, layout.Scores + k * order + a), sum)

                Lanes.Store(sum * diagonal, work, layout.Scores + c * order + a)

        let v = layout.Scores + (p - 1) * order

        for a in 0 .. order - 1 do
            for b in 0..a do
                let at = a * (a + 1) / 2 + b
                let mutable omega = Vector512<float>.Zero
                let mutable gram = Vector512<float>.Zero

                for i in 0 .. order - 1 do
                    let root = Lanes.Load(work, layout.Root + a * order + i)
                    omega <- Lanes.Fma(root, Lanes.Load(work, layout.Scaled + b * order + i), omega)

                for x in 0 .. p - 2 do
                    let left = Lanes.Load(work, layout.Scores + x * order + a)
                    gram <- Lanes.Fma(left, Lanes.Load(work, layout.Scores + x * order + b), gram)

                let mutable square = weight * Lanes.Load(work, v + a) * Lanes.Load(work, v + b)

                for c in p .. layout.Columns - 1 do
                    let left = Lanes.Load(work, layout.Scores + c * order + a)
                    square <- Lanes.Fma(left, Lanes.Load(work, layout.Scores + c * order + b), square)

                Lanes.Store(omega, work, layout.Omega + at)
                Lanes.Store(weight * gram, work, layout.Gram + at)
                Lanes.Store(square, work, layout.Square + at)

    /// Adds Ω_bc W_ad for all pairs of blocks to the sums from a place on.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member private AddProducts(layout: LaneLayout, other: int, sums: int, work: nativeptr<float>) =
        let blocks = layout.Blocks
        let positions = blocks.Positions
        let mutable at = sums

        for pair in 0 .. blocks.PairStarts.Length - 2 do
            let first, last = blocks.PairStarts[pair], blocks.PairStarts[pair + 1] - 1

            for k in first..last do
                let omega = Lanes.Load(work, layout.Omega + positions[k])

                for l in first..last do
                    let target = NativePtr.add work (at <<< 3)
                    let value = Lanes.Load(work, other + positions[l])
                    Vector512.Store(Lanes.Fma(omega, value, Vector512.Load target), target)
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
        let weight = Lanes.Weight(layout, group)
        let triangle = layout.Triangle
        let sums = layout.Sums

        for k in 0 .. triangle - 1 do
            Lanes.Add(weight * Lanes.Load(work, layout.Omega + k), work, sums + k)
            Lanes.Add(Lanes.Load(work, layout.Square + k), work, sums + triangle + k)
            Lanes.Add(Lanes.Load(work, layout.Gram + k), work, sums + 2 * triangle + k)

        if average then
            let blocks = layout.Blocks
            let v = layout.Scores + (p - 1) * order
            let mutable at = sums + layout.GradientSums

            for pair in 0 .. blocks.InnerFirst.Length - 1 do
                let right = weight * Lanes.Load(work, v + blocks.InnerSecond[pair])

                for x in 0 .. p - 2 do
                    let left = Lanes.Load(work, layout.Scores + x * order + blocks.InnerFirst[pair])

                    Lanes.Add(left * right, work, at)
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
        let weight = Lanes.Weight(layout, group)
        let two = Vector512.Create -2.0

        // In place of v vᵀ, which is not needed here.
        for k in 0 .. layout.Triangle - 1 do
            let omega = weight * Lanes.Load(work, layout.Omega + k)

            let other =
                if reml then
                    Lanes.Fma(two, Lanes.Load(work, layout.Gram + k), omega)
                else
                    omega

            Lanes.Store(other, work, layout.Square + k)

        LaneKernel.AddProducts(layout, layout.Square, layout.Sums, work)

        if reml then
            let blocks = layout.Blocks
            let mutable at = layout.Sums + EffectBlocks.sums blocks

            for pair in 0 .. blocks.InnerFirst.Length - 1 do
                for x in 0 .. layout.P - 2 do
                    let left = Lanes.Load(work, layout.Scores + x * order + blocks.InnerFirst[pair])

                    let weighted = weight * left

                    for z in 0..x do
                        let right = Lanes.Load(work, layout.Scores + z * order + blocks.InnerSecond[pair])

                        Lanes.Add(weighted * right, work, at)
                        at <- at + 1
