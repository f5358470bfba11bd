module LmmFunctional.Data.Tests.Program

open System.Reflection
open Expecto
open LmmFunctional.Tests

[<EntryPoint>]
let main arguments =
    match List.ofArray arguments, Impl.testFromAssembly (Assembly.GetExecutingAssembly()) with
    | [ "native"; program ], _ -> NativeDoors.run program
    | _, Some tests -> runTestsWithCLIArgs [ No_Spinner; Colours 0 ] arguments (Seeds.byName tests)
    | _, None -> 1
