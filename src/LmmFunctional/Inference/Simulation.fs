namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Responses drawn from a fitted model.</summary>
[<RequireQualifiedAccess>]
module Simulation =

    /// The fixed part with offset, one value a row.
    let private fixedPart (fit: Fit) =
        let x = fit.Design.Fixed.Matrix

        Array.init x.Rows (fun row ->
            let mutable value =
                match fit.Design.Offset with
                | Some offset -> offset[row]
                | None -> 0.0

            for j in 0 .. x.Columns - 1 do
                value <- value + x.Values[row + j * x.Rows] * fit.Inner.Beta[j]

            value)

    /// Draws new effects of all terms, and residuals, in the order of the model.
    let private withEffects (fit: Fit) (residuals: ResidualSampler.Sampler) : ResidualSampler.Sampler =
        let terms = [
            for term, (_, covariance) in Seq.zip fit.Design.Random fit.RandomCovariances ->
                term, EffectSampler.create term.Relationship term.Levels.Length covariance
        ]

        fun stream response ->
            for term, draw in terms do
                EffectSampler.add term.Codes term.Columns (draw stream) response

            residuals stream response

    /// A function that draws the response of a replicate of a fit: the same for the same seed and index.
    let internal sampler (seed: int) (fit: Fit) : int -> float[] =
        Design.guardRows "Simulated responses" fit.Design
        let known = fixedPart fit

        let add =
            match RowDependence.ofLikelihood fit.Model with
            | RowDependence.Independent -> withEffects fit (ResidualSampler.independent fit.Sigma fit.Design.Weights)
            | RowDependence.Blocks model -> ResidualSampler.blocks model.Patterns (RowCovariance.roots fit model)
            | RowDependence.Fields fields ->
                (VarianceParameters.estimates fit).Structure
                |> ResidualSampler.cells fit.Sigma fit.Design.Weights fields
                |> withEffects fit
            | RowDependence.ResidualBlocks(residuals, _) ->
                RowCovariance.residualRoots fit residuals
                |> ResidualSampler.blocks residuals.Patterns
                |> withEffects fit

        fun index ->
            let response = Array.copy known
            add (RandomStream(uint64 seed, index)) response
            response

    /// <summary>A response drawn from a fit: its fixed effects, new random effects and new residuals, of whatever structure.</summary>
    /// <param name="seed">The same seed gives the same response on any machine.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>One value for each row used; or that the fit is of sums of rows.</returns>
    let simulate (seed: int) (fit: Fit) : Result<float[], LmmError list> =
        Design.needRows "Simulated responses" fit.Design
        |> Result.map (fun () -> sampler seed fit 0)

    /// <summary>Several responses; replicate k is the same whatever their number.</summary>
    /// <returns>The responses.</returns>
    /// <exception cref="T:System.ArgumentException">The number is negative.</exception>
    let simulateMany (seed: int) (count: int) (fit: Fit) : Result<float[] list, LmmError list> =
        Guard.atLeast (nameof count) "The number of replicates" 0 count

        Design.needRows "Simulated responses" fit.Design
        |> Result.map (fun () -> List.init count (sampler seed fit))
