/// <summary>The layers of the library, read from its sources: only the likelihood knows how it is computed.</summary>
module LmmFunctional.Tests.LayerTests

open System.IO
open Expecto
open LmmFunctional

let private engines = [
    "LikelihoodMethod"
    "CompressedEngine"
    "BlockEngine"
    "SupernodalEngine"
    "SeparableEngine"
    "WhitenedEngine"
    "PreciseEngine"
    "IterativeEngine"
]

let private sources =
    lazy
        (Directory.EnumerateFiles(Path.Combine(TestData.root, "src"), "*.fs", SearchOption.AllDirectories)
         |> Seq.map (fun path -> Path.GetRelativePath(TestData.root, path).Replace('\\', '/'))
         |> Seq.filter (fun path -> not (path.Contains "/obj/" || path.Contains "/bin/"))
         |> List.ofSeq)

let private text (path: string) =
    File.ReadAllText(Path.Combine(TestData.root, path))

[<Tests>]
let tests =
    testList "LayerTests" [
        testCase "no file outside the likelihood names an engine or the method of a likelihood" (fun () ->
            let inside, outside =
                sources.Value
                |> List.partition (fun path -> path.StartsWith "src/LmmFunctional/Likelihood/")

            // The test reads what it means to read.
            Check.isTrue (inside |> List.exists (fun path -> (text path).Contains "LikelihoodMethod"))
            Check.isTrue (outside.Length > 200)

            Check.isEmpty [
                for path in outside do
                    let own = text path

                    for engine in engines do
                        if own.Contains engine then
                            path, engine
            ])
    ]
