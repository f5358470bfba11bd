namespace LmmFunctional

open System
open System.IO
open System.Text
open LmmFunctional.Data

/// <summary>Data sets from CSV text: a header, commas, decimal points, quotes as in RFC 4180.</summary>
/// <remarks>
/// Blanks around a field are dropped unless it is quoted, and blank lines are skipped. A cell that is empty,
/// <c>NA</c> or <c>NaN</c> is missing. A column whose other cells are all numbers is numeric (exponents and <c>Inf</c>
/// are numbers; with no cell left it is numeric, all missing), and so is one of dates, 2023-01-31 with or without a time:
/// days from 1970-01-01. Any other is categorical, levels in ordinal order. The text of a cell is the name of its level,
/// also where it is a number: 001, 01 and 1 are three levels.
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
    let private otherSeparator source separator (records: CsvRecords) (names: string[]) =
        match names with
        | [| header |] when not (records.BeginsQuoted && records.Problems.IsEmpty) ->
            [ ';'; '\t'; ',' ]
            |> List.except [ separator ]
            |> List.tryFind (fun separator -> header.Contains separator)
            |> Option.map (fun separator -> LmmError.OtherSeparator(source, header.Replace("\"", ""), separator))
        | _ -> None

    /// The data set of a text, record by record, or its problems: the slower reader, which knows the words.
    let internal parseRecords
        (options: CsvOptions)
        (source: string)
        (reader: TextReader)
        : Result<Frame, LmmError list> =
        // Files lose their byte order mark when they are decoded; other text may still have it.
        if reader.Peek() = 0xFEFF then
            reader.Read() |> ignore

        use records = new CsvRecords(source, options.Separator, reader)

        let first = records.TryReadHeader()

        match first, first |> Option.bind (otherSeparator source options.Separator records) with
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
                let reading = CellReading.create options

                Seq.zip names cells
                |> Seq.filter (fun (name, _) -> not (Header.isUnnamed name))
                |> Seq.map (fun (name, texts) -> name, CellReading.toColumn reading (texts.ToArray()))
                |> Frame.ofColumns
            | problems when rows = 0 -> Error(LmmError.limit (problems @ [ LmmError.NoRows source ]))
            | problems -> Error(LmmError.limit problems)

    // Text in another encoding is refused: replacing what cannot be read could make one level of two.
    let private strictUtf8 = UTF8Encoding(false, true)

    /// <summary>A data set from text in columns.</summary>
    /// <param name="options">How the text is written.</param>
    /// <param name="source">What to call the text in messages, for instance its file name.</param>
    /// <param name="reader">The text; it is read to its end and left open.</param>
    /// <returns>The data set, or every problem with its line and column: bad quotes, rows with too few or too many
    /// fields (of both the first 20), columns without a name or with the name of another, another separator,
    /// no header, no rows.</returns>
    /// <exception cref="T:System.ArgumentException">The options contradict each other.</exception>
    let parseWith (options: CsvOptions) (source: string) (reader: TextReader) : Result<Frame, LmmError list> =
        CsvOptions.guard options
        let text = reader.ReadToEnd()

        let plain =
            try
                use bytes = new MemoryStream(strictUtf8.GetBytes text)
                CsvBlocks.tryRead CsvBlocks.defaultSize options bytes
            with :? EncoderFallbackException ->
                None

        match plain with
        | Some frame -> Ok frame
        | None -> parseRecords options source (new StringReader(text))

    /// <summary>A data set from CSV text: commas between columns, decimal points.</summary>
    /// <param name="source">What to call the text in messages, for instance its file name.</param>
    /// <param name="reader">The text; it is read to its end and left open.</param>
    /// <returns>The data set, or its problems as <c>parseWith</c>.</returns>
    let parse (source: string) (reader: TextReader) : Result<Frame, LmmError list> =
        parseWith CsvOptions.defaults source reader

    let private denied = "access is denied; check its permissions."

    // These are IOExceptions too. Once a file is open they say that an assembly could not be loaded: no fault of the
    // data.
    let private isOfAssembly (problem: exn) =
        problem :? FileNotFoundException || problem :? FileLoadException

    // The first two bytes of every gzip file; no text begins with them.
    let private isCompressed (bytes: byte[]) count =
        count = 2 && bytes[0] = 0x1Fuy && bytes[1] = 0x8Buy

    // What has been read of a stream, and then its rest: a stream that can go back, since a text that is not plain is read
    // twice.
    let private rejoined (first: byte[]) count (stream: Stream) : Stream =
        if stream.CanSeek then
            stream.Seek(int64 -count, SeekOrigin.Current) |> ignore
            stream
        else
            let whole = new MemoryStream()
            whole.Write(first, 0, count)
            stream.CopyTo whole
            whole.Position <- 0L
            whole

    let private expanded (compressed: Stream) =
        use bytes = new MemoryStream()
        compressed.CopyTo bytes
        Gzip.expand (bytes.ToArray())

    /// <summary>A data set from the bytes of a file, compressed by gzip or not.</summary>
    /// <param name="options">How the text is written.</param>
    /// <param name="source">What to call the data in messages.</param>
    /// <param name="stream">UTF-8, or UTF-16 with a byte order mark; it is read to its end and left open.</param>
    /// <returns>The data set, or the problems of <c>parseWith</c>, or: another encoding, a gzip file that is damaged or cut
    /// off, a stream that breaks off.</returns>
    /// <exception cref="T:System.ArgumentException">The options contradict each other.</exception>
    let readStream (options: CsvOptions) (source: string) (stream: Stream) : Result<Frame, LmmError list> =
        CsvOptions.guard options

        let unreadable reason =
            Error [ LmmError.UnreadableFile(source, reason) ]

        try
            let first: byte[] = Array.zeroCreate 2
            let count = stream.ReadAtLeast(first.AsSpan(), 2, false)
            let whole = rejoined first count stream

            let text = if isCompressed first count then expanded whole else whole

            let start = text.Position

            match CsvBlocks.tryRead CsvBlocks.defaultSize options text with
            | Some frame -> Ok frame
            | None ->
                text.Position <- start
                use reader = new StreamReader(text, strictUtf8, true, 0x10000, true)
                parseRecords options source reader
        with
        | :? DecoderFallbackException -> unreadable "it is not UTF-8 text; save it as UTF-8."
        | :? InvalidDataException -> unreadable "it is a gzip file that is damaged or cut off; compress it again."
        | :? UnauthorizedAccessException -> unreadable denied
        | :? IOException as problem when not (isOfAssembly problem) -> unreadable problem.Message

    /// <summary>A data set from a file, compressed by gzip or not.</summary>
    /// <param name="options">How the file is written.</param>
    /// <param name="path">A file in UTF-8, or in UTF-16 with a byte order mark.</param>
    /// <returns>The data set, or the problems of <c>readStream</c>, or: no such file, a directory, no permission.</returns>
    /// <exception cref="T:System.ArgumentException">The options contradict each other.</exception>
    let readWith (options: CsvOptions) (path: string) : Result<Frame, LmmError list> =
        let unreadable reason =
            Error [ LmmError.UnreadableFile(path, reason) ]

        if Directory.Exists path then
            unreadable "it is a directory; name a file in it."
        elif not (File.Exists path) then
            Error [ LmmError.FileNotFound path ]
        else
            let opened =
                try
                    Ok(File.OpenRead path)
                with
                | :? UnauthorizedAccessException -> Error denied
                | :? IOException as problem -> Error problem.Message

            match opened with
            | Error reason -> unreadable reason
            | Ok stream ->
                use stream = stream
                readStream options path stream

    /// <summary>A data set from a CSV file in UTF-8, or in UTF-16 with a byte order mark, compressed by gzip or not.
    /// </summary>
    /// <returns>The data set, or the problems of <see cref="M:LmmFunctional.CsvModule.parse"/>, or: no such file, a
    /// directory, no permission, another encoding.</returns>
    let read (path: string) : Result<Frame, LmmError list> = readWith CsvOptions.defaults path
