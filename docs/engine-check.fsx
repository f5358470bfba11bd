// What docs/engine-check.R compares with: criterion, gradient and curvature at a theta, one line per information.
// dotnet fsi docs/engine-check.fsx DATA.csv "FORMULA" ml|reml THETA...
#r "../src/LmmFunctional.Cli/bin/Release/net10.0/LmmFunctional.dll"

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Estimation

let orStop result =
    match result with
    | Ok value -> value
    | Error problems ->
        problems |> List.iter (LmmError.describe >> eprintfn "%s")
        exit 1

match List.ofArray fsi.CommandLineArgs |> List.tail with
| data :: formula :: criterion :: theta ->
    let kind = if criterion = "ml" then Criterion.Ml else Criterion.Reml
    let theta = theta |> Seq.map float |> ImmutableArray.CreateRange

    let likelihood =
        Csv.read data
        |> Result.bind (fun frame -> Formula.parse formula |> Result.bind (fun spec -> Design.build spec frame))
        |> Result.bind (LogLikelihood.create kind)
        |> orStop

    for information in [ Information.Observed; Information.Expected; Information.Average ] do
        let at = likelihood.Objective.Evaluate theta (Order.Curvature information)

        let numbers = [
            yield at.Value
            yield! at.Gradient

            for i in 0 .. theta.Length - 1 do
                for j in 0 .. theta.Length - 1 do
                    yield at.Curvature[i, j]
        ]

        printfn "%s" (numbers |> List.map (fun value -> value.ToString "R") |> String.concat " ")
| _ -> eprintfn "Give data, formula, ml or reml, and theta."
