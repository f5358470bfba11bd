namespace LmmFunctional.Cli

open System.IO
open LmmFunctional
open LmmFunctional.Data
open LmmFunctional.DuckDb
open LmmFunctional.Postgres

/// <summary>Sums of rows made where the rows are: by DuckDB for CSV and Parquet files and its queries, by the server for
/// PostgreSQL; other files are read and summed here.</summary>
[<RequireQualifiedAccess>]
module internal SumSource =

    /// The option that asks for sums.
    let option =
        OptionTable.switch
            "--sums"
            "fit from sums that DuckDB or the server makes of the rows, which are not read; the data may be larger than memory."

    /// Whether sums are asked for, or are the data themselves.
    let isAsked (reading: DataReading) (values: OptionValues) =
        match reading.Source with
        | DataSource.Sums _ -> true
        | _ -> OptionValues.contains option.Name values

    let private isPattern (path: string) = path.Contains '*' || path.Contains '?'

    let private isOfDuckDb (path: string) =
        match DataFile.kindOf path with
        | DataFile.Csv
        | DataFile.Parquet -> true
        | DataFile.Arrow
        | DataFile.Excel -> false

    // What DuckDB says of a file that is not there is longer.
    let private ifThere (path: string) (work: unit -> Result<'ok, LmmError list>) =
        if isPattern path || File.Exists path then
            work ()
        elif Directory.Exists path then
            Error [ LmmError.UnreadableFile(path, "it is a directory; name a file in it.") ]
        else
            Error [ LmmError.FileNotFound path ]

    let private loaded (files: string) =
        let folder =
            match Path.GetDirectoryName files with
            | null
            | "" -> "."
            | folder -> folder

        let found =
            if isPattern files && Directory.Exists folder then
                Directory.GetFiles(folder, string (Path.GetFileName files))
                |> Array.sort
                |> List.ofArray
            else
                [ files ]

        match found with
        | [] -> Error [ LmmError.FileNotFound files ]
        | _ -> found |> List.map Partial.load |> Results.all |> Result.bind Partial.sum

    let private orderedAs (orders: LevelOrder list) (partial: Result<Partial, LmmError list>) =
        (partial, orders)
        ||> List.fold (fun partial order ->
            partial
            |> Result.bind (fun partial ->
                match order with
                | LevelOrder.First(column, level) -> Partial.relevel column level partial
                | LevelOrder.All(column, levels) -> Partial.arrange column levels partial))

    // A condition on rows belongs to the query.
    let private withoutSubset (reading: DataReading) =
        match reading.Subset with
        | Some _ ->
            Error [
                LmmError.WrongArguments(
                    "--subset",
                    "sums are made where the rows are; put the condition into the query, such as \"duckdb:select * from 'file.parquet' where x > 3\"."
                )
            ]
        | None -> Ok()

    // What no engine sums is summed here: Arrow files batch by batch, the others once they are read.
    let private streamed (reading: DataReading) (spec: LmmSpec) =
        match reading.Source with
        | DataSource.File path when DataFile.kindOf path = DataFile.Arrow -> StreamedSums.ofArrow path spec
        | source -> DataSource.read reading.Csv source |> Result.bind (Partial.collect spec)

    let private engineOf (reading: DataReading) =
        match reading.Source with
        | DataSource.DuckDb _ -> SqlDialect.duckDb.Name
        | DataSource.Postgres _ -> SqlDialect.postgreSql.Name
        | DataSource.File path when isOfDuckDb path -> SqlDialect.duckDb.Name
        | DataSource.File path when DataFile.kindOf path = DataFile.Arrow -> "lmm, batch by batch,"
        | DataSource.Sums _ -> "another process"
        | _ -> "lmm, once all rows are read,"

    /// <summary>The sums that a model needs.</summary>
    /// <param name="reading">Where the data are, and how they are read.</param>
    /// <param name="spec">The model.</param>
    /// <returns>The sums; or what of the model needs the rows, and the problems of the source.</returns>
    let collect (reading: DataReading) (spec: LmmSpec) : Result<Partial, LmmError list> =
        let ofRows () = streamed reading spec

        withoutSubset reading
        |> Result.bind (fun () ->
            match reading.Source with
            | DataSource.DuckDb sql -> Duck.sumsOf sql spec
            | DataSource.Postgres(connection, source) -> Postgres.sums connection source spec
            | DataSource.Sums files -> loaded files
            | DataSource.Input -> ofRows ()
            | DataSource.File path when isOfDuckDb path -> ifThere path (fun () -> Duck.sumsWith reading.Csv path spec)
            | DataSource.File _ -> ofRows ())
        |> orderedAs reading.Orders

    /// What sums cost that an engine has made.
    let costOf engine (partial: Partial) : SumCost = {
        Engine = engine
        Rows = partial.Rows
        Cells = int64 partial.Cells
        Keys = partial.Keys
        Summed = partial.Summed
        Counting = System.TimeSpan.Zero
    }

    /// <summary>What the sums that a model needs would cost; rows and cells are counted where the rows are.</summary>
    /// <returns>The cost, or the problems of <c>collect</c>.</returns>
    let cost (reading: DataReading) (spec: LmmSpec) : Result<SumCost, LmmError list> =
        let ofRows () =
            streamed reading spec |> Result.map (costOf (engineOf reading))

        withoutSubset reading
        |> Result.bind (fun () ->
            match reading.Source with
            | DataSource.DuckDb sql -> Duck.costOfSums sql spec
            | DataSource.Postgres(connection, source) -> Postgres.costOfSums connection source spec
            | DataSource.Sums files -> loaded files |> Result.map (costOf (engineOf reading))
            | DataSource.Input -> ofRows ()
            | DataSource.File path when isOfDuckDb path -> ifThere path (fun () -> Duck.costWith reading.Csv path spec)
            | DataSource.File _ -> ofRows ())

    /// The program that would sum the rows of a source.
    let engine (reading: DataReading) : string = engineOf reading
