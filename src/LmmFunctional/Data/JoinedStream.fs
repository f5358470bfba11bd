namespace LmmFunctional

open System
open System.IO

/// <summary>Some bytes and then a stream, read once: for a stream that was looked into and cannot go back.</summary>
[<Sealed>]
type internal JoinedStream(first: byte[], rest: Stream) =
    inherit Stream()

    let mutable position = 0

    override _.CanRead = true
    override _.CanSeek = false
    override _.CanWrite = false

    override _.Read(buffer: byte[], offset: int, count: int) =
        if position < first.Length then
            let taken = min count (first.Length - position)
            Array.blit first position buffer offset taken
            position <- position + taken
            taken
        else
            rest.Read(buffer, offset, count)

    override _.Length = raise (NotSupportedException())

    override _.Position
        with get () = raise (NotSupportedException())
        and set _ = raise (NotSupportedException())

    override _.Seek(_, _) = raise (NotSupportedException())
    override _.SetLength _ = raise (NotSupportedException())
    override _.Write(_: byte[], _: int, _: int) = raise (NotSupportedException())
    override _.Flush() = ()
