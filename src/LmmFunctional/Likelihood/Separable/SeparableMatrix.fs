namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>The matrix M of a separable model, and the loadings it is made of.</summary>
[<RequireQualifiedAccess>]
module internal SeparableMatrix =

    /// Derivatives need λ⁻¹ even where λ is singular: there another factor of the same G with orthogonal columns serves, none
    /// of them quite zero, as in the supernodal engine.
    let workingOf (lambda: float[]) =
        let size = Semidefinite.order lambda

        if SupernodalFactor.IsInvertible lambda then
            lambda
        else
            let struct (values, vectors) =
                Semidefinite.eigen size (Semidefinite.square size lambda)

            let lowest = max 1e-120 (1e-40 * values[size - 1])
            Array.init (size * size) (fun k -> vectors[k] * sqrt (max lowest values[k / size]))

    /// Z̃, row by row, from the factor of every term's covariance that is computed with.
    let load (model: SeparableModel) (point: SeparablePoint) (working: float[][]) (loadings: float[]) =
        let width = model.Width
        let scale = 1.0 / sqrt point.Scale

        for row in 0 .. model.Rows - 1 do
            let start = row * width

            for t in 0 .. model.Terms.Length - 1 do
                let first = start + model.Offsets[t]
                let size = model.Offsets[t + 1] - model.Offsets[t]
                let lambda = working[t]

                for c in 0 .. size - 1 do
                    let mutable sum = 0.0

                    for k in 0 .. size - 1 do
                        sum <- sum + model.Loadings[first + k] * lambda[k + c * size]

                    loadings[first + c] <- scale * sum

            if model.HasNugget then
                loadings[start + width - 1] <- scale * sqrt point.Rest

    /// The lower triangle of M in the panels of a factor; everything else is zero.
    let assemble (model: SeparableModel) (point: SeparablePoint) (loadings: float[]) (panels: Buffer) =
        let places = model.Places.Value
        let width = model.Width
        panels.Span.Clear()

        for own in places.Diagonals do
            for place in own do
                panels[place] <- 1.0

        let struct (along, across) =
            SeparablePoint.tables AutoregressiveLine.precision point

        for e in 0 .. places.Elements.Length - 1 do
            let element = model.Grid.Elements[e]
            panels[places.Elements[e]] <- along[element.Along] * across[element.Across]

        for k in 0 .. model.Links.Length - 1 do
            let link = model.Links[k]
            let first, second = link.First * width, link.Second * width
            let weight = along[link.Along] * across[link.Across]

            for a in 0 .. width - 1 do
                for b in 0 .. (if first = second then a else width - 1) do
                    let place = places.Products[(k * width + a) * width + b]
                    let product = weight * loadings[first + a] * loadings[second + b]
                    // Two rows with an effect in common stand on both sides of its diagonal element.
                    let isTwice =
                        first <> second && places.Columns[first + a] = places.Columns[second + b]

                    panels[place] <- panels[place] + (if isTwice then 2.0 * product else product)
