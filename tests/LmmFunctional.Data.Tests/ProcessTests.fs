/// <summary>Sums made by several processes.</summary>
module LmmFunctional.Data.Tests.ProcessTests

open System
open System.Diagnostics
open System.IO
open Expecto
open LmmFunctional
open LmmFunctional.Data
open LmmFunctional.Tests

let private formula = "Reaction ~ Days + (Days | Subject)"

let private program = Path.Combine(AppContext.BaseDirectory, "lmm.dll")

let private start (arguments: string list) =
    let info = ProcessStartInfo("dotnet", program :: arguments)
    info.RedirectStandardOutput <- true
    info.RedirectStandardError <- true
    Process.Start info |> nonNull

let private finish (running: Process) =
    use running = running
    let error = running.StandardError.ReadToEndAsync()
    let output = running.StandardOutput.ReadToEnd()
    running.WaitForExit()
    running.ExitCode, output, error.Result

[<Tests>]
let tests =
    testSequenced (
        testList "ProcessTests" [
            testCase "eight processes over eight Parquet files give the criterion of one" (fun () ->
                let folder = Directory.CreateTempSubdirectory "lmm-parts-"

                try
                    let file index extension =
                        Path.Combine(folder.FullName, $"part-{index}{extension}")

                    let parts = PartialTests.dealt 8 (DataSets.csv "sleepstudy")

                    for index, part in List.indexed parts do
                        Writers.parquet 1 (file index ".parquet") (DataSets.named part)

                    let found =
                        [ 0..7 ]
                        |> List.map (fun index ->
                            start [ "sums"; file index ".parquet"; formula; "-o"; file index ".json" ])
                        |> List.map finish

                    Check.equal (List.replicate 8 (0, "", "")) found
                    let spec = Formula.parse formula |> DataSets.orRaise

                    let summed =
                        [ 0..7 ]
                        |> List.map (fun index -> Partial.load (file index ".json") |> DataSets.orRaise)
                        |> Partial.fitOf FitOptions.defaults spec
                        |> DataSets.orRaise

                    let whole =
                        Lmm.fit FitOptions.defaults (DataSets.csv "sleepstudy") spec |> DataSets.orRaise

                    PartialTests.differences whole summed |> Texts.equal []

                    // The same through the command line.
                    let pattern = Path.Combine(folder.FullName, "*.json")

                    let code, output, _ =
                        finish (start [ "fit"; $"sums:{pattern}"; formula; "--quiet" ])

                    Check.equal 0 code
                    Check.contains "Number of obs: 180, groups: Subject, 18" output
                finally
                    folder.Delete true)
        ]
    )
