namespace LmmFunctional.Analysis

open System
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Which hypotheses an ANOVA table tests, after SAS.</summary>
[<RequireQualifiedAccess>]
type HypothesisType =
    /// Each term after those before it.
    | I
    /// Each term after all others that do not contain it.
    | II
    /// Each term averaged over the levels of those that contain it.
    | III

/// <summary>The hypothesis matrices of ANOVA tables over the kept columns of X.</summary>
[<RequireQualifiedAccess>]
module internal AnovaHypotheses =

    /// The triangle R of X with its columns in an order, R'R = X'X on scaled columns.
    let private triangle (x: Matrix) (scales: float[]) (order: int[]) =
        let n, p = x.Rows, x.Columns

        let ordered =
            if order = [| 0 .. p - 1 |] then
                x.Values
            else
                order |> Array.collect x.Column

        Rank.triangle n p (order |> Array.map (fun j -> scales[j])) ordered

    /// X; with each row of sums as often as it stands for one of the data, so that X'X is that of the data.
    let private rowsOf (design: Design) : Matrix =
        let x = design.Fixed.Matrix

        match design.Sums with
        | None -> x
        | Some sums ->
            let roots = design.Rows |> Array.map (fun row -> sqrt sums.Multiplicities[row])
            Matrix.init x.Rows x.Columns (fun i j -> roots[i] * x[i, j])

    let private scalesOf (x: Matrix) =
        Array.init x.Columns (fun j ->
            let largest = x.Column j |> Array.fold (fun m value -> max m (abs value)) 0.0

            if largest > 0.0 then
                Math.ScaleB(1.0, -(Math.ILogB largest))
            else
                1.0)

    /// <summary>Rows of the triangle for some columns, those of an order before them taken out: forward
    /// Doolittle.</summary>
    /// <remarks>Each row has one at its own column, as in lmerTest.</remarks>
    let private sequential (x: Matrix) scales (order: int[]) (own: int[]) : float[][] =
        let p = x.Columns
        let r = triangle x scales order
        let position = Array.zeroCreate p
        order |> Array.iteri (fun at column -> position[column] <- at)

        own
        |> Array.map (fun column ->
            let i = position[column]
            let result: float[] = Array.zeroCreate p

            for j in i .. p - 1 do
                let value = r[i + j * p] / r[i + i * p]
                // Rounding of columns that are orthogonal.
                result[order[j]] <-
                    if abs value < 1e-12 then
                        0.0
                    else
                        value * scales[column] / scales[order[j]]

            result)

    /// For each term of the model its rows; none for the intercept and for terms without columns of their own.
    let create kind lastIsReference (design: Design) : (Term * float[][]) list =
        let x = rowsOf design
        let p = x.Columns
        let termOf = FixedColumns.termOf design.Fixed
        let terms = List.ofSeq design.Fixed.Terms
        let columnsOf index = FixedColumns.ofTerm design.Fixed index

        let rows =
            match kind with
            | HypothesisType.III -> TypeIII.create lastIsReference design
            | HypothesisType.I ->
                let scales = scalesOf x

                terms
                |> List.mapi (fun index _ -> sequential x scales [| 0 .. p - 1 |] (columnsOf index))
            | HypothesisType.II ->
                let scales = scalesOf x

                // Where nothing contains a term its hypothesis is that of type III, and is written in the same rows: the
                // df of Satterthwaite depend on them. So does lmerTest.
                List.zip (TypeIII.containing design.Schema.Fixed) (TypeIII.create lastIsReference design)
                |> List.mapi (fun index (above, alone) ->
                    let place column =
                        if termOf[column] = index then 1
                        elif List.contains termOf[column] above then 2
                        else 0

                    if above.IsEmpty then
                        alone
                    else
                        sequential x scales ([| 0 .. p - 1 |] |> Array.sortBy place) (columnsOf index))

        List.zip terms rows
        |> List.filter (fun (term, rows) -> term <> Term.intercept && rows.Length > 0)
