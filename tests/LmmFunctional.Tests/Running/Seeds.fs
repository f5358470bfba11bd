namespace LmmFunctional.Tests

open System.Text
open Expecto

/// <summary>Properties whose random values follow from their names, so that every run tries the same ones.</summary>
[<RequireQualifiedAccess>]
module Seeds =

    // FNV-1a: .NET's own hash of a text differs between processes.
    let private hash (text: string) =
        Encoding.UTF8.GetBytes text
        |> Array.fold (fun sum b -> (sum ^^^ uint64 b) * 1099511628211UL) 14695981039346656037UL

    /// <summary>The seed of a property in a round; a test run is round 0, an exploration has any.</summary>
    let ofName (round: uint64) name =
        // The second number must be odd for FsCheck's generator.
        hash $"{round} {name}", (hash $"{name} {round}" ||| 1UL)

    let joined (name: string list) = String.concat "." name

    let private seeded name code =
        match code with
        | AsyncFsCheck(config, _, run) ->
            let config = defaultArg config Law.config
            let a, b = ofName 0UL (joined name)
            let replay = config.replay |> Option.defaultValue (a, b, None)

            let config = { config with replay = Some replay }

            AsyncFsCheck(Some config, Some config, run)
        | other -> other

    /// <summary>The tests with a seed for each property that names none.</summary>
    let byName (tests: Test) =
        let rec walk name test =
            match test with
            | TestCase(code, state) -> TestCase(seeded name code, state)
            | TestList(tests, state) -> TestList(List.map (walk name) tests, state)
            | TestLabel(label, test, state) -> TestLabel(label, walk (name @ [ label ]) test, state)
            | Test.Sequenced(how, test) -> Test.Sequenced(how, walk name test)

        walk [] tests
