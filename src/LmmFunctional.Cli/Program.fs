module LmmFunctional.Cli.Program

open System
open System.IO
open System.Text

// Names in the data are Unicode, whatever the terminal's default is. Elsewhere than on Windows a change of the console's
// own encoding would first read the description of the terminal, for longer than a small fit takes.
let private speakUnicode () =
    let encoding = UTF8Encoding false

    if OperatingSystem.IsWindows() then
        Console.OutputEncoding <- encoding
    else
        let writer (stream: Stream) =
            new StreamWriter(stream, encoding, AutoFlush = true)

        Console.SetOut(writer (Console.OpenStandardOutput()))
        Console.SetError(writer (Console.OpenStandardError()))

[<EntryPoint>]
let main arguments =
    speakUnicode ()
    Cli.run arguments Console.Out Console.Error
