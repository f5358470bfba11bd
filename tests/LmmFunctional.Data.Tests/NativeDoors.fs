/// <summary>Files of every kind and queries, read by the program in native code.</summary>
module LmmFunctional.Data.Tests.NativeDoors

open LmmFunctional.Tests

let private formula = "Reaction ~ Days + (Days | Subject)"
let private csv = TestData.csv "sleepstudy"

/// Compares all doors; the exit code.
let run (program: string) : int =
    let same path =
        NativeProgram.differences program None [ "fit"; path; formula; "--json" ]

    let found = [
        for extension, write in CommandTests.kinds do
            yield!
                DataSets.withFile extension (fun path ->
                    write path (DataSets.named (DataSets.csv "sleepstudy"))
                    same path)

        yield! same $"duckdb:select * from '{csv}'"
        yield! same $"duckdb:select nothing from '{csv}'"
    ]

    NativeProgram.report (CommandTests.kinds.Length + 2) found
