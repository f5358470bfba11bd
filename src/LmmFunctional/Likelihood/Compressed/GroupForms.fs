namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>UᵀB_kU, UᵀB_kΩB_lU and tr(ΩB_kΩB_l) of the compressed engine, group by group: what derivatives along matrices B_k of
/// the effects are made of, at k S³ operations a group.</summary>
[<RequireQualifiedAccess>]
module internal GroupForms =

    // Sums of a fixed number of parts, added up in their order.
    let private parts = 64

    // Up to this order an inverse is as quick as elimination; and plain loops are, than whole matrices.
    let private small, tiny = 24, 8

    /// (I + Z'Z G)⁻¹ applied to Z'Z and to Z'[X y]: S×(S + P).
    let private solved (products: GroupProducts) (g: float[]) level : float[] =
        let order, p = products.Order, products.P

        let square =
            Array.init (order * order) (fun k -> products.Square(level, k % order, k / order))

        let right =
            Array.init (order * (order + p)) (fun k ->
                let i, c = k % order, k / order

                if c < order then
                    square[k]
                else
                    products.Fixed(level, i, c - order))

        let left = Dense.Multiply(order, order, order, square, false, g, false)

        for i in 0 .. order - 1 do
            left[i + i * order] <- left[i + i * order] + 1.0

        if order <= small then
            let inverse: float[] = Array.zeroCreate (order * order)
            Small.Invert(order, left, inverse, 0)
            Dense.Multiply(order, order + p, order, inverse, false, right, false)
        else
            Small.Solve(order, order + p, left, right)
            right

    /// Ω = Z'V⁻¹Z (S×S) and U = [E | v] (S×P) of a group.
    let private ofGroup (products: GroupProducts) g (fixedFactor: float[]) level : struct (float[] * float[]) =
        let order, p = products.Order, products.P
        let both = solved products g level
        let omega = Array.sub both 0 (order * order)
        let scores = Array.sub both (order * order) (order * p)

        // Row by row times L⁻ᵀ from the right, by forward substitution.
        for c in 0 .. p - 1 do
            for i in 0 .. order - 1 do
                let mutable sum = scores[i + c * order]

                for d in 0 .. c - 1 do
                    sum <- sum - fixedFactor[c + d * p] * scores[i + d * order]

                scores[i + c * order] <- sum / fixedFactor[c + c * p]

        struct (omega, scores)

    /// Sums over the groups of as many numbers, of an action that adds those of one group.
    let private total levels work count (add: int -> float[] -> unit) : float[] =
        let chunk = max 1 ((levels + parts - 1) / parts)
        let chunks = (levels + chunk - 1) / chunk
        let sums = Array.init chunks (fun _ -> Array.zeroCreate<float> count)

        Tiles.Run(
            chunks,
            float levels * work,
            fun tile ->
                for level in tile * chunk .. min levels ((tile + 1) * chunk) - 1 do
                    add level sums[tile]
        )

        sums |> Array.reduce (Array.map2 (+))

    /// C (m×n) ← op(A) B of small matrices, inner dimension k; C += where it is asked for.
    let inline private multiply m n k (a: float[]) atA isTransposed (b: float[]) atB (c: float[]) atC isAdded =
        for j in 0 .. n - 1 do
            for i in 0 .. m - 1 do
                let mutable sum = if isAdded then c[atC + i + j * m] else 0.0

                if isTransposed then
                    for l in 0 .. k - 1 do
                        sum <- sum + a[atA + l + i * k] * b[atB + l + j * k]
                else
                    for l in 0 .. k - 1 do
                        sum <- sum + a[atA + i + l * m] * b[atB + l + j * k]

                c[atC + i + j * m] <- sum

    /// What the sums of one small group need, overwritten by every group.
    [<NoComparison; ReferenceEquality>]
    type private Scratch = {
        /// Z'Z and Z'[X y], then Ω and U side by side: S×(S + P).
        Right: float[]
        Both: float[]
        /// I + Z'Z G, and its inverse.
        Left: float[]
        Inverse: float[]
        /// B_kU one after the other, and ΩB_aU.
        Directions: float[]
        Image: float[]
    }

    let private scratch order p k = {
        Right = Array.zeroCreate (order * (order + p))
        Both = Array.zeroCreate (order * (order + p))
        Left = Array.zeroCreate (order * order)
        Inverse = Array.zeroCreate (order * order)
        Directions = Array.zeroCreate (k * order * p)
        Image = Array.zeroCreate (order * p)
    }

    /// Ω and U of a small group into its scratch, as <c>ofGroup</c>.
    let private solveSmall (products: GroupProducts) (g: float[]) (fixedFactor: float[]) (own: Scratch) level =
        let order, p = products.Order, products.P

        for c in 0 .. order + p - 1 do
            for i in 0 .. order - 1 do
                own.Right[i + c * order] <-
                    if c < order then
                        products.Square(level, i, c)
                    else
                        products.Fixed(level, i, c - order)

        multiply order order order own.Right 0 false g 0 own.Left 0 false

        for i in 0 .. order - 1 do
            own.Left[i + i * order] <- own.Left[i + i * order] + 1.0

        Small.Invert(order, own.Left, own.Inverse, 0)
        multiply order (order + p) order own.Inverse 0 false own.Right 0 own.Both 0 false
        let start = order * order

        for c in 0 .. p - 1 do
            for i in 0 .. order - 1 do
                let mutable sum = own.Both[start + i + c * order]

                for d in 0 .. c - 1 do
                    sum <- sum - fixedFactor[c + d * p] * own.Both[start + i + d * order]

                own.Both[start + i + c * order] <- sum / fixedFactor[c + c * p]

    /// Adds the products of a small group, for every matrix and every pair of them.
    let private addSmall
        (products: GroupProducts)
        g
        fixedFactor
        (forms: float[][])
        (own: Scratch)
        level
        (sums: float[])
        =
        let order, p = products.Order, products.P

        let k, size, area =
            forms.Length, products.P * products.P, products.Order * products.P

        solveSmall products g fixedFactor own level
        let u = order * order

        for a in 0 .. k - 1 do
            multiply order p order forms[a] 0 false own.Both u own.Directions (a * area) false
            multiply p p order own.Both u true own.Directions (a * area) sums (a * size) true

        for a in 0 .. k - 1 do
            multiply order p order own.Both 0 false own.Directions (a * area) own.Image 0 false

            for b in a .. k - 1 do
                let at = (k + b * (b + 1) / 2 + a) * size
                multiply p p order own.Directions (b * area) true own.Image 0 sums at true

    // Directions whose products with all others are made together: panels of about so many columns.
    let private panelWidth = 64

    /// The same for a group of any size, many directions at a time.
    let private addAny (products: GroupProducts) g fixedFactor (forms: float[][]) level (sums: float[]) =
        let order, p = products.Order, products.P
        let k, size, area = forms.Length, p * p, products.Order * products.P
        let struct (omega, u) = ofGroup products g fixedFactor level

        // Columns (k, c): B_kU side by side.
        let directions: float[] = Array.zeroCreate (k * area)

        for a in 0 .. k - 1 do
            Dense.Add(order, p, order, forms[a], 0, false, u, 0, false, directions, a * area)

        let images = Dense.Multiply(order, k * p, order, omega, false, directions, false)

        let own = Dense.Multiply(p, k * p, order, u, true, directions, false)

        for at in 0 .. k * size - 1 do
            sums[at] <- sums[at] + own[at]

        let width = max 1 (panelWidth / p)

        // Those before the last of a panel alone: pairs are wanted once.
        for first in 0..width .. k - 1 do
            let last = min k (first + width) - 1
            let rows, columns = (k - first) * p, (last - first + 1) * p
            let block: float[] = Array.zeroCreate (rows * columns)

            Dense.Add(rows, columns, order, directions, first * area, true, images, first * area, false, block, 0)

            for a in first..last do
                for b in a .. k - 1 do
                    let into = (k + b * (b + 1) / 2 + a) * size

                    for d in 0 .. p - 1 do
                        let from = (b - first) * p + ((a - first) * p + d) * rows

                        for c in 0 .. p - 1 do
                            sums[into + c + d * p] <- sums[into + c + d * p] + block[from + c]

    // Groups that make up a part: a workspace is made for each part.
    let private fewGroups = 512

    /// <summary>UᵀB_kU and UᵀB_kΩB_lU, P×P, for matrices B_k (S×S) of the effects of a group, at a λ and the factor of [X y]'V⁻¹[X y]
    /// there.</summary>
    let scores (products: GroupProducts) lambda fixedFactor (forms: float[][]) : struct (float[][] * float[][]) =
        let order, p = products.Order, products.P
        let k, size = forms.Length, p * p
        let g = Semidefinite.square order lambda
        let count = (k + k * (k + 1) / 2) * size

        let all =
            if order <= tiny && products.Levels <= fewGroups then
                let own = scratch order p k
                let sums: float[] = Array.zeroCreate count

                for level in 0 .. products.Levels - 1 do
                    addSmall products g fixedFactor forms own level sums

                sums
            else
                total
                    products.Levels
                    (float (order * (order + p) * (order + k * p) + k * k * size * order))
                    count
                    (addAny products g fixedFactor forms)

        let part at = Array.sub all (at * size) size
        struct (Array.init k part, Array.init (k * (k + 1) / 2) (fun pair -> part (k + pair)))

    /// One group of each pattern, and how many there are of it.
    let private repeated (products: GroupProducts) (patterns: GroupPatterns voption) : struct (int * float)[] =
        match patterns with
        | ValueNone -> Array.init products.Levels (fun level -> struct (level, 1.0))
        | ValueSome patterns ->
            let counts: float[] = Array.zeroCreate patterns.First.Length

            for pattern in patterns.PatternOf do
                counts[pattern] <- counts[pattern] + 1.0

            Array.map2 (fun level count -> struct (level, count)) patterns.First counts

    /// tr(ΩB_kΩB_l), k×k; groups of one pattern have the same Ω.
    let traces (products: GroupProducts) patterns lambda fixedFactor (forms: float[][]) : SquareBlock =
        let order = products.Order
        let k, square = forms.Length, products.Order * products.Order
        let g = Semidefinite.square order lambda
        let sideBySide = Array.concat forms

        let groups = repeated products patterns

        let all =
            total groups.Length (float (2 * k * square) * float (order + k)) (k * k) (fun group sums ->
                let struct (level, count) = groups[group]
                let struct (omega, _) = ofGroup products g fixedFactor level

                // ΩB_1, ΩB_2 …, and their transposes: the trace of a product is the sum over elements of one and the other.
                let products =
                    Dense.Multiply(order, k * order, order, omega, false, sideBySide, false)

                let transposes: float[] = Array.zeroCreate products.Length

                for own in 0..square .. products.Length - 1 do
                    for j in 0 .. order - 1 do
                        for i in 0 .. order - 1 do
                            transposes[own + i + j * order] <- count * products[own + j + i * order]

                Dense.Add(k, k, square, products, 0, true, transposes, 0, false, sums, 0))

        SquareBlock.init k (fun i j -> 0.5 * (all[i + j * k] + all[j + i * k]))
