namespace LmmFunctional.Cli

open System.IO
open LmmFunctional

/// <summary>What <c>lmm</c> says to the shell.</summary>
[<RequireQualifiedAccess>]
module ExitCode =

    /// A fit at an optimum. A flat direction is an answer too: the summary says which.
    let success = 0

    /// Problems in the arguments, the data or the formula.
    let badInput = 2

    /// A fit that is not at an optimum.
    let notConverged = 3

    /// A fit that breaks an identity.
    let broken = 4

    /// A mistake of ours: EX_SOFTWARE of BSD's sysexits.
    let internalError = 70

    /// That of a fit: 3 when it has not converged.
    let ofCertificate (certificate: Certificate) =
        match certificate.Verdict with
        | Verdict.Optimum
        | Verdict.BoundaryOptimum _
        | Verdict.FlatDirection _ -> success
        | Verdict.NotConverged _ -> notConverged

    /// That of problems in the input, once they are told.
    let refuse (error: TextWriter) (problems: LmmError list) =
        problems |> LmmError.limit |> List.iter (LmmError.describe >> error.WriteLine)
        badInput
