namespace LmmFunctional.Analysis

open System
open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Estimation

/// <summary>Hypothesis matrices of type III by estimable functions of the over-parametrised model, as SAS has
/// them.</summary>
/// <remarks>U has an indicator of every level where X has contrasts, and U = X K with K p×m. A function c'β is one of
/// the
/// parameters of U with the coefficients c'K. Those of a term E are zero for all terms but E and the terms that
/// contain it, and
/// orthogonal to all functions of the containing terms alone: nothing depends on how X is coded. Source: SAS/STAT, The
/// Four
/// Types of Estimable Functions; Goodnight 1978.</remarks>
[<RequireQualifiedAccess>]
module internal TypeIII =

    // Singular values below this, columns of length one, are rounding.
    let private rounding = 1e-9

    /// The vectors c with c'A = 0, A p×m, in the columns; orthonormal.
    let private leftNull p (columns: float[][]) : Matrix<float> =
        let lengths =
            columns |> Array.map (fun a -> sqrt (SatterthwaiteAndKenwardRoger.dot a a))

        let scaled =
            Array.zip columns lengths
            |> Array.filter (fun (_, length) -> length > 0.0)
            |> Array.map (fun (a, length) -> a |> Array.map (fun x -> x / length))

        if scaled.Length = 0 then
            Matrix<float>.Build.DenseIdentity p
        else
            // The eigenvectors of AA' would halve the digits; a square U needs all p columns.
            let svd = Matrix<float>.Build.DenseOfColumnArrays(scaled).Svd true
            let values = svd.S.ToArray()
            let largest = Array.max values

            let rank =
                values |> Array.filter (fun value -> value > rounding * largest) |> Array.length

            if rank = p then
                Matrix<float>.Build.Dense(p, 1)
            else
                svd.U.SubMatrix(0, p, rank, p - rank)

    let private isZero (m: Matrix<float>) = m.FrobeniusNorm() = 0.0

    /// Rows reduced so that each has one where all others have zero, looking for such places in the given order of
    /// columns.
    let private reduce (order: int[]) (onTerm: Matrix<float>) (rows: Matrix<float>) =
        let a, rows = onTerm.Clone(), rows.Clone()
        let count = rows.RowCount
        let largest = a.Enumerate() |> Seq.fold (fun m x -> max m (abs x)) 0.0
        let mutable found = 0

        for column in order do
            if found < count then
                let pivot = Seq.maxBy (fun i -> abs a[i, column]) (seq { found .. count - 1 })

                if abs a[pivot, column] > 1e-8 * largest then
                    let swap (m: Matrix<float>) =
                        let held = m.Row found
                        m.SetRow(found, m.Row pivot)
                        m.SetRow(pivot, held)

                    swap a
                    swap rows
                    let scale = 1.0 / a[found, column]
                    a.SetRow(found, a.Row(found) * scale)
                    rows.SetRow(found, rows.Row(found) * scale)

                    for i in 0 .. count - 1 do
                        if i <> found then
                            let factor = a[i, column]

                            if factor <> 0.0 then
                                a.SetRow(i, a.Row i - factor * a.Row found)
                                rows.SetRow(i, rows.Row i - factor * rows.Row found)

                    found <- found + 1

        rows

    /// Whether a term contains another: the same numbers, more factors.
    let private contains (inner: CodedTerm) (outer: CodedTerm) =
        let split term =
            let factors, numbers =
                term.Variables |> List.map _.Variable |> List.partition Variable.isFactor

            factors |> List.map _.Expr |> Set.ofList, numbers |> List.map _.Expr |> Set.ofList

        let factors, numbers = split inner
        let outerFactors, outerNumbers = split outer
        numbers = outerNumbers && Set.isProperSubset factors outerFactors

    /// For each term the terms that contain it.
    let containing (coded: CodedTerm list) : int list list =
        coded
        |> List.map (fun inner ->
            coded
            |> List.indexed
            |> List.filter (fun (_, outer) -> contains inner outer)
            |> List.map fst)

    let private powerOfTwo (values: ReadOnlySpan<float>) =
        let mutable largest = 0.0

        for value in values do
            largest <- max largest (abs value)

        if largest > 0.0 then
            Math.ScaleB(1.0, -(Math.ILogB largest))
        else
            1.0

    /// K (p×m) on scaled columns of X and plain ones of U, the scales of X, and the term of each column of U.
    let private overparametrised (design: Design) =
        let coded =
            design.Schema.Fixed
            |> List.map (fun term -> {
                term with
                    Variables = term.Variables |> List.map (fun coded -> { coded with ByLevel = true })
            })

        let x = design.Fixed.Matrix
        let n, p = x.Rows, x.Columns
        let u = ModelMatrix.values (Selection(design.Schema.Frame, design.Rows)) coded
        let m = u.Length / n
        let all = Array.append x.Values u
        let scales = Array.init (p + m) (fun j -> powerOfTwo (ReadOnlySpan(all, j * n, n)))
        let triangle = Rank.triangle n (p + m) scales all

        let own =
            Matrix<float>.Build.Dense(p, p, fun i j -> if i <= j then triangle[i + j * (p + m)] else 0.0)

        let right =
            Matrix<float>.Build.Dense(p, m, fun i j -> triangle[i + (p + j) * (p + m)])

        let k = own.Solve right

        let termOf = [|
            for index, term in List.indexed coded do
                for _ in 1L .. TermCoding.columns term -> index
        |]

        // Noise would count as a dependence.
        let tidy = k.Map(fun value -> if abs value < 1e-11 then 0.0 else value)
        let plain = Matrix<float>.Build.Dense(p, m, fun i j -> tidy[i, j] / scales[p + j])
        plain, Array.truncate p scales, termOf

    /// <summary>For each term its hypothesis rows over the kept columns of X; none for the intercept and aliased
    /// terms.</summary>
    /// <param name="lastIsReference">Whether rows are reduced to the first levels of a factor, or to the last.</param>
    /// <param name="design">The model.</param>
    let create lastIsReference (design: Design) : float[][] list =
        let k, scales, termOf = overparametrised design
        let p = k.RowCount
        let containing = containing design.Schema.Fixed
        let column j = k.Column(j).ToArray()

        let columnsOf (terms: int -> bool) =
            [| 0 .. termOf.Length - 1 |] |> Array.filter (fun j -> terms termOf[j])

        let ofTerm index (above: int list) =
            let isAbove t = List.contains t above
            let outside = columnsOf (fun t -> t <> index && not (isAbove t))
            let alone = columnsOf (fun t -> not (isAbove t))
            let functions = leftNull p (Array.map column outside)
            let onlyAbove = leftNull p (Array.map column alone)

            if isZero functions then
                [||]
            else
                let free =
                    if isZero onlyAbove then
                        functions
                    else
                        // Orthogonal in the parameters of U: (K'c)'(K'd) = 0.
                        let cross = functions.Transpose() * (k * (k.Transpose() * onlyAbove))
                        let kept = leftNull functions.ColumnCount (cross.ToColumnArrays())

                        if isZero kept then
                            Matrix<float>.Build.Dense(p, 1)
                        else
                            functions * kept

                if isZero free then
                    [||]
                else
                    let own = columnsOf (fun t -> t = index)
                    let rows = free.Transpose()

                    let onTerm = rows * Matrix<float>.Build.DenseOfColumnArrays(Array.map column own)

                    let order = [| 0 .. own.Length - 1 |]
                    let order = if lastIsReference then order else Array.rev order
                    let reduced = reduce order onTerm rows

                    [|
                        for i in 0 .. reduced.RowCount - 1 do
                            let row = reduced.Row(i).ToArray()
                            let size = row |> Array.fold (fun m x -> max m (abs x)) 0.0

                            Array.map2 (fun x scale -> if abs x < 1e-12 * size then 0.0 else x / scale) row scales
                    |]

        List.zip design.Schema.Fixed containing
        |> List.mapi (fun index (term, above) -> if term.Variables.IsEmpty then [||] else ofTerm index above)
