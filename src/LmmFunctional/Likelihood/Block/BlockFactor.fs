namespace LmmFunctional.Estimation

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>The factored equations of the block engine: leading factor eliminated level by level, dense Schur complement of
/// all other effects.</summary>
/// <remarks>Covariances are relative to σ²: V = ZΛΛᵀZᵀ + I on the inner scale. One instance is one workspace: it is
/// overwritten by every <c>Factor</c>, never shared between threads. M = ΛᵀZᵀZΛ + I; docs/engine.md has the mathematics.</remarks>
[<Sealed>]
type internal BlockFactor(cross: CrossProducts) =
    let q = cross.Tail
    let p = cross.P
    let order = cross.LeadOrder
    let square = order * order
    let tailTerms = cross.TailOrders.Length
    let lead = LeadElimination cross
    let area = max 1 (q * q)
    let schur = Buffer area
    let factor = Buffer area
    let inverse = Buffer area
    let weighted = Buffer area
    let tailReduced = Buffer(max 1 (q * p))
    let tailSolved = Buffer(max 1 (q * p))
    let tailEffects = Buffer(max 1 (q * p))
    let fixedFactor: float[] = Array.zeroCreate (p * p)
    let leadScores = Buffer(max 1 (cross.LeadLevels * order * p))
    let tailScores = Buffer(max 1 (q * p))
    let mutable all: float[][] = [||]
    let mutable lambdaLead: float[] = [||]
    let mutable lambdaTail: float[][] = [||]
    let mutable logDeterminant = 0.0

    /// A factor whose inverse may be used: far enough from singular that I − C keeps its digits.
    let isRegular n (lambda: float[]) =
        let smallest = Seq.init n (fun i -> abs lambda[i + i * n]) |> Seq.min
        smallest >= 1e-3 && smallest >= 0.03 * (lambda |> Seq.map abs |> Seq.max)

    member _.LogDeterminant = logDeterminant

    member _.Cross = cross

    /// The leading factor as last eliminated.
    member _.Lead = lead

    /// λ of a term.
    member _.Lambda(term: int) = all[term]

    /// λ of the leading block, S×S, and of every tail term.
    member _.LambdaLead = lambdaLead

    member _.LambdaTail = lambdaTail

    /// C = (Λ'SΛ + I)⁻¹ of the tail, lower triangle, after Solve.
    member _.Inverse = inverse

    /// ΛCΛᵀ of the tail, lower triangle, after Solve.
    member _.Weighted = weighted

    /// The tail's Z'V₁⁻¹Z with only the leading factor in V₁, lower triangle, before Λ is applied.
    member _.Schur = schur

    /// Whether the inverse of a tail term's λ may be used without losing digits.
    member _.IsRegular(t: int) =
        isRegular cross.TailOrders[t] lambdaTail[t]

    /// The Cholesky factor of [X y]'V⁻¹[X y], P×P by columns.
    member _.FixedFactor = fixedFactor

    /// Factors everything for the given λ per term; false when a matrix is not positive definite to working precision.
    member _.Factor(lambdas: float[][]) : bool =
        all <- lambdas
        lambdaLead <- Array.zeroCreate square

        cross.LeadTerms
        |> Array.iteri (fun index t ->
            let at = cross.LeadOffsets[index]
            let size = cross.LeadOffsets[index + 1] - at

            for j in 0 .. size - 1 do
                for i in 0 .. size - 1 do
                    lambdaLead[at + i + (at + j) * order] <- lambdas[t][i + j * size])

        lambdaTail <- cross.TailTerms |> Array.map (fun t -> lambdas[t])
        Array.blit cross.FixedFixed 0 fixedFactor 0 (p * p)
        logDeterminant <- lead.Eliminate(lambdaLead, fixedFactor)
        let mutable positive = true

        if q > 0 then
            let transposed = Array.map2 Small.transposed cross.TailOrders lambdaTail
            cross.TailTail.Span.Slice(0, area).CopyTo(schur.Span)
            cross.TailFixed.Span.Slice(0, q * p).CopyTo(tailReduced.Span)
            lead.SubtractFromTail(schur, tailReduced)
            TailCovariance.congruence transposed schur factor cross

            for i in 0 .. q - 1 do
                factor[i + i * q] <- factor[i + i * q] + 1.0

            positive <- Cholesky.Factor(q, factor.Pointer, q)

            if positive then
                logDeterminant <- logDeterminant + Cholesky.LogDeterminant(q, factor.Pointer, q)
                tailReduced.Span.CopyTo(tailSolved.Span)
                TailCovariance.apply transposed p tailSolved.Pointer cross
                Triangular.SolveLeft(q, p, factor.Pointer, q, false, tailSolved.Pointer, q)

                for c in 0 .. p - 1 do
                    for d in c .. p - 1 do
                        let dot =
                            VectorKernel.Dot(
                                q,
                                NativePtr.add tailSolved.Pointer (c * q),
                                NativePtr.add tailSolved.Pointer (d * q)
                            )

                        fixedFactor[d + c * p] <- fixedFactor[d + c * p] - dot

        positive && Small.Cholesky(p, fixedFactor, 0)

    /// Turns P values of Z'V⁻¹[X y] into [E | v], E = Z'V⁻¹X L⁻ᵀ with LLᵀ = X'V⁻¹X, v = Z'V⁻¹(y − Xβ)/r.
    member private _.Orthogonalise(values: Span<float>, stride: int) =
        for c in 0 .. p - 1 do
            let mutable sum = values[c * stride]

            for k in 0 .. c - 1 do
                sum <- sum - fixedFactor[c + k * p] * values[k * stride]

            values[c * stride] <- sum / fixedFactor[c + c * p]

    /// <summary>Z'V⁻¹W for m columns W given by their products with Z: lead rows (level, effect, column), tail q₂×m.</summary>
    /// <remarks>The lead rows are overwritten with the result, the tail's goes to scores. The tail comes reduced (the lead
    /// eliminated) and with its spherical effects u = C Λᵀ(reduced tail).</remarks>
    member _.ApplyInverse
        (m: int, leadRows: Buffer, reducedTail: nativeptr<float>, spherical: nativeptr<float>, scores: nativeptr<float>)
        =
        // T = Λ u for the tail.
        let effects = Workspace.Rent(max 1 (q * m))

        if q > 0 then
            Span<float>(NativePtr.toVoidPtr spherical, q * m).CopyTo effects.Span
            TailCovariance.apply lambdaTail m effects.Pointer cross

            for t in 0 .. tailTerms - 1 do
                let size = cross.TailOrders[t]
                let first = cross.TailOffsets[t]
                let count = cross.TailOffsets[t + 1] - first

                if isRegular size lambdaTail[t] then
                    // v = λ⁻ᵀ u.
                    let inverseTransposed: float[] = Array.zeroCreate (size * size)
                    Small.Invert(size, Small.transposed size lambdaTail[t], inverseTransposed, 0)

                    for c in 0 .. m - 1 do
                        for level in 0 .. count / size - 1 do
                            for i in 0 .. size - 1 do
                                let mutable sum = 0.0

                                for k in 0 .. size - 1 do
                                    sum <-
                                        sum
                                        + inverseTransposed[i + k * size]
                                          * NativePtr.get spherical (first + level * size + k + c * q)

                                NativePtr.set scores (first + level * size + i + c * q) sum
                else
                    let image = Workspace.Rent q

                    for c in 0 .. m - 1 do
                        Symmetric.Multiply(q, schur.Pointer, NativePtr.add effects.Pointer (c * q), image.Pointer)

                        for i in first .. first + count - 1 do
                            NativePtr.set scores (i + c * q) (NativePtr.get reducedTail (i + c * q) - image[i])

                    Workspace.Return image

            // W₁ = N (h₁ − a Λu).
            let across = Workspace.Rent(q * m)

            for c in 0 .. m - 1 do
                for i in 0 .. q - 1 do
                    across[c + i * m] <- effects[i + c * q]

            lead.Coupling.AddToLead(m, -1.0, across.Pointer, leadRows.Pointer)
            Workspace.Return across

        let column: float[] = Array.zeroCreate order

        for level in 0 .. cross.LeadLevels - 1 do
            for c in 0 .. m - 1 do
                for a in 0 .. order - 1 do
                    column[a] <- leadRows[(level * order + a) * m + c]

                for i in 0 .. order - 1 do
                    let mutable sum = 0.0

                    for k in 0 .. order - 1 do
                        sum <- sum + lead.N[level * square + i + k * order] * column[k]

                    leadRows[(level * order + i) * m + c] <- sum

        Workspace.Return effects

    /// Scores and selected inverse for the current factor; everything below needs it.
    member this.Solve() =
        if q > 0 then
            factor.Span.Slice(0, area).CopyTo(inverse.Span)
            Cholesky.Invert(q, inverse.Pointer, q)
            TailCovariance.congruence lambdaTail inverse weighted cross
            lead.Gather weighted
            tailSolved.Span.CopyTo(tailEffects.Span)
            Triangular.SolveLeft(q, p, factor.Pointer, q, true, tailEffects.Pointer, q)

        cross.LeadFixed.AsSpan().CopyTo leadScores.Span
        this.ApplyInverse(p, leadScores, tailReduced.Pointer, tailEffects.Pointer, tailScores.Pointer)

        for row in 0 .. cross.LeadLevels * order - 1 do
            this.Orthogonalise(leadScores.Span.Slice(row * p, p), 1)

        for row in 0 .. q - 1 do
            this.Orthogonalise(tailScores.Span.Slice(row), q)

    /// The scores [E | v] of a leading effect (level × S + effect) in one column.
    member _.LeadScore(row: int, column: int) = leadScores[row * p + column]

    /// One column of the tail's scores [E | v].
    member _.TailScores(column: int) =
        NativePtr.add tailScores.Pointer (column * q)

    /// Score rows of an effect of a term: the P values [E | v].
    member internal _.ScoreOf(term: int, level: int, effect: int, column: int) =
        match Array.IndexOf(cross.LeadTerms, term) with
        | -1 ->
            let t = Array.IndexOf(cross.TailTerms, term)
            tailScores[cross.TailOffsets[t] + level * cross.TailOrders[t] + effect + column * q]
        | index -> leadScores[(level * order + cross.LeadOffsets[index] + effect) * p + column]
