namespace LmmFunctional.Data

open System
open System.Collections.Immutable
open System.Data.Common
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Sums of rows where the rows lie: one pass for means, one GROUP BY for products; no row leaves the database.
/// </summary>
[<RequireQualifiedAccess>]
module SqlSums =

    // What the first query says

    [<NoComparison>]
    type private Pass = {
        Rows: int64
        Complete: int64
        Used: int64
        SumOfLogWeights: float
        Centres: ImmutableArray<float>
    }

    let private refused (dialect: SqlDialect) reason =
        Error [ LmmError.QueryFailed(dialect.Name, reason) ]

    let private firstPass (dialect: SqlDialect) (roles: SumRoles) (command: DbCommand) (queries: SumQueries) =
        command.CommandText <- queries.First
        use reader = command.ExecuteReader()
        reader.Read() |> ignore

        let number field =
            if reader.IsDBNull field then
                0.0
            else
                match Cell.ofValue (reader.GetValue field) with
                | Cell.Number value -> value
                | _ -> nan

        let wrongWeights = if roles.Weights.IsSome then number 3 else 0.0
        let first = if roles.Weights.IsSome then 5 else 3
        let centres = roles.Summed |> List.mapi (fun k _ -> number (first + k))

        match roles.Weights, List.tryFindIndex (Double.IsFinite >> not) centres with
        | Some name, _ when wrongWeights > 0.0 ->
            refused dialect $"column '{name}' of the weights has negative or missing values."
        | _, Some k -> refused dialect $"column '{roles.Summed[k]}' has infinite values."
        | _, None when number 0 = 0.0 -> Error [ LmmError.NoRows dialect.Name ]
        | _, None when number 2 = 0.0 -> Error [ LmmError.NoCompleteRows(int (number 0)) ]
        | _, None ->
            Ok {
                Rows = int64 (number 0)
                Complete = int64 (number 1)
                Used = int64 (number 2)
                SumOfLogWeights = if roles.Weights.IsSome then number 4 else 0.0
                Centres = ImmutableArray.CreateRange centres
            }

    // The cells of the second query, whose means and products are about the centres.
    let private cells (dialect: SqlDialect) (roles: SumRoles) (pass: Pass) (found: Frame) =
        let numbers name =
            match found.TryColumn name with
            | Some(Column.Numeric values)
            | Some(Column.Labelled(values, _)) -> values
            | _ -> ImmutableArray<float>.Empty

        let m = roles.Summed.Length
        let counts = numbers "n" |> Seq.map int64 |> Array.ofSeq
        let weights = numbers "w" |> Array.ofSeq
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

        if Array.sum counts <> pass.Used then
            refused dialect "the table changed between two queries; fit it again."
        elif
            made
            |> Array.exists (fun (means, products) -> not (Array.forall Double.IsFinite (Array.append means products)))
        then
            refused dialect "a sum is too large for double precision; scale the columns."
        else
            // The database has made one row of each combination of keys.
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

    let private prepared dialect source spec (command: DbCommand) =
        SumQueries.shape command (SumQueries.from dialect source)
        |> Result.bind (fun shape ->
            let unknown = [
                for name in Columns.used shape (Columns.expandDots shape spec) @ Option.toList spec.Weights do
                    if (shape.TryColumn name).IsNone then
                        LmmError.UnknownColumn(name, Nearest.suggest shape.Names name, List.ofSeq shape.Names)
            ]

            match unknown, SumRoles.ofSpec shape spec with
            | [], Ok roles -> Ok(roles, SumQueries.create dialect source shape roles)
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
        withCommand dialect connect (prepared dialect source spec >> Result.map snd)

    /// <summary>The sums of the rows of a database that a model needs; no row leaves it.</summary>
    /// <param name="connect">Makes a connection, open or not, which is closed here.</param>
    /// <param name="dialect">How the database writes SQL.</param>
    /// <param name="source">The rows.</param>
    /// <param name="spec">The model: random terms of any kind over independent residuals.</param>
    /// <returns>The sums, or the problems of <c>plan</c>, or: wrong weights, infinite values, no rows, a table that
    /// changed between the two queries.</returns>
    let collect connect dialect source spec : Result<Partial, LmmError list> =
        withCommand dialect connect (fun command ->
            prepared dialect source spec command
            |> Result.bind (fun (roles, queries) ->
                firstPass dialect roles command queries
                |> Result.bind (fun pass ->
                    command.CommandText <- queries.Cells pass.Centres
                    use reader = command.ExecuteReader()
                    Database.ofReader dialect.Name reader |> Result.bind (cells dialect roles pass))))
        |> Result.map Partial
