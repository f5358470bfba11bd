module LmmFunctional.Tests.RunningTests

open System.IO
open System.Reflection
open Expecto

let private assembly = Assembly.GetExecutingAssembly()

let private labels test =
    match test with
    | TestLabel(label, _, _) -> label
    | _ -> ""

/// Every value of an assembly that is a test, and whether the runner sees it.
let private values =
    lazy
        [
            for kind in assembly.GetTypes() do
                for property in
                    kind.GetProperties(BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic) do
                    if property.PropertyType = typeof<Test> then
                        kind.Name, property.Name, not (isNull (property.GetCustomAttribute<TestsAttribute>()))
        ]

[<Tests>]
let tests =
    testList "RunningTests" [
        testCase "every value that is a test is run" (fun () ->
            Check.equal [] (values.Value |> List.filter (fun (_, _, isSeen) -> not isSeen)))

        testCase "every file of tests is compiled" (fun () ->
            let folder = Path.Combine(TestData.root, "tests", "LmmFunctional.Tests")

            let files =
                Directory.GetFiles(folder, "*Tests.fs", SearchOption.AllDirectories)
                |> Array.filter (fun path ->
                    not (path.Contains $"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}"))
                |> Array.map Path.GetFileNameWithoutExtension
                |> Set.ofArray

            let compiled = values.Value |> List.map (fun (kind, _, _) -> kind) |> Set.ofList
            Check.equal Set.empty (files - compiled))

        testCase "the seed of a property follows from its name and its round" (fun () ->
            Check.equal (Seeds.ofName 0UL "a law") (Seeds.ofName 0UL "a law")
            Check.isFalse (Seeds.ofName 0UL "a law" = Seeds.ofName 0UL "another law")
            Check.isFalse (Seeds.ofName 0UL "a law" = Seeds.ofName 1UL "a law"))

        testCase "a property with a seed keeps it, another gets that of its name" (fun () ->
            let replays tests = [
                for test in Test.toTestCodeList (Seeds.byName tests) do
                    match test.test with
                    | AsyncFsCheck(Some config, Some _, _) -> config.replay
                    | _ -> None
            ]

            let a, b = Seeds.ofName 0UL "list.law"

            let own = {
                Law.config with
                    replay = Some(3UL, 5UL, Some 7)
            }

            Check.equal
                [ Some(a, b, None); Some(3UL, 5UL, Some 7); None ]
                (replays (
                    testList "list" [
                        testProperty "law" (fun (x: int) -> x = x)
                        testPropertyWithConfig own "own" (fun (x: int) -> x = x)
                        testCase "no law" ignore
                    ]
                )))
    ]
