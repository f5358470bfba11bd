namespace LmmFunctional.Estimation

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>Which columns of a matrix are independent of those before them.</summary>
[<NoComparison; ReferenceEquality>]
type internal Rank = {
    /// Indices of the independent columns, ascending.
    Kept: int[]
    /// Indices of the others, in order.
    Dropped: int[]
    /// For each dropped column its coefficients on the kept ones.
    Coefficients: float[][]
}

/// <summary>Rank by R's limited pivoting: a column is dropped when less than 1e-7 of its length is left after those
/// before it are taken out.</summary>
/// <remarks>R (dqrdc2 of LINPACK) rotates the whole matrix column by column. The lengths that decide do not change when
/// rows are rotated, so the rows are first reduced, block by block, to a p×p triangle whose columns have the same
/// lengths and angles, and R's rule is applied to that: one pass over the data whatever p is (Demmel, Grigori, Hoemmen
/// and Langou 2012). Cost 2np².</remarks>
[<RequireQualifiedAccess>]
module internal Rank =

    let private tolerance = 1e-7

    // Rows reduced at a time, so that a block of a hundred columns stays in cache.
    let private blockRows = 256

    // A sum of squares whose reciprocal is still a number.
    let private negligible = 1e-300

    /// Takes a block of m rows (m×p by columns, overwritten) into a triangle (p×p by columns, upper, overwritten).
    let reduce p m (block: float[]) (triangle: float[]) =
        use blockAt = fixed block
        use triangleAt = fixed triangle

        for l in 0 .. p - 1 do
            let v = NativePtr.add blockAt (l * m)
            let sigma = VectorKernel.Dot(m, v, v)

            // Indicator columns are often zero throughout a block. Where many columns depend on others, what is left of one
            // is rounding of rounding, and below the limit 2/σ would overflow: columns are of the size of one.
            if sigma > negligible then
                let alpha = triangle[l + l * p]
                let length = sqrt (alpha * alpha + sigma)
                let head = if alpha < 0.0 then alpha - length else alpha + length
                let factor = 2.0 / (head * head + sigma)
                triangle[l + l * p] <- if alpha < 0.0 then length else -length

                for j in l + 1 .. p - 1 do
                    let column = NativePtr.add blockAt (j * m)
                    let entry = NativePtr.add triangleAt (l + j * p)
                    let dot = factor * (head * NativePtr.read entry + VectorKernel.Dot(m, v, column))

                    if dot <> 0.0 then
                        NativePtr.write entry (NativePtr.read entry - dot * head)
                        VectorKernel.AddScaled(m, -dot, v, column)

    // The power of two that brings each column's largest value to between 1 and 2, so that no square overflows or
    // vanishes; nothing is rounded. Bounded, because the power itself must be a number.
    let private scales n p (x: float[]) =
        Array.init p (fun j ->
            let mutable largest = 0.0

            for i in j * n .. (j + 1) * n - 1 do
                largest <- max largest (abs x[i])

            if largest > 0.0 then
                Math.ScaleB(1.0, min 1000 -(Math.ILogB largest))
            else
                1.0)

    let private reduceRows n p (scales: float[]) (x: float[]) first last =
        let triangle = Array.zeroCreate (p * p)
        let size = min blockRows (max 1 (last - first))
        let block = Array.zeroCreate (size * p)
        let mutable start = first

        while start < last do
            let m = min size (last - start)

            for j in 0 .. p - 1 do
                for i in 0 .. m - 1 do
                    block[j * m + i] <- scales[j] * x[start + j * n + i]

            reduce p m block triangle
            start <- start + m

        triangle

    // How the rows are shared out depends on the sizes only, so that the result is the same on every machine.
    let private parts n p =
        let work = float n * float p * float p

        if work < 1e7 then
            1
        else
            min 8 (max 1 (n / (2 * p + blockRows)))

    /// <summary>A p×p upper triangle R with R'R = DX'XD, by columns.</summary>
    /// <param name="n">Rows of X.</param>
    /// <param name="p">Columns of X.</param>
    /// <param name="scales">The diagonal D: a factor for each column of X.</param>
    /// <param name="x">X by columns.</param>
    let triangle n p (scales: float[]) (x: float[]) : float[] =
        let parts = parts n p

        let bound part =
            int (int64 n * int64 part / int64 parts)

        let triangles = Array.zeroCreate<float[]> parts

        Tiles.Run(
            parts,
            float n * float p * float p,
            fun part -> triangles[part] <- reduceRows n p scales x (bound part) (bound (part + 1))
        )

        for part in 1 .. parts - 1 do
            reduce p p triangles[part] triangles[0]

        triangles[0]

    let private norm (columns: float[][]) first j =
        let mutable sum = 0.0

        for i in first .. columns[j].Length - 1 do
            sum <- sum + columns[j][i] * columns[j][i]

        sqrt sum

    // Reflects column j so that only its first l + 1 entries remain, and the later columns with it; overwrites them.
    let private eliminate (columns: float[][]) l j (later: int list) =
        let v = Array.copy columns[j]
        let length = norm columns l j
        let head = if v[l] < 0.0 then v[l] - length else v[l] + length
        let tail = length * length - v[l] * v[l] |> max 0.0
        let pivot = if v[l] < 0.0 then length else -length
        let factor = 2.0 / (head * head + tail)
        v[l] <- head

        for other in later do
            let column = columns[other]
            let mutable dot = 0.0

            for i in l .. v.Length - 1 do
                dot <- dot + v[i] * column[i]

            for i in l .. v.Length - 1 do
                column[i] <- column[i] - factor * dot * v[i]

        columns[j][l] <- pivot
        Array.fill columns[j] (l + 1) (v.Length - l - 1) 0.0

    // Noise is cleared: what cannot be seen beside the column itself is zero, and what is nearly whole is whole.
    // The sizes and the coefficient are those of scaled columns; the unit undoes the scaling.
    let private tidy size whole unit (scaled: float) =
        let b = unit * scaled
        let nearest = Math.Round b

        if abs scaled * size <= 1e-10 * whole then
            0.0
        elif nearest <> 0.0 && abs (b - nearest) <= 1e-10 * abs nearest then
            nearest
        else
            b

    let private solve (columns: float[][]) (kept: int[]) (right: float[]) =
        let b = Array.sub right 0 kept.Length

        for k in kept.Length - 1 .. -1 .. 0 do
            b[k] <- b[k] / columns[kept[k]][k]

            for i in 0 .. k - 1 do
                b[i] <- b[i] - b[k] * columns[kept[k]][i]

        b

    // The share of a column's squared length that is left after those before it, above which no rounding of X'X can make
    // the column a dependent one: the limit of R's rule is 1e-14.
    let private clearly = 1e-6

    /// Whether X'X alone shows that all columns are independent, which costs half of what the triangle does.
    let private isClearlyFull n p (x: float[]) =
        n >= p
        && p > 0
        && (let squares = ColumnProducts.create n p x
            let factor = Array.copy squares

            let isKept j =
                factor[j + j * p] * factor[j + j * p] >= clearly * squares[j + j * p]

            Dense.Factor(p, factor) && Seq.forall isKept (seq { 0 .. p - 1 }))

    let private byTriangle n p (x: float[]) : Rank =
        let scales = scales n p x
        let reduced = triangle n p scales x
        let columns = Array.init p (fun j -> Array.sub reduced (j * p) p)
        let lengths = Array.init p (norm columns 0)

        // A column that is dropped is left as it is: its coefficients are on the columns kept before it.
        let rec visit kept dropped remaining =
            match remaining with
            | [] -> List.rev kept, List.rev dropped
            | j :: later ->
                let count = List.length kept
                let isFree = count < min n p && lengths[j] > 0.0

                if isFree && norm columns count j >= tolerance * lengths[j] then
                    eliminate columns count j later
                    visit (j :: kept) dropped later
                else
                    visit kept ((j, count) :: dropped) later

        let kept, dropped = visit [] [] [ 0 .. p - 1 ]
        let kept = Array.ofList kept

        let coefficients (j, count) =
            let b = solve columns (Array.truncate count kept) columns[j]

            Array.init kept.Length (fun k ->
                if k < count then
                    tidy lengths[kept[k]] lengths[j] (scales[kept[k]] / scales[j]) b[k]
                else
                    0.0)

        {
            Kept = kept
            Dropped = dropped |> List.map fst |> Array.ofList
            Coefficients = dropped |> List.map coefficients |> Array.ofList
        }

    /// <summary>The independent columns of X, and the others as combinations of them.</summary>
    /// <param name="n">Rows of X.</param>
    /// <param name="p">Columns of X.</param>
    /// <param name="x">X by columns, finite; not overwritten.</param>
    let find n p (x: float[]) : Rank =
        if isClearlyFull n p x then
            {
                Kept = Array.init p id
                Dropped = [||]
                Coefficients = [||]
            }
        else
            byTriangle n p x
