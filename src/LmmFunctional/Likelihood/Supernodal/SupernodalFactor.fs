namespace LmmFunctional.Estimation

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>The factored equations of the supernodal engine: one workspace, overwritten by every <c>Factor</c>.</summary>
/// <remarks>M = ΛᵀZᵀZΛ + K is factored as a sparse matrix with blocks for all levels, in the order of the analysis; K is the
/// inverse relationship of the levels, the identity where they are independent. In b = (I ⊗ λ)c the c have the covariance
/// K⁻¹, so that log|V| = log|M| − log|K| and Z'V⁻¹ZΛK⁻¹ = Z'ZΛM⁻¹.</remarks>
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
    let isRelated = products.Groups |> Array.exists _.Prior.IsSome
    let related = if isRelated then Buffer(max 1 (q * p)) else scores

    let logPrior =
        products.Groups
        |> Array.sumBy (fun group ->
            match group.Prior with
            | Some prior -> float group.Order * prior.LogDeterminant
            | None -> 0.0)

    let fixedFactor: float[] = Array.zeroCreate (p * p)
    let mutable all: float[][] = [||]
    let mutable working: float[][] = [||]
    let mutable lambdas: float[][] = [||]
    let mutable logDeterminant = 0.0

    /// A factor whose inverse may be used without losing digits.
    let isRegular (lambda: float[]) =
        let n = Semidefinite.order lambda
        let smallest = Seq.init n (fun i -> abs lambda[i + i * n]) |> Seq.min
        smallest >= 1e-3 && smallest >= 0.03 * (lambda |> Seq.map abs |> Seq.max)

    /// The factor a term is computed with. For related levels the derivative needs λ⁻¹ even where λ is singular: there another
    /// factor of the same G with orthogonal columns serves, none of them quite zero. Scaled columns lose no digits.
    let workingOf term (lambda: float[]) =
        let n = Semidefinite.order lambda
        let struct (g, _) = products.Places[term]

        if products.Groups[g].Prior.IsNone || SupernodalFactor.IsInvertible lambda then
            lambda
        else
            let struct (values, vectors) = Semidefinite.eigen n (Semidefinite.square n lambda)
            let lowest = max 1e-120 (1e-40 * values[n - 1])
            Array.init (n * n) (fun k -> vectors[k] * sqrt (max lowest values[k / n]))

    member _.Symbolic = symbolic
    member _.LogDeterminant = logDeterminant
    member _.Cholesky = cholesky

    /// Whether (Ωλ)λ⁻¹ gives Ω with nearly all its digits; λ may be tiny as long as it is not singular.
    static member IsInvertible(lambda: float[]) =
        let n = Semidefinite.order lambda
        let largest = lambda |> Seq.map abs |> Seq.max
        let smallest = Seq.init n (fun i -> abs lambda[i + i * n]) |> Seq.min
        smallest >= 1e-4 * largest && smallest > 1e-100

    /// λ of a term.
    member _.Lambda(term: int) = all[term]

    /// The factor of the same covariance that M holds for a term; it may have its columns turned.
    member _.Working(term: int) = working[term]

    /// λ of every group, block-diagonal in its terms.
    member _.GroupLambdas = lambdas

    /// The Cholesky factor of [X y]'V⁻¹[X y], P×P by columns.
    member _.FixedFactor = fixedFactor

    /// The scores [E | v], q×P, after Solve: E = Z'V⁻¹X L⁻ᵀ with LLᵀ = X'V⁻¹X, v = Z'V⁻¹(y − Xβ)/r.
    member _.Scores = scores

    /// K⁻¹ times the scores, q×P, after Solve: effects of related levels are G times these.
    member _.Related = related

    /// Factors everything for the given λ per term; false when a matrix is not positive definite to working precision.
    member _.Factor(values: float[][]) : bool =
        all <- values
        working <- Array.mapi workingOf values
        lambdas <- NodeVectors.groupLambdas products working
        SupernodalMatrix.assemble symbolic lambdas cholesky.Panels

        if cholesky.Factor() then
            logDeterminant <- cholesky.LogDeterminant - logPrior
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

    /// <summary>Z'V⁻¹W for m columns W from h = Z'W and u = M⁻¹Λ'h: λ⁻ᵀKu, or h − Z'ZΛu near a singular λ.</summary>
    /// <remarks>The result overwrites h; u is overwritten by K⁻¹ times the result.</remarks>
    member private _.ApplyInverse(m: int, h: nativeptr<float>, u: nativeptr<float>) =
        let regular = all |> Array.map isRegular

        if Array.forall id regular then
            let inverses =
                all
                |> Array.map (fun lambda ->
                    let inverse = Array.zeroCreate lambda.Length
                    Small.Invert(Semidefinite.order lambda, Array.copy lambda, inverse, 0)
                    inverse)

            let matrices = NodeVectors.groupLambdas products inverses
            NodeVectors.applyBlocks symbolic matrices true m u

            Span<float>(NativePtr.toVoidPtr u, q * m).CopyTo(Span<float>(NativePtr.toVoidPtr h, q * m))
            NodeVectors.applyPrecision symbolic m h
        else
            let inverses =
                Array.map2
                    (fun isRegular (lambda: float[]) ->
                        let inverse = Array.zeroCreate lambda.Length

                        if isRegular then
                            Small.Invert(Semidefinite.order lambda, Array.copy lambda, inverse, 0)

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

            for c in 0 .. q * m - 1 do
                NativePtr.set h c (NativePtr.get h c - image[c])

            // Each from the other: K⁻¹ of what came directly, K of what came from u.
            let ofDirect, ofRegular = scaled, image
            Span<float>(NativePtr.toVoidPtr h, q * m).CopyTo ofDirect.Span
            NodeVectors.applyRelationship symbolic m ofDirect.Pointer
            Span<float>(NativePtr.toVoidPtr u, q * m).CopyTo ofRegular.Span
            NodeVectors.applyPrecision symbolic m ofRegular.Pointer

            for group in products.Groups do
                for k in 0 .. group.Terms.Length - 1 do
                    for level in 0 .. group.Levels - 1 do
                        let at = places.Columns[group.FirstNode + level]

                        for i in at + group.Offsets[k] .. at + group.Offsets[k + 1] - 1 do
                            for c in 0 .. m - 1 do
                                let index = i + c * q

                                if regular[group.Terms[k]] then
                                    NativePtr.set h index ofRegular[index]
                                else
                                    NativePtr.set u index ofDirect[index]

            Workspace.Return scaled
            Workspace.Return image

    /// h ← ΛM⁻¹Λ'h, m columns: effects from what they are multiplied with.
    member _.Predict(m: int, h: nativeptr<float>) =
        NodeVectors.applyBlocks symbolic lambdas true m h
        SparseSolve.Forward(cholesky, m, h)
        SparseSolve.Backward(cholesky, m, h)
        NodeVectors.applyBlocks symbolic lambdas false m h

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
        this.Orthogonalise scores

        if isRelated then
            effects.Span.Slice(0, q * p).CopyTo related.Span
            this.Orthogonalise related

        Workspace.Return effects

    /// Columns for [X y] become those for [X L⁻ᵀ | (y − Xβ)/r].
    member private _.Orthogonalise(x: Buffer) =
        for c in 0 .. p - 1 do
            let column = NativePtr.add x.Pointer (c * q)

            for k in 0 .. c - 1 do
                VectorKernel.AddScaled(q, -fixedFactor[c + k * p], NativePtr.add x.Pointer (k * q), column)

            VectorKernel.Scale(q, 1.0 / fixedFactor[c + c * p], column)

    /// K⁻¹ times a column of the scores, for an effect of one node.
    member _.RelatedOf(term: int, node: int, effect: int, column: int) =
        let struct (g, k) = products.Places[term]
        let group = products.Groups[g]
        related[places.Columns[group.FirstNode + node] + group.Offsets[k] + effect + column * q]

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
