namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Derivatives of a separable model at the point its factor holds, β profiled out.</summary>
/// <remarks>Traces come from the inverse on the pattern of M: log|V| depends on M alone. Everything else is made of vectors
/// of n rows, V̇_k w being a sparse product for random terms and sweeps along the lines of cells for residuals.</remarks>
[<RequireQualifiedAccess>]
module internal SeparableDerivatives =

    let private dot n (a: float[]) from (b: float[]) other =
        let mutable sum = 0.0

        for row in 0 .. n - 1 do
            sum <- sum + a[from + row] * b[other + row]

        sum

    /// The parts of ∂f/∂G of every term: traces of Q, and squares.
    let ofTerms reml (factor: SeparableFactor) sums : TermDerivative[] =
        let model = factor.Model
        let p = model.Marginal.FixedCount

        model.Terms
        |> Array.mapi (fun t _ ->
            let trace = SeparableTraces.ofTerm factor t (Array.item t sums)

            {
                Trace =
                    if reml then
                        Array.map2 (-) trace (SeparableProducts.squaresOf model t factor.Scores 0 (p - 1))
                    else
                        trace
                Square = SeparableProducts.squaresOf model t factor.Scores p p
            })

    /// T, k×k, exactly: Q V̇_l applied to so many unit vectors at once, never to all.
    let private traceProducts reml (factor: SeparableFactor) (slopes: (int * float[])[]) : SquareBlock =
        let model = factor.Model
        let n, k, p = model.Rows, model.Marginal.Parameters, model.Marginal.FixedCount
        let chunk = 32
        let result = SquareBlock.zero k

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

            let direct = SeparableProducts.images factor slopes m unit
            let image = apply (k * m) (SeparableProducts.images factor slopes m (apply m unit))

            for c in 0 .. m - 1 do
                for i in 0 .. k - 1 do
                    for j in 0 .. k - 1 do
                        result[i, j] <- result[i, j] + dot n direct ((c * k + i) * n) image ((c * k + j) * n)

        SquareBlock.init k (fun i j -> 0.5 * (result[i, j] + result[j, i]))

    /// <summary>First derivatives, and lazily the rest, with the parts of ∂f/∂G of every term.</summary>
    /// <remarks>Second derivatives of V are those of the random terms only, in their blocks.</remarks>
    let parts reml (factor: SeparableFactor) : CriterionParts * TermDerivative[] =
        let model = factor.Model
        let n, k, p = model.Rows, model.Marginal.Parameters, model.Marginal.FixedCount
        let struct (sums, ofEffects, ofCells, bySlope) = SeparableTraces.linkSums factor
        let derivatives = ofTerms reml factor sums
        let slopes = SeparableProducts.covarianceSlopes factor
        let scores = factor.Scores
        let residual = Array.sub scores (p * n) n
        let steps = SeparableProducts.images factor slopes 1 residual
        let ofResiduals = SeparableTraces.ofResiduals factor ofEffects ofCells bySlope

        let traces =
            Array.init k (fun i ->
                if i < slopes.Length then
                    let t, slope = slopes[i]
                    Dense.Dot(derivatives[t].Trace, slope)
                else
                    ofResiduals[i - slopes.Length])

        if reml then
            let image: float[] = Array.zeroCreate n

            for c in 0 .. p - 1 do
                for i in slopes.Length .. k - 1 do
                    Array.fill image 0 image.Length 0.0
                    SeparableProducts.addResidual factor (i - slopes.Length) scores (c * n) image 0
                    traces[i] <- traces[i] - dot n scores (c * n) image 0

        let averages () =
            let solved = factor.Solve(k, steps)
            let product = Dense.Multiply(k, k, n, steps, true, solved, false)

            let onFixed =
                Dense.Multiply(p, k, n, Array.sub scores 0 (n * p), true, steps, false)

            let taken = Dense.Multiply(k, k, p, onFixed, true, onFixed, false)

            SquareBlock.init k (fun i j -> 0.5 * (product[i + j * k] + product[j + i * k]) - taken[i + j * k])

        let curvature df =
            let result = SquareBlock.zero k

            model.Marginal.Forms
            |> Array.iteri (fun t form ->
                let start = model.Marginal.Layout.ParameterStarts[t]
                let count = form.Names.Length

                let d =
                    Array.map2 (fun trace square -> trace - df * square) derivatives[t].Trace derivatives[t].Square

                let own = EffectsForm.curvature form factor.Point.Covariances[t] d

                for j in 0 .. count - 1 do
                    for i in 0 .. count - 1 do
                        result[start + i, start + j] <- own[i + j * count])

            result

        let average = lazy (averages ())
        let traceProduct = lazy (traceProducts reml factor slopes)

        {
            Traces = traces
            Squares = Array.init k (fun i -> dot n residual 0 steps (i * n))
            Combined = CriterionParts.combinedOf average traceProduct
            Curvature = curvature
        },
        derivatives
