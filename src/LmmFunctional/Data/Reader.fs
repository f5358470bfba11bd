namespace LmmFunctional

open System.Data
open LmmFunctional.Data

/// <summary>Data sets from databases, or anything else that gives an <c>IDataReader</c>.</summary>
/// <remarks>Values become cells by the rules of <see cref="T:LmmFunctional.Records"/>; DBNull is missing.</remarks>
[<RequireQualifiedAccess>]
module DataReader =

    /// <summary>A data set with a row for each record that is left; the records are read once, none is kept.</summary>
    /// <param name="reader">Is read to the end of its present result, and left open.</param>
    /// <returns>The data set, or: columns without a name, with the name of another, or of a type that is neither number
    /// nor category; no rows.</returns>
    /// <remarks>Exceptions of the database, such as a lost connection, are not caught.</remarks>
    let toFrame (reader: IDataReader) : Result<Frame, LmmError list> =
        let source = "The data reader"
        let fields = List.init reader.FieldCount id
        let names = fields |> List.map reader.GetName

        let columns =
            fields
            |> List.map (fun field -> reader.GetName field, reader.GetFieldType field)

        match Header.problems source names, CellCollector.createAll columns with
        | [], Ok collectors ->
            while reader.Read() do
                collectors
                |> List.iteri (fun field collector -> collector.Add(reader.GetValue field))

            CellCollector.toFrame source collectors
        | header, Error types -> Error(header @ types)
        | header, Ok _ -> Error header
