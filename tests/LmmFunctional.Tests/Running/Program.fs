module LmmFunctional.Tests.Program

open System.Globalization
open System.Reflection
open Expecto

let private tests () =
    match Impl.testFromAssembly (Assembly.GetExecutingAssembly()) with
    | Some tests -> tests
    | None -> TestList([], Normal)

let private number (text: string) =
    System.Double.Parse(text, CultureInfo.InvariantCulture)

/// Without a word of ours first, the arguments are Expecto's: --filter, --list-tests, --sequenced, ...
[<EntryPoint>]
let main arguments =
    match List.ofArray arguments with
    | [ "native"; program ] -> NativeComparison.run program
    | [ "explore"; minutes ] -> Explore.run (number minutes) "" (tests ())
    | [ "explore"; minutes; filter ] -> Explore.run (number minutes) filter (tests ())
    | [ "replay"; name; a; b ] -> Explore.replay name (uint64 a, uint64 b, None) (tests ())
    | [ "replay"; name; a; b; size ] -> Explore.replay name (uint64 a, uint64 b, Some(int size)) (tests ())
    | _ -> runTestsWithCLIArgs [ No_Spinner; Colours 0 ] arguments (Seeds.byName (tests ()))
