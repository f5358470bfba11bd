namespace LmmFunctional.Data

open LmmFunctional

/// <summary>Data sets from data frames of Microsoft.Data.Analysis.</summary>
/// <remarks>Values become cells by the rules of <see cref="T:LmmFunctional.Records"/>, dates and times with their texts as
/// labels; null is missing.</remarks>
[<RequireQualifiedAccess>]
module MicrosoftDataFrame =

    /// <summary>A data set with the columns of a data frame.</summary>
    /// <returns>The data set, or: columns without a name, with the name of another, or of a type that is neither number nor
    /// category; no rows.</returns>
    let toFrame (table: Microsoft.Data.Analysis.DataFrame) : Result<Frame, LmmError list> =
        table.Columns
        |> Seq.map (fun column ->
            let builder = ColumnBuilder(column.Name, column.DataType, int column.Length)

            for row in 0L .. column.Length - 1L do
                builder.Add column[row]

            builder)
        |> List.ofSeq
        |> ColumnBuilder.toFrame "The data frame" []
