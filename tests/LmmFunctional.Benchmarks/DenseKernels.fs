namespace LmmFunctional.Benchmarks

open LmmFunctional.Numerics

/// <summary>Square matrices for the dense kernels, by columns: a full one and a positive definite one.</summary>
[<Sealed>]
type DenseKernels(order: int) =

    let random = System.Random 11

    let filled (element: int -> int -> float) =
        let buffer = Buffer(order * order)

        for j in 0 .. order - 1 do
            for i in 0 .. order - 1 do
                buffer[i + j * order] <- element i j

        buffer

    let full = filled (fun _ _ -> random.NextDouble() - 0.5)

    let definite =
        filled (fun i j -> if i = j then float order else 1.0 / float (1 + abs (i - j)))

    let factor = Buffer(order * order)
    let result = Buffer(order * order)

    do
        definite.Span.CopyTo factor.Span
        Cholesky.Factor(order, factor.Pointer, order) |> ignore

    /// C ← AB.
    member _.Gemm() =
        result.Span.Clear()

        Product.Add(
            order,
            order,
            order,
            1.0,
            full.Pointer,
            order,
            false,
            full.Pointer,
            order,
            false,
            result.Pointer,
            order,
            false
        )

    /// Lower triangle of C ← AAᵀ.
    member _.Syrk() =
        result.Span.Clear()

        Product.Add(
            order,
            order,
            order,
            1.0,
            full.Pointer,
            order,
            false,
            full.Pointer,
            order,
            true,
            result.Pointer,
            order,
            true
        )

    /// The Cholesky factor of a copy.
    member _.Potrf() =
        definite.Span.CopyTo result.Span
        Cholesky.Factor(order, result.Pointer, order) |> ignore

    /// The inverse from a copy of a Cholesky factor.
    member _.Inverse() =
        factor.Span.CopyTo result.Span
        Cholesky.Invert(order, result.Pointer, order)

    // The same by OpenBLAS

    member internal _.Gemm(blas: OpenBlas) =
        blas.Gemm(order, full.Pointer, full.Pointer, result.Pointer)

    member internal _.Syrk(blas: OpenBlas) =
        blas.Syrk(order, full.Pointer, result.Pointer)

    member internal _.Potrf(blas: OpenBlas) =
        definite.Span.CopyTo result.Span
        blas.Potrf(order, result.Pointer)

    member internal _.Inverse(blas: OpenBlas) =
        factor.Span.CopyTo result.Span
        blas.Potri(order, result.Pointer)

/// <summary>The rows of the dense kernels against OpenBLAS.</summary>
[<RequireQualifiedAccess>]
module DenseKernels =

    let private seconds run times =
        let started = System.Diagnostics.Stopwatch.GetTimestamp()

        for _ in 1..times do
            run ()

        System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds / float times

    let private row blas title order (ours: DenseKernels -> unit) (theirs: DenseKernels -> OpenBlas -> unit) =
        let kernels = DenseKernels order
        let rival = blas |> Option.map (fun blas -> seconds (fun () -> theirs kernels blas))

        let rivalMedian, ourMedian, runs =
            Versus.medians rival (seconds (fun () -> ours kernels))

        {
            Title = $"{title} {order}"
            Package = "OpenBLAS"
            Rival = rivalMedian
            Ours = ourMedian
            Runs = runs
            Must = 0.8
            Stretch = 1.0
            Evidence = None
        }

    /// The rows, made one by one as they are asked for.
    let rows (blas: OpenBlas option) =
        seq {
            for order in [ 1128; 3706 ] do
                row blas "POTRF" order _.Potrf() (fun k blas -> k.Potrf blas)

            row blas "GEMM" 2000 _.Gemm() (fun k blas -> k.Gemm blas)
            row blas "SYRK" 2000 _.Syrk() (fun k blas -> k.Syrk blas)

            for order in [ 1128; 3706 ] do
                row blas "inverse from the factor" order _.Inverse() (fun k blas -> k.Inverse blas)
        }
