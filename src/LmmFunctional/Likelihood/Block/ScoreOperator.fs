namespace LmmFunctional

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>m columns of effects: leading ones row by row (level, effect, column), the tail's as q₂×m.</summary>
[<NoComparison; ReferenceEquality>]
type internal EffectColumns = { Lead: float[]; Tail: Buffer }

/// <summary>Products with Z'V⁻¹Z, from cross-products and the current factor alone.</summary>
[<RequireQualifiedAccess>]
module internal ScoreOperator =

    /// Columns of zeros; give the buffer back with <c>release</c>.
    let zero (cross: CrossProducts) m =
        let tail = Workspace.Rent(max 1 (cross.Tail * m))
        tail.Span.Clear()

        {
            Lead = Array.zeroCreate (cross.LeadLevels * cross.LeadOrder * m)
            Tail = tail
        }

    let release columns = Workspace.Return columns.Tail

    /// Z'V⁻¹Z W for m columns W of effects.
    let apply (engine: BlockFactor) m (effects: EffectColumns) : EffectColumns =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let square = order * order
        let q = cross.Tail
        let lead = engine.Lead
        let image: float[] = Array.zeroCreate effects.Lead.Length
        let tailLength = max 1 (q * m)
        let reduced = Workspace.Rent tailLength
        let spherical = Workspace.Rent tailLength
        let scores = Workspace.Rent tailLength

        // h = Z'Z w, with the lead eliminated from the tail's part.
        for k in 0 .. m - 1 do
            if q > 0 then
                let column = k * q

                Symmetric.Multiply(
                    q,
                    cross.TailTail.Pointer,
                    NativePtr.add effects.Tail.Pointer column,
                    NativePtr.add reduced.Pointer column
                )

        let column: float[] = Array.zeroCreate order

        for level in 0 .. cross.LeadLevels - 1 do
            for k in 0 .. m - 1 do
                for i in 0 .. order - 1 do
                    let mutable sum = 0.0

                    for j in 0 .. order - 1 do
                        sum <-
                            sum
                            + cross.LeadLead[level * square + i + j * order]
                              * effects.Lead[(level * order + j) * m + k]

                    column[i] <- sum

                for entry in cross.EntryStarts[level] .. cross.EntryStarts[level + 1] - 1 do
                    let value = effects.Tail[cross.EntryRows[entry] + k * q]
                    let mutable sum = 0.0

                    for a in 0 .. order - 1 do
                        column[a] <- column[a] + cross.EntryValues[entry * order + a] * value

                        sum <-
                            sum
                            + cross.EntryValues[entry * order + a] * effects.Lead[(level * order + a) * m + k]

                    let index = cross.EntryRows[entry] + k * q
                    reduced[index] <- reduced[index] + sum

                for i in 0 .. order - 1 do
                    image[(level * order + i) * m + k] <- column[i]

                for i in 0 .. order - 1 do
                    let mutable projected = 0.0

                    for j in 0 .. order - 1 do
                        projected <- projected + lead.B[level * square + i + j * order] * column[j]

                    for entry in cross.EntryStarts[level] .. cross.EntryStarts[level + 1] - 1 do
                        let index = cross.EntryRows[entry] + k * q
                        reduced[index] <- reduced[index] - lead.Y[entry * order + i] * projected

        if q > 0 then
            let transposed =
                Array.map2
                    (fun n (a: float[]) -> Array.init (n * n) (fun k -> a[k / n + k % n * n]))
                    cross.TailOrders
                    engine.LambdaTail

            let right = Workspace.Rent tailLength
            reduced.Span.Slice(0, q * m).CopyTo right.Span
            TailCovariance.apply transposed m right.Pointer cross

            for k in 0 .. m - 1 do
                Symmetric.Multiply(
                    q,
                    engine.Inverse.Pointer,
                    NativePtr.add right.Pointer (k * q),
                    NativePtr.add spherical.Pointer (k * q)
                )

            Workspace.Return right

        engine.ApplyInverse(m, image, reduced.Pointer, spherical.Pointer, scores.Pointer)
        Workspace.Return reduced
        Workspace.Return spherical
        { Lead = image; Tail = scores }
