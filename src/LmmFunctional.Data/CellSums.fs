namespace LmmFunctional.Data

open System
open System.Collections.Generic
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Sums of rows that agree in some key columns: a cell for each combination of keys.</summary>
/// <remarks>With m summed columns z and weights w: W = Σ w, the mean Σ w z / W, and Σ w (z − mean)(z − mean)', whose lower
/// triangle is stored row by row, m(m + 1)/2 numbers. Rows with a missing value or weight zero are only counted.</remarks>
[<NoComparison; ReferenceEquality>]
type internal CellSums = {
    /// The key columns by name, an element for each cell.
    Keys: (string * Column) list
    /// The names of the summed columns, m in all.
    Summed: string list
    WeightColumn: string option
    /// The rows of each cell.
    Counts: int64[]
    Weights: float[]
    /// The m means of each cell.
    Means: float[][]
    Products: float[][]
    SumOfLogWeights: float
    MissingRows: int64
    ZeroWeightRows: int64
}

[<RequireQualifiedAccess>]
module internal CellSums =

    // Gathering

    /// A number for each row that rows share when they agree in a column; NaN and missing are no keys here.
    let private codesOf (column: Column) : int[] =
        let coded (values: 'Value seq) =
            let known = Dictionary<'Value, int>()

            values
            |> Seq.map (fun value ->
                match known.TryGetValue value with
                | true, code -> code
                | false, _ ->
                    known.Add(value, known.Count)
                    known.Count - 1)
            |> Array.ofSeq

        match column with
        | Column.Categorical(_, codes) -> codes.AsSpan().ToArray()
        | Column.Labelled(_, labels) -> coded labels
        // Zero has two signs, which are one value.
        | Column.Numeric values -> coded (values |> Seq.map (fun value -> value + 0.0))

    /// The cell of every row, and the first row of every cell.
    let private cellsOf rows (keys: Column list) : int[] * int[] =
        ((Array.zeroCreate rows, (if rows = 0 then [||] else [| 0 |])), keys)
        ||> List.fold (fun (cells, _) key ->
            let codes = codesOf key
            let known = Dictionary<struct (int * int), int>()
            let firsts = ResizeArray<int>()

            let next =
                Array.init rows (fun row ->
                    let both = struct (cells[row], codes[row])

                    match known.TryGetValue both with
                    | true, cell -> cell
                    | false, _ ->
                        known.Add(both, known.Count)
                        firsts.Add row
                        known.Count - 1)

            next, firsts.ToArray())

    /// Adds a cell to another: W, mean and products of the second are overwritten (Chan, Golub and LeVeque 1983).
    let private addTo
        (weight: float)
        (mean: float[])
        (products: float[])
        (total: float)
        (sum: float[])
        (squares: float[])
        =
        let all = total + weight
        let share = total * weight / all
        let mutable at = 0

        for i in 0 .. mean.Length - 1 do
            let own = mean[i] - sum[i]

            for j in 0..i do
                squares[at] <- squares[at] + products[at] + share * own * (mean[j] - sum[j])
                at <- at + 1

        for i in 0 .. mean.Length - 1 do
            sum[i] <- sum[i] + (mean[i] - sum[i]) * (weight / all)

        all

    /// <summary>The sums of some rows, with a cell for each combination of keys.</summary>
    /// <param name="sums">The keys, an element for each row, and what concerns no cell.</param>
    /// <param name="rows">How many rows there are.</param>
    /// <param name="read">Writes means and products of a row into two buffers, and returns its count and weight.</param>
    let private gatherRows
        (sums: CellSums)
        rows
        (read: int -> float[] -> float[] -> struct (int64 * float))
        : CellSums =
        let cells, firsts = cellsOf rows (List.map snd sums.Keys)
        let m = sums.Summed.Length
        let size = m * (m + 1) / 2
        let counts = Array.zeroCreate firsts.Length
        let weights = Array.zeroCreate<float> firsts.Length
        let means = Array.init firsts.Length (fun _ -> Array.zeroCreate<float> m)
        let products = Array.init firsts.Length (fun _ -> Array.zeroCreate<float> size)
        let ownMeans, ownProducts = Array.zeroCreate m, Array.zeroCreate size

        for row in 0 .. rows - 1 do
            let cell = cells[row]
            let struct (count, weight) = read row ownMeans ownProducts
            counts[cell] <- counts[cell] + count
            weights[cell] <- addTo weight ownMeans ownProducts weights[cell] means[cell] products[cell]

        {
            sums with
                Keys = sums.Keys |> List.map (fun (name, column) -> name, Column.select firsts column)
                Counts = counts
                Weights = weights
                Means = means
                Products = products
        }

    /// The same sums with one cell for each combination of keys.
    let gather (sums: CellSums) : CellSums =
        gatherRows sums sums.Counts.Length (fun row means products ->
            Array.blit sums.Means[row] 0 means 0 means.Length
            Array.blit sums.Products[row] 0 products 0 products.Length
            struct (sums.Counts[row], sums.Weights[row]))

    // Adding

    /// <summary>The sums of the rows of both.</summary>
    /// <returns>The sums, or in what they differ: keys, summed columns, the column of weights.</returns>
    let add (a: CellSums) (b: CellSums) : Result<CellSums, LmmError list> =
        let list names =
            names |> List.sort |> String.concat ", "

        let keys (sums: CellSums) = sums.Keys |> List.map fst

        let differ what (first: string) (second: string) =
            if first = second then
                []
            else
                [ LmmError.SumsDiffer(what, first, second) ]

        let problems =
            differ "the columns that are kept apart" (list (keys a)) (list (keys b))
            @ differ "the columns that are summed" (list a.Summed) (list b.Summed)
            @ differ "the weights" (defaultArg a.WeightColumn "none") (defaultArg b.WeightColumn "none")

        match problems with
        | [] ->
            let columns = Map.ofList b.Keys
            // Summed columns may stand in another order in the second.
            let places =
                a.Summed
                |> List.map (fun name -> List.findIndex ((=) name) b.Summed)
                |> Array.ofList

            let entry (products: float[]) i j =
                let first, second = max places[i] places[j], min places[i] places[j]
                products[first * (first + 1) / 2 + second]

            let reordered (products: float[]) = [|
                for i in 0 .. places.Length - 1 do
                    for j in 0..i -> entry products i j
            |]

            Ok(
                gather {
                    a with
                        Keys =
                            a.Keys
                            |> List.map (fun (name, column) -> name, KeyColumn.append column columns[name])
                        Counts = Array.append a.Counts b.Counts
                        Weights = Array.append a.Weights b.Weights
                        Means =
                            Array.append
                                a.Means
                                (b.Means |> Array.map (fun means -> places |> Array.map (Array.get means)))
                        Products = Array.append a.Products (Array.map reordered b.Products)
                        SumOfLogWeights = a.SumOfLogWeights + b.SumOfLogWeights
                        MissingRows = a.MissingRows + b.MissingRows
                        ZeroWeightRows = a.ZeroWeightRows + b.ZeroWeightRows
                }
            )
        | _ -> Error problems

    // Collecting

    let private numbersOf (column: Column) =
        match column with
        | Column.Numeric values
        | Column.Labelled(values, _) -> values.AsSpan().ToArray()
        | Column.Categorical(_, codes) -> codes |> Seq.map float |> Array.ofSeq

    let private infinite (frame: Frame) names = [
        for name in names do
            match frame.TryColumn name with
            | Some(Column.Numeric values)
            | Some(Column.Labelled(values, _)) ->
                match values |> Seq.tryFindIndex Double.IsInfinity with
                | Some row -> LmmError.InfiniteValue(name, row + 1)
                | None -> ()
            | _ -> ()
    ]

    /// <summary>The sums of the rows of a data set.</summary>
    /// <returns>The sums, or the problems of columns: names that do not exist, weights, values that are not finite.</returns>
    let ofFrame (roles: SumRoles) (frame: Frame) : Result<CellSums, LmmError list> =
        let names = roles.Keys @ roles.Summed

        let unknown = [
            for name in names @ Option.toList roles.Weights do
                if (frame.TryColumn name).IsNone then
                    LmmError.UnknownColumn(name, Nearest.suggest frame.Names name, List.ofSeq frame.Names)
        ]

        let missing, _ = Columns.missing frame names

        let weights =
            match roles.Weights with
            | Some name when unknown.IsEmpty -> Columns.weights frame missing name |> Result.map Some
            | _ -> Ok None

        match unknown @ infinite frame names, weights with
        | [], Ok weights ->
            let weightOf row =
                match weights with
                | Some weights -> weights[row]
                | None -> 1.0

            let kept = [| 0 .. frame.Rows - 1 |] |> Array.filter (fun row -> not missing[row])
            let used = kept |> Array.filter (fun row -> weightOf row > 0.0)

            let column name =
                Column.select used (Option.get (frame.TryColumn name))

            let summed = roles.Summed |> List.map (column >> numbersOf) |> Array.ofList

            let keys = {
                Keys = roles.Keys |> List.map (fun name -> name, column name)
                Summed = roles.Summed
                WeightColumn = roles.Weights
                Counts = [||]
                Weights = [||]
                Means = [||]
                Products = [||]
                SumOfLogWeights =
                    match weights with
                    | Some _ -> used |> Array.sumBy (weightOf >> log)
                    | None -> 0.0
                MissingRows = int64 (frame.Rows - kept.Length)
                ZeroWeightRows = int64 (kept.Length - used.Length)
            }

            Ok(
                gatherRows keys used.Length (fun row means _ ->
                    for k in 0 .. means.Length - 1 do
                        means[k] <- summed[k][row]

                    struct (1L, weightOf used[row]))
            )
        | problems, Error others -> Error(Problems.limit (problems @ others))
        | problems, Ok _ -> Error(Problems.limit problems)
