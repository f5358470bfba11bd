namespace LmmFunctional.Analysis

open System.Threading
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>How influence is looked at.</summary>
[<NoComparison; NoEquality>]
type InfluenceOptions = {
    /// How the estimates without a unit are found.
    How: InfluenceMethod
    /// What is left out: rows, or the levels of a factor.
    Units: DiagnosticUnits
    /// Called with the number of units done, from whatever thread did the last.
    Progress: (int -> unit) option
    /// Stops refits by an <see cref="T:System.OperationCanceledException"/>.
    Cancellation: CancellationToken
}

/// <summary>Options of influence.</summary>
[<RequireQualifiedAccess>]
module InfluenceOptions =

    /// Rows, with θ fixed, silent.
    let defaults = {
        How = InfluenceMethod.Fixed
        Units = DiagnosticUnits.Rows
        Progress = None
        Cancellation = CancellationToken.None
    }

/// <summary>What the estimates owe to rows or to levels.</summary>
[<RequireQualifiedAccess>]
module Influence =

    /// <summary>The influence of every unit on the fit.</summary>
    /// <param name="options">How, and of what units.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The measures of each unit, in the order of the data or of the levels; or: the model and the data have no such
    /// factor. Units without which there is no fit are listed apart.</returns>
    /// <exception cref="T:System.OperationCanceledException">The refits were cancelled.</exception>
    /// <remarks>With θ fixed the cost is that of one selected inverse; one step takes one evaluation with second derivatives for
    /// each unit, exact influence a fit for each unit, started at the fit. Rows that are left keep
    /// their places in a series; residual variances that are functions of the fitted values keep those of the fit.</remarks>
    let create (options: InfluenceOptions) (fit: Fit) : Result<InfluenceTable, LmmError list> =
        SampledError.factorable fit
        |> Result.bind (fun () -> DiagnosticUnits.find options.Units fit)
        |> Result.map (fun units ->
            let units = Array.ofList units

            match options.How with
            | InfluenceMethod.Fixed -> FixedInfluence.table (MixedModelEquations fit) units
            | InfluenceMethod.OneStep
            | InfluenceMethod.Exact ->
                RefittedInfluence.table options.How options.Progress options.Cancellation fit units)
