namespace LmmFunctional.Data

open System
open System.Numerics
open LmmFunctional.Language

/// <summary>The texts of the numbers of one column, each of the first written once, by open addressing on their bits.</summary>
/// <remarks>One text such as 3.0 makes labels of a whole column, so millions are asked for.</remarks>
[<Sealed>]
type internal NumberTexts() =

    // Numbers that hardly repeat are not worth the memory, nor do they fit a cache.
    let limit = 0x40000
    let mutable keys: int64[] = Array.zeroCreate 1024
    // Null where a slot is free.
    let mutable texts: string[] = Array.zeroCreate 1024
    let mutable count = 0

    // The upper bits of the product, since the lower ones of short numbers are mostly zero.
    let slotOf (key: int64) =
        int (
            (uint64 key * 0x9E3779B97F4A7C15UL)
            >>> (64 - BitOperations.Log2(uint32 keys.Length))
        )

    let isFree slot = isNull (box texts[slot])

    /// The slot of a number, or the free one where it belongs.
    let find key =
        let mutable slot = slotOf key

        while not (isFree slot) && keys[slot] <> key do
            slot <- (slot + 1) &&& (keys.Length - 1)

        slot

    let grow () =
        let ownKeys, ownTexts = keys, texts
        keys <- Array.zeroCreate (4 * ownKeys.Length)
        texts <- Array.zeroCreate (4 * ownKeys.Length)

        for old in 0 .. ownKeys.Length - 1 do
            if not (isNull (box ownTexts[old])) then
                let slot = find ownKeys[old]
                keys[slot] <- ownKeys[old]
                texts[slot] <- ownTexts[old]

    /// The text of a number; "" where missing.
    member _.Text(number: float) : string =
        if Double.IsNaN number then
            ""
        else
            let key = BitConverter.DoubleToInt64Bits number
            let slot = find key

            if not (isFree slot) then
                texts[slot]
            else
                let text = LevelName.ofNumber number

                if count < limit then
                    keys[slot] <- key
                    texts[slot] <- text
                    count <- count + 1

                    if 2 * count > keys.Length then
                        grow ()

                text
