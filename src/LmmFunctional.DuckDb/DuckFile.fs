namespace LmmFunctional.DuckDb

open System
open System.Buffers.Binary
open System.IO
open System.IO.Compression
open LmmFunctional
open LmmFunctional.Data

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

    // Files that say themselves how they are written.
    let private described = [ ".parquet"; ".pq"; ".json"; ".jsonl"; ".ndjson" ]

    let private compressed = ".gz"

    let private endsWith (extension: string) (files: string) =
        files.EndsWith(extension, StringComparison.OrdinalIgnoreCase)

    /// All rows of files, as they are written by the ends of their names; CSV by options.
    let rowsWith (options: CsvOptions) (files: string) =
        let isDescribed =
            described
            |> List.exists (fun extension -> endsWith extension files || endsWith (extension + compressed) files)

        if isDescribed then rows files else csv options files

    // The files of a pattern in one directory; those of patterns of directories are DuckDB's alone.
    let private found (files: string) =
        let folder =
            match Path.GetDirectoryName files with
            | null
            | "" -> "."
            | folder -> folder

        if not (files.Contains '*' || files.Contains '?') then
            [| files |]
        elif Directory.Exists folder then
            Directory.GetFiles(folder, string (Path.GetFileName files))
        else
            [||]

    /// The length that the last four bytes of a gzip file tell, and that of what is in it.
    let private lengths (path: string) =
        use file = File.OpenRead path
        let last: byte[] = Array.zeroCreate 4
        file.Seek(-4L, SeekOrigin.End) |> ignore
        file.ReadExactly last
        file.Position <- 0L
        use expanded = new GZipStream(file, CompressionMode.Decompress)
        let buffer: byte[] = Array.zeroCreate 65536
        let mutable length = 0L
        let mutable count = expanded.Read(buffer, 0, buffer.Length)

        while count > 0 do
            length <- length + int64 count
            count <- expanded.Read(buffer, 0, buffer.Length)

        BinaryPrimitives.ReadUInt32LittleEndian last, uint32 length

    let private isWhole (path: string) =
        try
            let told, length = lengths path
            // A file of several members tells the length of the last one; then it is read as a whole.
            told = length || (Gzip.expand (File.ReadAllBytes path)).Length >= 0L
        with
        | :? InvalidDataException
        | :? IOException -> false

    /// <summary>Looks at what DuckDB would read in silence: a compressed file that is cut off as a shorter one, an empty one as one
    /// without rows.</summary>
    /// <returns>Nothing, or the files that are empty, damaged or cut off.</returns>
    let check (files: string) : Result<unit, LmmError list> =
        let problems = [
            if endsWith compressed files then
                for path in found files do
                    if File.Exists path && not (isWhole path) then
                        LmmError.UnreadableFile(
                            path,
                            "it is a gzip file that is damaged or cut off; compress it again."
                        )
            else
                for path in found files do
                    if File.Exists path && FileInfo(path).Length = 0L then
                        LmmError.NoHeader path
        ]

        if problems.IsEmpty then Ok() else Error problems
