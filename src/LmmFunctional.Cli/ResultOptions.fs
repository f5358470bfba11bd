namespace LmmFunctional.Cli

/// <summary>How a result is written.</summary>
[<RequireQualifiedAccess>]
type TableFormat =
    | Text
    | Csv
    | Json

/// <summary>What a user says of the result of a command.</summary>
type ResultRequest = {
    Format: TableFormat
    /// The file to write instead of standard output.
    File: string option
    /// Rows of a table that text shows.
    MostRows: int
    IsQuiet: bool
}

/// <summary>The options about the result that all commands have.</summary>
[<RequireQualifiedAccess>]
module ResultOptions =

    /// The options.
    let table = [
        OptionTable.switch "--json" "print one line of JSON instead of text."
        OptionTable.switch "--csv" "print the table as CSV, all rows."
        OptionTable.file "-o" "write the result to a file instead of standard output."
        |> OptionTable.also "--output"
        OptionTable.value "--rows" "NUMBER" "rows of the table that are printed as text; 60 is the default."
        OptionTable.switch "--quiet" "show no progress on standard error."
    ]

    let private format options =
        match OptionValues.contains "--json" options, OptionValues.contains "--csv" options with
        | true, true -> Error "give one of --json and --csv."
        | true, false -> Ok TableFormat.Json
        | false, true -> Ok TableFormat.Csv
        | false, false -> Ok TableFormat.Text

    /// What the options say, or what is wrong with one.
    let read (options: OptionValues) : Result<ResultRequest, string> =
        match format options, OptionValues.count "--rows" 0 60 options with
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok format, Ok rows ->
            Ok {
                Format = format
                File = OptionValues.tryFind "-o" options
                MostRows = rows
                IsQuiet = OptionValues.contains "--quiet" options
            }
