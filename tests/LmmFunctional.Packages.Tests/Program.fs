module LmmFunctional.Packages.Tests.Program

open System.Reflection
open Expecto

[<EntryPoint>]
let main arguments =
    match List.ofArray arguments with
    | [ "write-api" ] ->
        PublicApi.write ()
        0
    | _ ->
        match Impl.testFromAssembly (Assembly.GetExecutingAssembly()) with
        | Some tests -> runTestsWithCLIArgs [ No_Spinner; Colours 0 ] arguments tests
        | None -> 1
