namespace LmmFunctional.Data

open System
open System.Collections.Concurrent
open System.IO
open System.Text.Unicode
open System.Threading.Tasks
open LmmFunctional

/// <summary>Plain CSV text, read in blocks of whole records on all cores.</summary>
/// <remarks>What is not plain (a ragged row, a quote in the wrong place, another encoding, a header with a fault) is not judged
/// here: the slower reader of <see cref="T:LmmFunctional.Data.CsvRecords"/> reads the text again and finds the words.</remarks>
[<RequireQualifiedAccess>]
module internal CsvBlocks =

    /// Large enough that the cost of a block does not count, small enough for the cache of a core.
    let defaultSize = 0x80000

    // Where the last record ends that ends in the block: the last line break with an even number of quotes before it.
    let private lastRecord (bytes: byte[]) count =
        let quotes = ReadOnlySpan(bytes, 0, count).Count 34uy
        let mutable stop = ReadOnlySpan(bytes, 0, count).LastIndexOf 10uy
        let mutable before = quotes

        if quotes > 0 && stop >= 0 then
            before <- quotes - ReadOnlySpan(bytes, stop, count - stop).Count 34uy

            while stop >= 0 && before % 2 <> 0 do
                let previous = ReadOnlySpan(bytes, 0, stop).LastIndexOf 10uy
                let skipped = max previous 0
                before <- before - ReadOnlySpan(bytes, skipped, stop - skipped).Count 34uy
                stop <- previous

        stop + 1

    let private linesOf (bytes: byte[]) count =
        ReadOnlySpan(bytes, 0, count).Count 10uy

    /// The blocks of a stream: bytes, how many of them count, and the lines before them. Each array is taken from the spare
    /// ones.
    let private blocks (size: int) (first: byte[]) (stream: Stream) (spare: ConcurrentBag<byte[]>) =
        seq {
            let take length =
                match spare.TryTake() with
                | true, bytes when bytes.Length >= length -> bytes
                | _ -> Array.zeroCreate (max size length)

            let mutable bytes = take (2 * first.Length)
            Array.blit first 0 bytes 0 first.Length
            let mutable count = first.Length
            let mutable isOver = false
            let mutable lines = 0

            while not isOver do
                let read = stream.ReadAtLeast(bytes.AsSpan count, bytes.Length - count, false)
                isOver <- read < bytes.Length - count
                count <- count + read
                let stop = if isOver then count else lastRecord bytes count

                if stop > 0 then
                    let rest = take (2 * (count - stop))
                    Array.blit bytes stop rest 0 (count - stop)
                    let own = linesOf bytes stop
                    yield struct (bytes, stop, lines)
                    lines <- lines + own
                    bytes <- rest
                    count <- count - stop
                elif not isOver then
                    // One record fills the block.
                    let larger = Array.zeroCreate (2 * bytes.Length)
                    Array.blit bytes 0 larger 0 count
                    bytes <- larger
        }

    let private separators = [ ';'; '\t'; ',' ]

    /// The names of the columns, and the bytes that follow the header, which are read already; None where the header is not
    /// plain or has a fault.
    let private tryHeader (separator: char) (bytes: byte[]) count =
        let isMarked (start: int) =
            count >= start + 3
            && bytes[start] = 0xEFuy
            && bytes[start + 1] = 0xBBuy
            && bytes[start + 2] = 0xBFuy

        let start = if isMarked 0 then 3 else 0
        let stop = ReadOnlySpan(bytes, start, count - start).IndexOf 10uy

        if stop < 0 || isMarked start then
            None
        else
            let stop = start + stop + 1
            let line = ReadOnlySpan(bytes, start, stop - start)
            let width = 1 + line.Count(byte separator)
            let fields = CsvFields(byte separator, width)

            if
                not (Utf8.IsValid line)
                || not (fields.TryFind(bytes, start, stop))
                || fields.Rows <> 1
            then
                None
            else
                let names = Array.init width (fun column -> CsvTexts.Read(bytes, fields, 0, column))

                let mayBeSeveral =
                    width = 1 && separators |> List.exists (fun mark -> names[0].Contains mark)

                let isNamed (index, name) =
                    not (Header.isUnnamed name) || (index = 0 && width > 1)

                if
                    not mayBeSeveral
                    && names |> Array.indexed |> Array.forall isNamed
                    && (Array.distinct names).Length = width
                then
                    Some(names, Array.sub bytes stop (count - stop))
                else
                    None

    /// The lines below the header, of which each record takes one at least; the stream is where it was.
    let private countLines (rest: byte[]) (stream: Stream) =
        let start = stream.Position
        let buffer: byte[] = Array.zeroCreate defaultSize
        let mutable lines = linesOf rest rest.Length
        let mutable last = if rest.Length = 0 then 10uy else Array.last rest
        let mutable count = stream.Read(buffer, 0, buffer.Length)

        while count > 0 do
            lines <- lines + linesOf buffer count
            last <- buffer[count - 1]
            count <- stream.Read(buffer, 0, buffer.Length)

        stream.Position <- start
        if last = 10uy then lines else lines + 1

    let private readPieces (options: CsvOptions) size (names: string[]) rest (stream: Stream) =
        let reading = CellReading.create options
        // Numbers are written where they stay: the column is in memory once.
        let lines = countLines rest stream
        let columns = names |> Array.map (fun _ -> lazy (Array.zeroCreate<float> lines))
        let spare = ConcurrentBag<byte[]>()
        let finders = ConcurrentBag<CsvFields>()
        let pieces = ConcurrentDictionary<int64, CsvPiece[]>()

        let read struct (bytes: byte[], count: int, start: int) (index: int64) =
            let fields =
                match finders.TryTake() with
                | true, fields -> fields
                | false, _ -> CsvFields(byte options.Separator, names.Length)

            let isPlain =
                Utf8.IsValid(ReadOnlySpan(bytes, 0, count)) && fields.TryFind(bytes, 0, count)

            if isPlain then
                pieces[index] <-
                    columns
                    |> Array.mapi (fun column all -> CsvPiece.read reading bytes fields all start column)

            finders.Add fields
            spare.Add bytes
            isPlain

        // One block at a time to each core, so that only a few are in memory.
        let source =
            Partitioner.Create(blocks size rest stream spare, EnumerablePartitionerOptions.NoBuffering)

        let limit = ParallelOptions(MaxDegreeOfParallelism = Environment.ProcessorCount)

        let outcome =
            Parallel.ForEach(
                source,
                limit,
                fun block (state: ParallelLoopState) index ->
                    if not (read block index) then
                        state.Stop()
            )

        if outcome.IsCompleted then
            Some(reading, Array.init pieces.Count (fun index -> pieces[int64 index]))
        else
            None

    /// <summary>The data set of plain CSV text.</summary>
    /// <param name="size">The bytes of a block, one at least.</param>
    /// <param name="options">How the text is written.</param>
    /// <param name="stream">The text in UTF-8; it is read twice, so it must allow seeking.</param>
    /// <returns>The data set; None where the text is not plain, has a fault, or has no rows.</returns>
    let tryRead (size: int) (options: CsvOptions) (stream: Stream) : Frame option =
        if options.Separator > '\127' then
            None
        else
            let first: byte[] = Array.zeroCreate (max size 1024)
            let count = stream.ReadAtLeast(first.AsSpan(), first.Length, false)

            tryHeader options.Separator first count
            |> Option.bind (fun (names, rest) ->
                readPieces options size names rest stream
                |> Option.map (fun (reading, blocks) -> names, reading, blocks))
            |> Option.filter (fun (_, _, blocks) -> blocks |> Array.exists (fun pieces -> pieces[0].Rows > 0))
            |> Option.bind (fun (names, reading, blocks) ->
                names
                |> Array.mapi (fun column name -> name, blocks |> Array.map (fun pieces -> pieces[column]))
                |> Array.filter (fun (name, _) -> not (Header.isUnnamed name))
                |> Array.Parallel.map (fun (name, pieces) -> name, CsvPiece.toColumn reading pieces)
                |> Frame.ofColumns
                |> Result.toOption)
