/// <summary>What a user sees of the library: few names at the front door, and nothing that can be changed.</summary>
module LmmFunctional.Tests.PublicFaceTests

open System
open System.Reflection
open Expecto
open LmmFunctional
open LmmFunctional.Analysis
open Microsoft.FSharp.Core

// The compiler's own types have no namespace.
let private exported =
    typeof<Frame>.Assembly.GetExportedTypes()
    |> Array.filter (fun own -> not (String.IsNullOrEmpty own.Namespace))

/// The name of a type or module in F#.
let private nameOf (own: Type) =
    let plain = own.Name.Split('`')[0]

    if plain.EndsWith "Module" then
        plain[.. plain.Length - 7]
    else
        plain

/// Which names an open of a namespace brings.
let private namesIn space =
    exported
    |> Array.filter (fun own -> own.Namespace = space && not own.IsNested)
    |> Array.map nameOf
    |> Array.distinct
    |> Array.sort

let private frontDoor = 25

let rec private holdsArray (own: Type) =
    own.IsArray
    || (own.IsGenericType
        && own.Namespace <> "System.Collections.Immutable"
        && own.GetGenericArguments() |> Array.exists holdsArray)

let private visible =
    BindingFlags.Public
    ||| BindingFlags.Instance
    ||| BindingFlags.Static
    ||| BindingFlags.DeclaredOnly

/// Properties and fields that give away an array; a function that makes one gives a new one each time.
let private arraysOf (own: Type) = [
    for part in own.GetProperties visible do
        if
            holdsArray part.PropertyType
            && not (FSharp.Reflection.FSharpType.IsFunction part.PropertyType)
        then
            $"{own.FullName}.{part.Name}"

    for part in own.GetFields visible do
        if holdsArray part.FieldType then
            $"{own.FullName}.{part.Name}"
]

let private fitted () =
    Lmm.fitFormula FitOptions.defaults (TestFrame.read "sleepstudy") "Reaction ~ Days + (Days | Subject)"
    |> Models.value

[<Tests>]
let tests =
    testList "PublicFaceTests" [
        testCase "open LmmFunctional brings few names" (fun () ->
            let names = namesIn "LmmFunctional"
            let all = String.Join(" ", names)
            Expect.isLessThanOrEqual names.Length frontDoor $"{names.Length} names: {all}")

        testCase "no name of the front door is in another namespace too" (fun () ->
            let front = namesIn "LmmFunctional" |> Set

            let again =
                exported
                |> Array.filter (fun own -> own.Namespace <> "LmmFunctional" && not own.IsNested)
                |> Array.map nameOf
                |> Array.filter front.Contains

            Expect.isEmpty again "names that one open would hide behind another")

        testCase "every public type is in a namespace that docs/contributing.md names" (fun () ->
            let page =
                IO.File.ReadAllText(IO.Path.Combine(TestData.root, "docs", "contributing.md"))

            for space in exported |> Array.map _.Namespace |> Array.distinct do
                Expect.stringContains page $"`{space}`" "a namespace that is not explained")

        testCase "no public member gives away an array of its own" (fun () ->
            let arrays = exported |> Seq.collect arraysOf |> List.ofSeq
            Expect.isEmpty arrays "members whose array a user could write into")

        testCase "writing into what functions of a fit return changes nothing" (fun () ->
            let fit = fitted ()

            let results () : float[] list = [
                Fit.fitted fit
                Fit.residuals fit
                Simulation.simulate 1 fit |> Models.value
                Matrix.diagonal fit.Design.FixedEffects.Matrix
                fit.Design.FixedEffects.Matrix.Column 1
            ]

            let before = results () |> List.map Array.copy

            for values in results () do
                Array.fill values 0 values.Length nan

            Check.equal before (results ())
            // All but the time it took.
            let summary fit =
                (Summary.render SummaryFormat.Text fit).Split(" iterations in ")[0]

            Check.equal (summary (fitted ())) (summary fit))

        testCase "writing into what a function was given changes nothing" (fun () ->
            let fit = fitted ()
            let response = Array.init 180 (fun i -> float (i * i % 37))
            let again = Lmm.refit response fit |> Models.value
            let before = Fit.residuals again
            Array.fill response 0 response.Length 0.0
            Check.equal before (Fit.residuals again)
            Check.equal (Seq.head again.Design.ResponseValues) 0.0
            Check.equal (Seq.item 1 again.Design.ResponseValues) 1.0)
    ]
