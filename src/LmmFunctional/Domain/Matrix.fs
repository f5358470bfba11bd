namespace LmmFunctional

open System

/// <summary>An immutable dense matrix of floats.</summary>
/// <remarks>Values are held by columns. Nothing can change them after creation, so results can be shared freely.</remarks>
[<Sealed; NoComparison>]
type Matrix internal (rows: int, columns: int, values: float[]) =

    /// Number of rows.
    member _.Rows = rows

    /// Number of columns.
    member _.Columns = columns

    /// <summary>The element in row <paramref name="row"/> and column <paramref name="column"/>, both from zero.</summary>
    /// <exception cref="T:System.IndexOutOfRangeException">An index is outside the matrix.</exception>
    member _.Item
        with get (row: int, column: int) =
            if row < 0 || row >= rows || column < 0 || column >= columns then
                raise (IndexOutOfRangeException $"({row}, {column}) is outside a {rows} by {columns} matrix.")

            values[row + column * rows]

    /// The elements column by column; owned by this matrix, never written to.
    member internal _.Values = values

    /// A copy of one column.
    member _.Column(column: int) : float[] =
        if column < 0 || column >= columns then
            raise (IndexOutOfRangeException $"Column {column} is outside a {rows} by {columns} matrix.")

        Array.sub values (column * rows) rows

    /// A copy as a two-dimensional array.
    member _.ToArray2D() =
        Array2D.init rows columns (fun i j -> values[i + j * rows])

    override _.Equals other =
        match other with
        | :? Matrix as m ->
            m.Rows = rows
            && m.Columns = columns
            && m.Values.AsSpan().SequenceEqual(values.AsSpan())
        | _ -> false

    override _.GetHashCode() =
        let mutable hash = HashCode()
        hash.Add rows
        values |> Array.iter hash.Add
        hash.ToHashCode()

    override _.ToString() =
        Seq.init rows (fun i ->
            Seq.init columns (fun j -> sprintf "%12.6g" values[i + j * rows])
            |> String.concat " ")
        |> String.concat Environment.NewLine

/// <summary>Small dense matrices: literals and the few operations that results need.</summary>
[<RequireQualifiedAccess>]
module Matrix =

    /// <summary>The matrix whose element (i, j) is <paramref name="element"/> i j.</summary>
    let init rows columns (element: int -> int -> float) =
        Matrix(rows, columns, Array.init (rows * columns) (fun k -> element (k % rows) (k / rows)))

    /// A matrix literal: <c>Matrix.ofRows [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ]</c>.
    /// <exception cref="T:System.ArgumentException">The rows have different lengths.</exception>
    let ofRows (rows: float list list) =
        let table = rows |> List.map Array.ofList |> Array.ofList
        let columns = if table.Length = 0 then 0 else table[0].Length

        if table |> Array.exists (fun row -> row.Length <> columns) then
            invalidArg (nameof rows) "All rows of a matrix must have the same length."

        init table.Length columns (fun i j -> table[i][j])

    /// A copy of a two-dimensional array.
    let ofArray2D (values: float[,]) =
        init (Array2D.length1 values) (Array2D.length2 values) (fun i j -> values[i, j])

    /// The identity of order n.
    let identity n =
        init n n (fun i j -> if i = j then 1.0 else 0.0)

    /// The diagonal of a matrix.
    let diagonal (a: Matrix) =
        Array.init (min a.Rows a.Columns) (fun i -> a[i, i])

    /// The transpose.
    let transpose (a: Matrix) =
        init a.Columns a.Rows (fun i j -> a[j, i])

    /// <summary>The product a b.</summary>
    /// <exception cref="T:System.ArgumentException">The inner dimensions differ.</exception>
    let multiply (a: Matrix) (b: Matrix) =
        if a.Columns <> b.Rows then
            invalidArg
                (nameof b)
                $"A {a.Rows} by {a.Columns} matrix cannot be multiplied by a {b.Rows} by {b.Columns} one."

        init a.Rows b.Columns (fun i j ->
            let mutable sum = 0.0

            for k in 0 .. a.Columns - 1 do
                sum <- sum + a.Values[i + k * a.Rows] * b.Values[k + j * b.Rows]

            sum)

    /// Correlations from a covariance matrix; zero where a variance is zero.
    let toCorrelation (covariance: Matrix) =
        let sd = diagonal covariance |> Array.map sqrt

        init covariance.Rows covariance.Columns (fun i j ->
            if i = j then 1.0
            elif sd[i] = 0.0 || sd[j] = 0.0 then 0.0
            else covariance[i, j] / (sd[i] * sd[j]))
