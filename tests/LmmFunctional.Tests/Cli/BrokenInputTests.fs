namespace LmmFunctional.Tests

open System.IO
open NUnit.Framework

/// <summary>Broken inputs end in words, whatever is wrong with them.</summary>
[<TestFixture>]
module BrokenInputTests =

    // tests/broken-inputs.fsx tries thousands.
    let private count = 250

    [<Test>]
    let ``broken inputs end without an error of our own and without NaN`` () =
        let folder = Directory.CreateTempSubdirectory "lmm-broken-"

        try
            let failures = [
                for seed in 1..count do
                    let run = BrokenInputs.run folder.FullName seed

                    if not (BrokenInputs.faults run).IsEmpty then
                        $"seed {seed}: {BrokenInputs.describe run}"
            ]

            Assert.That(String.concat "\n\n" failures, Is.Empty)
        finally
            folder.Delete true
