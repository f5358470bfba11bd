namespace LmmFunctional.Estimation

open System.Collections.Immutable

/// <summary>A regression spline: R's <c>bs</c>, or <c>ns</c>, which is cubic and linear beyond its boundary.</summary>
type internal Spline = {
    Degree: int
    /// Interior knots, ascending.
    Knots: ImmutableArray<float>
    Lower: float
    Upper: float
    /// Whether the first B-spline, which the intercept of a model makes redundant, is kept.
    HasIntercept: bool
    IsNatural: bool
}

/// <summary>Making and evaluating regression splines.</summary>
/// <remarks>B-splines by the recurrence of de Boor 1978, chapter X.</remarks>
[<RequireQualifiedAccess>]
module internal Spline =

    /// <summary>Quantiles as R computes them by default (type 7 of Hyndman and Fan 1996).</summary>
    let quantiles (probabilities: float list) (x: Repeated) =
        let at = Repeated.at x
        let last = round (Repeated.count x) - 1.0

        probabilities
        |> List.map (fun p ->
            let index = last * p
            let below = floor index
            let weight = index - below
            let low, high = at below, at (ceil index)

            if low = high then
                low
            else
                (1.0 - weight) * low + weight * high)

    /// Interior knots at equally spaced quantiles.
    let knotsAt count x =
        let step = 1.0 / float (count + 1)

        quantiles [ for i in 1..count -> float i * step ] x
        |> ImmutableArray.CreateRange

    // Boundary knots repeated so that the basis is complete up to them.
    let private allKnots spline =
        let order = spline.Degree + 1

        [|
            yield! Array.create order spline.Lower
            yield! spline.Knots
            yield! Array.create order spline.Upper
        |]

    // The index of the knot that begins the interval of x; the end intervals also serve the numbers beyond them.
    let private interval (knots: float[]) degree x =
        let last = knots.Length - degree - 2
        let mutable i = degree

        while i < last && (x >= knots[i + 1] || knots[i] = knots[i + 1]) do
            i <- i + 1

        while knots[i] = knots[i + 1] && i > degree do
            i <- i - 1

        i

    // The degree + 1 B-splines that are not zero on an interval, at x, written to the head of values; beyond the
    // interval the values are those of its polynomials.
    let private nonzero (knots: float[]) degree i x (values: float[]) =
        values[0] <- 1.0

        for j in 1..degree do
            let mutable saved = 0.0

            for r in 0 .. j - 1 do
                let right, left = knots[i + r + 1], knots[i + 1 - j + r]
                let share = values[r] / (right - left)
                values[r] <- saved + (right - x) * share
                saved <- (x - left) * share

            values[j] <- saved

    // All B-splines of a degree, or their derivatives, at x; the interval is fixed by the full degree.
    let rec private derivative (knots: float[]) degree i order x : float[] =
        let count = knots.Length - degree - 1

        if order = 0 then
            let local = Array.zeroCreate (degree + 1)
            nonzero knots degree i x local

            Array.init count (fun k ->
                if k >= i - degree && k <= i then
                    local[k - i + degree]
                else
                    0.0)
        else
            let lower = derivative knots (degree - 1) i (order - 1) x

            let share k =
                let width = knots[k + degree] - knots[k]
                if width = 0.0 then 0.0 else lower[k] / width

            Array.init count (fun k -> float degree * (share k - share (k + 1)))

    // Q'e for the Householder QR of the columns, with LINPACK's signs: R's natural splines are defined by them.
    let private rotate (columns: float[][]) : float[] -> float[] =
        let reflectors = columns |> Array.map Array.copy

        let reflect l (y: float[]) =
            let v = reflectors[l]
            let mutable dot = 0.0

            for i in l .. v.Length - 1 do
                dot <- dot + v[i] * y[i]

            for i in l .. v.Length - 1 do
                y[i] <- y[i] - dot / v[l] * v[i]

        for l in 0 .. columns.Length - 1 do
            let v = reflectors[l]
            let norm = v |> Array.skip l |> Array.sumBy (fun a -> a * a) |> sqrt
            let signed = if v[l] < 0.0 then -norm else norm

            for i in l .. v.Length - 1 do
                v[i] <- v[i] / signed

            v[l] <- v[l] + 1.0

            for later in l + 1 .. columns.Length - 1 do
                reflect l reflectors[later]

        fun e ->
            let y = Array.copy e

            for l in 0 .. columns.Length - 1 do
                reflect l y

            y

    let private withoutFirst spline (values: float[]) =
        if spline.HasIntercept then values else Array.tail values

    // For each B-spline its coefficients in the natural basis: the second derivatives at the boundary vanish.
    let private naturalCoefficients spline knots =
        let curvature x =
            derivative knots 3 (interval knots 3 x) 2 x |> withoutFirst spline

        let constraints = [| curvature spline.Lower; curvature spline.Upper |]
        let count = constraints[0].Length
        let rotateBack = rotate constraints

        Array.init count (fun k ->
            rotateBack (Array.init count (fun i -> if i = k then 1.0 else 0.0))
            |> Array.skip 2)

    let private identity spline knots =
        let count = Array.length knots - spline.Degree - 1
        let first = if spline.HasIntercept then 0 else 1
        Array.init (count - first) (fun k -> Array.init (count - first) (fun j -> if k = j then 1.0 else 0.0))

    /// Number of columns.
    let columns spline =
        let all = spline.Knots.Length + spline.Degree + 1

        all
        - (if spline.HasIntercept then 0 else 1)
        - (if spline.IsNatural then 2 else 0)

    /// <summary>The basis at numbers, old or new: one array for each column.</summary>
    /// <remarks>Beyond the boundary, natural splines continue linearly and others as polynomials, as in R.</remarks>
    let evaluate spline (x: float[]) : float[][] =
        let knots = allKnots spline
        let degree = spline.Degree
        let first = if spline.HasIntercept then 0 else 1
        let width = columns spline

        let coefficients =
            if spline.IsNatural then
                naturalCoefficients spline knots
            else
                identity spline knots

        let result = Array.init width (fun _ -> Array.zeroCreate x.Length)
        let local = Array.zeroCreate (degree + 1)

        let add row (k: int) value =
            if k >= first && value <> 0.0 then
                let weights = coefficients[k - first]

                for j in 0 .. width - 1 do
                    result[j][row] <- result[j][row] + value * weights[j]

        let continueLinearly boundary =
            let i = interval knots degree boundary

            let value, slope =
                derivative knots degree i 0 boundary, derivative knots degree i 1 boundary

            fun row ->
                for k in 0 .. value.Length - 1 do
                    add row k (value[k] + (x[row] - boundary) * slope[k])

        let below, above = continueLinearly spline.Lower, continueLinearly spline.Upper

        for row in 0 .. x.Length - 1 do
            if spline.IsNatural && x[row] < spline.Lower then
                below row
            elif spline.IsNatural && x[row] > spline.Upper then
                above row
            else
                let i = interval knots degree x[row]
                nonzero knots degree i x[row] local

                for r in 0..degree do
                    add row (i - degree + r) local[r]

        result
