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

    let private drawConditional (fit: Fit) (stream: RandomStream) (response: float[]) =
        for term, (_, covariance) in Seq.zip fit.Design.Random fit.RandomCovariances do
            addEffects stream response term covariance

        addResiduals stream response fit

    /// Adds L z block by block: random effects and residuals together, with the covariance of their pattern.
    let private drawMarginal (model: MarginalModel) (roots: float[][]) (stream: RandomStream) (response: float[]) =
        for pattern, root in Array.zip model.Patterns roots do
            let m = pattern.Size
            let normal: float[] = Array.zeroCreate m

            for block in 0 .. pattern.Count - 1 do
                for i in 0 .. m - 1 do
                    normal[i] <- stream.NextNormal()

                for i in 0 .. m - 1 do
                    let row = pattern.Members[block * m + i]

                    for k in 0..i do
                        response[row] <- response[row] + root[i + k * m] * normal[k]

    /// An autoregressive process of variance one from independent numbers: places start, start + step, … of an array.
    let private correlate (rho: float) (values: float[]) start step count =
        let rest = sqrt ((1.0 - rho) * (1.0 + rho))

        for k in 1 .. count - 1 do
            let at = start + k * step
            values[at] <- rho * values[at - step] + rest * values[at]

    /// Adds random effects, the process of each field cell by cell, and the nugget.
    let private drawSeparable (fit: Fit) (model: SeparableModel) (stream: RandomStream) (response: float[]) =
        for term, (_, covariance) in Seq.zip fit.Design.Random fit.RandomCovariances do
            addEffects stream response term covariance

        // Correlations along the axes, then the nugget's share.
        let structure = (VarianceParameters.estimates fit).Structure
        let cells = Array.init model.Grid.Cells (fun _ -> stream.NextNormal())

        for field in model.Grid.Fields do
            for j in 0 .. field.Width - 1 do
                correlate structure[0] cells (field.Start + j * field.Length) 1 field.Length

            if model.Grid.Axes > 1 then
                for i in 0 .. field.Length - 1 do
                    correlate structure[1] cells (field.Start + i) field.Length field.Width

        let nugget = if model.HasNugget then structure[model.Grid.Axes] else 0.0

        for row in 0 .. response.Length - 1 do
            let deviation =
                match fit.Design.Weights with
                | Some weights -> fit.Sigma / sqrt weights[row]
                | None -> fit.Sigma

            let shared = sqrt (1.0 - nugget) * cells[model.Grid.CellOfRow[row]]

            let noise =
                if model.HasNugget then
                    sqrt nugget * stream.NextNormal()
                else
                    0.0

            response[row] <- response[row] + deviation * (shared + noise)

    /// Adds random effects, and residuals block by block.
    let private drawWhitened (fit: Fit) (model: WhitenedModel) =
        let residuals = RowCovariance.residualRoots fit model

        fun (stream: RandomStream) (response: float[]) ->
            for term, (_, covariance) in Seq.zip fit.Design.Random fit.RandomCovariances do
                addEffects stream response term covariance

            (residuals ||> drawMarginal) stream response

    /// Whether responses can be drawn from a fit; why not, in the name of what asks for them.
    let internal problems (purpose: string) (fit: Fit) : LmmError list = [
        if not (LogLikelihood.isUnrelated fit.Model) then
            LmmError.NeedsUnrelated purpose
    ]

    /// A function that draws the response of a replicate of a fit without problems: the same for the same seed and index.
    let internal sampler (seed: int) (fit: Fit) : int -> float[] =
        let known = fixedPart fit

        let add =
            match fit.Model.Method with
            | LikelihoodMethod.Conditional _ -> drawConditional fit
            | LikelihoodMethod.Marginal model -> drawMarginal model (RowCovariance.roots fit model)
            | LikelihoodMethod.Separable(_, engine) -> drawSeparable fit engine.Model
            | LikelihoodMethod.Whitened(_, engine) -> drawWhitened fit engine.Model

        fun index ->
            let response = Array.copy known
            add (RandomStream(uint64 seed, index)) response
            response

    /// <summary>A response drawn from a fit: its fixed effects, new random effects and new residuals, of whatever structure.</summary>
    /// <param name="seed">The same seed gives the same response on any machine.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>One value for each row used; or: levels are related, or variances are held.</returns>
    let simulate (seed: int) (fit: Fit) : Result<float[], LmmError list> =
        match problems "A simulation" fit with
        | [] -> Ok(sampler seed fit 0)
        | problems -> Error problems

    /// <summary>Several responses; replicate k is the same whatever their number.</summary>
    /// <returns>The responses; or: levels are related, or variances are held.</returns>
    /// <exception cref="T:System.ArgumentException">The number is negative.</exception>
    let simulateMany (seed: int) (count: int) (fit: Fit) : Result<float[] list, LmmError list> =
        Guard.atLeast (nameof count) "The number of replicates" 0 count

        match problems "A simulation" fit with
        | [] -> Ok(List.init count (sampler seed fit))
        | problems -> Error problems
