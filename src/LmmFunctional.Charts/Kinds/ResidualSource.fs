namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>A fit with its residuals, computed once for all charts of them.</summary>
[<NoComparison; NoEquality>]
type internal ResidualSource = { Fit: Fit; Table: Lazy<ResidualTable> }

/// <summary>Residuals for charts.</summary>
[<RequireQualifiedAccess>]
module internal ResidualSource =

    let create (fit: Fit) : ResidualSource = {
        Fit = fit
        Table = lazy ResidualTable.create fit
    }

    /// What is on the axis of residuals.
    let title (source: ResidualSource) =
        $"studentised residual of {Drawing.response source.Fit}"

    /// <summary>The rows whose studentised conditional residual is a number.</summary>
    /// <returns>Their places in the table, or: the fit has no residuals to look at.</returns>
    let rows kind (source: ResidualSource) : Result<int[], LmmError list> =
        if Drawing.isOfSums source.Fit then
            Drawing.nothing kind Drawing.noRows
        elif source.Fit.HasNoResidual then
            Drawing.nothing kind "the residual variance is zero."
        else
            let values = source.Table.Value.StudentizedConditional

            let finite =
                [| 0 .. values.Length - 1 |]
                |> Array.filter (fun row -> Double.IsFinite values[row])

            if finite.Length < 3 then
                Drawing.nothing kind "fewer than three residuals have a variance."
            else
                Ok finite

    /// The columns row, the levels of the groups, and what is asked for, of some rows.
    let columns (source: ResidualSource) (rows: int[]) (own: (string * Column) list) : Frame =
        let numbers = rows |> Seq.map (fun row -> source.Table.Value.Row[row])

        ("row", Column.ofInts numbers) :: own @ Drawing.levels source.Fit rows
        |> List.distinctBy fst
        |> Drawing.frame

    /// A tooltip of the row, its levels, and what is asked for.
    let tooltip (source: ResidualSource) own =
        ("row", "row") :: own
        @ (source.Fit.Design.Random
           |> List.map _.Group
           |> List.distinct
           |> List.truncate 3
           |> List.map (fun group -> group, group))
