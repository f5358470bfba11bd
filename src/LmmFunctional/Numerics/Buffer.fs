namespace LmmFunctional.Numerics

open System
open FSharp.NativeInterop

/// <summary>A fixed block of floats for the kernels: pinned and aligned to 64 bytes, so that vector loads never cross a
/// cache line.</summary>
/// <remarks>The pointer is valid as long as the buffer is reachable.</remarks>
[<Sealed>]
type internal Buffer(length: int) =
    let struct (storage, offset) =
        if length <= Slab.Most then
            Slab.Take length
        else
            let storage = Slab.Allocate length
            struct (storage, Slab.Aligned storage)

    let pointer = NativePtr.add &&storage[0] offset

    member _.Length = length

    /// The first float.
    member _.Pointer: nativeptr<float> = pointer

    member _.Span = Span<float>(storage, offset, length)

    member buffer.Item
        with get (i: int) = storage[offset + i]
        and set (i: int) value = storage[offset + i] <- value
