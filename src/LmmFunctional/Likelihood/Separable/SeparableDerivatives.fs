namespace LmmFunctional

open LmmFunctional.Numerics

/// <summary>Derivatives of a separable model at the point its factor holds, β profiled out.</summary>
/// <remarks>Traces come from the inverse on the pattern of M: log|V| depends on M alone. Everything else is made of vectors
/// of n rows, V̇_k w being a sparse product for random terms and sweeps along the lines of cells for residuals.</remarks>
[<RequireQualifiedAccess>]
module internal SeparableDerivatives =

    /// Rows summed up by level: Z'w for one vector of n rows, S values for each level.
    let levelSums (model: SeparableModel) t (w: float[]) at : float[] =
        let term = model.Terms[t]
        let size = term.Columns.Length
        let result: float[] = Array.zeroCreate (term.Levels * size)

        for row in 0 .. model.Rows - 1 do
            let start = row * model.Width + model.Offsets[t]
            let value = w[at + row]
            let level = term.Codes[row] * size

            for k in 0 .. size - 1 do
                result[level + k] <- result[level + k] + model.Loadings[start + k] * value

        result

    /// Σ over levels of (Z'w)(Z'w)' for vectors of n rows, S×S.
    let private squaresOf (model: SeparableModel) t (w: float[]) first last : float[] =
        let size = model.Terms[t].Columns.Length
        let sum: float[] = Array.zeroCreate (size * size)

        for c in first..last do
            let own = levelSums model t w (c * model.Rows)
            Dense.Add(size, size, own.Length / size, own, 0, false, own, 0, true, sum, 0)

        sum

    /// ZAZ'w for a symmetric A (S×S) of a term, added to n rows of a result.
    let private addTerm (model: SeparableModel) t (a: float[]) (w: float[]) from (result: float[]) into =
        let term = model.Terms[t]
        let size = term.Columns.Length
        let sums = levelSums model t w from
        let images = Dense.Multiply(size, term.Levels, size, a, false, sums, false)

        for row in 0 .. model.Rows - 1 do
            let start = row * model.Width + model.Offsets[t]
            let level = term.Codes[row] * size

            for k in 0 .. size - 1 do
                result[into + row] <- result[into + row] + model.Loadings[start + k] * images[level + k]

    /// S(C₁ ⊗ C₂)S'w of one vector of n rows, or its derivative by the τ of an axis.
    let private alongCells (factor: SeparableFactor) derived (w: float[]) from : float[] =
        let model = factor.Model
        let cells: float[] = Array.zeroCreate model.Grid.Cells

        for row in 0 .. model.Rows - 1 do
            cells[model.Grid.CellOfRow[row]] <- w[from + row]

        FieldGrid.multiply model.Grid factor.Point.Processes derived cells
        model.Grid.CellOfRow |> Array.map (fun cell -> cells[cell])

    /// ∂R/∂τ_k w of one vector of n rows, k counted among the parameters of the residuals; added to rows of a result.
    let private addResidual (factor: SeparableFactor) k (w: float[]) from (result: float[]) into =
        let point = factor.Point
        let axes = factor.Model.Grid.Axes
        let image = alongCells factor (if k < axes then Some k else None) w from

        for row in 0 .. image.Length - 1 do
            let change =
                if k < axes then
                    point.Rest * image[row]
                else
                    point.Nugget * point.Rest * (w[from + row] - image[row])

            result[into + row] <- result[into + row] + change

    /// ∂G/∂θ_k of every parameter of every term: term, and S×S.
    let private covarianceSlopes (factor: SeparableFactor) : (int * float[])[] =
        factor.Model.Marginal.Forms
        |> Array.mapi (fun t form ->
            EffectsForm.derivatives form factor.Point.Factors[t]
            |> Array.map (fun slope -> t, MarginalModel.derivativeOfSquare form.Order factor.Point.Lambdas[t] slope))
        |> Array.concat

    /// V̇_k w for all k parameters and m vectors of n rows: the k images of a vector side by side.
    let private images (factor: SeparableFactor) (slopes: (int * float[])[]) m (w: float[]) : float[] =
        let model = factor.Model
        let n, k = model.Rows, model.Marginal.Parameters
        let result: float[] = Array.zeroCreate (n * k * m)

        for c in 0 .. m - 1 do
            for i in 0 .. k - 1 do
                let into = (c * k + i) * n

                if i < slopes.Length then
                    let t, slope = slopes[i]
                    addTerm model t slope w (c * n) result into
                else
                    addResidual factor (i - slopes.Length) w (c * n) result into

        result

    /// Along the links of rows a and b with weight w: Σ w z_a(M⁻¹z̃_b)' of every term, and Σ w z̃_a'M⁻¹z̃_b of effects, of
    /// cells, and with the derivative of w by the τ of each axis in place of w.
    let private linkSums (factor: SeparableFactor) =
        let model = factor.Model
        let places = model.Places.Value
        let inverse = factor.Inverse
        let loadings = factor.Loadings
        let width = model.Width
        let effects = Array.last model.Offsets

        let along, across =
            SeparableFactor.Tables(AutoregressiveLine.precision, factor.Point)

        let slopeAlong, slopeAcross =
            SeparableFactor.Tables(AutoregressiveLine.precisionSlope, factor.Point)

        let ofFirst: float[] = Array.zeroCreate width
        let ofSecond: float[] = Array.zeroCreate width
        let bySlope: float[] = Array.zeroCreate 2

        let sums =
            model.Terms
            |> Array.map (fun term -> Array.zeroCreate<float>(term.Columns.Length * term.Columns.Length))

        let mutable ofEffects = 0.0
        let mutable ofCells = 0.0

        let add weight start (image: float[]) =
            for t in 0 .. sums.Length - 1 do
                let first = model.Offsets[t]
                let size = model.Offsets[t + 1] - first

                for j in 0 .. size - 1 do
                    for i in 0 .. size - 1 do
                        sums[t].[i + j * size] <-
                            sums[t].[i + j * size]
                            + weight * model.Loadings[start + first + i] * image[first + j]

        for k in 0 .. model.Links.Length - 1 do
            let link = model.Links[k]
            let first, second = link.First * width, link.Second * width
            let weight = along[link.Along] * across[link.Across]
            Array.fill ofFirst 0 width 0.0
            Array.fill ofSecond 0 width 0.0

            for a in 0 .. width - 1 do
                for b in 0 .. width - 1 do
                    let value = inverse[places.Products[(k * width + a) * width + b]]
                    ofFirst[a] <- ofFirst[a] + value * loadings[second + b]
                    ofSecond[b] <- ofSecond[b] + value * loadings[first + a]

            add weight first ofFirst

            if first <> second then
                add weight second ofSecond

            let mutable product = 0.0

            for a in 0 .. effects - 1 do
                product <- product + ofFirst[a] * loadings[first + a]

            ofEffects <- ofEffects + weight * product

            if effects < width then
                ofCells <- ofCells + weight * ofFirst[effects] * loadings[first + effects]

            let count = if first = second then 1.0 else 2.0
            bySlope[0] <- bySlope[0] + count * product * slopeAlong[link.Along] * across[link.Across]
            bySlope[1] <- bySlope[1] + count * product * along[link.Along] * slopeAcross[link.Across]

        struct (sums, ofEffects, ofCells, bySlope)

    /// Σ over levels of (Z'V⁻¹Z)_ll of a term, from its sum along the links.
    let private traceOf (factor: SeparableFactor) t (sum: float[]) : float[] =
        let size = factor.Model.Terms[t].Columns.Length
        let root = sqrt factor.Point.Scale
        let inverse: float[] = Array.zeroCreate (size * size)
        Small.Invert(size, Array.copy factor.Working[t], inverse, 0)
        let product = Dense.Multiply(size, size, size, sum, false, inverse, false)
        Array.init (size * size) (fun k -> 0.5 * (product[k] + product[k / size + k % size * size]) / root)

    /// tr(M⁻¹ ∂Q/∂τ) of an axis.
    let private precisionTrace (factor: SeparableFactor) axis =
        let model = factor.Model
        let places = model.Places.Value
        let inverse = factor.Inverse

        let (along, across), (slopeAlong, slopeAcross) =
            SeparableFactor.Tables(AutoregressiveLine.precision, factor.Point),
            SeparableFactor.Tables(AutoregressiveLine.precisionSlope, factor.Point)

        let along, across = if axis = 0 then slopeAlong, across else along, slopeAcross

        let mutable sum = 0.0

        for e in 0 .. places.Elements.Length - 1 do
            let element = model.Grid.Elements[e]

            let value =
                along[element.Along] * across[element.Across] * inverse[places.Elements[e]]

            sum <-
                sum
                + (if element.First = element.Second then
                       value
                   else
                       2.0 * value)

        sum

    /// tr(V⁻¹ ∂R/∂τ) of every parameter of the residuals.
    let private residualTraces (factor: SeparableFactor) ofEffects ofCells (bySlope: float[]) : float[] =
        let model, point = factor.Model, factor.Point

        Array.init model.Marginal.Residual.Parameters.Names.Length (fun k ->
            if k < model.Grid.Axes then
                precisionTrace factor k
                + bySlope[k]
                + FieldGrid.logDeterminantSlope model.Grid point.Processes k
            else
                (float model.Rows - ofEffects) * point.Rest - ofCells)

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
            let trace = traceOf factor t (Array.item t sums)

            {
                Trace =
                    if reml then
                        Array.map2 (-) trace (squaresOf model t factor.Scores 0 (p - 1))
                    else
                        trace
                Square = squaresOf model t factor.Scores p p
            })

    /// T, k×k, exactly: Q V̇_l applied to so many unit vectors at once, never to all.
    let private traceProducts reml (factor: SeparableFactor) (slopes: (int * float[])[]) : float[,] =
        let model = factor.Model
        let n, k, p = model.Rows, model.Marginal.Parameters, model.Marginal.FixedCount
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

            let direct = images factor slopes m unit
            let image = apply (k * m) (images factor slopes m (apply m unit))

            for c in 0 .. m - 1 do
                for i in 0 .. k - 1 do
                    for j in 0 .. k - 1 do
                        result[i, j] <- result[i, j] + dot n direct ((c * k + i) * n) image ((c * k + j) * n)

        Array2D.init k k (fun i j -> 0.5 * (result[i, j] + result[j, i]))

    /// <summary>First derivatives, and lazily the rest, with the parts of ∂f/∂G of every term.</summary>
    /// <remarks>Second derivatives of V are those of the random terms only, in their blocks.</remarks>
    let parts reml (factor: SeparableFactor) : MarginalParts * TermDerivative[] =
        let model = factor.Model
        let n, k, p = model.Rows, model.Marginal.Parameters, model.Marginal.FixedCount
        let struct (sums, ofEffects, ofCells, bySlope) = linkSums factor
        let derivatives = ofTerms reml factor sums
        let slopes = covarianceSlopes factor
        let scores = factor.Scores
        let residual = Array.sub scores (p * n) n
        let steps = images factor slopes 1 residual
        let ofResiduals = residualTraces factor ofEffects ofCells bySlope

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
                    addResidual factor (i - slopes.Length) scores (c * n) image 0
                    traces[i] <- traces[i] - dot n scores (c * n) image 0

        let averages () =
            let solved = factor.Solve(k, steps)
            let product = Dense.Multiply(k, k, n, steps, true, solved, false)

            let onFixed =
                Dense.Multiply(p, k, n, Array.sub scores 0 (n * p), true, steps, false)

            let taken = Dense.Multiply(k, k, p, onFixed, true, onFixed, false)

            Array2D.init k k (fun i j -> 0.5 * (product[i + j * k] + product[j + i * k]) - taken[i + j * k])

        let curvature df =
            let result = Array2D.zeroCreate k k

            model.Marginal.Forms
            |> Array.iteri (fun t form ->
                let start = model.Marginal.Layout.ParameterStarts[t]
                let count = form.Names.Length

                let d =
                    Array.map2 (fun trace square -> trace - df * square) derivatives[t].Trace derivatives[t].Square

                let own = EffectsForm.curvature form factor.Point.Factors[t] d

                for j in 0 .. count - 1 do
                    for i in 0 .. count - 1 do
                        result[start + i, start + j] <- own[i + j * count])

            result

        let average = lazy (averages ())
        let traceProduct = lazy (traceProducts reml factor slopes)

        {
            Traces = traces
            Squares = Array.init k (fun i -> dot n residual 0 steps (i * n))
            Combined =
                fun ofAverage ofTrace ->
                    let weighted weight (matrix: Lazy<float[,]>) i j =
                        if weight = 0.0 then 0.0 else weight * matrix.Value[i, j]

                    Array2D.init k k (fun i j ->
                        weighted ofAverage average i j + weighted ofTrace traceProduct i j)
            Curvature = curvature
        },
        derivatives
