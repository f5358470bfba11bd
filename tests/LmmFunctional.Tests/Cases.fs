namespace LmmFunctional.Tests

open System
open System.Globalization
open Expecto
open FSharp.Reflection

/// <summary>Tests of many cases.</summary>
[<AutoOpen>]
module Cases =

    let private inOneLine (text: string) =
        text.Replace("\r", "\\r").Replace("\n", "\\n").Replace("\t", "\\t").Replace("\uFEFF", "\\uFEFF")

    let private word (value: obj | null) =
        match value with
        | null -> "null"
        | :? string as text ->
            let escaped = text.Replace("\\", "\\\\").Replace("\"", "\\\"")
            $"\"{inOneLine escaped}\""
        | :? float as number ->
            let text = number.ToString("R", CultureInfo.InvariantCulture)

            if Double.IsFinite number && number = floor number && not (text.Contains 'E') then
                $"{text}.0"
            else
                text
        | other -> inOneLine $"{other}"

    let private words (case: 'case) =
        match box case with
        | null -> "null"
        | value when FSharpType.IsTuple typeof<'case> ->
            FSharpValue.GetTupleFields value |> Array.map word |> String.concat ","
        | value -> word value

    /// <summary>One test for each case; its values become part of the name: <c>name("y ~ x",2)</c>.</summary>
    let testCases name (cases: 'case seq) (check: 'case -> unit) =
        let tests = [ for case in cases -> testCase $"{name}({words case})" (fun () -> check case) ]

        // A test without cases would be silent.
        if tests.IsEmpty then
            testCase name (fun () -> failtest "The list of cases is empty.")
        else
            TestList(tests, Normal)
