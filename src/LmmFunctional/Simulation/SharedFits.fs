namespace LmmFunctional.Analysis

open System.Diagnostics
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>A model on some rows of its data, ready to be fitted to one response after another: met with noise, with all that
/// does not depend on the response.</summary>
[<NoComparison; ReferenceEquality>]
type internal SharedFits = {
    /// Its response is noise.
    Design: Design
    /// None where nothing can be shared.
    Likelihood: LogLikelihood option
}

/// <summary>Fits that share what does not depend on the response.</summary>
[<RequireQualifiedAccess>]
module internal SharedFits =

    /// What fits of a checked design share.
    let ofDesign (options: FitOptions) (design: Design) : SharedFits = {
        Design = design
        Likelihood =
            if FittedCovariate.isIn design then
                None
            else
                FitSearch.likelihood options design |> Result.toOption
    }

    /// <summary>What fits of a model share.</summary>
    /// <returns>It, or what is wrong with model and data.</returns>
    let create (options: FitOptions) (spec: LmmSpec) (frame: Frame) (isMissing: int -> bool) =
        NoiseDesign.build options.Known spec frame isMissing
        |> Result.bind (FitSearch.check options)
        |> Result.map (ofDesign options)

    /// <summary>The fit of a design that differs from the shared one in its response: to the last bit that of
    /// <c>FitSearch.ofDesign</c>.</summary>
    let fit (options: FitOptions) (shared: SharedFits) (design: Design) : Result<Fit, LmmError list> =
        let started = Stopwatch.GetTimestamp()

        let alike =
            shared.Likelihood
            |> Option.bind (DerivedLikelihood.forResponse design >> Result.toOption)

        match alike with
        | Some likelihood when design.Residual.IsNone -> FitSearch.ofLikelihood options started likelihood
        | Some likelihood ->
            // Whether residual parameters can be told may depend on the response.
            FitSearch.check options design
            |> Result.bind (fun _ -> FitSearch.ofLikelihood options started likelihood)
        | None -> FitSearch.ofDesign options started design
