namespace LmmFunctional.Cli

open System
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Data
open LmmFunctional.DuckDb

/// <summary>The order of the levels of a column as asked for.</summary>
[<RequireQualifiedAccess>]
type LevelOrder =
    /// One level first.
    | First of column: string * level: string
    /// All levels.
    | All of column: string * levels: string list

/// <summary>How the data are read, and what is done with them before a model meets them.</summary>
type DataReading = {
    /// Where they are.
    Source: DataSource
    Csv: CsvOptions
    Orders: LevelOrder list
    /// A condition that rows must satisfy.
    Subset: string option
}

/// <summary>The options about data that all commands with a data file have.</summary>
[<RequireQualifiedAccess>]
module DataOptions =

    /// Data as they are.
    let plain source = {
        Source = source
        Csv = CsvOptions.defaults
        Orders = []
        Subset = None
    }

    // Only text has them.
    let private ofText = [
        OptionTable.named
            "--separator"
            "CHARACTER"
            [ "tab"; "space" ]
            "what parts the columns: \";\", tab, space, \"|\"; a comma without it."
        OptionTable.value
            "--decimal"
            "MARK"
            "the decimal mark of numbers, \".\" or \",\"; with \",\" columns are parted by \";\" unless --separator is given."
        OptionTable.value "--na" "CODES" "texts of cells that mean a missing value besides NA, such as \"., *, -9\"."
    ]

    // They choose what a model sees of the data.
    let private ofModel = [
        OptionTable.repeated
            "--levels"
            "COLUMN=LEVELS"
            "the order of a column's levels, the reference first: f=A,B,C; may be repeated."
        OptionTable.repeated "--relevel" "COLUMN=LEVEL" "the reference level of a column: f=B; may be repeated."
        OptionTable.value "--subset" "CONDITION" "the rows to use, such as \"x > 3 & trt != 'A'\"."
    ]

    /// The options.
    let table = DataSource.options @ ofText @ ofModel

    /// The options that choose levels and rows.
    let choosing = ofModel |> List.map _.Name

    // Values

    let private separator (text: string) =
        match text with
        | "tab"
        | "\\t" -> Ok '\t'
        | "space" -> Ok ' '
        | "comma" -> Ok ','
        | "semicolon" -> Ok ';'
        | _ when
            text.Length = 1
            && not (Char.IsLetterOrDigit text[0] || "\"\r\n.-+".Contains text[0])
            ->
            Ok text[0]
        | _ -> Error $"'--separator {text}' is no mark between columns; write --separator \";\", tab or space."

    let private decimalMark (text: string) =
        match text with
        | "."
        | "point" -> Ok '.'
        | ","
        | "comma" -> Ok ','
        | _ -> Error $"'--decimal {text}' is neither a point nor a comma."

    let private codes (text: string) =
        match text.Split(',', StringSplitOptions.TrimEntries ||| StringSplitOptions.RemoveEmptyEntries) with
        | [||] -> Error "--na names no code; write --na \"., *, -9\"."
        | codes -> Ok(List.ofArray codes)

    let private named option example (text: string) =
        match text.IndexOf '=' with
        | at when at > 0 && at < text.Length - 1 -> Ok(text.Substring(0, at), text.Substring(at + 1))
        | _ -> Error $"'{option} {text}' has no column or no level; write {option} {example}."

    let private levels (text: string) =
        named "--levels" "f=A,B,C" text
        |> Result.map (fun (column, levels) ->
            LevelOrder.All(column, levels.Split(',', StringSplitOptions.TrimEntries) |> List.ofArray))

    let private set (reading: DataReading) (name, value: string) =
        let withCsv change result =
            result
            |> Result.map (fun found -> {
                reading with
                    DataReading.Csv = change found
            })

        let withOrder result =
            result
            |> Result.map (fun order -> {
                reading with
                    Orders = reading.Orders @ [ order ]
            })

        match name with
        | "--separator" ->
            separator value
            |> withCsv (fun separator -> {
                reading.Csv with
                    Separator = separator
            })
        | "--decimal" ->
            decimalMark value
            |> withCsv (fun mark -> { reading.Csv with DecimalMark = mark })
        | "--na" -> codes value |> withCsv (fun codes -> { reading.Csv with Missing = codes })
        | "--relevel" -> named name "f=B" value |> Result.map LevelOrder.First |> withOrder
        | "--levels" -> levels value |> withOrder
        | "--subset" -> Ok { reading with Subset = Some value }
        | _ -> Ok reading

    // With decimal commas the columns are parted by something else.
    let private withSeparator (options: OptionValues) (reading: DataReading) =
        let isNamed = OptionValues.contains "--separator" options

        if reading.Csv.DecimalMark = ',' && reading.Csv.Separator = ',' then
            if isNamed then
                Error "a comma cannot be both the separator and the decimal mark; write --separator \";\"."
            else
                Ok {
                    reading with
                        DataReading.Csv.Separator = ';'
                }
        else
            Ok reading

    // Only text has separators, decimal marks and codes; other files say themselves what they hold.
    let private forText (options: OptionValues) (source: DataSource) =
        let given =
            ofText
            |> List.map _.Name
            |> List.filter (fun name -> OptionValues.contains name options)

        if
            not given.IsEmpty
            && source <> DataSource.File ""
            && not (DataSource.isText source)
        then
            let names = String.concat " and " given
            Error $"{names} can only be given for a CSV file."
        else
            Ok()

    /// <summary>How the data are read.</summary>
    /// <param name="word">The word that names the data; a dash is standard input, nothing is a saved model.</param>
    /// <param name="options">The options of the command.</param>
    /// <returns>That, or what is wrong with an option.</returns>
    let reading (word: string) (options: OptionValues) : Result<DataReading, string> =
        DataSource.ofWord word options
        |> Result.bind (fun source ->
            (Ok(plain source), options.Given)
            ||> List.fold (fun reading option -> reading |> Result.bind (fun reading -> set reading option))
            |> Result.bind (withSeparator options)
            |> Result.bind (fun reading -> forText options source |> Result.map (fun () -> reading)))

    /// <summary>Reads a file of data, standard input, a query or a table, and chooses its levels and rows.</summary>
    /// <returns>The data set, or the problems of the file, the levels or the condition.</returns>
    let read (reading: DataReading) : Result<Frame, LmmError list> =
        let ordered =
            (DataSource.read reading.Csv reading.Source, reading.Orders)
            ||> List.fold (fun frame order ->
                match frame, order with
                | Error problems, _ -> Error problems
                | Ok frame, LevelOrder.First(column, level) -> Levels.relevel column level frame
                | Ok frame, LevelOrder.All(column, levels) -> Levels.arrange column levels frame)

        match reading.Subset with
        | Some condition -> ordered |> Result.bind (Subset.rows condition)
        | None -> ordered
