namespace LmmFunctional

open System

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

    /// Adds Z b with b new: level after level from the factor of the term's covariance.
    let private addEffects (stream: RandomStream) (response: float[]) (term: RandomDesign) (covariance: Matrix) =
        let n = term.Names.Length
        let factor = Semidefinite.factor n covariance.Values
        let effects: float[] = Array.zeroCreate (n * term.Levels.Length)
        let normal: float[] = Array.zeroCreate n

        for level in 0 .. term.Levels.Length - 1 do
            for i in 0 .. n - 1 do
                normal[i] <- stream.NextNormal()

            for i in 0 .. n - 1 do
                for k in 0..i do
                    effects[level * n + i] <- effects[level * n + i] + factor[i + k * n] * normal[k]

        for row in 0 .. response.Length - 1 do
            let start = term.Codes[row] * n

            for i in 0 .. n - 1 do
                response[row] <- response[row] + term.Columns[i][row] * effects[start + i]

    /// Adds residuals: independent, of variance σ²/w.
    let private addResiduals (stream: RandomStream) (response: float[]) (fit: Fit) =
        let sigma = fit.Sigma

        for row in 0 .. response.Length - 1 do
            let deviation =
                match fit.Design.Weights with
                | Some weights -> sigma / sqrt weights[row]
                | None -> sigma

            response[row] <- response[row] + deviation * stream.NextNormal()

    /// Draws one response with the numbers of a stream; the fixed part may be used again and again.
    let internal draw (fixedPart: float[]) (stream: RandomStream) (fit: Fit) : float[] =
        let response = Array.copy fixedPart

        for term, (_, covariance) in Seq.zip fit.Design.Random fit.RandomCovariances do
            addEffects stream response term covariance

        addResiduals stream response fit
        response

    let private checkIndependent (fit: Fit) =
        if not (LogLikelihood.isPlain fit.Model) then
            invalidArg
                (nameof fit)
                "Responses can be drawn only from models with independent residuals, unrelated levels and no held variances."

    /// A function that draws the response of a replicate: the same for the same seed and index.
    let internal sampler (seed: int) (fit: Fit) : int -> float[] =
        checkIndependent fit
        let known = fixedPart fit
        fun index -> draw known (RandomStream(uint64 seed, index)) fit

    /// <summary>A response drawn from a fit: its fixed effects, new random effects and new residuals.</summary>
    /// <param name="seed">The same seed gives the same response on any machine.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>One value for each row used.</returns>
    /// <exception cref="T:System.ArgumentException">Residuals have a structure, levels are related, or variances are held.</exception>
    let simulate (seed: int) (fit: Fit) : float[] = sampler seed fit 0

    /// <summary>Several responses; replicate k is the same whatever their number.</summary>
    /// <exception cref="T:System.ArgumentException">The number is negative.</exception>
    let simulateMany (seed: int) (count: int) (fit: Fit) : float[] list =
        if count < 0 then
            invalidArg (nameof count) "The number of replicates must not be negative."

        List.init count (sampler seed fit)
