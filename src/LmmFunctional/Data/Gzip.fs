namespace LmmFunctional.Data

open System
open System.Buffers.Binary
open System.IO
open System.IO.Compression

/// <summary>Files compressed by gzip, read as a whole.</summary>
/// <remarks>.NET's stream ends without a word where a file was cut off. The last four bytes of a file tell the length of its
/// last member (RFC 1952), so that a file that is not whole is seen.</remarks>
[<RequireQualifiedAccess>]
module internal Gzip =

    // Every member begins with these bytes; by chance they stand elsewhere too.
    let private isMember (bytes: byte[]) at =
        bytes[at] = 0x1Fuy && bytes[at + 1] = 0x8Buy && bytes[at + 2] = 8uy

    // More places where a member may begin are not tried.
    let private mostTried = 1000

    let private expandFrom (bytes: byte[]) start =
        let expanded = new MemoryStream()

        using
            (new GZipStream(new MemoryStream(bytes, start, bytes.Length - start), CompressionMode.Decompress))
            (fun gzip -> gzip.CopyTo expanded)

        expanded.Position <- 0L
        expanded

    let private lengthFrom bytes start =
        try
            Some (expandFrom bytes start).Length
        with :? InvalidDataException ->
            None

    /// <summary>What the bytes of a file hold.</summary>
    /// <exception cref="T:System.IO.InvalidDataException">The file is damaged or cut off.</exception>
    let expand (bytes: byte[]) : Stream =
        let expanded = expandFrom bytes 0

        let isTold (length: int64) =
            bytes.Length >= 18
            && uint32 length = BinaryPrimitives.ReadUInt32LittleEndian(ReadOnlySpan(bytes, bytes.Length - 4, 4))

        let isWhole =
            isTold expanded.Length
            // A file of several members tells the length of the last one.
            || Seq.init (max 0 (bytes.Length - 18)) (fun i -> bytes.Length - 18 - i)
               |> Seq.filter (isMember bytes)
               |> Seq.truncate mostTried
               |> Seq.exists (lengthFrom bytes >> Option.exists isTold)

        if isWhole then
            expanded
        else
            raise (InvalidDataException "The compressed data end too early.")
