namespace LmmFunctional

open System
open System.IO
open System.Text

/// <summary>Data sets from CSV text: a header, commas, decimal points, quotes as in RFC 4180.</summary>
/// <remarks>
/// Blanks around a field are dropped unless it is quoted, and blank lines are skipped. A cell that is empty,
/// <c>NA</c> or <c>NaN</c> is missing. A column whose other cells are all numbers is numeric (exponents and <c>Inf</c>
/// are numbers; with no cell left it is numeric, all missing); any other is categorical, levels in ordinal order.
/// A first column without a name is the row names that R and pandas write: it is skipped.
/// </remarks>
[<RequireQualifiedAccess>]
module Csv =

    /// R and pandas write row names into a first column without a name; any later one is a mistake.
    let private hasRowNames (names: string[]) =
        names.Length > 1 && Header.isUnnamed names[0]

    let private headerProblems source (names: string[]) =
        let isRowNames problem =
            hasRowNames names && problem = LmmError.UnnamedColumn(source, 1)

        Header.problems source names |> List.filter (isRowNames >> not)

    // A single name with another separator in it is most likely several names, unless the whole of it is in quotes.
    let private otherSeparator source (records: CsvRecords) (names: string[]) =
        match names with
        | [| header |] when not (records.BeginsQuoted && records.Problems.IsEmpty) ->
            [ ';'; '\t' ]
            |> List.tryFind (fun separator -> header.Contains separator)
            |> Option.map (fun separator -> LmmError.OtherSeparator(source, header.Replace("\"", ""), separator))
        | _ -> None

    /// <summary>A data set from CSV text.</summary>
    /// <param name="source">What to call the text in messages, for instance its file name.</param>
    /// <param name="reader">The text; it is read to its end and left open.</param>
    /// <returns>The data set, or every problem with its line and column: bad quotes, rows with too few or too many
    /// fields (of both the first 20), columns without a name or with the name of another, another separator than the
    /// comma, no header, no rows.</returns>
    let parse (source: string) (reader: TextReader) : Result<Frame, LmmError list> =
        // Files lose their byte order mark when they are decoded; other text may still have it.
        if reader.Peek() = 0xFEFF then
            reader.Read() |> ignore

        use records = new CsvRecords(source, reader)

        let first = records.TryReadHeader()

        match first, first |> Option.bind (otherSeparator source records) with
        | None, _ -> Error [ LmmError.NoHeader source ]
        | Some _, Some problem -> Error [ problem ]
        | Some names, None ->
            // A header that cannot be read has no names to judge.
            let header =
                if records.Problems.IsEmpty then
                    headerProblems source names
                else
                    []

            let cells = names |> Array.map (fun _ -> ResizeArray<string>())
            let mutable rows = 0

            while records.TryReadRow cells do
                rows <- rows + 1

            match header @ records.Problems with
            | [] when rows = 0 -> Error [ LmmError.NoRows source ]
            | [] ->
                Seq.zip names cells
                |> Seq.filter (fun (name, _) -> not (Header.isUnnamed name))
                |> Seq.map (fun (name, texts) -> name, CellText.toColumn (texts.ToArray()))
                |> Frame.ofColumns
            | problems when rows = 0 -> Error(problems @ [ LmmError.NoRows source ])
            | problems -> Error problems

    // Text in another encoding is refused: replacing what cannot be read could make one level of two.
    let private strictUtf8 = UTF8Encoding(false, true)

    let private denied = "access is denied; check its permissions."

    let private openFile (path: string) =
        try
            Ok(new StreamReader(path, strictUtf8, true, 0x10000))
        with
        | :? UnauthorizedAccessException -> Error denied
        | :? IOException as problem -> Error problem.Message

    // These are IOExceptions too. Once a file is open they say that an assembly could not be loaded: no fault of the
    // data.
    let private isOfAssembly (problem: IOException) =
        problem :? FileNotFoundException || problem :? FileLoadException

    /// <summary>A data set from a CSV file in UTF-8, or in UTF-16 with a byte order mark.</summary>
    /// <returns>The data set, or the problems of <see cref="M:LmmFunctional.CsvModule.parse"/>, or: no such file, a
    /// directory, no permission, another encoding.</returns>
    let read (path: string) : Result<Frame, LmmError list> =
        let unreadable reason =
            Error [ LmmError.UnreadableFile(path, reason) ]

        if Directory.Exists path then
            unreadable "it is a directory; name a file in it."
        elif not (File.Exists path) then
            Error [ LmmError.FileNotFound path ]
        else
            match openFile path with
            | Error reason -> unreadable reason
            | Ok reader ->
                use reader = reader

                try
                    parse path reader
                with
                | :? DecoderFallbackException -> unreadable "it is not UTF-8 text; save it as UTF-8."
                | :? UnauthorizedAccessException -> unreadable denied
                | :? IOException as problem when not (isOfAssembly problem) -> unreadable problem.Message
