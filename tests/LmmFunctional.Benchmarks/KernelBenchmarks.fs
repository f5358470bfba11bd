namespace LmmFunctional.Benchmarks

open BenchmarkDotNet.Attributes

/// <summary>The dense kernels at the orders that models meet.</summary>
[<InProcess; MemoryDiagnoser; WarmupCount 3; IterationCount 7>]
type KernelBenchmarks() =

    let mutable kernels = DenseKernels 1

    /// The order of the matrices.
    [<Params(200, 500, 1128, 2000, 3706)>]
    member val Order = 0 with get, set

    [<GlobalSetup>]
    member benchmarks.Setup() =
        kernels <- DenseKernels benchmarks.Order

    [<Benchmark>]
    member _.Gemm() = kernels.Gemm()

    [<Benchmark>]
    member _.Syrk() = kernels.Syrk()

    [<Benchmark>]
    member _.Potrf() = kernels.Potrf()

    [<Benchmark>]
    member _.Inverse() = kernels.Inverse()
