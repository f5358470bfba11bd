namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Traces with V⁻¹ at the point a factor holds, from the inverse on the pattern of M.</summary>
[<RequireQualifiedAccess>]
module internal SeparableTraces =

    /// Along the links of rows a and b with weight w: Σ w z_a(M⁻¹z̃_b)' of every term, and Σ w z̃_a'M⁻¹z̃_b of effects, of
    /// cells, and with the derivative of w by the τ of each axis in place of w.
    let linkSums (factor: SeparableFactor) =
        let model = factor.Model
        let places = model.Places.Value
        let inverse = factor.Inverse
        let loadings = factor.Loadings
        let width = model.Width
        let effects = Array.last model.Offsets

        let struct (along, across) =
            SeparablePoint.tables AutoregressiveLine.precision factor.Point


        let struct (slopeAlong, slopeAcross) =
            SeparablePoint.tables AutoregressiveLine.precisionSlope factor.Point


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
    let ofTerm (factor: SeparableFactor) t (sum: float[]) : float[] =
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

        let struct (along, across) =
            SeparablePoint.tables AutoregressiveLine.precision factor.Point

        let struct (slopeAlong, slopeAcross) =
            SeparablePoint.tables AutoregressiveLine.precisionSlope factor.Point

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
    let ofResiduals (factor: SeparableFactor) ofEffects ofCells (bySlope: float[]) : float[] =
        let model, point = factor.Model, factor.Point

        Array.init model.Marginal.Residual.Parameters.Names.Length (fun k ->
            if k < model.Grid.Axes then
                precisionTrace factor k
                + bySlope[k]
                + FieldGrid.logDeterminantSlope model.Grid point.Processes k
            else
                (float model.Rows - ofEffects) * point.Rest - ofCells)
