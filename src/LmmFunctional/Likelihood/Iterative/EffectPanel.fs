namespace LmmFunctional.Estimation

open System
open System.Runtime.Intrinsics
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>Eight columns of effects side by side: the eight values of an effect stand together and fill a register.</summary>
/// <remarks>All sums are over fixed chunks of effects, added up in their order, so that they do not depend on the number of
/// threads. Every function works lane by lane: no column knows of another.</remarks>
[<RequireQualifiedAccess>]
module internal EffectPanel =

    /// Columns of a panel.
    let lanes = 8

    let private chunk = 4096

    let private chunksOf count = (count + chunk - 1) / chunk

    /// A panel of zeros for so many effects.
    let create effects = Buffer(max 1 (effects * lanes))

    let private run effects (weight: float) (body: int -> int -> unit) =
        Tiles.Run(
            chunksOf effects,
            weight * float (effects * lanes),
            fun tile -> body (tile * chunk) (min effects ((tile + 1) * chunk) - 1)
        )

    /// A lane-wise factor as a register.
    let register (values: float[]) = Vector512.Create(values, 0)

    /// Per lane x'y.
    let dot effects (x: Buffer) (y: Buffer) : float[] =
        let sums = Array.init (chunksOf effects) (fun _ -> Array.zeroCreate<float> lanes)
        let px, py = x.Pointer, y.Pointer

        run effects 1.0 (fun first last ->
            let mutable sum = Vector512<float>.Zero

            for i in first..last do
                let at = i * lanes
                sum <- sum + Vector512.Load(NativePtr.add px at) * Vector512.Load(NativePtr.add py at)

            sum.CopyTo(sums[first / chunk]))

        let total = Array.zeroCreate lanes

        for own in sums do
            for lane in 0 .. lanes - 1 do
                total[lane] <- total[lane] + own[lane]

        total

    /// y ← y + a x, a lane by lane.
    let addScaled effects (a: float[]) (x: Buffer) (y: Buffer) =
        let px, py = x.Pointer, y.Pointer

        run effects 1.0 (fun first last ->
            let factor = register a

            for i in first..last do
                let at = i * lanes
                let target = NativePtr.add py at
                Vector512.Store(Vector512.Load target + factor * Vector512.Load(NativePtr.add px at), target))

    /// y ← x + a y, a lane by lane.
    let scaleAndAdd effects (x: Buffer) (a: float[]) (y: Buffer) =
        let px, py = x.Pointer, y.Pointer

        run effects 1.0 (fun first last ->
            let factor = register a

            for i in first..last do
                let at = i * lanes
                let target = NativePtr.add py at
                Vector512.Store(Vector512.Load(NativePtr.add px at) + factor * Vector512.Load target, target))

    /// y ← a x, a lane by lane.
    let scaled effects (a: float[]) (x: Buffer) (y: Buffer) =
        let px, py = x.Pointer, y.Pointer

        run effects 1.0 (fun first last ->
            let factor = register a

            for i in first..last do
                let at = i * lanes
                Vector512.Store(factor * Vector512.Load(NativePtr.add px at), NativePtr.add py at))

    /// y ← Σ_k a_k x_k, a_k lane by lane.
    let combine effects (a: float[][]) (x: Buffer[]) (y: Buffer) =
        let py = y.Pointer
        let sources = x |> Array.map _.Pointer

        run effects (float a.Length) (fun first last ->
            for i in first..last do
                let at = i * lanes
                let mutable sum = Vector512<float>.Zero

                for k in 0 .. a.Length - 1 do
                    sum <- sum + Vector512.Create(a[k], 0) * Vector512.Load(NativePtr.add sources[k] at)

                Vector512.Store(sum, NativePtr.add py at))

    /// y ← y + Σ_k x_k.
    let addAll effects (x: Buffer[]) (y: Buffer) =
        let py = y.Pointer
        let sources = x |> Array.map _.Pointer

        run effects (float x.Length) (fun first last ->
            for i in first..last do
                let at = i * lanes
                let target = NativePtr.add py at
                let mutable sum = Vector512.Load target

                for k in 0 .. sources.Length - 1 do
                    sum <- sum + Vector512.Load(NativePtr.add sources[k] at)

                Vector512.Store(sum, target))

    let copy effects (x: Buffer) (y: Buffer) =
        x.Span.Slice(0, effects * lanes).CopyTo y.Span

    /// <summary>y ← B x or Bᵀx for B block-diagonal: S×S blocks by columns from a place of an array on.</summary>
    /// <remarks>For the effects of one term, from one effect on; x and y may be the same only where S is one.</remarks>
    let multiplyBlocks order levels firstEffect (blocks: float[]) firstBlock isTransposed (x: Buffer) (y: Buffer) =
        let px = NativePtr.add x.Pointer (firstEffect * lanes)
        let py = NativePtr.add y.Pointer (firstEffect * lanes)

        run levels (float (order * order)) (fun first last ->
            for level in first..last do
                let at = firstBlock + level * order * order

                for i in 0 .. order - 1 do
                    let mutable sum = Vector512<float>.Zero

                    for j in 0 .. order - 1 do
                        let element =
                            if isTransposed then
                                blocks[at + j + i * order]
                            else
                                blocks[at + i + j * order]

                        let source = NativePtr.add px ((level * order + j) * lanes)
                        sum <- sum + Vector512.Create element * Vector512.Load source

                    Vector512.Store(sum, NativePtr.add py ((level * order + i) * lanes)))

    /// <summary>target += w (x yᵀ) level by level, S×S per lane: element (i, j) of level l at ((l S + j) S + i) 8.</summary>
    let addOuter order levels firstEffect firstBlock (weight: float) (x: Buffer) (y: Buffer) (target: Buffer) =
        let px = NativePtr.add x.Pointer (firstEffect * lanes)
        let py = NativePtr.add y.Pointer (firstEffect * lanes)
        let pt = NativePtr.add target.Pointer (firstBlock * lanes)

        run levels (float (order * order)) (fun first last ->
            let factor = Vector512.Create weight

            for level in first..last do
                for j in 0 .. order - 1 do
                    let right = factor * Vector512.Load(NativePtr.add py ((level * order + j) * lanes))

                    for i in 0 .. order - 1 do
                        let at = NativePtr.add pt (((level * order + j) * order + i) * lanes)
                        let left = Vector512.Load(NativePtr.add px ((level * order + i) * lanes))
                        Vector512.Store(Vector512.Load at + left * right, at))
