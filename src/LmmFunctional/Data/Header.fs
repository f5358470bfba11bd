namespace LmmFunctional.Data

open System
open LmmFunctional

/// <summary>Column names as a file or a database gives them.</summary>
[<RequireQualifiedAccess>]
module internal Header =

    /// Whether there is nothing to call a column by.
    let isUnnamed (name: string) = String.IsNullOrWhiteSpace name

    /// <summary>Columns without a name, counted from one, and columns with the name of another.</summary>
    let problems (source: string) (names: string seq) = [
        for position, name in Seq.indexed names do
            if isUnnamed name then
                LmmError.UnnamedColumn(source, position + 1)

        for name, group in names |> Seq.filter (isUnnamed >> not) |> Seq.groupBy id do
            if Seq.length group > 1 then
                LmmError.DuplicateColumn name
    ]
