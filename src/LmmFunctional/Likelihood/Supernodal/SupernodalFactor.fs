namespace LmmFunctional

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>The factored equations of the supernodal engine: one workspace, overwritten by every <c>Factor</c>.</summary>
/// <remarks>M = ΛᵀZᵀZΛ + I is factored as a sparse matrix with blocks for all levels, in the order of the analysis.</remarks>
[<Sealed>]
type internal SupernodalFactor(symbolic: SupernodalSymbolic) =
    let products = symbolic.Products
    let places = symbolic.Places.Value
    let tree = places.Tree
    let q = tree.Size
    let p = products.P
    let cholesky = SparseCholesky tree
    let solved = Buffer(max 1 (q * p))
    let scores = Buffer(max 1 (q * p))
    let fixedFactor: float[] = Array.zeroCreate (p * p)
    let mutable all: float[][] = [||]
    let mutable lambdas: float[][] = [||]
    let mutable logDeterminant = 0.0

    let orderOf (lambda: float[]) = int (sqrt (float lambda.Length))

    /// A factor whose inverse may be used without losing digits.
    let isRegular (lambda: float[]) =
        let n = orderOf lambda
        let smallest = Seq.init n (fun i -> abs lambda[i + i * n]) |> Seq.min
        smallest >= 1e-3 && smallest >= 0.03 * (lambda |> Seq.map abs |> Seq.max)

    member _.Symbolic = symbolic
    member _.LogDeterminant = logDeterminant
    member _.Cholesky = cholesky

    /// λ of a term.
    member _.Lambda(term: int) = all[term]

    /// λ of every group, block-diagonal in its terms.
    member _.GroupLambdas = lambdas

    /// The Cholesky factor of [X y]'V⁻¹[X y], P×P by columns.
    member _.FixedFactor = fixedFactor

    /// The scores [E | v], q×P, after Solve: E = Z'V⁻¹X L⁻ᵀ with LLᵀ = X'V⁻¹X, v = Z'V⁻¹(y − Xβ)/r.
    member _.Scores = scores

    /// Factors everything for the given λ per term; false when a matrix is not positive definite to working precision.
    member _.Factor(values: float[][]) : bool =
        all <- values
        lambdas <- NodeVectors.groupLambdas products values
        SupernodalMatrix.assemble symbolic lambdas cholesky.Panels

        if cholesky.Factor() then
            logDeterminant <- cholesky.LogDeterminant
            NodeVectors.copyFixed symbolic solved.Pointer
            NodeVectors.applyBlocks symbolic lambdas true p solved.Pointer
            SparseSolve.Forward(cholesky, p, solved.Pointer)

            for c in 0 .. p - 1 do
                let column = NativePtr.add solved.Pointer (c * q)

                for d in c .. p - 1 do
                    let dot = VectorKernel.Dot(q, column, NativePtr.add solved.Pointer (d * q))
                    fixedFactor[d + c * p] <- products.FixedFixed[d + c * p] - dot

            Small.Cholesky(p, fixedFactor, 0)
        else
            false

    /// <summary>Z'V⁻¹W for m columns W from h = Z'W and u = M⁻¹Λ'h: λ⁻ᵀu, or h − Z'ZΛu near a singular λ.</summary>
    /// <remarks>The result overwrites h; u is overwritten too.</remarks>
    member private _.ApplyInverse(m: int, h: nativeptr<float>, u: nativeptr<float>) =
        let regular = all |> Array.map isRegular

        if Array.forall id regular then
            let inverses =
                all
                |> Array.map (fun lambda ->
                    let inverse = Array.zeroCreate lambda.Length
                    Small.Invert(orderOf lambda, Array.copy lambda, inverse, 0)
                    inverse)

            let matrices = NodeVectors.groupLambdas products inverses
            NodeVectors.applyBlocks symbolic matrices true m u

            Span<float>(NativePtr.toVoidPtr u, q * m).CopyTo(Span<float>(NativePtr.toVoidPtr h, q * m))
        else
            let inverses =
                Array.map2
                    (fun isRegular (lambda: float[]) ->
                        let inverse = Array.zeroCreate lambda.Length

                        if isRegular then
                            Small.Invert(orderOf lambda, Array.copy lambda, inverse, 0)

                        inverse)
                    regular
                    all

            let scaled = Workspace.Rent(q * m)
            let image = Workspace.Rent(q * m)
            Span<float>(NativePtr.toVoidPtr u, q * m).CopyTo scaled.Span
            NodeVectors.applyBlocks symbolic lambdas false m scaled.Pointer
            NodeVectors.multiply symbolic m scaled.Pointer image.Pointer
            let matrices = NodeVectors.groupLambdas products inverses
            NodeVectors.applyBlocks symbolic matrices true m u

            for group in products.Groups do
                for k in 0 .. group.Terms.Length - 1 do
                    for level in 0 .. group.Levels - 1 do
                        let at = places.Columns[group.FirstNode + level]

                        for i in at + group.Offsets[k] .. at + group.Offsets[k + 1] - 1 do
                            for c in 0 .. m - 1 do
                                let index = i + c * q

                                let value =
                                    if regular[group.Terms[k]] then
                                        NativePtr.get u index
                                    else
                                        NativePtr.get h index - image[index]

                                NativePtr.set h index value

            Workspace.Return scaled
            Workspace.Return image

    /// h ← Z'V⁻¹W from h = Z'W, m columns.
    member this.Project(m: int, h: nativeptr<float>) =
        let u = Workspace.Rent(max 1 (q * m))
        Span<float>(NativePtr.toVoidPtr h, q * m).CopyTo u.Span
        NodeVectors.applyBlocks symbolic lambdas true m u.Pointer
        SparseSolve.Forward(cholesky, m, u.Pointer)
        SparseSolve.Backward(cholesky, m, u.Pointer)
        this.ApplyInverse(m, h, u.Pointer)
        Workspace.Return u

    /// Scores and selected inverse for the current factor; everything else needs it.
    member this.Solve() =
        cholesky.Invert()
        NodeVectors.copyFixed symbolic scores.Pointer
        let effects = Workspace.Rent(max 1 (q * p))
        solved.Span.Slice(0, q * p).CopyTo effects.Span
        SparseSolve.Backward(cholesky, p, effects.Pointer)
        this.ApplyInverse(p, scores.Pointer, effects.Pointer)
        Workspace.Return effects

        for c in 0 .. p - 1 do
            let column = NativePtr.add scores.Pointer (c * q)

            for k in 0 .. c - 1 do
                VectorKernel.AddScaled(q, -fixedFactor[c + k * p], NativePtr.add scores.Pointer (k * q), column)

            VectorKernel.Scale(q, 1.0 / fixedFactor[c + c * p], column)

    /// The scores [E | v] of an effect in one column.
    member _.ScoreOf(term: int, level: int, effect: int, column: int) =
        let struct (g, k) = products.Places[term]
        let group = products.Groups[g]
        scores[places.Columns[group.FirstNode + level] + group.Offsets[k] + effect + column * q]

    /// (M⁻¹)_jj of one level of a term, S×S, after Solve.
    member _.InverseOf(term: int, level: int) : float[] =
        let struct (g, k) = products.Places[term]
        let group = products.Groups[g]
        let node = group.FirstNode + level
        let first = group.Offsets[k]
        let size = group.Offsets[k + 1] - first

        Array.init (size * size) (fun index ->
            let i, j = first + index % size, first + index / size
            cholesky.Inverse[places.Diagonals[node] + max i j + min i j * places.Strides[node]])
