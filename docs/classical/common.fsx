(**
# What the worked examples share

Loaded by the other scripts of this folder; it needs a build (`dotnet fsi build.fsx demo` makes one).
*)
[<AutoOpen>]
module Common

#r "../../src/LmmFunctional.Cli/bin/Release/net10.0/LmmFunctional.dll"
#r "../../src/LmmFunctional.Cli/bin/Release/net10.0/MathNet.Numerics.dll"

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Classical

/// The value, or the problems on standard error and the end of the script.
let orStop result =
    match result with
    | Ok value -> value
    | Error problems ->
        problems |> List.iter (LmmError.describe >> eprintfn "%s")
        exit 1

/// A data file of the tests.
let data name =
    Csv.read $"{__SOURCE_DIRECTORY__}/../../tests/data/{name}.csv" |> orStop

/// Prints a number beside the one it must be, and stops the script where they differ.
let check what (tolerance: float) (expected: float) (found: float) =
    printfn "%-46s %12.6g   (%.6g)" what found expected

    if not (abs (found - expected) <= tolerance) then
        eprintfn "%s: %g expected, %g found" what expected found
        exit 1

/// Stops the script where something is not so.
let confirm what isSo =
    printfn "%-46s %b" what isSo

    if not isSo then
        eprintfn "%s does not hold" what
        exit 1

/// A matrix under its name, elements without padding zeros.
let show name (matrix: Matrix) =
    printfn "%s (%d by %d)" name matrix.Rows matrix.Columns

    let cells =
        Array2D.init matrix.Rows matrix.Columns (fun i j -> NumberText.significant 5 matrix[i, j])

    let width = cells |> Seq.cast<string> |> Seq.map String.length |> Seq.max

    for i in 0 .. matrix.Rows - 1 do
        [ for j in 0 .. matrix.Columns - 1 -> cells[i, j].PadLeft width ]
        |> String.concat " "
        |> printfn "  %s"

/// The indicators of a random term's levels as a matrix, n by levels.
let indicators (term: RandomDesign) =
    Matrix.init term.LevelOfRow.Length term.LevelNames.Length (fun row level ->
        if term.LevelOfRow[row] = level then 1.0 else 0.0)

/// A data set of text columns and one response.
let frame response (values: float seq) (factors: (string * string list) list) =
    [
        yield response, Column.ofFloats values

        for name, levels in factors do
            yield name, Column.ofStrings levels
    ]
    |> Frame.ofColumns
    |> orStop
