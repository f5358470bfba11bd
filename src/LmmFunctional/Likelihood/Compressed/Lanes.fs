namespace LmmFunctional.Estimation

open System.Runtime.Intrinsics
open FSharp.NativeInterop

/// <summary>Reading and writing eight numbers side by side, one of each group; places count eights.</summary>
[<AbstractClass; Sealed>]
type internal Lanes private () =

    /// The eight at a place.
    static member inline Load(start: nativeptr<float>, k: int) : Vector512<float> =
        Vector512.Load(NativePtr.add start (k <<< 3))

    /// Writes the eight at a place.
    static member inline Store(value: Vector512<float>, start: nativeptr<float>, k: int) =
        Vector512.Store(value, NativePtr.add start (k <<< 3))

    /// Adds to the eight at a place.
    static member inline Add(value: Vector512<float>, start: nativeptr<float>, k: int) =
        let at = NativePtr.add start (k <<< 3)
        Vector512.Store(Vector512.Load at + value, at)

    /// a b + c, rounded once.
    static member inline Fma(a: Vector512<float>, b: Vector512<float>, c: Vector512<float>) : Vector512<float> =
        Vector512.FusedMultiplyAdd(a, b, c)

    /// The number of equal groups that each lane stands for.
    static member inline Weight(layout: LaneLayout, group: nativeptr<float>) : Vector512<float> =
        if layout.Scatter > 0 then
            Lanes.Load(group, layout.Fields - 1)
        else
            Vector512<float>.One
