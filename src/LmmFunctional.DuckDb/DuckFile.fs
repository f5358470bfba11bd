namespace LmmFunctional.DuckDb

open System
open LmmFunctional

/// <summary>Files as DuckDB reads them.</summary>
[<RequireQualifiedAccess>]
module internal DuckFile =

    /// A text in single quotes, which no name can end.
    let quoted (text: string) = "'" + text.Replace("'", "''") + "'"

    /// All rows of a file, or of many by a pattern, as DuckDB guesses them to be written.
    let rows (files: string) = $"select * from {quoted files}"

    /// <summary>All rows of CSV files that are written in a known way.</summary>
    /// <remarks>All rows are looked at before a column is taken for numbers, dates or text. Booleans stay text.</remarks>
    let csv (options: CsvOptions) (files: string) =
        let missing =
            [ ""; "NA"; "NaN" ] @ options.Missing
            |> List.distinct
            |> List.map quoted
            |> String.concat ", "

        [
            quoted files
            "header = true"
            $"delim = {quoted (string options.Separator)}"
            "quote = '\"'"
            "escape = '\"'"
            $"decimal_separator = {quoted (string options.DecimalMark)}"
            $"nullstr = [{missing}]"
            "auto_type_candidates = ['BIGINT', 'DOUBLE', 'DATE', 'TIMESTAMP', 'VARCHAR']"
            "sample_size = -1"
        ]
        |> String.concat ", "
        |> fun arguments -> $"select * from read_csv({arguments})"
