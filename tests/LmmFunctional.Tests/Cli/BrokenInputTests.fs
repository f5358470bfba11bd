/// <summary>Broken inputs end in words, whatever is wrong with them.</summary>
module LmmFunctional.Tests.BrokenInputTests

open System.IO
open Expecto

// tests/broken-inputs.fsx tries thousands.
let private count = 250

// A weight of 1e308.
let private found = [ 30359 ]

[<Tests>]
let tests =
    testList "BrokenInputTests" [
        testCase "broken inputs end without an error of our own and without NaN" (fun () ->
            let folder = Directory.CreateTempSubdirectory "lmm-broken-"

            try
                let failures = [
                    for seed in [ 1..count ] @ found do
                        let run = BrokenInputs.run folder.FullName seed

                        if not (BrokenInputs.faults run).IsEmpty then
                            $"seed {seed}: {BrokenInputs.describe run}"
                ]

                Check.isEmpty (String.concat "\n\n" failures)
            finally
                folder.Delete true)
    ]
