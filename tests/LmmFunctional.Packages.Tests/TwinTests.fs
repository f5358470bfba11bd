module LmmFunctional.Packages.Tests.TwinTests

open System
open System.Reflection
open Expecto
open LmmFunctional
open Microsoft.FSharp.Core

let private declared =
    BindingFlags.Public ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly

let private visible = declared ||| BindingFlags.Instance

// F#

let private isModule (own: Type) =
    match own.GetCustomAttribute<CompilationMappingAttribute>() with
    | null -> false
    | mapping ->
        mapping.SourceConstructFlags.HasFlag SourceConstructFlags.Module
        && not own.IsNested

/// As twins.txt calls it: the name of a module, that of the classical analysis and of charts with its namespace.
let private nameOf (own: Type) =
    let short =
        if own.Name.EndsWith "Module" then
            own.Name[.. own.Name.Length - 7]
        else
            own.Name

    match own.Namespace with
    | "LmmFunctional.Classical" -> $"Classical.{short}"
    | "LmmFunctional.Charts" -> $"Charts.{short}"
    | _ -> short

let private functionsOf (own: Type) =
    own.GetMembers declared
    |> Array.filter (fun part ->
        match part with
        | :? MethodInfo as method -> not method.IsSpecialName
        | :? PropertyInfo -> true
        | _ -> false)
    |> Array.map _.Name
    |> Array.distinct

let private modules =
    [ typeof<Frame>.Assembly; typeof<Charts.ChartSpec>.Assembly ]
    |> Seq.collect _.GetExportedTypes()
    |> Seq.filter isModule
    |> Seq.map (fun own -> nameOf own, functionsOf own)
    |> Seq.filter (fun (_, functions) -> functions.Length > 0)
    |> Map

// C#

let private members =
    [ typeof<CSharp.FittedLmm>.Assembly; typeof<CSharp.LmmChart>.Assembly ]
    |> Seq.collect _.GetExportedTypes()
    |> Seq.collect (fun own -> own.GetMembers visible |> Seq.map (fun part -> $"{own.Name}.{part.Name}"))
    |> Set

let private pascal (name: string) =
    string (Char.ToUpperInvariant name[0]) + name[1..]

let private has (types: string list) (name: string) =
    members.Contains name
    || types |> List.exists (fun own -> members.Contains $"{own}.{name}")

// Comparison

let private file = Twins.read ()

let private found name (functions: string[]) =
    match List.tryFind (fst >> (=) name) file with
    | None -> [ $"The module {name} is not in twins.txt." ]
    | Some(_, NotForCSharp _) -> []
    | Some(_, Types(types, entries)) -> [
        for own in functions do
            let same = has types (pascal own)

            match entries.TryFind own with
            | Some(Member twin) when not (has types twin) -> $"{name}.{own}: there is no {twin} in C#."
            | Some(Without _) when same -> $"{name}.{own} has the twin {pascal own}, which twins.txt denies."
            | None when not same -> $"{name}.{own} has no twin in C#."
            | _ -> ()
      ]

let private stale = [
    for name, twins in file do
        match modules.TryFind name, twins with
        | None, _ -> $"There is no module {name}."
        | Some functions, Types(_, entries) ->
            for own in entries.Keys do
                if not (Array.contains own functions) then
                    $"There is no {name}.{own}."
        | Some _, NotForCSharp _ -> ()
]

let private none (problems: string list) =
    if not problems.IsEmpty then
        problems |> String.concat "\n" |> failtest

[<Tests>]
let tests =
    testList "Twins" [
        testCase "everyFunctionHasATwinInCSharpOrAReason" (fun () ->
            modules
            |> Seq.collect (fun pair -> found pair.Key pair.Value)
            |> List.ofSeq
            |> none)
        testCase "theFileNamesNothingThatIsGone" (fun () -> none stale)
        testCase "aFunctionWithoutATwinIsFound" (fun () ->
            Expect.equal (found "Csv" [| "read"; "dream" |]) [ "Csv.dream has no twin in C#." ] "one is found"
            Expect.equal (found "Dreams" [| "dream" |]) [ "The module Dreams is not in twins.txt." ] "a module"
            Expect.isGreaterThan modules.Count 100 "modules are looked at")
    ]
