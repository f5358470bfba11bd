namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Rows that are looked at together: a single row, or the rows of a level of a factor.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type DiagnosticUnit = {
    /// The number of the row in the data, from one; or the level.
    Name: string
    /// Its rows among those used, from zero, ascending.
    Rows: ImmutableArray<int>
} with

    member private this.Display =
        if this.Rows.Length = 1 then
            this.Name
        else
            $"{this.Name} ({this.Rows.Length} rows)"

    /// Its name and how many rows it has.
    override this.ToString() = this.Display

/// <summary>What a diagnostic goes through one by one.</summary>
[<RequireQualifiedAccess>]
type DiagnosticUnits =
    /// Every row used.
    | Rows
    /// The levels of a grouping factor of the model, or of columns of the data joined by colons.
    | Levels of group: string

/// <summary>Finding units.</summary>
[<RequireQualifiedAccess>]
module DiagnosticUnits =

    /// The units that a name asks for: row, or a factor.
    let ofName (name: string) =
        if name = "row" then
            DiagnosticUnits.Rows
        else
            DiagnosticUnits.Levels name

    let private ofCodes (levels: string[]) (codes: int[]) = [
        for level, rows in codes |> Array.indexed |> Array.groupBy snd |> Array.sortBy fst do
            {
                Name = levels[level]
                Rows = rows |> Seq.map fst |> ImmutableArray.CreateRange
            }
    ]

    /// <summary>The units of a fit, in the order of the data or of the levels.</summary>
    /// <returns>The units, or: the model and the data have no such factor, or it is missing in rows used.</returns>
    let find (units: DiagnosticUnits) (fit: Fit) : Result<DiagnosticUnit list, LmmError list> =
        match units with
        | _ when fit.Design.Sums.IsSome -> Error [ LmmError.FitOfSums "Influence and outliers" ]
        | DiagnosticUnits.Rows ->
            Ok [
                for index, row in Seq.indexed fit.Design.Rows do
                    {
                        Name = string (row + 1)
                        Rows = ImmutableArray.Create index
                    }
            ]
        | DiagnosticUnits.Levels group ->
            match fit.Design.Random |> List.tryFind (fun term -> term.Group = group) with
            | Some term -> Ok(ofCodes (Seq.toArray term.Levels) term.Codes)
            | None ->
                Clusters.levelsOf fit group
                |> Result.map (fun (levels, codes) -> ofCodes levels codes)
