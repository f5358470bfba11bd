namespace LmmFunctional.Estimation

/// <summary>How finely the iterative engine works.</summary>
[<NoComparison>]
type internal IterativeSettings = {
    Probes: Probes
    /// Λ that samples are made for: they are most exact near it. None where nothing is known yet.
    Reference: float[][] option
    /// At which residual, relative to the start, Krylov spaces for the logarithm end.
    LogTolerance: float
    /// The same of the solutions for X and y.
    SolveTolerance: float
    /// Steps of conjugate gradients or of the Lanczos process at most.
    MostSteps: int
}

[<RequireQualifiedAccess>]
module internal IterativeSettings =

    /// Any number: results for one seed are reproducible.
    let private seed = 20261130UL

    /// Samples by some probes.
    let create probes = {
        Probes = Probes.Signs(probes, seed)
        Reference = None
        LogTolerance = 1e-8
        SolveTolerance = 1e-12
        MostSteps = 1000
    }

    // A relative variance that is neither small nor large.
    let private unknownVariance = 0.25

    /// T, one number for each effect of the tail: near the root of the variance that data leave to it.
    let scale (products: IterativeProducts) (settings: IterativeSettings) : float[] =
        let result: float[] = Array.zeroCreate products.Tail

        for t in 0 .. products.TailTerms.Length - 1 do
            let order = products.TailOrders[t]

            let variances =
                match settings.Reference with
                | None -> Array.create order unknownVariance
                | Some lambdas ->
                    let g = Semidefinite.square order lambdas[products.TailTerms[t]]
                    Array.init order (fun i -> max 1e-6 g[i + i * order])

            for level in 0 .. products.TailLevels t - 1 do
                for i in 0 .. order - 1 do
                    let own =
                        products.Blocks[products.BlockOffsets[t] + level * order * order + i + i * order]

                    result[products.TailOffsets[t] + level * order + i] <- 1.0 / sqrt (1.0 / variances[i] + own)

        result
