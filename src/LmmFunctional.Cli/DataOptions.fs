namespace LmmFunctional.Cli

open System
open LmmFunctional
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
    Csv: CsvOptions
    /// Whether the data come from standard input.
    IsInput: bool
    Orders: LevelOrder list
    /// A condition that rows must satisfy.
    Subset: string option
}

/// <summary>The options about data that all commands with a data file have.</summary>
/// <remarks>They are taken out of the arguments before the rest is read, so that each is written once and both readers of
/// the rest stay the same.</remarks>
[<RequireQualifiedAccess>]
module DataOptions =

    /// A CSV file as it is.
    let plain = {
        Csv = CsvOptions.defaults
        IsInput = false
        Orders = []
        Subset = None
    }

    let private table = [
        OptionTable.value
            "--separator"
            "CHARACTER"
            "what parts the columns: \";\", tab, space, \"|\"; a comma without it."
        OptionTable.value
            "--decimal"
            "MARK"
            "the decimal mark of numbers, \".\" or \",\"; with \",\" columns are parted by \";\" unless --separator is given."
        OptionTable.value "--na" "CODES" "texts of cells that mean a missing value besides NA, such as \"., *, -9\"."
        OptionTable.repeated
            "--levels"
            "COLUMN=LEVELS"
            "the order of a column's levels, the reference first: f=A,B,C; may be repeated."
        OptionTable.repeated "--relevel" "COLUMN=LEVEL" "the reference level of a column: f=B; may be repeated."
        OptionTable.value "--subset" "CONDITION" "the rows to use, such as \"x > 3 & trt != 'A'\"."
    ]

    /// The names of the options.
    let names = table |> List.map _.Name

    /// What the help of a command says of them.
    let help =
        [
            "DATA:"
            ""
            yield! OptionTable.help table
            ""
            "    DATA is a CSV file, compressed by gzip or not, or - for standard input; a"
            "    Parquet, Arrow or Excel file (.parquet, .arrow, .feather, .xlsx, .xls); or"
            "    \"duckdb:SELECT ...\", a query of files that DuckDB answers."
        ]
        |> String.concat Environment.NewLine

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

    let private set (reading: DataReading) (name, value: string) =
        match name with
        | "--separator" ->
            separator value
            |> Result.map (fun separator -> {
                reading with
                    DataReading.Csv.Separator = separator
            })
        | "--decimal" ->
            decimalMark value
            |> Result.map (fun mark -> {
                reading with
                    DataReading.Csv.DecimalMark = mark
            })
        | "--na" ->
            codes value
            |> Result.map (fun codes -> {
                reading with
                    DataReading.Csv.Missing = codes
            })
        | "--relevel" ->
            named name "f=B" value
            |> Result.map (fun pair -> {
                reading with
                    Orders = reading.Orders @ [ LevelOrder.First pair ]
            })
        | "--levels" ->
            named name "f=A,B,C" value
            |> Result.map (fun (column, levels) ->
                let levels = levels.Split(',', StringSplitOptions.TrimEntries) |> List.ofArray

                {
                    reading with
                        Orders = reading.Orders @ [ LevelOrder.All(column, levels) ]
                })
        | _ -> Ok { reading with Subset = Some value }

    // With decimal commas the columns are parted by something else.
    let private withSeparator found (reading: DataReading) =
        let isNamed = found |> List.exists (fun (name, _) -> name = "--separator")

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

    let private queryMark = "duckdb:"

    let private isQuery (path: string) =
        path.StartsWith(queryMark, StringComparison.OrdinalIgnoreCase)

    // Only text has separators, decimal marks and codes; other files say themselves what they hold.
    let private forText found (others: string list) =
        let ofText =
            found
            |> List.map fst
            |> List.filter (fun name -> List.contains name [ "--separator"; "--decimal"; "--na" ])
            |> List.distinct

        match others with
        | _ :: path :: _ when not ofText.IsEmpty && (isQuery path || DataFile.kindOf path <> DataFile.Csv) ->
            let options = String.concat " and " ofText
            Error $"{options} can only be given for a CSV file."
        | _ -> Ok()

    // The data file is the first argument of a command; a dash stands for standard input.
    let private input arguments =
        match arguments with
        | command :: "-" :: rest -> true, command :: "standard input" :: rest
        | _ -> false, arguments

    /// <summary>What the arguments say of the data, and all other arguments.</summary>
    /// <param name="arguments">The command and what follows it.</param>
    /// <returns>Both, or what is wrong with an option about data.</returns>
    let split (arguments: string list) : Result<DataReading * string list, string> =
        match arguments with
        | []
        // It has no data, and levels of its own.
        | "ems" :: _ -> Ok(plain, arguments)
        | command :: _ ->
            OptionTable.split table command arguments
            |> Result.bind (fun (found, others) ->
                let isInput, others = input others

                ((Ok plain), found)
                ||> List.fold (fun reading option -> reading |> Result.bind (fun reading -> set reading option))
                |> Result.bind (withSeparator found)
                |> Result.bind (fun reading -> forText found others |> Result.map (fun () -> reading))
                |> Result.map (fun reading -> { reading with IsInput = isInput }, others))

    /// <summary>Reads a file of data, standard input or a query, and chooses its levels and rows.</summary>
    /// <returns>The data set, or the problems of the file, the levels or the condition.</returns>
    let read (reading: DataReading) (path: string) : Result<Frame, LmmError list> =
        let whole =
            if reading.IsInput then
                use stream = Console.OpenStandardInput()
                Csv.readStream reading.Csv path stream
            elif isQuery path then
                Duck.query (path.Substring queryMark.Length)
            else
                DataFile.readWith reading.Csv path

        let ordered =
            (whole, reading.Orders)
            ||> List.fold (fun frame order ->
                match frame, order with
                | Error problems, _ -> Error problems
                | Ok frame, LevelOrder.First(column, level) -> Levels.relevel column level frame
                | Ok frame, LevelOrder.All(column, levels) -> Levels.arrange column levels frame)

        match reading.Subset with
        | Some condition -> ordered |> Result.bind (Subset.rows condition)
        | None -> ordered
