namespace LmmFunctional

open FSharp.NativeInterop
open LmmFunctional.Numerics

#nowarn "9"

/// <summary>Derivatives of a whitened model at the point its factor holds, β profiled out.</summary>
/// <remarks>Traces come from the inverse on the pattern of M. Everything else is made of vectors of n rows, V̇_k w being a
/// sparse product for random terms and one with small blocks for residuals.</remarks>
[<RequireQualifiedAccess>]
module internal WhitenedDerivatives =

    let private dot n (a: float[]) from (b: float[]) other =
        let mutable sum = 0.0

        for row in 0 .. n - 1 do
            sum <- sum + a[from + row] * b[other + row]

        sum

    /// ∂G/∂θ_k of every parameter of every term: term, and S×S.
    let private covarianceSlopes (factor: WhitenedFactor) : (int * float[])[] =
        factor.Model.Marginal.Forms
        |> Array.mapi (fun t form ->
            let lambda = factor.Factors[t] |> Array.map _.Value

            EffectsForm.derivatives form factor.Factors[t]
            |> Array.map (fun slope -> t, MarginalModel.derivativeOfSquare form.Order lambda slope))
        |> Array.concat

    /// Z(Ġ ⊗ A)h for m columns of effects h = Z'w, n places each.
    let private ofTerm (model: WhitenedModel) (t, slope: float[]) m (h: nativeptr<float>) : float[] =
        let symbolic = model.Symbolic
        let q = symbolic.Analysis.Size
        let image = Workspace.Rent(max 1 (q * m))
        System.Span<float>(NativePtr.toVoidPtr h, q * m).CopyTo image.Span

        let matrices =
            model.Marginal.Forms
            |> Array.mapi (fun u form ->
                if u = t then
                    slope
                else
                    Array.zeroCreate (form.Order * form.Order))

        NodeVectors.applyBlocks symbolic (NodeVectors.groupLambdas symbolic.Products matrices) false m image.Pointer
        NodeVectors.applyRelationship symbolic m image.Pointer
        let result: float[] = Array.zeroCreate (model.Rows.Count * m)
        WhitenedVectors.addEffects model m 1.0 image.Pointer result
        Workspace.Return image
        result

    /// V̇_k w for all k parameters and m vectors of n places: for each parameter the m images side by side.
    let images (factor: WhitenedFactor) m (w: float[]) : float[] =
        let model = factor.Model
        let slopes = factor.Residual.Slopes.Value
        let q = model.Symbolic.Analysis.Size
        let h = Workspace.Rent(max 1 (q * m))
        WhitenedVectors.project model m w h.Pointer

        let ofTerms =
            covarianceSlopes factor
            |> Array.collect (fun slope -> ofTerm model slope m h.Pointer)

        Workspace.Return h

        let ofResiduals =
            Array.init model.Rows.Residual.Parameters (fun k ->
                WhitenedRows.multiply model.Rows (slopes |> Array.map (fun own -> own[k])) m w)

        Array.append ofTerms (Array.concat ofResiduals)

    /// T, k×k, exactly: Q V̇_l applied to so many unit vectors at once, never to all.
    let private traceProducts reml (factor: WhitenedFactor) : float[,] =
        let model = factor.Model

        let n, k, p =
            model.Rows.Count, model.Marginal.Parameters, model.Rows.Residual.FixedCount

        let chunk = 32
        let result = Array2D.zeroCreate k k

        // Q W for m columns.
        let apply m (w: float[]) =
            let image = factor.Solve(m, w)

            if reml && p > 0 then
                let fixedPart = Array.sub factor.Scores 0 (n * p)
                let onFixed = Dense.Multiply(p, m, n, fixedPart, true, w, false)
                let taken = Dense.Multiply(n, m, p, fixedPart, false, onFixed, false)
                Array.map2 (-) image taken
            else
                image

        for first in 0..chunk .. n - 1 do
            let m = min chunk (n - first)
            let unit: float[] = Array.zeroCreate (n * m)

            for c in 0 .. m - 1 do
                unit[first + c + c * n] <- 1.0

            let direct = images factor m unit
            let image = apply (k * m) (images factor m (apply m unit))

            for i in 0 .. k - 1 do
                for j in 0 .. k - 1 do
                    result[i, j] <- result[i, j] + dot (n * m) direct (i * n * m) image (j * n * m)

        Array2D.init k k (fun i j -> 0.5 * (result[i, j] + result[j, i]))

    /// F, k×k, from the images of ε.
    let private averages (factor: WhitenedFactor) (steps: float[]) : float[,] =
        let model = factor.Model

        let n, k, p =
            model.Rows.Count, model.Marginal.Parameters, model.Rows.Residual.FixedCount

        let solved = factor.Solve(k, steps)
        let product = Dense.Multiply(k, k, n, steps, true, solved, false)

        let onFixed =
            Dense.Multiply(p, k, n, Array.sub factor.Scores 0 (n * p), true, steps, false)

        let taken = Dense.Multiply(k, k, p, onFixed, true, onFixed, false)
        Array2D.init k k (fun i j -> 0.5 * (product[i + j * k] + product[j + i * k]) - taken[i + j * k])

    /// ⟨weights, V̈_kl⟩, for the weights of G of each term and of R of each pattern.
    let private second (factor: WhitenedFactor) (ofTerms: int -> float[]) (ofPatterns: int -> float[]) : float[,] =
        let model = factor.Model
        let k = model.Marginal.Parameters
        let result = Array2D.zeroCreate k k

        model.Marginal.Forms
        |> Array.iteri (fun t form ->
            let start = model.Marginal.Layout.ParameterStarts[t]
            let count = form.Names.Length
            let own = EffectsForm.curvature form factor.Factors[t] (ofTerms t)

            for j in 0 .. count - 1 do
                for i in 0 .. count - 1 do
                    result[start + i, start + j] <- own[i + j * count])

        let first, own = model.Marginal.Layout.Parameters, model.Rows.Residual.Parameters
        let patterns = model.Rows.Residual.Patterns

        let total =
            MarginalSweep.sum model.Work patterns (own * own) (fun index total ->
                let sum = Array2D.zeroCreate own own
                factor.Residual.Covariance.Value.AddSecond index (ofPatterns index) sum

                for j in 0 .. own - 1 do
                    for i in 0 .. own - 1 do
                        total[i + j * own] <- total[i + j * own] + sum[i, j])

        for j in 0 .. own - 1 do
            for i in 0 .. own - 1 do
                result[first + i, first + j] <- total[i + j * own]

        result

    /// Σ over levels of (Z'w_c)(AZ'w_d)' of every term for two columns of the scores, S×S, symmetric.
    let private scoreProducts (factor: WhitenedFactor) c d : float[][] =
        let model = factor.Model
        let symbolic = model.Symbolic
        let n, q = model.Rows.Count, symbolic.Analysis.Size
        let columns = symbolic.Places.Value.Columns
        let effects = Workspace.Rent(max 1 (2 * q))

        let pair =
            Array.append (Array.sub factor.Scores (c * n) n) (Array.sub factor.Scores (d * n) n)

        WhitenedVectors.project model 2 pair effects.Pointer
        NodeVectors.applyRelationship symbolic 1 (NativePtr.add effects.Pointer q)

        let sums =
            symbolic.Products.Places
            |> Array.map (fun (struct (g, index)) ->
                let group = symbolic.Products.Groups[g]
                let first = group.Offsets[index]
                let size = group.Offsets[index + 1] - first
                let sum: float[] = Array.zeroCreate (size * size)

                for node in group.FirstNode .. group.FirstNode + group.Levels - 1 do
                    let at = columns[node] + first

                    for j in 0 .. size - 1 do
                        for i in 0 .. size - 1 do
                            sum[i + j * size] <- sum[i + j * size] + effects[at + i] * effects[q + at + j]

                Array.init (size * size) (fun k -> 0.5 * (sum[k] + sum[k / size + k % size * size])))

        Workspace.Return effects
        sums

    /// w_c'V̈_klw_d for two columns of the scores, k×k.
    let secondAlong (factor: WhitenedFactor) c d : float[,] =
        let rows = factor.Model.Rows
        let ofTerms = scoreProducts factor c d

        let ofPattern index =
            let struct (first, count) = WhitenedRows.placesOf rows index
            let m = rows.Residual.Patterns[index].Size
            let product: float[] = Array.zeroCreate (m * m)

            Dense.Add(
                m,
                m,
                count / m,
                factor.Scores,
                first + c * rows.Count,
                false,
                factor.Scores,
                first + d * rows.Count,
                true,
                product,
                0
            )

            Array.init (m * m) (fun k -> 0.5 * (product[k] + product[k / m + k % m * m]))

        second factor (fun t -> ofTerms[t]) ofPattern

    /// <summary>First derivatives, and lazily the rest, with the parts of ∂f/∂G of every term.</summary>
    let parts reml (factor: WhitenedFactor) : MarginalParts * TermDerivative[] =
        let model = factor.Model

        let n, k, p =
            model.Rows.Count, model.Marginal.Parameters, model.Rows.Residual.FixedCount

        let engine = factor.Engine
        engine.Solve()
        let derivatives = engine.Derivatives reml
        let sums = WhitenedTraces.create reml factor
        let slopes = covarianceSlopes factor
        let ofResiduals = factor.Residual.Slopes.Value

        let along select =
            Array.init k (fun i ->
                if i < slopes.Length then
                    let t, slope = slopes[i]
                    Dense.Dot((fst select) derivatives[t], slope)
                else
                    Array.fold2
                        (fun sum own (matrices: float[][]) ->
                            let slope = matrices[i - slopes.Length]

                            if slope.Length > 0 then
                                sum + Dense.Dot((snd select) own, slope)
                            else
                                sum)
                        0.0
                        sums
                        ofResiduals)

        let traceOf (own: WhitenedSums) = Array.map2 (-) own.Inverse own.Leverage

        let steps = lazy (images factor 1 (Array.sub factor.Scores (p * n) n))

        let curvature df =
            second
                factor
                (fun t ->
                    Array.map2 (fun trace square -> trace - df * square) derivatives[t].Trace derivatives[t].Square)
                (fun index ->
                    Array.map2 (fun trace square -> trace - df * square) (traceOf sums[index]) sums[index].Square)

        let average = lazy (averages factor steps.Value)
        let traceProduct = lazy (traceProducts reml factor)

        {
            Traces = along ((fun (own: TermDerivative) -> own.Trace), traceOf)
            Squares = along ((fun (own: TermDerivative) -> own.Square), _.Square)
            Combined =
                fun ofAverage ofTrace ->
                    let weighted weight (matrix: Lazy<float[,]>) i j =
                        if weight = 0.0 then 0.0 else weight * matrix.Value[i, j]

                    Array2D.init k k (fun i j -> weighted ofAverage average i j + weighted ofTrace traceProduct i j)
            Curvature = curvature
        },
        derivatives
