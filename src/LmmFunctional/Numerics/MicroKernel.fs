namespace LmmFunctional.Numerics

open System.Runtime.Intrinsics
open System.Runtime.Intrinsics.X86
open FSharp.NativeInterop

/// <summary>The innermost product of dense algebra: C += α A B for one register tile, with A and B packed.</summary>
/// <remarks>A is packed as k slices of <c>Rows</c> floats, B as k slices of at least <c>Columns</c>; C is column-major. The tile is
/// held in registers for all k, which is why its shape differs by instruction set: 24×8 with AVX-512 (24 accumulators of
/// 32 registers), 12×4 with AVX2 (12 of 16), 4×4 with 128-bit vectors (8 accumulators: NEON, SSE2) and without any. Overwrites
/// only C.</remarks>
[<AbstractClass; Sealed>]
type internal MicroKernel private () =

    /// Rows of a register tile.
    static member Rows =
        if Avx512F.IsSupported then 24
        elif Fma.IsSupported then 12
        else 4

    /// Columns of a register tile.
    static member Columns = if Avx512F.IsSupported then 8 else 4

    /// C += α A B for one full tile; slices of B are step floats apart.
    static member Multiply(depth, packedA, packedB, step, c, stride, alpha) =
        if Avx512F.IsSupported then
            Tile512.Multiply(depth, packedA, packedB, step, c, stride, alpha)
        elif Fma.IsSupported then
            Tile256.Multiply(depth, packedA, packedB, step, c, stride, alpha)
        elif Vector128.IsHardwareAccelerated then
            Tile128.Multiply(depth, packedA, packedB, step, c, stride, alpha)
        else
            Tile128.MultiplyScalar(depth, packedA, packedB, step, c, stride, alpha)
