namespace LmmFunctional.Data

open System
open System.Collections.Immutable
open System.Data.Common
open System.Diagnostics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Sums of rows where the rows lie: one pass for means, one GROUP BY for products; no row leaves the database.
/// </summary>
[<RequireQualifiedAccess>]
module SqlSums =

    // Sums about the first means are zero but for rounding; a mean of long columns has lost some digits.
    let private shiftTolerance = 1e-6

    // Whether the rows of the second query are those of the first.
    let private isSame
        isWeighted
        (pass: SqlPass)
        (counts: int64[])
        (sums: float[][])
        (squares: float[][])
        (fingerprints: float[])
        =
        let total = float pass.Used

        let isCentred k =
            let sum, square = Array.sum sums[k], Array.sum squares[k]
            let scale = max (sqrt (square / total)) (abs pass.Centres[k] * 1e-6)
            abs sum <= shiftTolerance * total * scale

        Array.sum counts = pass.Used
        && match pass.Fingerprint with
           | Some expected -> Array.sum fingerprints = expected
           // Without fingerprints the means tell; those of the first query are without weights.
           | None -> isWeighted || Seq.forall isCentred (seq { 0 .. sums.Length - 1 })

    // The cells of the second query, whose means and products are about the centres.
    let private cells (dialect: SqlDialect) (roles: SumRoles) (pass: SqlPass) (found: Frame) =
        let numbers name =
            match found.TryColumn name with
            | Some(Column.Numeric values)
            | Some(Column.Labelled(values, _)) -> values.AsSpan().ToArray()
            | _ -> [||]

        let m = roles.Summed.Length
        let counts = numbers "n" |> Array.map int64
        let weights = numbers "w"
        let sums = Array.init m (fun k -> numbers $"s{k}")

        let products = [|
            for i in 0 .. m - 1 do
                for j in 0..i -> i, j, numbers $"p{i}_{j}"
        |]

        let ofCell cell =
            let means = sums |> Array.map (fun sum -> sum[cell] / weights[cell])

            means |> Array.mapi (fun k mean -> pass.Centres[k] + mean),
            products
            |> Array.map (fun (i, j, product) ->
                let about = product[cell] - weights[cell] * means[i] * means[j]
                // Rounding leaves no variance below zero.
                if i = j then max 0.0 about else about)

        let made = Array.init counts.Length ofCell

        let squares =
            products
            |> Array.choose (fun (i, j, product) -> if i = j then Some product else None)

        if not (isSame roles.Weights.IsSome pass counts sums squares (numbers "f")) then
            SqlPass.refused dialect "the table changed between two queries; fit it again."
        elif
            made
            |> Array.exists (fun (means, products) -> not (Array.forall Double.IsFinite (Array.append means products)))
        then
            SqlPass.refused dialect "a sum is too large for double precision; scale the columns."
        else
            Ok {
                Keys =
                    roles.Keys
                    |> List.mapi (fun k name -> name, Option.get (found.TryColumn $"key{k}"))
                Summed = roles.Summed
                WeightColumn = roles.Weights
                Counts = counts
                Weights = weights
                Means = Array.map fst made
                Products = Array.map snd made
                SumOfLogWeights = pass.SumOfLogWeights
                MissingRows = pass.Rows - pass.Complete
                ZeroWeightRows = pass.Complete - pass.Used
            }

    let private unknownIn (shape: Frame) names = [
        for name in List.distinct names do
            if (shape.TryColumn name).IsNone then
                LmmError.UnknownColumn(name, Nearest.suggest shape.Names name, List.ofSeq shape.Names)
    ]

    let private prepared dialect source shards spec (command: DbCommand) =
        SumQueries.shape command (SumQueries.from dialect source)
        |> Result.bind (fun shape ->
            let unknown =
                Columns.used shape (Columns.expandDots shape spec)
                @ Option.toList spec.Weights
                @ shards
                |> unknownIn shape

            match unknown, SumRoles.ofSpec shape spec with
            | [], Ok roles -> Ok(roles, SumQueries.create dialect source shape shards roles)
            | unknown, Error others -> Error(Problems.limit (unknown @ others))
            | unknown, Ok _ -> Error(Problems.limit unknown))

    let private withCommand (dialect: SqlDialect) (connect: unit -> DbConnection) work =
        Database.guarded dialect.Name (fun () ->
            use connection = connect ()
            Database.ensureOpen connection
            use command = connection.CreateCommand()
            work command)

    /// <summary>The queries that would be sent for a model, or what of it cannot be summed in the database.</summary>
    /// <param name="connect">Makes a connection, open or not, which is closed here.</param>
    /// <param name="dialect">How the database writes SQL.</param>
    /// <param name="source">The rows.</param>
    /// <param name="spec">The model.</param>
    /// <returns>The queries, or: columns that do not exist, what of the model needs the rows, what the database says.
    /// </returns>
    let plan connect dialect source spec : Result<SumQueries, LmmError list> =
        withCommand dialect connect (prepared dialect source [] spec >> Result.map snd)

    /// The queries of <c>collectByShard</c>.
    let planByShard connect dialect shards source spec : Result<SumQueries, LmmError list> =
        withCommand dialect connect (prepared dialect source shards spec >> Result.map snd)

    /// <summary>What the sums for a model would cost: rows and cells are counted, by one query.</summary>
    /// <param name="connect">Makes a connection, open or not, which is closed here.</param>
    /// <param name="dialect">How the database writes SQL.</param>
    /// <param name="source">The rows.</param>
    /// <param name="spec">The model.</param>
    /// <returns>The cost, or the problems of <c>plan</c>.</returns>
    let cost connect dialect source spec : Result<SumCost, LmmError list> =
        withCommand dialect connect (fun command ->
            prepared dialect source [] spec command
            |> Result.bind (fun (roles, queries) ->
                let started = Stopwatch.GetTimestamp()
                command.CommandText <- queries.Count
                use reader = command.ExecuteReader()
                reader.Read() |> ignore

                let count field =
                    match Cell.ofValue (reader.GetValue field) with
                    | Cell.Number value -> int64 value
                    | _ -> 0L

                match count 1 with
                | 0L -> Error [ LmmError.NoRows dialect.Name ]
                | rows ->
                    Ok {
                        Engine = dialect.Name
                        Rows = rows
                        Cells = count 0
                        Keys = roles.Keys
                        Summed = roles.Summed
                        Counting = Stopwatch.GetElapsedTime started
                    }))

    // Work between the two queries: tests change the table there.
    let internal collectWith between connect dialect shards source spec : Result<Partial, LmmError list> =
        withCommand dialect connect (fun command ->
            prepared dialect source shards spec command
            |> Result.bind (fun (roles, queries) ->
                SqlPass.read dialect roles command queries
                |> Result.bind (fun pass ->
                    between ()
                    command.CommandText <- queries.Cells pass.Centres
                    use reader = command.ExecuteReader()
                    Database.ofReader dialect.Name reader |> Result.bind (cells dialect roles pass))))
        // A database makes one row of each combination of keys, and with shards one for each of them.
        |> Result.map (fun sums -> Partial(if List.isEmpty shards then sums else CellSums.gather sums))

    /// <summary>The sums of the rows of a database that a model needs; no row leaves it.</summary>
    /// <param name="connect">Makes a connection, open or not, which is closed here.</param>
    /// <param name="dialect">How the database writes SQL.</param>
    /// <param name="source">The rows.</param>
    /// <param name="spec">The model: random terms of any kind over independent residuals.</param>
    /// <returns>The sums, or the problems of <c>plan</c>, or: wrong weights, infinite values, no rows, a table that
    /// changed between the two queries.</returns>
    let collect connect dialect source spec : Result<Partial, LmmError list> =
        collectWith ignore connect dialect [] source spec

    /// <summary>The sums of a table that lies on several servers: each sums its rows, the sums of all are added here.</summary>
    /// <param name="connect">Makes a connection, open or not, which is closed here.</param>
    /// <param name="dialect">How the database writes SQL.</param>
    /// <param name="shards">The columns that say where a row lies, such as the key of partitions: rows are grouped by them first,
    /// since databases leave to other servers only what does not mix theirs.</param>
    /// <param name="source">The rows.</param>
    /// <param name="spec">The model: random terms of any kind over independent residuals.</param>
    /// <returns>The sums, or the problems of <c>collect</c>.</returns>
    let collectByShard connect dialect shards source spec : Result<Partial, LmmError list> =
        collectWith ignore connect dialect shards source spec
