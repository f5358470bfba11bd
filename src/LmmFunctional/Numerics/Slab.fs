namespace LmmFunctional.Numerics

open System
open FSharp.NativeInterop

/// <summary>Pinned memory: a large array of its own, small pieces one after another from an array of their thread.</summary>
/// <remarks>Pinned arrays are dear to make, and models of a few groups are made by the thousand.</remarks>
[<AbstractClass; Sealed>]
type internal Slab private () =

    [<ThreadStatic; DefaultValue>]
    static val mutable private current: float[] | null

    [<ThreadStatic; DefaultValue>]
    static val mutable private next: int

    static member private Length = 4096

    /// The longest piece.
    static member Most = 512

    /// A pinned array of zeros with eight to spare, which leave room to move the start to a multiple of 64 bytes.
    static member Allocate(length: int) : float[] =
        GC.AllocateArray<float>(length + 8, pinned = true)

    /// The first place of a pinned array at a multiple of 64 bytes.
    static member Aligned(storage: float[]) : int =
        let address = NativePtr.toNativeInt &&storage[0]
        int ((64n - address % 64n) % 64n) / sizeof<float>

    /// A piece of zeros that nobody had before: the array and where it starts.
    static member Take(length: int) : struct (float[] * int) =
        let rounded = (length + 7) / 8 * 8

        match Slab.current with
        | NonNull storage when Slab.next + rounded <= storage.Length ->
            let start = Slab.next
            Slab.next <- start + rounded
            struct (storage, start)
        | _ ->
            let storage = Slab.Allocate Slab.Length
            let start = Slab.Aligned storage
            Slab.current <- storage
            Slab.next <- start + rounded
            struct (storage, start)
