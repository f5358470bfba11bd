namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>A sparse positive definite matrix Q, the inverse of a covariance matrix between levels.</summary>
[<NoComparison; ReferenceEquality>]
type internal SparsePrecision = {
    /// Q_ii of every level.
    Diagonal: float[]
    /// Where the elements of every row above the diagonal start; the last element is their number.
    Starts: int[]
    /// Columns of these elements, ascending, each after its row.
    Columns: int[]
    Values: float[]
    /// log|Q|.
    LogDeterminant: float
    /// x ← Q⁻¹ x in place.
    Solve: float[] -> unit
    /// The diagonal of Q⁻¹.
    Variances: float[]
} with

    /// Number of levels.
    member precision.Count = precision.Diagonal.Length

/// <summary>Making and using sparse inverses.</summary>
[<RequireQualifiedAccess>]
module internal SparsePrecision =

    /// <summary>Elements above the diagonal put in order by rows; those of one place are added up.</summary>
    let private compress count (elements: struct (int * int * float)[]) =
        let keys =
            elements
            |> Array.map (fun (struct (i, j, _)) -> int64 (min i j) * int64 count + int64 (max i j))

        let values = elements |> Array.map (fun (struct (_, _, value)) -> value)
        Array.Sort(keys, values)
        let columns = ResizeArray<int> keys.Length
        let sums = ResizeArray<float> keys.Length
        let starts: int[] = Array.zeroCreate (count + 1)

        for k in 0 .. keys.Length - 1 do
            if k > 0 && keys[k] = keys[k - 1] then
                sums[sums.Count - 1] <- sums[sums.Count - 1] + values[k]
            else
                let row = int (keys[k] / int64 count)
                starts[row + 1] <- starts[row + 1] + 1
                columns.Add(int (keys[k] % int64 count))
                sums.Add values[k]

        for row in 0 .. count - 1 do
            starts[row + 1] <- starts[row + 1] + starts[row]

        starts, columns.ToArray(), sums.ToArray()

    /// The matrix from its diagonal and the elements beside it, each pair of levels once or to be added up.
    let create diagonal elements logDeterminant solve variances : SparsePrecision =
        let starts, columns, values = compress (Array.length diagonal) elements

        {
            Diagonal = diagonal
            Starts = starts
            Columns = columns
            Values = values
            LogDeterminant = logDeterminant
            Solve = solve
            Variances = variances
        }

    /// x ← Q x in place.
    let multiply (precision: SparsePrecision) (x: float[]) =
        let own = Array.copy x
        Array.Clear x

        for i in 0 .. own.Length - 1 do
            let mutable sum = 0.0
            let value = own[i]

            for k in precision.Starts[i] .. precision.Starts[i + 1] - 1 do
                let j = precision.Columns[k]
                sum <- sum + precision.Values[k] * own[j]
                x[j] <- x[j] + precision.Values[k] * value

            x[i] <- x[i] + precision.Diagonal[i] * value + sum

    /// A sparse factor LLᵀ of the matrix in the order of elimination, the place of every level in it, and where an element of two
    /// levels stands; None when it is not positive definite.
    let private factored n (diagonal: float[]) (starts: int[]) (columns: int[]) (values: float[]) =
        let rows =
            Array.init n (fun row -> Array.create (starts[row + 1] - starts[row]) row)
            |> Array.concat

        let analysis =
            SparseAnalysis.create (SymmetricPattern.ofEdges (Array.create n 1) rows columns)

        let tree = Supernodes.create analysis
        let position = Array.zeroCreate n
        analysis.Order |> Array.iteri (fun k node -> position[node] <- k)

        let place i j =
            let row, column = max position[i] position[j], min position[i] position[j]
            tree.Locate(tree.SupernodeOf[column], row, column)

        let cholesky = SparseCholesky tree
        cholesky.Panels.Span.Clear()

        for i in 0 .. n - 1 do
            cholesky.Panels[place i i] <- diagonal[i]

        for k in 0 .. columns.Length - 1 do
            cholesky.Panels[place rows[k] columns[k]] <- values[k]

        if cholesky.Factor() then
            Some struct (cholesky, position, place)
        else
            None

    /// <summary>A map of independent standard normal numbers to numbers of covariance Q⁻¹: L⁻ᵀ. Made once; any thread may use
    /// it.</summary>
    let root (precision: SparsePrecision) : float[] -> float[] =
        let n = precision.Count

        match factored n precision.Diagonal precision.Starts precision.Columns precision.Values with
        | None -> invalidArg (nameof precision) "The matrix is not positive definite."
        | Some(struct (cholesky, position, _)) ->
            fun normal ->
                let work = Workspace.Rent n
                normal.AsSpan().CopyTo work.Span
                SparseSolve.Backward(cholesky, 1, work.Pointer)
                let result = Array.init n (fun i -> work[position[i]])
                Workspace.Return work
                result

    /// The matrix with its determinant and its inverse from a sparse factor; None when it is not positive definite.
    let tryFactor (diagonal: float[]) (elements: struct (int * int * float)[]) : SparsePrecision option =
        let n = diagonal.Length
        let starts, columns, values = compress n elements

        match factored n diagonal starts columns values with
        | None -> None
        | Some(struct (cholesky, position, place)) ->
            cholesky.Invert()

            let variances = Array.init n (fun i -> cholesky.Inverse[place i i])

            let solve (x: float[]) =
                let work = Workspace.Rent n

                for i in 0 .. n - 1 do
                    work[position[i]] <- x[i]

                SparseSolve.Forward(cholesky, 1, work.Pointer)
                SparseSolve.Backward(cholesky, 1, work.Pointer)

                for i in 0 .. n - 1 do
                    x[i] <- work[position[i]]

                Workspace.Return work

            Some {
                Diagonal = diagonal
                Starts = starts
                Columns = columns
                Values = values
                LogDeterminant = cholesky.LogDeterminant
                Solve = solve
                Variances = variances
            }
