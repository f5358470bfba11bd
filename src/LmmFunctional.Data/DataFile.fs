namespace LmmFunctional.Data

open System
open System.IO
open LmmFunctional

/// <summary>Files of data, whose names say how they are written.</summary>
[<RequireQualifiedAccess>]
type DataFile =
    | Csv
    | Parquet
    | Arrow
    | Excel

/// <summary>Reading files of any kind.</summary>
[<RequireQualifiedAccess>]
module DataFile =

    /// The kind of a file by the end of its name: .parquet; .arrow, .feather, .ipc; .xlsx, .xls; any other is CSV.
    let kindOf (path: string) : DataFile =
        match (string (Path.GetExtension path)).ToLowerInvariant() with
        | ".parquet"
        | ".pq" -> DataFile.Parquet
        | ".arrow"
        | ".feather"
        | ".ipc" -> DataFile.Arrow
        | ".xlsx"
        | ".xls" -> DataFile.Excel
        | _ -> DataFile.Csv

    /// <summary>A data set from a file: Parquet, Arrow, Excel by the end of its name, else CSV.</summary>
    /// <param name="options">How a CSV file is written.</param>
    /// <param name="path">The file.</param>
    /// <returns>The data set, or the problems of the reader of its kind.</returns>
    /// <exception cref="T:System.ArgumentException">The options contradict each other.</exception>
    let readWith (options: CsvOptions) (path: string) : Result<Frame, LmmError list> =
        match kindOf path with
        | DataFile.Csv -> Csv.readWith options path
        | DataFile.Parquet -> Parquet.read path
        | DataFile.Arrow -> Arrow.read path
        | DataFile.Excel -> Excel.read path

    /// <summary>A data set from a file: Parquet, Arrow, Excel by the end of its name, else CSV with commas and decimal
    /// points.</summary>
    /// <returns>The data set, or the problems of the reader of its kind.</returns>
    let read (path: string) : Result<Frame, LmmError list> = readWith CsvOptions.defaults path
