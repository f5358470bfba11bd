namespace LmmFunctional.Estimation

open System.Runtime.Intrinsics
open FSharp.NativeInterop

/// <summary>Products of a coupling with a panel of effects, for some levels: kernels that read every entry once.</summary>
/// <remarks>They write to the images they are given and to nothing else; one thread at a time has each image.</remarks>
[<RequireQualifiedAccess>]
module internal CouplingKernel =

    let private lanes = EffectPanel.lanes

    /// s_j ← a_j x for the S rows of a level, in S registers of the scratch.
    let private gather (coupling: EffectCoupling) level (x: nativeptr<float>) (scratch: nativeptr<float>) =
        let order = coupling.Order

        for a in 0 .. order - 1 do
            let mutable sum = Vector512<float>.Zero

            for entry in coupling.Starts[level] .. coupling.Starts[level + 1] - 1 do
                let source = NativePtr.add x (coupling.Rows[entry] * lanes)

                sum <-
                    sum
                    + Vector512.Create coupling.Values[entry * order + a] * Vector512.Load source

            Vector512.Store(sum, NativePtr.add scratch (a * lanes))

    /// image += sign a_jᵀ w for the S registers w of a level.
    let private scatter (coupling: EffectCoupling) level sign (w: nativeptr<float>) (image: nativeptr<float>) =
        let order = coupling.Order

        for entry in coupling.Starts[level] .. coupling.Starts[level + 1] - 1 do
            let target = NativePtr.add image (coupling.Rows[entry] * lanes)
            let mutable sum = Vector512.Load target

            for a in 0 .. order - 1 do
                let factor = Vector512.Create(sign * coupling.Values[entry * order + a])
                sum <- sum + factor * Vector512.Load(NativePtr.add w (a * lanes))

            Vector512.Store(sum, target)

    /// <summary>image −= Σ_j a_jᵀ H_j a_j x over the levels of a window; a_j x to the panel of the leading effects.</summary>
    let applyLead (coupling: EffectCoupling) window (h: float[]) (x: nativeptr<float>) lead (image: nativeptr<float>) =
        let order = coupling.Order
        let square = order * order

        if order = 1 then
            let rows, values, starts = coupling.Rows, coupling.Values, coupling.Starts

            for level in coupling.Windows[window] .. coupling.Windows[window + 1] - 1 do
                let mutable sum = Vector512<float>.Zero
                let last = starts[level + 1] - 1

                for entry in starts[level] .. last do
                    let source = NativePtr.add x (rows[entry] * lanes)
                    sum <- sum + Vector512.Create values[entry] * Vector512.Load source

                Vector512.Store(sum, NativePtr.add lead (level * lanes))
                let w = Vector512.Create -h[level] * sum

                for entry in starts[level] .. last do
                    let target = NativePtr.add image (rows[entry] * lanes)
                    Vector512.Store(Vector512.Load target + Vector512.Create values[entry] * w, target)
        else
            let scratch = NativePtr.stackalloc<float>(order * lanes)

            for level in coupling.Windows[window] .. coupling.Windows[window + 1] - 1 do
                let own = NativePtr.add lead (level * order * lanes)
                gather coupling level x own

                for i in 0 .. order - 1 do
                    let mutable sum = Vector512<float>.Zero

                    for j in 0 .. order - 1 do
                        let element = Vector512.Create h[level * square + i + j * order]
                        sum <- sum + element * Vector512.Load(NativePtr.add own (j * lanes))

                    Vector512.Store(sum, NativePtr.add scratch (i * lanes))

                scatter coupling level -1.0 scratch image

    /// a_j x of the levels of a window to the panel of the leading effects.
    let gatherLead (coupling: EffectCoupling) window (x: nativeptr<float>) (lead: nativeptr<float>) =
        for level in coupling.Windows[window] .. coupling.Windows[window + 1] - 1 do
            gather coupling level x (NativePtr.add lead (level * coupling.Order * lanes))

    /// image += sign Σ_j a_jᵀ w_j over the levels of a window, w a panel of the leading effects.
    let scatterLead (coupling: EffectCoupling) window sign (w: nativeptr<float>) (image: nativeptr<float>) =
        for level in coupling.Windows[window] .. coupling.Windows[window + 1] - 1 do
            scatter coupling level sign (NativePtr.add w (level * coupling.Order * lanes)) image

    /// image += Z_s'Z_t x for the effects of a tail term and those after it, both ways, over the levels of a window.
    let applyBetween (coupling: EffectCoupling) window (x: nativeptr<float>) (image: nativeptr<float>) =
        let order = coupling.Order
        let scratch = NativePtr.stackalloc<float>(order * lanes)

        for level in coupling.Windows[window] .. coupling.Windows[window + 1] - 1 do
            let own = (coupling.First + level * order) * lanes
            gather coupling level x scratch

            for a in 0 .. order - 1 do
                let target = NativePtr.add image (own + a * lanes)
                Vector512.Store(Vector512.Load target + Vector512.Load(NativePtr.add scratch (a * lanes)), target)

            scatter coupling level 1.0 (NativePtr.add x own) image

    /// <summary>Per lane Σ_j N_j (Σ_k a_jk Q_k a_jkᵀ) N_jᵀ over the levels of a window, S×S, added to sums.</summary>
    /// <remarks>Q_k is the block of a tail level, S×S per lane; blockOf tells where the column of a tail effect starts in
    /// the panel of blocks, sizeOf and placeOf the size of its block and its place in it.</remarks>
    let quadratic
        (coupling: EffectCoupling)
        window
        (n: float[])
        (q: nativeptr<float>)
        (blockOf: int[])
        (sizeOf: int[])
        (placeOf: int[])
        (sums: nativeptr<float>)
        =
        let order = coupling.Order
        let square = order * order
        let inner = NativePtr.stackalloc<float>(square * lanes)
        let rows, values = coupling.Rows, coupling.Values

        for level in coupling.Windows[window] .. coupling.Windows[window + 1] - 1 do
            for k in 0 .. square - 1 do
                Vector512.Store(Vector512<float>.Zero, NativePtr.add inner (k * lanes))

            for entry in coupling.Starts[level] .. coupling.Starts[level + 1] - 1 do
                let row = rows[entry]
                let first = entry - placeOf[row]

                for s in 0 .. sizeOf[row] - 1 do
                    let block = Vector512.Load(NativePtr.add q ((blockOf[row] + s) * lanes))

                    for b in 0 .. order - 1 do
                        let right = Vector512.Create values[entry * order + b] * block

                        for a in 0 .. order - 1 do
                            let at = NativePtr.add inner ((a + b * order) * lanes)
                            let factor = Vector512.Create values[(first + s) * order + a]
                            Vector512.Store(Vector512.Load at + factor * right, at)

            for j in 0 .. order - 1 do
                for i in 0 .. order - 1 do
                    let at = NativePtr.add sums ((i + j * order) * lanes)
                    let mutable sum = Vector512.Load at

                    for b in 0 .. order - 1 do
                        for a in 0 .. order - 1 do
                            let factor = n[level * square + i + a * order] * n[level * square + j + b * order]

                            sum <-
                                sum
                                + Vector512.Create factor
                                  * Vector512.Load(NativePtr.add inner ((a + b * order) * lanes))

                    Vector512.Store(sum, at)

    /// Σ_k a_jk H_k a_jkᵀ of every leading level of a window, S×S, for the blocks H of the tail's levels.
    let ofTail
        (coupling: EffectCoupling)
        window
        (h: float[])
        (blockOf: int[])
        (sizeOf: int[])
        (placeOf: int[])
        (target: float[])
        =
        let order = coupling.Order
        let square = order * order
        let rows, values = coupling.Rows, coupling.Values

        for level in coupling.Windows[window] .. coupling.Windows[window + 1] - 1 do
            for entry in coupling.Starts[level] .. coupling.Starts[level + 1] - 1 do
                let row = rows[entry]
                let first = entry - placeOf[row]

                for s in 0 .. sizeOf[row] - 1 do
                    for b in 0 .. order - 1 do
                        let right = h[blockOf[row] + s] * values[entry * order + b]

                        for a in 0 .. order - 1 do
                            let at = level * square + a + b * order
                            target[at] <- target[at] + values[(first + s) * order + a] * right

    /// blocks += Σ_j a_jkᵀ H_j a_jk of every tail level, S×S, over the levels of a window.
    let diagonal
        (coupling: EffectCoupling)
        window
        (h: float[])
        (blockOf: int[])
        (sizeOf: int[])
        (placeOf: int[])
        (blocks: nativeptr<float>)
        =
        let order = coupling.Order
        let square = order * order
        let rows, values = coupling.Rows, coupling.Values

        for level in coupling.Windows[window] .. coupling.Windows[window + 1] - 1 do
            for entry in coupling.Starts[level] .. coupling.Starts[level + 1] - 1 do
                let row = rows[entry]
                let first = entry - placeOf[row]

                for s in 0 .. sizeOf[row] - 1 do
                    let mutable sum = 0.0

                    for b in 0 .. order - 1 do
                        for a in 0 .. order - 1 do
                            sum <-
                                sum
                                + values[(first + s) * order + a]
                                  * h[level * square + a + b * order]
                                  * values[entry * order + b]

                    let at = NativePtr.add blocks (blockOf[row] + s)
                    NativePtr.write at (NativePtr.read at + sum)
