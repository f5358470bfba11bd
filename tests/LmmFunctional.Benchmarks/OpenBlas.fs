namespace LmmFunctional.Benchmarks

open System
open System.IO
open System.Runtime.InteropServices
open FSharp.NativeInterop

/// C ← αAB + βC.
type private Dgemm =
    delegate of
        transposeA: nativeint *
        transposeB: nativeint *
        m: nativeint *
        n: nativeint *
        k: nativeint *
        alpha: nativeint *
        a: nativeint *
        lda: nativeint *
        b: nativeint *
        ldb: nativeint *
        beta: nativeint *
        c: nativeint *
        ldc: nativeint ->
            unit

/// C ← αAAᵀ + βC, one triangle.
type private Dsyrk =
    delegate of
        uplo: nativeint *
        transpose: nativeint *
        n: nativeint *
        k: nativeint *
        alpha: nativeint *
        a: nativeint *
        lda: nativeint *
        beta: nativeint *
        c: nativeint *
        ldc: nativeint ->
            unit

/// The Cholesky factor, or the inverse from it.
type private Dpotr =
    delegate of uplo: nativeint * n: nativeint * a: nativeint * lda: nativeint * info: nativeint -> unit

/// <summary>OpenBLAS, the rival of the dense kernels, when the machine has it.</summary>
/// <remarks>It is called directly, so that no copy of R counts against it. All matrices are n×n by columns.</remarks>
[<Sealed>]
type OpenBlas private (library: nativeint) =

    let routine name : 'Delegate =
        Marshal.GetDelegateForFunctionPointer<'Delegate>(NativeLibrary.GetExport(library, name))

    let dgemm: Dgemm = routine "dgemm_"
    let dsyrk: Dsyrk = routine "dsyrk_"
    let dpotrf: Dpotr = routine "dpotrf_"
    let dpotri: Dpotr = routine "dpotri_"

    // Fortran takes addresses; these live as long as the process.
    let cell (value: float) =
        let place = Marshal.AllocHGlobal 8
        Marshal.StructureToPtr(value, place, false)
        place

    let letter (c: char) =
        let place = Marshal.AllocHGlobal 1
        Marshal.WriteByte(place, byte c)
        place

    let order = Marshal.AllocHGlobal 4
    let info = Marshal.AllocHGlobal 4
    let one, zero = cell 1.0, cell 0.0
    let plain, lower = letter 'N', letter 'L'

    let address = NativePtr.toNativeInt<float>

    /// The folder of Debian's package, or the one that the variable LMM_OPENBLAS names.
    static member Folder =
        [
            Environment.GetEnvironmentVariable "LMM_OPENBLAS"
            for architecture in [ "x86_64"; "aarch64" ] do
                $"/usr/lib/{architecture}-linux-gnu/openblas-pthread"
        ]
        |> List.tryPick (fun folder ->
            match folder with
            | null -> None
            | folder when File.Exists(Path.Combine(folder, "libopenblas.so.0")) -> Some folder
            | _ -> None)

    /// The library, when it is there.
    static member TryLoad() =
        OpenBlas.Folder
        |> Option.map (fun folder -> OpenBlas(NativeLibrary.Load(Path.Combine(folder, "libopenblas.so.0"))))

    /// C ← AB.
    member _.Gemm(n: int, a, b, c) =
        Marshal.WriteInt32(order, n)
        dgemm.Invoke(plain, plain, order, order, order, one, address a, order, address b, order, zero, address c, order)

    /// Lower triangle of C ← AAᵀ.
    member _.Syrk(n: int, a, c) =
        Marshal.WriteInt32(order, n)
        dsyrk.Invoke(lower, plain, order, order, one, address a, order, zero, address c, order)

    /// A ← L, the lower Cholesky factor.
    member _.Potrf(n: int, a) =
        Marshal.WriteInt32(order, n)
        dpotrf.Invoke(lower, order, address a, order, info)

    /// L ← (LLᵀ)⁻¹, lower triangle.
    member _.Potri(n: int, l) =
        Marshal.WriteInt32(order, n)
        dpotri.Invoke(lower, order, address l, order, info)
