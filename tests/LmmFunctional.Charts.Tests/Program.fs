module LmmFunctional.Charts.Tests.Program

open Expecto

[<EntryPoint>]
let main arguments =
    runTestsInAssemblyWithCLIArgs [ No_Spinner; Colours 0 ] arguments
