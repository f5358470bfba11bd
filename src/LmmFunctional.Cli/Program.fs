module LmmFunctional.Cli.Program

open System
open System.Text

[<EntryPoint>]
let main arguments =
    // Names in the data are Unicode, whatever the terminal's default is.
    Console.OutputEncoding <- UTF8Encoding false
    Cli.run arguments Console.Out Console.Error
