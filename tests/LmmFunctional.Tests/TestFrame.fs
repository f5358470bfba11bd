namespace LmmFunctional.Tests

open System
open System.Collections.Immutable
open System.Globalization
open System.IO
open System.Text.RegularExpressions
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Small data sets for tests, without the library's own readers.</summary>
[<RequireQualifiedAccess>]
module TestFrame =

    let numbers (values: float seq) =
        Column.Numeric(ImmutableArray.CreateRange values)

    /// A column of text; an empty text is missing.
    let texts (values: string seq) =
        let values = Array.ofSeq values
        let levels = values |> Array.filter ((<>) "") |> Array.distinct
        Array.Sort(levels, StringComparer.Ordinal)
        let codes = values |> Seq.map (fun value -> Array.IndexOf(levels, value))
        Column.Categorical(ImmutableArray.CreateRange levels, ImmutableArray.CreateRange codes)

    let private orRaise result =
        match result with
        | Ok value -> value
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    let ofColumns columns = Frame.ofColumns columns |> orRaise

    let private field = Regex("""(?:^|,)(?:"([^"]*)"|([^",]*))""")

    let private fields line = [|
        for found in field.Matches line -> found.Groups[1].Value + found.Groups[2].Value
    |]

    let private toColumn (cells: string[]) =
        let isMissing cell = cell = "" || cell = "NA"

        let parse (cell: string) =
            Double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture)

        if cells |> Array.forall (fun cell -> isMissing cell || fst (parse cell)) then
            cells
            |> Array.map (fun cell -> if isMissing cell then nan else snd (parse cell))
            |> numbers
        else
            cells |> Array.map (fun cell -> if isMissing cell then "" else cell) |> texts

    /// A file of tests/data.
    let read name =
        let lines = File.ReadAllLines(TestData.csv name) |> Array.map fields

        lines[0]
        |> Array.mapi (fun j name -> name, toColumn (lines |> Array.tail |> Array.map (fun line -> line[j])))
        |> ofColumns

    let formula text = Formula.parse text |> orRaise

    let design text frame =
        Design.build (formula text) frame |> orRaise

    /// The words of the problems that a model has with its data.
    let problems text frame =
        match Design.build (formula text) frame with
        | Ok _ -> []
        | Error problems -> problems |> List.map LmmError.describe
