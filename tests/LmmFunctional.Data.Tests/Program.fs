module LmmFunctional.Data.Tests.Program

open System.Reflection
open Expecto
open LmmFunctional.Tests

[<EntryPoint>]
let main arguments =
    match Impl.testFromAssembly (Assembly.GetExecutingAssembly()) with
    | Some tests -> runTestsWithCLIArgs [ No_Spinner; Colours 0 ] arguments (Seeds.byName tests)
    | None -> 1
