namespace LmmFunctional.Data

open System
open LmmFunctional

/// <summary>Data sets from frames of Deedle.</summary>
/// <remarks>Values become cells by the rules of <see cref="T:LmmFunctional.Records"/>, dates and times with their texts as
/// labels; missing values stay missing. Row keys are left out.</remarks>
[<RequireQualifiedAccess>]
module DeedleFrame =

    /// <summary>A data set with the columns of a frame; column keys become names.</summary>
    /// <returns>The data set, or: columns without a name, with the name of another, or of a type that is neither number nor
    /// category; no rows.</returns>
    let toFrame (table: Deedle.Frame<'Row, 'Column>) : Result<Frame, LmmError list> =
        Seq.zip table.ColumnKeys table.ColumnTypes
        |> Seq.map (fun (key, valueType) ->
            let builder = ColumnBuilder(string key, valueType, table.RowCount)

            for cell in table.GetColumn<obj>(key).Vector.ObjectSequence do
                if cell.HasValue then
                    builder.Add cell.Value
                else
                    builder.AddMissing()

            builder)
        |> List.ofSeq
        |> ColumnBuilder.toFrame "The Deedle frame" []
