/// <summary>Commands of the documentation, and every command with every form of its result, in native code.</summary>
module LmmFunctional.Tests.NativeComparison

open System.IO

// Commands that write a file have its path last.
let private makers path = [
    [
        "save"
        TestData.csv "sleepstudy"
        "Reaction ~ Days + (Days | Subject)"
        "-o"
        path
    ]
    [
        "report"
        TestData.csv "oats"
        "yield ~ Variety * nitroF + (1 | Block/Variety)"
        "-o"
        path
    ]
    [
        "plot"
        "panel"
        TestData.csv "sleepstudy"
        "Reaction ~ Days + (Days | Subject)"
        "-o"
        path
    ]
]

/// Compares all commands; the exit code.
let run (program: string) : int =
    let documented = DocumentedCommandTests.commands |> List.map List.ofArray

    let forms = [
        for command in CommandTableTests.commands do
            yield! [ []; [ "--csv" ]; [ "--json" ] ] |> List.map (fun form -> command @ form)
            [ command.Head; "--help" ]
    ]

    let plain = [ [ "--help" ]; [ "--version" ]; [] ] @ documented @ forms
    let file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".html")

    let found =
        (plain |> List.collect (NativeProgram.differences program None))
        @ (makers file |> List.collect (NativeProgram.differences program (Some file)))

    NativeProgram.report (plain.Length + (makers file).Length) found
