namespace LmmFunctional.Data

open System
open System.Diagnostics
open System.IO
open System.Runtime.InteropServices
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>The sums of some rows of the data that a model needs, whatever part of the data they are: a file, a partition, a
/// hospital.</summary>
/// <remarks>The sums of two parts are the sum of both (<c>Partial.add</c>), in any order. They hold a mean and products
/// for each combination of the levels that the model tells apart, and no row; a level with a single row shows that row.
/// </remarks>
[<Sealed>]
type Partial internal (sums: CellSums) =

    member internal _.Sums = sums

    /// Number of rows that were summed.
    member _.Rows = Array.sum sums.Counts

    /// Number of combinations of levels.
    member _.Cells = sums.Counts.Length

    /// The columns whose values are kept apart.
    member _.Keys = List.map fst sums.Keys

    /// The columns that are summed.
    member _.Summed = sums.Summed

    /// The rows and cells: 180 rows in 18 cells.
    override partial.ToString() =
        $"{partial.Rows} rows in {partial.Cells} cells"

/// <summary>Collecting, adding, saving and fitting sums of rows.</summary>
[<RequireQualifiedAccess>]
module Partial =

    /// <summary>The sums of a data set that a model needs.</summary>
    /// <param name="spec">The model: random terms of any kind over independent residuals.</param>
    /// <param name="frame">Some rows of the data; rows that miss a used value or have weight zero are left out.</param>
    /// <returns>The sums, or: what of the model needs the rows themselves, columns that do not exist, values that are not
    /// finite, wrong weights.</returns>
    let collect (spec: LmmSpec) (frame: Frame) : Result<Partial, LmmError list> =
        SumRoles.ofSpec frame spec
        |> Result.bind (fun roles -> CellSums.ofFrame roles frame)
        |> Result.map Partial

    /// <summary>The sums of data that come in chunks, in the memory of one chunk and of the sums.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="chunks">Data sets with the same columns, or their problems; they are read once, and none is kept.</param>
    /// <returns>The sums, or the problems of the first chunk that has some.</returns>
    /// <exception cref="T:System.ArgumentException">There are no chunks.</exception>
    let collectChunks (spec: LmmSpec) (chunks: Result<Frame, LmmError list> seq) : Result<Partial, LmmError list> =
        use rest = chunks.GetEnumerator()

        let rec addNext (total: Partial option) =
            if not (rest.MoveNext()) then
                match total with
                | Some total -> Ok total
                | None -> invalidArg (nameof chunks) "There are no chunks."
            else
                match rest.Current |> Result.bind (collect spec), total with
                | Error problems, _ -> Error problems
                | Ok next, None -> addNext (Some next)
                | Ok next, Some total ->
                    match CellSums.add total.Sums next.Sums with
                    | Ok sum -> addNext (Some(Partial sum))
                    | Error problems -> Error problems

        addNext None

    /// <summary>The sums of the rows of both.</summary>
    /// <returns>The sums, or in what they differ so that they cannot be added.</returns>
    let add (a: Partial) (b: Partial) : Result<Partial, LmmError list> =
        CellSums.add a.Sums b.Sums |> Result.map Partial

    // The same sums with other key columns.
    let private withKeys change (partial: Partial) : Result<Partial, LmmError list> =
        Frame.ofColumns partial.Sums.Keys
        |> Result.bind change
        |> Result.map (fun (frame: Frame) ->
            Partial {
                partial.Sums with
                    Keys = Seq.zip frame.Names frame.Columns |> List.ofSeq
            })

    /// <summary>The sums with all levels of a column in a given order, as <c>Levels.arrange</c>.</summary>
    /// <returns>The sums, or: the column is none that is kept apart, levels that it does not have or that are left out.</returns>
    let arrange (column: string) (levels: string list) (partial: Partial) : Result<Partial, LmmError list> =
        withKeys (Levels.arrange column levels) partial

    /// <summary>The sums with a level of a column first, as <c>Levels.relevel</c>.</summary>
    /// <returns>The sums, or: the column is none that is kept apart, it does not have the level.</returns>
    let relevel (column: string) (level: string) (partial: Partial) : Result<Partial, LmmError list> =
        withKeys (Levels.relevel column level) partial

    /// <summary>The sums of the rows of all.</summary>
    /// <exception cref="T:System.ArgumentException">There are none.</exception>
    let sum (partials: Partial list) : Result<Partial, LmmError list> =
        match partials with
        | [] -> invalidArg (nameof partials) "There are no sums to add."
        | first :: others ->
            (Ok first, others)
            ||> List.fold (fun total next -> total |> Result.bind (fun total -> add total next))

    // Files

    /// <summary>Writes the sums to a file.</summary>
    /// <returns>Nothing, or why the file cannot be written.</returns>
    let save (path: string) (partial: Partial) : Result<unit, LmmError list> =
        try
            File.WriteAllBytes(path, SumsFile.write partial.Sums)
            Ok()
        with
        | :? IOException
        | :? UnauthorizedAccessException
        | :? ArgumentException as problem -> Error [ LmmError.UnwritableFile(path, problem.Message) ]

    /// <summary>Reads sums from a file.</summary>
    /// <returns>The sums, or: no such file, another kind of file, a damaged file.</returns>
    let load (path: string) : Result<Partial, LmmError list> =
        Opening.file "a file of sums" path SumsFile.read |> Result.map Partial

    // Fitting

    let private rowSums (sums: CellSums) (multiplicities: float[]) : RowSums = {
        Observations = int (Array.sum sums.Counts)
        Multiplicities = ImmutableCollectionsMarshal.AsImmutableArray multiplicities
        SumOfLogWeights = sums.SumOfLogWeights
        HasWeights = sums.WeightColumn.IsSome
    }

    // A column that a model takes in a way that the sums do not serve.
    let private lacking (sums: CellSums) (roles: SumRoles) = [
        let keys = List.map fst sums.Keys

        for name in roles.Keys do
            if not (List.contains name keys) then
                LmmError.NotInSums name

        // A key serves as a summed column too.
        for name in roles.Summed do
            if not (List.contains name sums.Summed || List.contains name keys) then
                LmmError.NotInSums name

        if roles.Weights <> sums.WeightColumn then
            LmmError.NotInSums(roles.Weights |> Option.orElse sums.WeightColumn |> Option.defaultValue "")
    ]

    let internal design (spec: LmmSpec) (partial: Partial) : Result<Design, LmmError list> =
        let sums = partial.Sums

        WeightedRows.toFrame sums
        |> Result.bind (fun (frame, weights, multiplicities) ->
            let leftOut = SumRoles.withRowsLeftOut (sums.MissingRows + sums.ZeroWeightRows) spec

            SumRoles.ofSpec frame spec
            |> Result.bind (fun roles -> Problems.unless (lacking sums roles @ leftOut) ())
            |> Result.bind (fun () ->
                Design.buildOfSums (rowSums sums multiplicities) (LmmSpec.withWeights weights spec) frame))
        |> Result.map (fun design -> {
            design with
                Spec = spec
                MissingRows = int sums.MissingRows
                ZeroWeightRows = int sums.ZeroWeightRows
        })

    /// <summary>Fits a model to the sums of all rows.</summary>
    /// <param name="options">The options of the fit.</param>
    /// <param name="spec">The model, or one that needs no more of the data than that for which the sums were collected.</param>
    /// <param name="partials">The sums of the parts, in any order.</param>
    /// <returns>The fit, with the criterion and estimates of the fit of all rows; or the problems of the sums, the model and
    /// the data.</returns>
    /// <exception cref="T:System.ArgumentException">There are no sums; an option is out of its range.</exception>
    /// <exception cref="T:System.OperationCanceledException">The fit was cancelled by its options.</exception>
    let fitOf (options: FitOptions) (spec: LmmSpec) (partials: Partial list) : Result<SummedFit, LmmError list> =
        SolverOptions.check options.Solver
        let started = Stopwatch.GetTimestamp()

        sum partials
        |> Result.bind (design spec)
        |> Result.bind (FitSearch.ofDesign options started)
        |> Problems.told
        |> Result.map SummedFit
