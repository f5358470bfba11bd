namespace LmmFunctional.Numerics

open System
open FSharp.NativeInterop

/// <summary>A fixed block of floats for the kernels: pinned and aligned to 64 bytes, so that vector loads never cross a
/// cache line.</summary>
/// <remarks>The storage is an ordinary pinned array; the pointer is valid as long as the buffer is reachable.</remarks>
[<Sealed>]
type internal Buffer(length: int) =
    // Eight spare floats leave room to move the start to a multiple of 64 bytes.
    let storage = GC.AllocateArray<float>(length + 8, pinned = true)

    let offset =
        let address = NativePtr.toNativeInt &&storage[0]
        int ((64n - address % 64n) % 64n) / sizeof<float>

    let pointer = NativePtr.add &&storage[0] offset

    member _.Length = length

    /// The first float.
    member _.Pointer: nativeptr<float> = pointer

    member _.Span = Span<float>(storage, offset, length)

    member buffer.Item
        with get (i: int) = storage[offset + i]
        and set (i: int) value = storage[offset + i] <- value
