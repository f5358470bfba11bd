namespace LmmFunctional.Estimation

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>m columns of effects: leading ones row by row (level, effect, column), the tail's as q₂×m.</summary>
[<NoComparison; ReferenceEquality>]
type internal EffectColumns = { Lead: Buffer; Tail: Buffer }

/// <summary>Products with Z'V⁻¹Z, from cross-products and the current factor alone.</summary>
[<RequireQualifiedAccess>]
module internal ScoreOperator =

    let private rent (cross: CrossProducts) m = {
        Lead = Workspace.Rent(max 1 (cross.LeadLevels * cross.LeadOrder * m))
        Tail = Workspace.Rent(max 1 (cross.Tail * m))
    }

    /// Columns of zeros; give the buffers back with <c>release</c>.
    let zero (cross: CrossProducts) m =
        let columns = rent cross m
        columns.Lead.Span.Clear()
        columns.Tail.Span.Clear()
        columns

    let release columns =
        Workspace.Return columns.Lead
        Workspace.Return columns.Tail

    /// target (m×n) ← source (n×m) transposed.
    let transpose n m (source: nativeptr<float>) (target: nativeptr<float>) =
        for k in 0 .. m - 1 do
            for i in 0 .. n - 1 do
                NativePtr.set target (k + i * m) (NativePtr.get source (i + k * n))

    /// rows ← M rows level by level, for the S×S matrix that the function leaves in its second argument.
    let private applyByLevel (cross: CrossProducts) m (rows: Buffer) (matrixOf: int -> float[] -> unit) =
        let order = cross.LeadOrder
        let matrix: float[] = Array.zeroCreate (order * order)
        let own: float[] = Array.zeroCreate (order * m)

        for level in 0 .. cross.LeadLevels - 1 do
            matrixOf level matrix
            let at = level * order * m
            rows.Span.Slice(at, order * m).CopyTo(own.AsSpan())

            for i in 0 .. order - 1 do
                for k in 0 .. m - 1 do
                    let mutable sum = 0.0

                    for j in 0 .. order - 1 do
                        sum <- sum + matrix[i + j * order] * own[j * m + k]

                    rows[at + i * m + k] <- sum

    /// Z'V⁻¹Z W for m columns W of effects.
    let apply (engine: BlockFactor) m (effects: EffectColumns) : EffectColumns =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let square = order * order
        let q = cross.Tail
        let lead = engine.Lead
        let coupling = lead.Coupling
        let leadLength = cross.LeadLevels * order * m
        let tailLength = max 1 (q * m)
        let image = rent cross m

        // h₁ = Z₁'Z w.
        effects.Lead.Span.Slice(0, leadLength).CopyTo image.Lead.Span

        let copyOfLead level (matrix: float[]) =
            Array.blit cross.LeadLead (level * square) matrix 0 square

        applyByLevel cross m image.Lead copyOfLead

        if q = 0 then
            engine.ApplyInverse(m, image.Lead, image.Tail.Pointer, image.Tail.Pointer, image.Tail.Pointer)
        else
            let across = Workspace.Rent tailLength
            let reduced = Workspace.Rent tailLength
            let spherical = Workspace.Rent tailLength
            let right = Workspace.Rent tailLength
            transpose q m effects.Tail.Pointer across.Pointer
            coupling.AddToLead(m, 1.0, across.Pointer, image.Lead.Pointer)

            // h₂ = Z₂'Z w with the lead eliminated: Z₂'Z₂w₂ + a'(w₁ − BᵀB h₁).
            let rows = Workspace.Rent(max 1 leadLength)
            image.Lead.Span.Slice(0, leadLength).CopyTo rows.Span

            let squareOfB level (matrix: float[]) =
                Small.MultiplyTransposed(order, lead.B, level * square, matrix)

            applyByLevel cross m rows squareOfB

            for i in 0 .. leadLength - 1 do
                rows[i] <- effects.Lead[i] - rows[i]

            across.Span.Slice(0, q * m).Clear()
            coupling.AddToTail(m, rows.Pointer, across.Pointer)
            Symmetric.MultiplyColumns(q, m, cross.TailTail.Pointer, effects.Tail.Pointer, reduced.Pointer)
            transpose m q across.Pointer right.Pointer
            VectorKernel.AddScaled(q * m, 1.0, right.Pointer, reduced.Pointer)

            // u = C Λᵀ h₂.
            let transposed = Array.map2 Small.transposed cross.TailOrders engine.LambdaTail
            reduced.Span.Slice(0, q * m).CopyTo right.Span
            TailCovariance.apply transposed m right.Pointer cross
            Symmetric.MultiplyColumns(q, m, engine.Inverse.Pointer, right.Pointer, spherical.Pointer)
            engine.ApplyInverse(m, image.Lead, reduced.Pointer, spherical.Pointer, image.Tail.Pointer)
            Workspace.Return across
            Workspace.Return reduced
            Workspace.Return spherical
            Workspace.Return right
            Workspace.Return rows

        image
