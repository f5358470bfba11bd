namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Shares of the variance of the response.</summary>
type RSquared = {
    /// Explained by the fixed effects.
    Marginal: float
    /// Explained by fixed and random effects.
    Conditional: float
    /// The share of the random effects in what the fixed effects leave.
    AdjustedIcc: float
    /// The share of the random effects in all.
    UnadjustedIcc: float
    /// The variance of the fixed effects' predictions over the rows (n − 1).
    FixedVariance: float
    /// The mean over the rows of z' G z.
    RandomVariance: float
    /// The mean over the rows of the residual variance.
    ResidualVariance: float
}

/// <summary>A function of the covariance parameters with its standard error.</summary>
type VarianceShare = {
    Name: string
    Estimate: float
    /// By the delta method; None at a bound.
    StandardError: float option
}

/// <summary>R², intraclass correlation and heritability.</summary>
[<RequireQualifiedAccess>]
module RSquared =

    /// The mean over the rows of z' C z, for one term.
    let private meanSquare (term: RandomDesign) : float[,] =
        let n = term.Names.Length
        let rows = float term.Codes.Length

        Array2D.init n n (fun i j ->
            (Array.fold2 (fun sum a b -> sum + a * b) 0.0 term.Columns[i] term.Columns[j])
            / rows)

    let private trace (means: float[,]) (covariance: Matrix) =
        let mutable sum = 0.0

        for i in 0 .. covariance.Rows - 1 do
            for j in 0 .. covariance.Columns - 1 do
                sum <- sum + means[i, j] * covariance[i, j]

        sum

    let private fixedVariance (fit: Fit) =
        let x = fit.Design.Fixed.Matrix

        let predicted =
            Array.init x.Rows (fun row -> Seq.init x.Columns (fun j -> x[row, j] * fit.Inner.Beta[j]) |> Seq.sum)

        let mean = Array.average predicted

        (predicted |> Array.sumBy (fun v -> (v - mean) * (v - mean)))
        / float (max 1 (x.Rows - 1))

    let private meanInverseWeight (fit: Fit) =
        match fit.Design.Weights with
        | Some weights -> weights |> Array.averageBy (fun w -> 1.0 / w)
        | None -> 1.0

    /// The mean over the rows of a residual variance, from the blocks of a model at a τ.
    let private meanAt (model: MarginalModel) tau residual =
        let element = model.Residual.Element(Jet.constants tau)

        let sum =
            model.Patterns
            |> Array.sumBy (fun pattern ->
                let own =
                    Seq.init pattern.Size (fun i -> (element pattern.Rows i i).Value) |> Seq.sum

                float pattern.Count * own)

        residual * sum / float model.Rows

    /// The mean over the rows of the residual variance, from the blocks of a model. The estimates of the fit have the τ of the
    /// fit: at the end of its region a parameter gives none.
    let private meanOfBlocks (fit: Fit) (model: MarginalModel) : CovarianceEstimates -> float =
        let atFit = VarianceParameters.estimates fit

        let theta = (LogLikelihood.pointAt fit.Model (List.last fit.Path).Theta).Theta

        fun estimates ->
            if Seq.forall2 (=) estimates.Structure atFit.Structure then
                meanAt model (MarginalModel.residualParameters model theta) estimates.Residual
            else
                match model.Residual.Parameters.Unconstrained(Seq.toArray estimates.Structure) with
                // A search turns back there.
                | None -> nan
                | Some tau -> meanAt model tau estimates.Residual

    /// The mean over the rows of the residual variance.
    let private meanResidual (fit: Fit) : CovarianceEstimates -> float =
        match RowDependence.ofLikelihood fit.Model with
        | RowDependence.Independent
        // A process and its nugget share one variance.
        | RowDependence.Fields _ ->
            let mean = meanInverseWeight fit
            fun estimates -> mean * estimates.Residual
        | RowDependence.Blocks model
        | RowDependence.ResidualBlocks(model, _) -> meanOfBlocks fit model

    let private shares (fit: Fit) : RSquared =
        let estimates = VarianceParameters.estimates fit

        let random =
            List.map2 (fun term covariance -> trace (meanSquare term) covariance) fit.Design.Random estimates.Random
            |> List.sum

        let residual = meanResidual fit estimates
        let fixedPart = fixedVariance fit
        let total = fixedPart + random + residual

        {
            Marginal = fixedPart / total
            Conditional = (fixedPart + random) / total
            AdjustedIcc = random / (random + residual)
            UnadjustedIcc = random / total
            FixedVariance = fixedPart
            RandomVariance = random
            ResidualVariance = residual
        }

    /// <summary>Marginal and conditional R² and intraclass correlations, with random slopes (Nakagawa and Schielzeth 2013; Johnson
    /// 2014; Nakagawa, Johnson and Schielzeth 2017).</summary>
    /// <returns>The shares; or: levels are related, or variances are held.</returns>
    /// <remarks>The residual variance is its mean over the rows, whatever the structure of the residuals.</remarks>
    let ofFit (fit: Fit) : Result<RSquared, LmmError list> =
        if fit.Design.Sums.IsSome then
            Error [ LmmError.FitOfSums "R²" ]
        elif LogLikelihood.isUnrelated fit.Model then
            Ok(shares fit)
        else
            Error [ LmmError.NeedsUnrelated "R²" ]

    /// <summary>A term's share in the variance of a row, as a function of the covariance parameters: for profiles and the bootstrap.</summary>
    /// <param name="term">The random term, from zero in the order of the formula.</param>
    /// <param name="fit">The fit, whose rows the means are over.</param>
    /// <exception cref="T:System.ArgumentException">There is no such term.</exception>
    let shareOf (term: int) (fit: Fit) : CovarianceEstimates -> float =
        if term < 0 || term >= fit.Design.Random.Length then
            invalidArg (nameof term) $"The model has {fit.Design.Random.Length} random terms, counted from zero."

        Design.guardRows "Shares of the variance of a row" fit.Design
        let means = fit.Design.Random |> List.map meanSquare
        let residual = meanResidual fit

        fun estimates ->
            let parts = List.map2 trace means estimates.Random
            parts[term] / (List.sum parts + residual estimates)

    /// <summary>The heritability, or intraclass correlation, of one random term: its share in the variance of a row, with the standard
    /// error of the delta method.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such term.</exception>
    let heritability (term: int) (fit: Fit) : VarianceShare =
        let share = shareOf term fit

        {
            Name = fit.Design.Random[term].Group
            Estimate = share (VarianceParameters.estimates fit)
            StandardError = CovarianceInference.standardError Information.Observed share fit
        }
