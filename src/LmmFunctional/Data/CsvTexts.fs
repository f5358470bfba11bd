namespace LmmFunctional.Data

open System
open System.Collections.Generic
open System.Text

/// <summary>The distinct texts among the cells of one column in one block of bytes, by open addressing.</summary>
[<Sealed>]
type internal CsvTexts(bytes: byte[], fields: CsvFields, column: int) =

    let texts = ResizeArray<string>()
    // Of each distinct text its hash and a row that has it.
    let hashes = ResizeArray<uint32>()
    let places = ResizeArray<int>()
    // One more than the index of a text; zero where there is none.
    let mutable slots: int[] = Array.zeroCreate 64

    let hash row =
        let mutable hash = 2166136261u

        for at in fields.First(row, column) .. fields.Last(row, column) - 1 do
            hash <- (hash ^^^ uint32 bytes[at]) * 16777619u

        hash ^^^ (hash >>> 15)

    let isSame row other =
        fields.HasQuotes(row, column) = fields.HasQuotes(other, column)
        && ReadOnlySpan(bytes, fields.First(row, column), fields.Last(row, column) - fields.First(row, column))
            .SequenceEqual(
                ReadOnlySpan(
                    bytes,
                    fields.First(other, column),
                    fields.Last(other, column) - fields.First(other, column)
                )
            )

    let insert slot index =
        let mutable slot = slot

        while slots[slot] <> 0 do
            slot <- (slot + 1) &&& (slots.Length - 1)

        slots[slot] <- index + 1

    let grow () =
        slots <- Array.zeroCreate (4 * slots.Length)

        for index in 0 .. hashes.Count - 1 do
            insert (int hashes[index] &&& (slots.Length - 1)) index

    /// The text of a cell, without its quotes.
    static member Read(bytes: byte[], fields: CsvFields, row: int, column: int) : string =
        let first = fields.First(row, column)
        let text = Encoding.UTF8.GetString(bytes, first, fields.Last(row, column) - first)

        if fields.HasQuotes(row, column) then
            text.Replace("\"\"", "\"")
        else
            text

    /// The distinct texts found so far, by their codes.
    member _.Texts = texts

    /// The code of the text in a row.
    member _.Code(row: int) : int =
        if row > 0 && places.Count > 0 && isSame row places[places.Count - 1] then
            places.Count - 1
        else
            let hash = hash row
            let mutable slot = int hash &&& (slots.Length - 1)
            let mutable code = -1

            while code < 0 && slots[slot] <> 0 do
                let index = slots[slot] - 1

                if hashes[index] = hash && isSame row places[index] then
                    code <- index

                slot <- (slot + 1) &&& (slots.Length - 1)

            if code < 0 then
                code <- texts.Count
                texts.Add(CsvTexts.Read(bytes, fields, row, column))
                hashes.Add hash
                places.Add row

                if 2 * texts.Count > slots.Length then
                    grow ()
                else
                    insert (int hash &&& (slots.Length - 1)) code

            code
