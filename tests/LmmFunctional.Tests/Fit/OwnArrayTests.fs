/// <summary>Nothing that the public properties of a fit lead to is an array: it could be written into.</summary>
module LmmFunctional.Tests.OwnArrayTests

open System
open System.Collections
open System.Collections.Generic
open System.Reflection
open Expecto
open LmmFunctional

// Into lists, options, tuples and what the library makes.
let private isWalked (value: obj) =
    let kind = value.GetType()

    match value with
    | :? string
    | :? Frame -> false
    | :? IEnumerable -> true
    | _ ->
        kind.Assembly = typeof<Fit>.Assembly
        || kind.Assembly = typeof<Option<int>>.Assembly
        || kind.Name.StartsWith "Tuple"

/// All arrays of numbers that public properties lead to.
let private arrays (root: obj) : Array list =
    let seen = HashSet<obj>(HashIdentity.Reference)
    let found = ResizeArray<Array>()

    let rec walk depth (value: obj) =
        if depth < 12 && isWalked value && seen.Add value then
            match value with
            | :? (float[]) as numbers -> found.Add numbers
            | :? (int[]) as numbers -> found.Add numbers
            | :? IEnumerable as many ->
                for one in many do
                    one |> Option.ofObj |> Option.iter (walk (depth + 1))
            | _ ->
                for property in value.GetType().GetProperties(BindingFlags.Public ||| BindingFlags.Instance) do
                    if property.GetIndexParameters().Length = 0 then
                        let inner =
                            try
                                property.GetValue value |> Option.ofObj
                            with :? TargetInvocationException ->
                                None

                        inner |> Option.iter (walk (depth + 1))

    walk 0 root
    List.ofSeq found

let private frame () =
    let row i = float i

    TestFrame.ofColumns [
        "y", TestFrame.numbers (Seq.init 48 (fun i -> sin (3.1 * row i) + 0.1 * row (i % 6)))
        "x", TestFrame.numbers (Seq.init 48 (fun i -> cos (1.7 * row i)))
        "o", TestFrame.numbers (Seq.init 48 (fun i -> 0.01 * row (i % 5)))
        "w", TestFrame.numbers (Seq.init 48 (fun i -> 1.0 + row (i % 3)))
        "v", TestFrame.numbers (Seq.init 48 (fun i -> 1.0 + row (i % 7)))
        "t", TestFrame.numbers (Seq.init 48 (fun i -> row (i % 6)))
        "g", TestFrame.texts (Seq.init 48 (fun i -> $"g{i / 6}"))
    ]

[<Tests>]
let tests =
    testList "OwnArrayTests" [
        testCases
            "no property of a fit leads to an array"
            [
                "y ~ x + offset(o) + (x | g)"
                "y ~ x + ar1(0 + t | g)"
                "y ~ x + (0 + x | g); residual = ar1(t | g) * varpower(v)"
                "y ~ x; residual = ident(g)"
            ]
            (fun (formula: string) ->
                match Lmm.fitFormula FitOptions.defaults (frame ()) formula with
                | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; ")
                | Ok fit -> Expect.isEmpty (arrays fit) "arrays that a user could write into")
    ]
