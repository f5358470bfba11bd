namespace LmmFunctional.Data

open System

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

    // Both return where they stopped reading; −1 where the text is not plain.

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
        if isOpen then -1 else skipBlanks bytes (at + 1) stop

    let putUnquoted (bytes: byte[]) start stop index =
        let mutable at = start
        let mutable isInside = true

        while isInside && at < stop do
            let value = bytes[at]

            if value = separator || value = 10uy || value = 13uy || value = 34uy then
                isInside <- false
            else
                at <- at + 1

        let mutable last = at

        while last > start && isBlank bytes[last - 1] do
            last <- last - 1

        put index start last
        at

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
    member _.TryFind(bytes: byte[], start: int, stop: int) : bool =
        let mutable at = start
        let mutable isPlain = true
        rows <- 0

        while isPlain && at < stop do
            let mutable fields = 0
            let mutable isQuoted = false
            let mutable isInside = true

            while isInside do
                let first = skipBlanks bytes at stop
                // A record that is too long spoils no memory.
                let index = rows * width + min fields width

                if first < stop && bytes[first] = 34uy then
                    isQuoted <- true
                    at <- putQuoted bytes first stop index
                else
                    at <- putUnquoted bytes first stop index

                fields <- fields + 1

                if at < 0 then
                    isPlain <- false
                    isInside <- false
                elif at >= stop then
                    isInside <- false
                elif bytes[at] = separator then
                    at <- at + 1
                elif bytes[at] = 10uy then
                    at <- at + 1
                    isInside <- false
                elif bytes[at] = 13uy && at + 1 < stop && bytes[at + 1] = 10uy then
                    at <- at + 2
                    isInside <- false
                else
                    isPlain <- false
                    isInside <- false

            if isPlain then
                let isBlankLine =
                    fields = 1
                    && not isQuoted
                    && places[2 * rows * width] = places[2 * rows * width + 1]

                if not isBlankLine then
                    isPlain <- fields = width
                    rows <- rows + 1

        isPlain
