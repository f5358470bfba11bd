namespace LmmFunctional.Data

open System.Numerics
open System.Runtime.CompilerServices

/// <summary>Where the fields of some CSV records are in the bytes of their text, without a copy of any.</summary>
/// <remarks>Only plain text is read: every record has as many fields as expected, a quote opens a field or is doubled
/// inside one, lines end with LF or CR LF. All else is left to the slower reader, which knows the words.</remarks>
[<Sealed>]
type internal CsvFields(separator: byte, width: int) =

    // Of each field the first byte and the one after the last, without quotes or the blanks around it; the first of a
    // field with doubled quotes inside is written as its complement.
    let mutable places: int[] = Array.zeroCreate (max 64 (8 * width))
    let mutable rows = 0

    let isBlank (value: byte) =
        (value = 32uy || value = 9uy) && value <> separator

    let skipBlanks (bytes: byte[]) start stop =
        let mutable at = start

        while at < stop && isBlank bytes[at] do
            at <- at + 1

        at

    let put index (first: int) (last: int) =
        let at = 2 * index

        if at + 1 >= places.Length then
            let larger = Array.zeroCreate (2 * places.Length)
            Array.blit places 0 larger 0 places.Length
            places <- larger

        places[at] <- first
        places[at + 1] <- last

    /// Where reading goes on, at the separator or line end; −1 where the text is not plain.
    let putQuoted (bytes: byte[]) start stop index =
        let mutable at = start + 1
        let mutable isOpen = true
        let mutable hasQuotes = false

        while isOpen && at < stop do
            if bytes[at] <> 34uy then
                at <- at + 1
            elif at + 1 < stop && bytes[at + 1] = 34uy then
                hasQuotes <- true
                at <- at + 2
            else
                isOpen <- false

        put index (if hasQuotes then ~~~(start + 1) else start + 1) at

        if isOpen then
            -1
        else
            let next = skipBlanks bytes (at + 1) stop

            if
                next = stop
                || bytes[next] = separator
                || bytes[next] = 10uy
                || bytes[next] = 13uy
            then
                next
            else
                -1

    /// Both ends without the blanks around.
    let putUnquoted (bytes: byte[]) start stop index =
        let first = skipBlanks bytes start stop
        let mutable last = stop

        while last > first && isBlank bytes[last - 1] do
            last <- last - 1

        put index first last

    /// Counts the record of which so many fields have been put, unless it is a blank line; false where it is ragged.
    let endRecord fields isQuoted =
        let isBlankLine =
            fields = 1
            && not isQuoted
            && places[2 * rows * width] = places[2 * rows * width + 1]

        if not isBlankLine then
            rows <- rows + 1

        isBlankLine || fields = width

    /// The number of records.
    member _.Rows = rows

    /// The first byte of a field.
    member _.First(row: int, column: int) =
        let first = places[2 * (row * width + column)]
        if first < 0 then ~~~first else first

    /// The byte after the last one of a field.
    member _.Last(row: int, column: int) = places[2 * (row * width + column) + 1]

    /// Whether a field has doubled quotes inside.
    member _.HasQuotes(row: int, column: int) = places[2 * (row * width + column)] < 0

    /// <summary>Finds the fields of all records of a block; overwrites those of the block before.</summary>
    /// <param name="bytes">The text.</param>
    /// <param name="start">Where the first record begins.</param>
    /// <param name="stop">Where the last one ends.</param>
    /// <returns>False where the text is not plain.</returns>
    // Compiled at its best at once: a process that reads one file would else be over before.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    member _.TryFind(bytes: byte[], start: int, stop: int) : bool =
        let mutable at = start
        let mutable first = start
        let mutable fields = 0
        // Whether the field is in quotes, so that its place is known already, and whether any of the record is.
        let mutable isPut = false
        let mutable isQuoted = false
        let mutable isPlain = true
        rows <- 0

        while isPlain && at < stop do
            let mutable next = at + CsvMarks.width
            let mutable marks = CsvMarks.find separator bytes at stop

            while marks <> 0UL do
                let mark = at + BitOperations.TrailingZeroCount marks
                let value = bytes[mark]
                marks <- marks &&& (marks - 1UL)
                // A record that is too long spoils no memory.
                let index = rows * width + min fields width

                if value = separator || value = 10uy then
                    if not isPut then
                        let isPair = value = 10uy && mark > first && bytes[mark - 1] = 13uy
                        putUnquoted bytes first (if isPair then mark - 1 else mark) index

                    fields <- fields + 1
                    first <- mark + 1
                    isPut <- false

                    if value = 10uy then
                        isPlain <- endRecord fields isQuoted
                        fields <- 0
                        isQuoted <- false
                elif value = 13uy then
                    isPlain <- mark + 1 < stop && bytes[mark + 1] = 10uy
                elif isPut || skipBlanks bytes first mark < mark then
                    isPlain <- false
                else
                    // Marks inside of quotes do not count.
                    next <- putQuoted bytes mark stop index
                    marks <- 0UL
                    isPlain <- next >= 0
                    isPut <- true
                    isQuoted <- true

                if not isPlain then
                    marks <- 0UL

            at <- next

        // The last record may lack its line end.
        if isPlain && (first < stop || fields > 0) then
            if not isPut then
                putUnquoted bytes first stop (rows * width + min fields width)

            isPlain <- endRecord (fields + 1) isQuoted

        isPlain
