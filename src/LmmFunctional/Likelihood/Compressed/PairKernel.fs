namespace LmmFunctional.Estimation

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open FSharp.NativeInterop

/// <summary>The sums of <see cref="T:LmmFunctional.Estimation.LaneKernel"/> for two effects with one covariance matrix, as an intercept
/// and a slope, held in registers: the commonest model, several times faster than by loops.</summary>
[<AbstractClass; Sealed>]
type internal PairKernel private () =

    /// E = I + CᵀGC by its elements (0,0), (1,0) and (1,1).
    static member inline private Information(group: nativeptr<float>, lambda: nativeptr<float>) =
        let first = Vector512.Create(NativePtr.get lambda 0)
        let below = Vector512.Create(NativePtr.get lambda 1)
        let second = Vector512.Create(NativePtr.get lambda 3)

        let c0, c1, c2 = Lanes.Load(group, 0), Lanes.Load(group, 1), Lanes.Load(group, 2)

        let y00 = Lanes.Fma(first, c0, below * c1)
        let y01 = below * c2
        let y10 = second * c1
        let y11 = second * c2
        let one = Vector512<float>.One

        struct (Lanes.Fma(y00, y00, Lanes.Fma(y10, y10, one)),
                Lanes.Fma(y00, y01, y10 * y11),
                Lanes.Fma(y01, y01, Lanes.Fma(y11, y11, one)))

    /// Adds log|E| and the part of the groups in [X y]'V⁻¹[X y] to the sums.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member AddValue
        (layout: LaneLayout, group: nativeptr<float>, lambda: nativeptr<float>, work: nativeptr<float>)
        =
        let p = layout.P
        let sums = layout.Sums
        let right = layout.Right
        let struct (e0, e1, e2) = PairKernel.Information(group, lambda)
        let inverse0 = Vector512<float>.One / e0
        let l = e1 * inverse0
        let pivot = Lanes.Fma(-l, e1, e2)
        let inverse1 = Vector512<float>.One / pivot
        let weight = Lanes.Weight(layout, group)
        Lanes.Add(weight * LaneLog.Of(e0 * pivot), work, sums)
        let mutable at = sums + 1

        for c in 0 .. p - 1 do
            let r0 = Lanes.Load(group, 3 + 2 * c)
            let r1 = Lanes.Fma(-l, r0, Lanes.Load(group, 4 + 2 * c))
            Lanes.Store(r0, work, right + 2 * c)
            Lanes.Store(r1, work, right + 2 * c + 1)
            let s0 = weight * r0 * inverse0
            let s1 = weight * r1 * inverse1

            for d in 0..c do
                let one = s0 * Lanes.Load(work, right + 2 * d)
                Lanes.Add(Lanes.Fma(s1, Lanes.Load(work, right + 2 * d + 1), one), work, at)
                at <- at + 1

        for c in p .. layout.Columns - 1 do
            let r0 = Lanes.Load(group, 3 + 2 * c)
            let r1 = Lanes.Fma(-l, r0, Lanes.Load(group, 4 + 2 * c))
            Lanes.Add(Lanes.Fma(r0 * inverse0, r0, r1 * inverse1 * r1), work, at - 1)

    /// Adds Ω_bc W_ad for all pairs of elements to the sums from a place on.
    static member inline private AddProducts
        (
            o0: Vector512<float>,
            o1: Vector512<float>,
            o2: Vector512<float>,
            w0: Vector512<float>,
            w1: Vector512<float>,
            w2: Vector512<float>,
            work: nativeptr<float>,
            at: int
        ) =
        Lanes.Add(o0 * w0, work, at)
        Lanes.Add(o0 * w1, work, at + 1)
        Lanes.Add(o0 * w2, work, at + 2)
        Lanes.Add(o1 * w0, work, at + 3)
        Lanes.Add(o1 * w1, work, at + 4)
        Lanes.Add(o1 * w2, work, at + 5)
        Lanes.Add(o2 * w0, work, at + 6)
        Lanes.Add(o2 * w1, work, at + 7)
        Lanes.Add(o2 * w2, work, at + 8)

    /// Adds E_ax E_bz, x ≥ z, for the four pairs of effects to the sums from a place on.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member private AddFixedProducts
        (layout: LaneLayout, weight: Vector512<float>, work: nativeptr<float>, start: int)
        =
        let scores = layout.Scores
        let count = layout.P * (layout.P - 1) / 2
        let mutable at = start

        for x in 0 .. layout.P - 2 do
            let left0 = weight * Lanes.Load(work, scores + 2 * x)
            let left1 = weight * Lanes.Load(work, scores + 2 * x + 1)

            for z in 0..x do
                let right0 = Lanes.Load(work, scores + 2 * z)
                let right1 = Lanes.Load(work, scores + 2 * z + 1)
                Lanes.Add(left0 * right0, work, at)
                Lanes.Add(left1 * right0, work, at + count)
                Lanes.Add(left0 * right1, work, at + 2 * count)
                Lanes.Add(left1 * right1, work, at + 3 * count)
                at <- at + 1

    /// Adds ΩΩ, less 2ΩEEᵀ and with the products of fixed effects under REML, of equal groups.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member private AddTraces
        (
            layout: LaneLayout,
            reml: bool,
            weight: Vector512<float>,
            omega0: Vector512<float>,
            omega1: Vector512<float>,
            omega2: Vector512<float>,
            gram0: Vector512<float>,
            gram1: Vector512<float>,
            gram2: Vector512<float>,
            work: nativeptr<float>
        ) =
        // Ω − 2EEᵀ, summed over the equal groups.
        let factor =
            if reml then
                Vector512.Create -2.0 * weight
            else
                Vector512<float>.Zero

        let other0 = Lanes.Fma(factor, gram0, weight * omega0)
        let other1 = Lanes.Fma(factor, gram1, weight * omega1)
        let other2 = Lanes.Fma(factor, gram2, weight * omega2)
        PairKernel.AddProducts(omega0, omega1, omega2, other0, other1, other2, work, layout.Sums)

        if reml then
            PairKernel.AddFixedProducts(layout, weight, work, layout.Sums + 9)

    /// Adds the products of the scores of fixed effects with the weighted scores of the response.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member private AddCross
        (layout: LaneLayout, w0: Vector512<float>, w1: Vector512<float>, work: nativeptr<float>, cross: int)
        =
        let last = layout.P - 1

        for x in 0 .. last - 1 do
            let e0 = Lanes.Load(work, layout.Scores + 2 * x)
            let e1 = Lanes.Load(work, layout.Scores + 2 * x + 1)
            Lanes.Add(e0 * w0, work, cross + x)
            Lanes.Add(e1 * w0, work, cross + last + x)
            Lanes.Add(e0 * w1, work, cross + 2 * last + x)
            Lanes.Add(e1 * w1, work, cross + 3 * last + x)

    /// <summary>Adds the part of the groups in the first derivatives and in the average information to the sums, or in
    /// tr(Q V̇_k Q V̇_l) if <paramref name="trace"/>; Q = P under REML, V⁻¹ otherwise.</summary>
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    static member AddScores
        (
            layout: LaneLayout,
            trace: bool,
            reml: bool,
            group: nativeptr<float>,
            lambda: nativeptr<float>,
            fixedFactor: nativeptr<float>,
            work: nativeptr<float>
        ) =
        let p = layout.P
        let last = p - 1
        let scores = layout.Scores
        let struct (e0, e1, e2) = PairKernel.Information(group, lambda)
        let inverse0 = Vector512<float>.One / e0
        let l = e1 * inverse0
        let inverse1 = Vector512<float>.One / Lanes.Fma(-l, e1, e2)
        let weight = Lanes.Weight(layout, group)
        // K = L⁻¹Cᵀ and D⁻¹K.
        let k00 = Lanes.Load(group, 0)
        let k10 = -(l * k00)
        let k01 = Lanes.Load(group, 1)
        let k11 = Lanes.Fma(-l, k01, Lanes.Load(group, 2))
        let s00, s10 = k00 * inverse0, k10 * inverse1
        let s01, s11 = k01 * inverse0, k11 * inverse1
        let omega0 = Lanes.Fma(k00, s00, k10 * s10)
        let omega1 = Lanes.Fma(k01, s00, k11 * s10)
        let omega2 = Lanes.Fma(k01, s01, k11 * s11)
        let mutable gram0 = Vector512<float>.Zero
        let mutable gram1 = Vector512<float>.Zero
        let mutable gram2 = Vector512<float>.Zero
        let mutable v0 = Vector512<float>.Zero
        let mutable v1 = Vector512<float>.Zero

        for c in 0..last do
            let r0 = Lanes.Load(group, 3 + 2 * c)
            let r1 = Lanes.Fma(-l, r0, Lanes.Load(group, 4 + 2 * c))
            let mutable u0 = Lanes.Fma(s00, r0, s10 * r1)
            let mutable u1 = Lanes.Fma(s01, r0, s11 * r1)

            for k in 0 .. c - 1 do
                let factor = Vector512.Create(-(NativePtr.get fixedFactor (c + k * p)))
                u0 <- Lanes.Fma(factor, Lanes.Load(work, scores + 2 * k), u0)
                u1 <- Lanes.Fma(factor, Lanes.Load(work, scores + 2 * k + 1), u1)

            let diagonal = Vector512.Create(NativePtr.get fixedFactor (c * (p + 1)))
            v0 <- u0 * diagonal
            v1 <- u1 * diagonal
            Lanes.Store(v0, work, scores + 2 * c)
            Lanes.Store(v1, work, scores + 2 * c + 1)

            if c < last then
                gram0 <- Lanes.Fma(v0, v0, gram0)
                gram1 <- Lanes.Fma(v1, v0, gram1)
                gram2 <- Lanes.Fma(v1, v1, gram2)

        let sums = layout.Sums

        if trace then
            PairKernel.AddTraces(layout, reml, weight, omega0, omega1, omega2, gram0, gram1, gram2, work)
        else
            let w0, w1 = weight * v0, weight * v1
            let mutable square0 = w0 * v0
            let mutable square1 = w0 * v1
            let mutable square2 = w1 * v1
            let scale = Vector512.Create(NativePtr.get fixedFactor (last * (p + 1)))

            for c in p .. layout.Columns - 1 do
                let r0 = Lanes.Load(group, 3 + 2 * c)
                let r1 = Lanes.Fma(-l, r0, Lanes.Load(group, 4 + 2 * c))
                let t0 = scale * Lanes.Fma(s00, r0, s10 * r1)
                let t1 = scale * Lanes.Fma(s01, r0, s11 * r1)
                square0 <- Lanes.Fma(t0, t0, square0)
                square1 <- Lanes.Fma(t0, t1, square1)
                square2 <- Lanes.Fma(t1, t1, square2)

            Lanes.Add(weight * omega0, work, sums)
            Lanes.Add(weight * omega1, work, sums + 1)
            Lanes.Add(weight * omega2, work, sums + 2)
            Lanes.Add(square0, work, sums + 3)
            Lanes.Add(square1, work, sums + 4)
            Lanes.Add(square2, work, sums + 5)
            Lanes.Add(weight * gram0, work, sums + 6)
            Lanes.Add(weight * gram1, work, sums + 7)
            Lanes.Add(weight * gram2, work, sums + 8)
            let cross = sums + 9
            PairKernel.AddCross(layout, w0, w1, work, cross)
            let products = cross + 4 * last
            PairKernel.AddProducts(omega0, omega1, omega2, square0, square1, square2, work, products)
