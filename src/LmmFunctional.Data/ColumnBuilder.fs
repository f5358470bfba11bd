namespace LmmFunctional.Data

open System
open System.Collections.Generic
open System.Globalization
open System.Runtime.InteropServices
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>Collects the cells of one column, of .NET values of one type.</summary>
/// <param name="name">The column.</param>
/// <param name="declared">The type of the values, options and nullables among them; <c>obj</c> takes the type of the first
/// value that is there.</param>
/// <param name="rows">How many cells will come, if that is known; else any guess.</param>
/// <remarks>Values become cells by the rules of <see cref="T:LmmFunctional.Records"/>. Dates and times keep their texts as
/// labels, as the CSV reader does, and so do numbers that no double holds exactly.</remarks>
[<Sealed>]
type internal ColumnBuilder(name: string, declared: Type, rows: int) =

    // Text is coded on the way: one string a level, one number a row.
    let codeOf = Dictionary<string, int>(StringComparer.Ordinal)
    let levels = ResizeArray<string>()
    let mutable codes: int[] = Array.empty
    let mutable numbers: float[] = Array.empty
    // The texts of numbers that do not print as they are, by their rows.
    let labels = Dictionary<int, string>()
    let datesText = Dictionary<DateTime, string>()
    let mutable count = 0
    let mutable areLevelsOrdered = false
    let mutable problem: Type option = None
    let inner, unwrap = Cell.unwrap declared

    // None while a column of objects has had no value.
    let mutable isNumber: bool option =
        if inner = typeof<obj> then
            None
        else
            match Cell.tryIsNumber inner with
            | None ->
                problem <- Some declared
                Some true
            | known -> known

    let grown (values: 'Value[]) =
        if count < values.Length then
            values
        else
            let larger = Array.zeroCreate (max (max rows 16) (2 * values.Length))
            Array.blit values 0 larger 0 count
            larger

    let trimmed (values: 'Value[]) =
        if values.Length = count then
            values
        else
            Array.sub values 0 count

    let addCode code =
        codes <- grown codes
        codes[count] <- code
        count <- count + 1

    let addNumber number =
        numbers <- grown numbers
        numbers[count] <- number
        count <- count + 1

    let code text =
        match codeOf.TryGetValue text with
        | true, code -> code
        | false, _ ->
            codeOf.Add(text, levels.Count)
            levels.Add text
            levels.Count - 1

    // Missing cells before the first value of a column of objects.
    let settle isNumeric =
        let before = count
        count <- 0
        isNumber <- Some isNumeric

        for _ in 1..before do
            if isNumeric then addNumber nan else addCode -1

    let dateText (date: DateTime) =
        match datesText.TryGetValue date with
        | true, text -> text
        | false, _ ->
            let format =
                if date.TimeOfDay = TimeSpan.Zero then
                    "yyyy-MM-dd"
                else
                    "yyyy-MM-dd HH:mm:ss.FFFFFFF"

            let text = date.ToString(format, CultureInfo.InvariantCulture)
            datesText.Add(date, text)
            text

    let label (value: objnull) number =
        match value with
        | :? DateTime as date -> Some(dateText date)
        | :? DateTimeOffset as date -> Some(dateText date.UtcDateTime)
        | :? DateOnly as date -> Some(dateText (date.ToDateTime TimeOnly.MinValue))
        | _ -> Cell.tryExactText value number

    let numeric () =
        let numbers = trimmed numbers

        if labels.Count = 0 then
            Column.ofOwnedFloats numbers
        else
            numbers
            |> Array.mapi (fun row number ->
                match labels.TryGetValue row with
                | true, text -> text
                | false, _ ->
                    if Double.IsNaN number then
                        ""
                    else
                        LevelName.ofNumber number)
            |> Column.ofOwnedLabels numbers

    let categorical () =
        let codes = trimmed codes
        let names = levels.ToArray()

        if not areLevelsOrdered then
            let order = Array.init names.Length id
            Array.sortInPlaceWith (fun a b -> String.CompareOrdinal(names[a], names[b])) order
            let place = Array.zeroCreate names.Length
            order |> Array.iteri (fun position level -> place[level] <- position)
            Array.Sort(names, StringComparer.Ordinal)

            for row in 0 .. codes.Length - 1 do
                if codes[row] >= 0 then
                    codes[row] <- place[codes[row]]

        Column.Categorical(
            ImmutableCollectionsMarshal.AsImmutableArray names,
            ImmutableCollectionsMarshal.AsImmutableArray codes
        )

    /// The column.
    member _.Name = name

    /// The number of cells.
    member _.Count = count

    /// Appends a missing cell.
    member _.AddMissing() =
        match isNumber with
        | Some true -> addNumber nan
        | Some false -> addCode -1
        | None -> count <- count + 1

    /// Appends a number to a column of numbers.
    member _.AddNumber(number: float) = addNumber number

    /// Appends text to a column of text; null and "" are missing.
    member _.AddText(text: string) =
        addCode (if String.IsNullOrEmpty text then -1 else code text)

    /// Appends a value of the type of the column.
    member builder.Add(value: objnull) =
        let value = unwrap value

        match Cell.ofValue value, isNumber with
        | Cell.Missing, _ -> builder.AddMissing()
        | Cell.Number _, None ->
            settle true
            builder.Add value
        | Cell.Text _, None ->
            settle false
            builder.Add value
        | Cell.Number number, Some true ->
            match label value number with
            | Some text -> labels.Add(count, text)
            | None -> ()

            addNumber number
        | Cell.Text text, Some false -> builder.AddText text
        | _ ->
            problem <- problem |> Option.orElse (value |> Option.ofObj |> Option.map _.GetType())
            builder.AddMissing()

    /// The levels of a category in their own order, which the column keeps; more may follow.
    member _.KeepLevels(names: string seq) =
        areLevelsOrdered <- true

        for name in names do
            if not (String.IsNullOrEmpty name) then
                code name |> ignore

    /// The column with its name, or the type that a variable cannot have. The builder must not be used again.
    member _.Build() : Result<string * Column, LmmError> =
        match problem, isNumber with
        | Some other, _ -> Error(LmmError.UnsupportedType(name, Cell.typeName other))
        | None, Some false -> Ok(name, categorical ())
        | None, Some true -> Ok(name, numeric ())
        | None, None -> Ok(name, Column.ofOwnedFloats (Array.create count nan))

/// <summary>Data sets from columns that were collected.</summary>
[<RequireQualifiedAccess>]
module internal ColumnBuilder =

    // pandas writes the index of its rows under such a name into Parquet and Arrow files.
    let private isIndex (name: string) =
        name.StartsWith("__index_level_", StringComparison.Ordinal)

    /// <summary>The data set of some columns, in their order; the row index of pandas is left out.</summary>
    /// <param name="source">What to call the data in messages.</param>
    /// <param name="further">Problems that are known already.</param>
    /// <param name="builders">The columns; they must not be used again.</param>
    /// <returns>The data set, or every problem: names that are missing or appear twice, types that are no variables, no rows.
    /// </returns>
    let toFrame (source: string) (further: LmmError list) (builders: ColumnBuilder seq) : Result<Frame, LmmError list> =
        let builders =
            builders |> Seq.filter (fun builder -> not (isIndex builder.Name)) |> List.ofSeq

        let columns = builders |> List.map _.Build()

        let problems = [
            yield! further
            yield! builders |> Seq.map _.Name |> Header.problems source

            for column in columns do
                match column with
                | Error problem -> problem
                | Ok _ -> ()

            if further.IsEmpty && builders |> List.forall (fun builder -> builder.Count = 0) then
                LmmError.NoRows source
        ]

        match problems with
        | [] -> columns |> List.choose Result.toOption |> Frame.ofColumns
        | _ -> Error(Problems.limit problems)
