namespace LmmFunctional.Charts

open System

/// <summary>A smooth curve through points: locally weighted linear regression, robust.</summary>
/// <remarks>Cleveland (1979), Robust locally weighted regression and smoothing scatterplots, JASA 74, with the interpolation between
/// fits of his program of 1981, so that R's <c>lowess</c> gives the same numbers.</remarks>
[<RequireQualifiedAccess>]
module internal Lowess =

    // A share of the points in each window, and steps against outliers: as in R.
    let private share = 2.0 / 3.0
    let private robustSteps = 3

    // Fits are this share of the range apart, straight between.
    let private apart = 0.01

    let private cube x = x * x * x

    /// The value at x0 of the line through the points first .. by tricube weights; None where no point has weight.
    let private fitAt (x: float[]) (y: float[]) (robust: float[]) first last x0 =
        let n = x.Length
        let h = max (x0 - x[first]) (x[last] - x0)
        let weights: float[] = Array.zeroCreate n
        let mutable total = 0.0
        let mutable stop = first
        let mutable isInside = true

        // Ties with the last point of the window belong to it.
        while isInside && stop < n do
            let distance = abs (x[stop] - x0)

            if distance <= 0.999 * h then
                let own =
                    if distance <= 0.001 * h then
                        1.0
                    else
                        cube (1.0 - cube (distance / h))

                weights[stop] <- own * robust[stop]
                total <- total + weights[stop]
                stop <- stop + 1
            elif x[stop] > x0 then
                isInside <- false
            else
                stop <- stop + 1

        if total <= 0.0 then
            None
        else
            let sum f =
                let mutable result = 0.0

                for j in first .. stop - 1 do
                    result <- result + weights[j] / total * f j

                result

            let mean = sum (fun j -> x[j])
            let spread = sum (fun j -> (x[j] - mean) * (x[j] - mean))
            let level = sum (fun j -> y[j])

            // All weight at one place has no slope.
            if h > 0.0 && sqrt spread > 0.001 * (x[n - 1] - x[0]) then
                let slope = sum (fun j -> (x[j] - mean) * y[j]) / spread
                Some(level + slope * (x0 - mean))
            else
                Some level

    /// One pass over sorted points with the weights of the last one.
    let private pass (x: float[]) (y: float[]) (robust: float[]) : float[] =
        let n = x.Length
        let window = int (share * float n + 1e-7) |> min n |> max 2
        let step = apart * (x[n - 1] - x[0])
        let smooth: float[] = Array.zeroCreate n
        let mutable first = 0
        let mutable last = window - 1
        // The last point with a value, and the point to fit at.
        let mutable known = -1
        let mutable at = 0

        while known < n - 1 do
            while last < n - 1 && x[at] - x[first] > x[last + 1] - x[at] do
                first <- first + 1
                last <- last + 1

            smooth[at] <- fitAt x y robust first last x[at] |> Option.defaultValue y[at]

            for between in known + 1 .. at - 1 do
                let along = (x[between] - x[known]) / (x[at] - x[known])
                smooth[between] <- along * smooth[at] + (1.0 - along) * smooth[known]

            known <- at
            let limit = x[known] + step
            let mutable next = known + 1
            let mutable isNear = true

            while isNear && next < n do
                if x[next] > limit then
                    isNear <- false
                else
                    if x[next] = x[known] then
                        smooth[next] <- smooth[known]
                        known <- next

                    next <- next + 1

            at <- max (known + 1) (next - 1)

        smooth

    let private median (values: float[]) =
        let sorted = Array.sort values
        let n = sorted.Length
        0.5 * (sorted[(n - 1) / 2] + sorted[n / 2])

    /// Bisquare weights of residuals, 6 medians wide; None where almost all residuals are zero.
    let private robustWeights (residuals: float[]) =
        let sizes = residuals |> Array.map abs
        let width = 6.0 * median sizes

        if width < 1e-7 * Array.average sizes || width = 0.0 then
            None
        else
            sizes
            |> Array.map (fun size ->
                if size <= 0.001 * width then
                    1.0
                elif size <= 0.999 * width then
                    (1.0 - (size / width) ** 2.0) ** 2.0
                else
                    0.0)
            |> Some

    /// <summary>The smooth curve at the points themselves, sorted by x.</summary>
    /// <param name="points">Finite x and y, at least two.</param>
    /// <returns>x with the smooth values, ascending.</returns>
    let curve (points: (float * float)[]) : (float * float)[] =
        let sorted = points |> Array.sortBy fst
        let x, y = Array.unzip sorted

        let rec steps left robust =
            let smooth = pass x y robust

            if left = 0 then
                smooth
            else
                match robustWeights (Array.map2 (-) y smooth) with
                | Some weights -> steps (left - 1) weights
                | None -> smooth

        Array.zip x (steps robustSteps (Array.create x.Length 1.0))
