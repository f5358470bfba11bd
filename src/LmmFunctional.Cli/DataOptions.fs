namespace LmmFunctional.Cli

open System
open LmmFunctional

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

    // Name, what follows it, and the help; those that may be repeated are marked.
    let private table = [
        "--separator", "CHARACTER", false, "what parts the columns: \";\", tab, space, \"|\"; a comma without it."
        "--decimal",
        "MARK",
        false,
        "the decimal mark of numbers, \".\" or \",\"; with \",\" columns are parted by \";\" unless --separator is given."
        "--na", "CODES", false, "texts of cells that mean a missing value besides NA, such as \"., *, -9\"."
        "--levels",
        "COLUMN=LEVELS",
        true,
        "the order of a column's levels, the reference first: f=A,B,C; may be repeated."
        "--relevel", "COLUMN=LEVEL", true, "the reference level of a column: f=B; may be repeated."
        "--subset", "CONDITION", false, "the rows to use, such as \"x > 3 & trt != 'A'\"."
    ]

    /// The names of the options.
    let names = table |> List.map (fun (name, _, _, _) -> name)

    // Argu's layout: names in a column, text in another one.
    let private wrap width (text: string) =
        (([], ""), text.Split ' ')
        ||> Array.fold (fun (lines, line) word ->
            if line = "" then
                lines, word
            elif line.Length + 1 + word.Length <= width then
                lines, line + " " + word
            else
                line :: lines, word)
        |> fun (lines, last) -> List.rev (last :: lines)

    /// What the help of a command says of them.
    let help =
        let lines = [
            "DATA:"
            ""
            for name, value, _, text in table do
                let head = $"    {name} <{value}>"
                let lines = wrap 54 text

                if head.Length < 26 then
                    head.PadRight 26 + lines.Head
                else
                    head
                    String(' ', 26) + lines.Head

                for line in lines.Tail do
                    String(' ', 26) + line
            ""
            "    DATA is a CSV file, compressed by gzip or not, or - for standard input."
        ]

        String.concat Environment.NewLine lines

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

    // The options with their values, and everything else in its order.
    let rec private take command found others arguments =
        match arguments with
        | name :: rest when List.contains name names ->
            match rest with
            | value :: rest -> take command ((name, value) :: found) others rest
            | [] ->
                let value =
                    table
                    |> List.pick (fun (own, value, _, _) -> if own = name then Some value else None)

                Error $"argument '{name}' must be followed by <{value}>; 'lmm {command} --help' lists the arguments."
        | other :: rest -> take command found (other :: others) rest
        | [] -> Ok(List.rev found, List.rev others)

    let private twice found =
        found
        |> List.countBy fst
        |> List.tryPick (fun (name, count) ->
            let mayRepeat =
                table |> List.exists (fun (own, _, mayRepeat, _) -> own = name && mayRepeat)

            if count > 1 && not mayRepeat then Some name else None)

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
            take command [] [] arguments
            |> Result.bind (fun (found, others) ->
                let isInput, others = input others

                match twice found with
                | Some name -> Error $"'{name}' is there twice; write it once."
                | None ->
                    ((Ok plain), found)
                    ||> List.fold (fun reading option -> reading |> Result.bind (fun reading -> set reading option))
                    |> Result.bind (withSeparator found)
                    |> Result.map (fun reading -> { reading with IsInput = isInput }, others))

    /// <summary>Reads a file of data, or standard input, and chooses its levels and rows.</summary>
    /// <returns>The data set, or the problems of the file, the levels or the condition.</returns>
    let read (reading: DataReading) (path: string) : Result<Frame, LmmError list> =
        let whole =
            if reading.IsInput then
                use stream = Console.OpenStandardInput()
                Csv.readStream reading.Csv path stream
            else
                Csv.readWith reading.Csv path

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
