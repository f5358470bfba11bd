namespace LmmFunctional.Data

open System
open System.Collections.Generic
open LmmFunctional
open LmmFunctional.Language

/// <summary>Collects the cells of one column from .NET values.</summary>
[<Sealed>]
type internal CellCollector(name: string, isNumber: bool, unwrap: objnull -> objnull) =
    let numbers = ResizeArray<float>()
    let texts = ResizeArray<string>()
    let mutable misfit: Type option = None
    // The texts of numbers that no double holds, by their rows.
    let exact = Dictionary<int, string>()

    let addNumber (value: objnull) number =
        match Cell.tryExactText value number with
        | Some text -> exact.Add(numbers.Count, text)
        | None -> ()

        numbers.Add number

    let numeric () =
        let label row number =
            match exact.TryGetValue row with
            | true, text -> text
            | false, _ ->
                if Double.IsNaN number then
                    ""
                else
                    LevelName.ofNumber number

        if exact.Count = 0 then
            Column.ofFloats numbers
        else
            Column.ofOwnedLabels (numbers.ToArray()) (numbers |> Seq.mapi label |> Array.ofSeq)

    /// The number of cells.
    member _.Count = max numbers.Count texts.Count

    /// Adds a cell below the others.
    member _.Add(value: objnull) =
        let value = unwrap value

        match Cell.ofValue value, isNumber with
        | Cell.Missing, true -> numbers.Add nan
        | Cell.Missing, false -> texts.Add ""
        | Cell.Number number, true -> addNumber value number
        | Cell.Text text, false -> texts.Add text
        // A database without fixed column types can return what its schema does not say.
        | _ -> misfit <- value |> Option.ofObj |> Option.map _.GetType()

    /// The named column, or a value's type that does not fit the others.
    member _.ToColumn() : Result<string * Column, LmmError> =
        match misfit with
        | Some misfit -> Error(LmmError.UnsupportedType(name, Cell.typeName misfit))
        | None when isNumber -> Ok(name, numeric ())
        | None -> Ok(name, Column.ofStrings texts)

/// <summary>Collecting all columns of a data set.</summary>
[<RequireQualifiedAccess>]
module internal CellCollector =

    let private tryCreate (name: string, valueType: Type) =
        let inner, unwrap = Cell.unwrap valueType

        match Cell.tryIsNumber inner with
        | Some isNumber -> Ok(CellCollector(name, isNumber, unwrap))
        | None -> Error(LmmError.UnsupportedType(name, Cell.typeName valueType))

    let private collect (results: Result<'ok, LmmError> list) =
        match
            results
            |> List.choose (function
                | Error problem -> Some problem
                | Ok _ -> None)
        with
        | [] -> Ok(results |> List.choose Result.toOption)
        | problems -> Error problems

    /// <summary>Collectors for columns of these names and types, or every column of a type without cells.</summary>
    let createAll columns =
        columns |> List.map tryCreate |> collect

    /// <summary>The data set of all that was collected.</summary>
    let toFrame (source: string) (collectors: CellCollector list) : Result<Frame, LmmError list> =
        if collectors |> List.forall (fun collector -> collector.Count = 0) then
            Error [ LmmError.NoRows source ]
        else
            collectors |> List.map _.ToColumn() |> collect |> Result.bind Frame.ofColumns
