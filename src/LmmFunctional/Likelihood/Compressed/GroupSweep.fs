namespace LmmFunctional.Estimation

open System
open System.Runtime.Intrinsics
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>What a sweep over the groups adds up.</summary>
[<RequireQualifiedAccess; Struct>]
type internal SweepKind =
    | Value
    | Gradient
    | Average
    | Trace of reml: bool

/// <summary>Sweeps over the groups at one λ: sums over chunks of a fixed number of groups, added up in their order.</summary>
/// <remarks>Owned by one engine, overwritten by every sweep; the same sums for any number of threads.</remarks>
[<Sealed>]
type internal GroupSweep(groups: LaneGroups, layout: LaneLayout) =
    // 1024 groups: enough work to outweigh the start of a chunk, little enough to share out.
    let chunk = 128
    let chunks = max 1 ((groups.Eights + chunk - 1) / chunk)
    let order, p = groups.Order, groups.P
    let lambda = Buffer(order * order)
    let fixedFactor = Buffer(p * p)
    let vectors = LaneLayout.vectors layout
    let largest = vectors - layout.Sums
    let partials: float[] = Array.zeroCreate (chunks * largest)
    let own = Buffer(8 * vectors)
    // Two effects with one covariance matrix.
    let isPair = order = 2 && layout.Blocks.Starts.Length = 2
    let mutable kind = SweepKind.Value

    let count () =
        match kind with
        | SweepKind.Value -> layout.ValueSums
        | SweepKind.Gradient -> layout.GradientSums
        | SweepKind.Average -> layout.GradientSums + layout.AverageSums
        | SweepKind.Trace reml -> layout.TraceSums reml

    let sweepChunk (tile: int) (work: nativeptr<float>) =
        let count = count ()
        let sums = NativePtr.add work (8 * layout.Sums)
        Span<float>(NativePtr.toVoidPtr sums, 8 * count).Clear()

        for eight in tile * chunk .. min groups.Eights ((tile + 1) * chunk) - 1 do
            let group = NativePtr.add groups.Values.Pointer (eight * groups.Fields * 8)

            match kind with
            | SweepKind.Value when isPair -> PairKernel.AddValue(layout, group, lambda.Pointer, work)
            | SweepKind.Value -> LaneKernel.AddValue(layout, group, lambda.Pointer, work)
            | SweepKind.Average when isPair ->
                PairKernel.AddScores(layout, false, false, group, lambda.Pointer, fixedFactor.Pointer, work)
            | SweepKind.Average -> LaneKernel.AddScores(layout, true, group, lambda.Pointer, fixedFactor.Pointer, work)
            | SweepKind.Gradient ->
                LaneKernel.AddScores(layout, false, group, lambda.Pointer, fixedFactor.Pointer, work)
            | SweepKind.Trace reml when isPair ->
                PairKernel.AddScores(layout, true, reml, group, lambda.Pointer, fixedFactor.Pointer, work)
            | SweepKind.Trace reml ->
                LaneKernel.AddTraces(layout, reml, group, lambda.Pointer, fixedFactor.Pointer, work)

        for k in 0 .. count - 1 do
            partials[tile * largest + k] <- Vector512.Sum(Vector512.Load(NativePtr.add sums (8 * k)))

    // Made once: a sweep allocates nothing of its own.
    let tile =
        Action<int>(fun tile ->
            let work = Workspace.Rent(8 * vectors)
            sweepChunk tile work.Pointer
            Workspace.Return work)

    /// λ of all terms, S×S by columns, for the sweeps to come.
    member _.Lambda = lambda

    /// The factor of [X y]'V⁻¹[X y] with the inverses of its diagonal on the diagonal, P×P by columns.
    member _.FixedFactor = fixedFactor

    /// The sums of a sweep, in the order of the layout: overwritten by the next one.
    member _.Run(wanted: SweepKind) : float[] =
        kind <- wanted
        let count = count ()

        if chunks = 1 then
            sweepChunk 0 own.Pointer
        else
            let flops = float groups.Count * float (layout.Sums + count)
            Tiles.Run(chunks, flops, tile)

            for other in 1 .. chunks - 1 do
                for k in 0 .. count - 1 do
                    partials[k] <- partials[k] + partials[other * largest + k]

        partials
