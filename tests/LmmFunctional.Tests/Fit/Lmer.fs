namespace LmmFunctional.Tests

open System
open System.IO
open System.Text.Json
open LmmFunctional

/// Golden results of lme4 in tests/data/reference/lmer.json; each case names its R and lme4 versions.
[<RequireQualifiedAccess>]
module Lmer =

    /// One case of the file.
    type Case = { Id: string; Root: JsonElement }

    let private document =
        lazy (JsonDocument.Parse(File.ReadAllText(TestData.reference "lmer")))

    /// All cases, in the order of the file.
    let cases () = [
        for case in document.Value.RootElement.EnumerateArray() ->
            {
                Id = case.GetProperty("id").GetString() |> string
                Root = case
            }
    ]

    let text (name: string) (element: JsonElement) =
        let value = element.GetProperty name

        if value.ValueKind = JsonValueKind.Null then
            None
        else
            Option.ofObj (value.GetString())

    let number (name: string) (element: JsonElement) = element.GetProperty(name).GetDouble()

    let items (name: string) (element: JsonElement) =
        match element.TryGetProperty name with
        | true, value when value.ValueKind = JsonValueKind.Array -> List.ofSeq (value.EnumerateArray())
        | _ -> []

    /// A jagged array of numbers.
    let table (name: string) (element: JsonElement) =
        match element.TryGetProperty name with
        | true, value when value.ValueKind = JsonValueKind.Array ->
            Some [
                for row in value.EnumerateArray() -> [ for cell in row.EnumerateArray() -> cell.GetDouble() ]
            ]
        | _ -> None

    /// The fit of a case by this library.
    let fit case =
        let data =
            Csv.read (TestData.csv (Path.GetFileNameWithoutExtension(text "data" case.Root |> Option.get)))

        let options = {
            FitOptions.defaults with
                Criterion =
                    if text "method" case.Root = Some "REML" then
                        Criterion.Reml
                    else
                        Criterion.Ml
        }

        match
            data
            |> Result.bind (fun frame -> Lmm.fitFormula options frame (text "formula" case.Root |> Option.get))
        with
        | Ok fit -> fit
        | Error problems ->
            raise (InvalidOperationException(problems |> List.map LmmError.describe |> String.concat "\n"))
