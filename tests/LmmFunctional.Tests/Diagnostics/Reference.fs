namespace LmmFunctional.Tests

open System.IO
open System.Text.Json
open LmmFunctional

/// Golden results of tests/data/reference/diagnostics.json, which diagnostics.R wrote: what R prints, and definitions worked
/// out with dense matrices.
[<RequireQualifiedAccess>]
module Reference =

    let private document =
        lazy (JsonDocument.Parse(File.ReadAllText(TestData.reference "diagnostics")))

    /// The value at a path of members.
    let at (path: string list) : JsonElement =
        (document.Value.RootElement, path)
        ||> List.fold (fun element name -> element.GetProperty(name: string))

    let number path = (at path).GetDouble()

    /// An array of numbers; a number is an array of one.
    let numbers path : float[] =
        let found = at path

        if found.ValueKind = JsonValueKind.Number then
            [| found.GetDouble() |]
        else
            [| for value in found.EnumerateArray() -> value.GetDouble() |]

    /// The members of every object of an array.
    let objects path : JsonElement list = [ for value in (at path).EnumerateArray() -> value ]

    /// The numbers of a member of an object.
    let ofObject (name: string) (element: JsonElement) : float[] = [|
        for value in element.GetProperty(name).EnumerateArray() -> value.GetDouble()
    |]
