namespace LmmFunctional.Tests

open System.IO
open System.Text.Json
open Expecto
open LmmFunctional.Estimation

/// <summary>One formula over one data file, and what R's model.matrix makes of it.</summary>
type ReferenceMatrix = {
    data: string
    formula: string
    n: int
    names: string[]
    dropped: string[]
    sums: float[]
    moments: float[]
    squares: float[]
    rows: int[]
    entries: float[][]
    predicted: float[][] | null
} with

    override case.ToString() = $"{case.data}: {case.formula}"

/// <summary>Fixed-effect matrices against R 4.2 (tests/data/reference/design.R).</summary>
module ReferenceTests =

    // Both sides round differently in the splines' Householder steps.
    let private tolerance = 1e-10

    let private cases () =
        File.ReadAllText(TestData.reference "design")
        |> JsonSerializer.Deserialize<ReferenceMatrix[]>
        |> Option.ofObj
        |> Option.defaultValue [||]

    let private frames =
        cases ()
        |> Array.map _.data
        |> Array.distinct
        |> Array.map (fun name -> name, lazy TestFrame.read name)
        |> Map.ofArray

    let private check (what: string) (expected: float) (actual: float) =
        Law.assertHolds (Law.near what (tolerance * (1.0 + abs expected)) expected actual)

    let private allCases = cases ()

    let private predictedCases =
        cases () |> Array.filter (fun case -> not (isNull case.predicted))

    [<Tests>]
    let tests =
        testList "ReferenceTests" [
            testCases "columns, names and rank are R's" allCases (fun (case: ReferenceMatrix) ->
                let frame = frames[case.data].Value
                let design = TestFrame.design case.formula frame
                let selection = Selection(frame, design.Rows)
                let columns = ModelMatrix.columns selection design.Schema.Fixed

                Check.equal case.n design.Response.Length
                Check.equal case.names (Seq.toArray design.Fixed.AllNames)
                Check.equal case.dropped (Seq.toArray design.Fixed.Dropped)

                for j in 0 .. columns.Length - 1 do
                    let name = case.names[j]
                    let n = float case.n
                    check $"sum of {name}" case.sums[j] (Array.sum columns[j])
                    check $"squares of {name}" case.squares[j] (columns[j] |> Array.sumBy (fun x -> x * x))

                    let moment =
                        columns[j] |> Array.mapi (fun i x -> x * float (i + 1) / n) |> Array.sum

                    check $"moment of {name}" case.moments[j] moment

                    for k in 0 .. case.rows.Length - 1 do
                        check $"row {case.rows[k]} of {name}" (case.entries[k][j]) (columns[j][case.rows[k] - 1]))

            testCases "bases of the fit give R's columns at new values" predictedCases (fun (case: ReferenceMatrix) ->
                let design = TestFrame.design case.formula frames[case.data].Value

                let days =
                    TestFrame.ofColumns [ "Days", TestFrame.numbers [ -3.0; 0.0; 0.5; 4.2; 9.0; 12.0 ] ]

                let columns = ModelMatrix.columns (Selection(days, [| 0..5 |])) design.Schema.Fixed

                match case.predicted with
                | null -> ()
                | rows ->
                    rows
                    |> Array.iteri (fun i row -> row |> Array.iteri (fun j x -> check case.names[j] x (columns[j][i]))))
        ]
