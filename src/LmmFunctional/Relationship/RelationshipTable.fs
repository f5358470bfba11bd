namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>Known matrices in tables: dense with a column for each level, or a list of elements.</summary>
/// <remarks>A table whose columns are row, column and value lists elements of A; with row, column and inverse, of A⁻¹. Any
/// other is A itself: the levels are in the header, and in the first column too when there is one column more than rows.
/// </remarks>
[<RequireQualifiedAccess>]
module RelationshipTable =

    let private isNamed (names: string list) (frame: Frame) =
        frame.Names.Length = names.Length
        && Seq.forall2
            (fun (a: string) (b: string) -> a.Equals(b, StringComparison.OrdinalIgnoreCase))
            frame.Names
            names

    let private numbers what name (column: Column) : Result<ImmutableArray<float>, LmmError list> =
        match column with
        | Column.Categorical _ -> Error [ LmmError.NotNumeric(name, what, None) ]
        | Column.Numeric values
        | Column.Labelled(values, _) ->
            match values |> Seq.tryFindIndex (Double.IsFinite >> not) with
            | Some row -> Error [ LmmError.MissingElement(what, row + 1) ]
            | None -> Ok values

    let private listed what (frame: Frame) make =
        numbers what frame.Names[2] frame.Columns[2]
        |> Result.bind (fun values ->
            Seq.zip3 (Pedigree.namesOf frame.Columns[0]) (Pedigree.namesOf frame.Columns[1]) values
            |> make what)

    let private dense what (frame: Frame) =
        let hasRowNames = frame.Columns.Length = frame.Rows + 1
        let first = if hasRowNames then 1 else 0
        let levels = frame.Names |> Seq.skip first |> Array.ofSeq

        let rows =
            if hasRowNames then
                Pedigree.namesOf frame.Columns[0]
            else
                levels

        let unmatched =
            Seq.append (Seq.except levels rows) (Seq.except rows levels) |> Seq.tryHead

        if frame.Rows <> levels.Length || unmatched.IsSome then
            Error [ LmmError.NotSquare(what, frame.Rows, levels.Length, unmatched) ]
        else
            let place = rows |> Seq.mapi (fun row level -> level, row) |> readOnlyDict

            Seq.zip levels (Seq.skip first frame.Columns)
            |> Seq.map (fun (name, column) -> numbers what name column)
            |> List.ofSeq
            |> Problems.all
            |> Result.bind (fun columns ->
                let columns = Array.ofList columns

                Matrix.init levels.Length levels.Length (fun i j -> columns[j].[place[levels[i]]])
                |> Relationship.denseOf what levels)

    /// <summary>The relationship that a table holds.</summary>
    /// <param name="what">What to call the table in messages.</param>
    /// <param name="frame">The table.</param>
    /// <returns>The relationship, or all that is wrong with its elements.</returns>
    let ofFrame (what: string) (frame: Frame) : Result<Relationship, LmmError list> =
        if isNamed [ "row"; "column"; "value" ] frame then
            listed what frame Relationship.elementsOf
        elif isNamed [ "row"; "column"; "inverse" ] frame then
            listed what frame Relationship.inverseOf
        else
            dense what frame

    /// <summary>The relationship in a file.</summary>
    /// <param name="options">How the file is written.</param>
    /// <param name="path">The file.</param>
    /// <returns>The relationship, or the problems of the file or of its elements.</returns>
    let readWith (options: CsvOptions) (path: string) : Result<Relationship, LmmError list> =
        Csv.readWith options path |> Result.bind (ofFrame path)

    /// <summary>The relationship in a CSV file.</summary>
    /// <returns>The relationship, or the problems of the file or of its elements.</returns>
    let read (path: string) : Result<Relationship, LmmError list> = readWith CsvOptions.defaults path
