namespace LmmFunctional.Data

open System
open System.Collections.Immutable
open System.Data.Common
open LmmFunctional

/// <summary>What the first query for sums says of the rows.</summary>
[<NoComparison>]
type internal SqlPass = {
    Rows: int64
    /// Rows that miss no used value.
    Complete: int64
    /// Complete rows of positive weight.
    Used: int64
    SumOfLogWeights: float
    /// The mean of each summed column.
    Centres: ImmutableArray<float>
    /// The sum of the rows' fingerprints; None where the database has none.
    Fingerprint: float option
}

/// <summary>Reading the answer of the first query for sums.</summary>
[<RequireQualifiedAccess>]
module internal SqlPass =

    /// What a database says against a model, in words of our own.
    let refused (dialect: SqlDialect) reason =
        Error [ LmmError.QueryFailed(dialect.Name, reason) ]

    // The numbers of one row of the answer.
    let private numbers (reader: DbDataReader) =
        Array.init reader.FieldCount (fun field ->
            if reader.IsDBNull field then
                0.0
            else
                match Cell.ofValue (reader.GetValue field) with
                | Cell.Number value -> value
                | _ -> nan)

    // Shards without a row in use have no means.
    let private meanOf (shards: float[] list) field =
        let used = shards |> List.filter (fun numbers -> numbers[2] > 0.0)
        let rows = used |> List.sumBy (fun numbers -> numbers[2])
        used |> List.sumBy (fun numbers -> numbers[2] / rows * numbers[field])

    /// <summary>Sends the first query; its answer has a row for each shard.</summary>
    /// <returns>What it says of all rows, or: wrong weights, infinite values, no rows, no complete rows.</returns>
    let read
        (dialect: SqlDialect)
        (roles: SumRoles)
        (command: DbCommand)
        (queries: SumQueries)
        : Result<SqlPass, LmmError list> =
        command.CommandText <- queries.First
        use reader = command.ExecuteReader()

        let shards = [
            while reader.Read() do
                numbers reader
        ]

        let total field =
            shards |> List.sumBy (fun numbers -> numbers[field])

        let isWeighted = roles.Weights.IsSome
        let first = if isWeighted then 5 else 3
        let centres = roles.Summed |> List.mapi (fun k _ -> meanOf shards (first + k))
        let last = first + centres.Length

        match roles.Weights, List.tryFindIndex (Double.IsFinite >> not) centres with
        | Some name, _ when total 3 > 0.0 ->
            refused dialect $"column '{name}' of the weights has negative or missing values."
        | _, Some k -> refused dialect $"column '{roles.Summed[k]}' has infinite values."
        | _, None when total 0 = 0.0 -> Error [ LmmError.NoRows dialect.Name ]
        | _, None when total 2 = 0.0 -> Error [ LmmError.NoCompleteRows(int (total 0)) ]
        | _, None ->
            Ok {
                Rows = int64 (total 0)
                Complete = int64 (total 1)
                Used = int64 (total 2)
                SumOfLogWeights = if isWeighted then total 4 else 0.0
                Centres = ImmutableArray.CreateRange centres
                Fingerprint = if shards.Head.Length > last then Some(total last) else None
            }
