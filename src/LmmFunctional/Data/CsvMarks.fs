namespace LmmFunctional.Data

open System.Runtime.Intrinsics

/// <summary>The bytes at which a field of CSV can end or a quote begins, many at a time.</summary>
[<RequireQualifiedAccess>]
module internal CsvMarks =

    /// The bytes looked at in one step.
    let width = 64

    let inline private isAny (text: Vector256<byte>) (separator: byte) =
        let marks =
            Vector256.BitwiseOr(
                Vector256.BitwiseOr(
                    Vector256.Equals(text, Vector256.Create separator),
                    Vector256.Equals(text, Vector256.Create 10uy)
                ),
                Vector256.BitwiseOr(
                    Vector256.Equals(text, Vector256.Create 13uy),
                    Vector256.Equals(text, Vector256.Create 34uy)
                )
            )

        uint64 (Vector256.ExtractMostSignificantBits marks)

    // Too close to the end of the array for whole vectors.
    let private oneByOne (separator: byte) (bytes: byte[]) at count =
        let mutable marks = 0UL

        for offset in 0 .. count - 1 do
            let value = bytes[at + offset]

            if value = separator || value = 10uy || value = 13uy || value = 34uy then
                marks <- marks ||| (1UL <<< offset)

        marks

    /// <summary>The separators, line ends and quotes among the next 64 bytes.</summary>
    /// <param name="separator">The byte that parts fields.</param>
    /// <param name="bytes">The text.</param>
    /// <param name="at">The first byte to look at.</param>
    /// <param name="stop">Where the text ends, after <paramref name="at"/>.</param>
    /// <returns>A bit for each byte, the lowest for the first.</returns>
    let find (separator: byte) (bytes: byte[]) (at: int) (stop: int) : uint64 =
        let count = min width (stop - at)

        if at > bytes.Length - width then
            oneByOne separator bytes at count
        else
            let lower = isAny (Vector256.LoadUnsafe(&bytes[at])) separator
            let upper = isAny (Vector256.LoadUnsafe(&bytes[at + 32])) separator
            let marks = lower ||| (upper <<< 32)

            if count = width then
                marks
            else
                marks &&& ((1UL <<< count) - 1UL)
