namespace LmmFunctional

open System
open System.Collections.Immutable
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>A fitted linear mixed model; every number on the scale of the data.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Fit = internal {
    Model: LogLikelihood
    Inner: Solution
    Path: Iteration list
    Evidence: Certificate
    /// The bounds it was given, in force or not.
    Limits: Map<string, Bound>
    /// The options it was asked for with; None for a refit.
    Asked: FitOptions option
    Took: Timings
} with

    /// The model as written.
    member fit.Spec = fit.Model.Model.Spec

    /// The model met with its data.
    member fit.Design = fit.Model.Model

    /// What was maximised.
    member fit.Criterion = fit.Model.Kind

    /// The iterations, from the start to the optimum.
    member fit.Iterations = fit.Path

    /// The evidence of the optimum.
    member fit.Certificate = fit.Evidence

    /// How long it took.
    member fit.Timings = fit.Took

    /// Number of rows used, or of those that weighted sums of rows stand for.
    member fit.Observations = fit.Design.Observations

    /// p, the rank of X.
    member fit.FixedCount = fit.Design.Fixed.Names.Length

    /// q, the number of random effects in all.
    member fit.RandomCount =
        fit.Design.Random
        |> List.sumBy (fun term -> term.Levels.Length * term.Names.Length)

    /// The residual standard deviation (of a row of weight one); zero where random effects leave nothing of the response.
    member fit.Sigma = if fit.HasNoResidual then 0.0 else fit.Inner.Sigma

    /// The unit of all that is held relative to σ.
    member internal fit.Unit = fit.Inner.Sigma

    /// Whether the residual variance is at its bound, zero, and the estimates are those of the limit.
    member internal fit.HasNoResidual = RefinedLikelihood.isLimit fit.Model

    /// −2 log likelihood or −2 restricted log likelihood: what was minimised; −∞ where the residual variance is zero.
    member fit.CriterionValue =
        if fit.HasNoResidual then
            -infinity
        else
            (List.last fit.Path).Criterion

    /// The log likelihood, restricted under REML.
    member fit.LogLikelihood = -0.5 * fit.CriterionValue

    /// −2 log likelihood (ML) at the estimated θ, with β and σ² profiled, as R's deviance.
    member fit.Deviance = fit.Inner.Deviance

    /// Parameters that were estimated: p, the covariance parameters and σ². What is held is known and does not count; what
    /// came to a bound counts, for it might have come to other values.
    member fit.DegreesOfFreedom =
        let atBound = fit.Evidence.BoundsInForce.Length
        fit.FixedCount + LogLikelihood.estimatedCount fit.Model + atBound

    /// The names of columns of X left out because they depend on others.
    member fit.Dropped = List.ofSeq fit.Design.Fixed.Dropped

    /// θ on the user's scale: the lower triangles of the relative covariance factors, by columns, term after term.
    member fit.Theta =
        Array.map2
            (fun covariance (shape: RelativeFactor) ->
                RelativeFactor.ofMatrix (Semidefinite.factor shape.Order covariance) shape)
            fit.Inner.Covariances
            fit.Model.Layout.Shapes
        |> Array.concat
        |> List.ofArray

    /// Fixed effects with their standard errors.
    member fit.Coefficients = [
        for i in 0 .. fit.FixedCount - 1 do
            let se = fit.Unit * sqrt fit.Inner.BetaCovariance[i, i]

            {
                Name = fit.Design.Fixed.Names[i]
                Estimate = fit.Inner.Beta[i]
                StandardError = se
                Statistic = fit.Inner.Beta[i] / se
            }
    ]

    /// Cov(β̂), p×p.
    member fit.CoefficientCovariance =
        let variance = fit.Unit * fit.Unit
        let relative = fit.Inner.BetaCovariance
        Matrix.init relative.Rows relative.Columns (fun i j -> variance * relative[i, j])

    /// The covariance matrix of each random term, in the order of the formula.
    member fit.RandomCovariances = [
        for term, relative in Seq.zip fit.Design.Random fit.Inner.Covariances do
            let n = term.Names.Length
            let variance = fit.Unit * fit.Unit
            term.Group, Matrix.init n n (fun i j -> variance * relative[i + j * n])
    ]

    /// Variances, then covariances, of each term in the order of the formula; the residual last.
    member fit.VarianceComponents = [
        for term, (_, covariance) in Seq.zip fit.Design.Random fit.RandomCovariances do
            let correlation = Matrix.toCorrelation covariance
            let n = term.Names.Length

            for i in 0 .. n - 1 do
                {
                    Group = term.Group
                    First = Some term.Names[i]
                    Second = None
                    Covariance = covariance[i, i]
                    StandardDeviation = sqrt covariance[i, i]
                }

            if
                term.Term.Structure <> Structure.Diagonal
                && term.Term.Structure <> Structure.Identity
            then
                for i in 0 .. n - 1 do
                    for j in i + 1 .. n - 1 do
                        {
                            Group = term.Group
                            First = Some term.Names[i]
                            Second = Some term.Names[j]
                            Covariance = covariance[i, j]
                            StandardDeviation = correlation[i, j]
                        }

        {
            Group = "Residual"
            First = None
            Second = None
            Covariance = fit.Sigma * fit.Sigma
            StandardDeviation = fit.Sigma
        }
    ]

    /// The parameters of covariance structures: of random terms that have some, and of structured residuals.
    member fit.CovarianceParameters: CovarianceParameter list =
        let last = List.last fit.Path

        let curvature =
            if last.Information = Information.Observed then
                last.Curvature
            else
                (fit.Model.Function.Evaluate last.Theta (Order.Curvature Information.Observed)).Curvature

        CovarianceParameters.create fit.Model last.Theta fit.Unit curvature

    /// AIC, AICc and BIC as lme4 counts: all parameters, n = rows used, under REML too.
    member fit.InformationCriteria =
        let df = float fit.DegreesOfFreedom
        let n = float fit.Observations
        let aic = fit.CriterionValue + 2.0 * df

        {
            Aic = aic
            Aicc =
                if n > df + 1.0 then
                    Some(aic + 2.0 * df * (df + 1.0) / (n - df - 1.0))
                else
                    None
            Bic = fit.CriterionValue + df * log n
        }

    /// Groups with their numbers of levels, each once, in the order of the formula.
    member fit.Groups =
        fit.Design.Random
        |> List.map (fun term -> term.Group, term.Levels.Length)
        |> List.distinct

    member private this.Display =
        let criterion = if this.Criterion = Criterion.Reml then "REML" else "ML"
        let rows = Plural.count this.Observations "row"

        let coefficient (own: Coefficient) =
            $"{own.Name} {Display.number own.Estimate} ({Display.number own.StandardError})"

        let deviation (own: VarianceComponent) =
            let names = own.Group :: Option.toList own.First |> String.concat " "
            $"{names} {Display.number own.StandardDeviation}"

        let fixedEffects = Display.listed (this.Coefficients |> List.map coefficient)

        let deviations =
            this.VarianceComponents
            |> List.filter _.Second.IsNone
            |> List.map deviation
            |> Display.listed

        Display.below $"{this.Spec}" [
            $"-2 log likelihood ({criterion}) {Display.number this.CriterionValue}, {rows}"
            $"{this.Evidence}"
            $"fixed effects (se): {fixedEffects}"
            $"standard deviations: {deviations}"
        ]

    /// The model, its likelihood and certificate, and its estimates in a few lines.
    override this.ToString() = this.Display

/// <summary>Fits and what follows from them.</summary>
[<RequireQualifiedAccess>]
module Fit =

    // A share of the response's variation that is rounding only.
    let private exactFit = 1e-12

    // The same where random effects could fit any response: the criterion then falls ever more slowly towards σ² = 0, and
    // its steps end on the way.
    let private nearlyExactFit = 1e-5

    /// Whether no residual variance is left, where the limit cannot be computed.
    let private isExact (likelihood: LogLikelihood) (solution: Solution) =
        let standard = likelihood.Standard

        let effects =
            standard.Terms |> List.sumBy (fun term -> term.Levels * term.Columns.Length)

        let couldFitAll =
            likelihood.Model.Residual.IsNone
            && likelihood.Held.Residual.IsNone
            && effects >= standard.Observations - standard.Fixed.Length

        // Without random effects a small share is that of a level with a small variance.
        not standard.Terms.IsEmpty
        && (solution.ResidualShare < exactFit
            && not (RefinedLikelihood.isPrecise likelihood)
            || couldFitAll && solution.ResidualShare < nearlyExactFit)

    // The multiplier: towards zero the likelihood rises without bound.
    let private noResidual: BoundInForce = {
        Name = NamedParameters.residualName
        Value = 0.0
        IsUpper = false
        Multiplier = infinity
    }

    /// <summary>The fit that an iteration stands for, usually the last of a solver.</summary>
    let internal ofIterations (likelihood: LogLikelihood) (path: Iteration list) (timings: unit -> Timings) : Fit =
        let last = List.last path
        let solution = Solution.at likelihood last.Theta

        // The likelihood grows without bound there: no reason found in its derivatives would help the user.
        let certificate =
            let natural =
                // Held variances are left out of θ, and those are of models whose θ is natural.
                if likelihood.Held.Entries.IsEmpty then
                    CovarianceParameters.direction likelihood last.Theta
                else
                    id

            let found = Certificate.createIn natural likelihood.Objective last

            if RefinedLikelihood.isLimit likelihood then
                Certificate.withBounds [ noResidual ] found
            elif isExact likelihood solution then
                {
                    found with
                        Verdict =
                            Verdict.NotConverged
                                "the random effects fit the response exactly; no residual variance is left"
                }
            else
                match CovarianceParameters.reflected likelihood last.Theta with
                | Some group when found.IsConverged -> {
                    found with
                        Verdict =
                            Verdict.NotConverged
                                $"correlations of '{group}' differ in sign, as its structure does not allow; take us or ad1"
                  }
                | _ -> found

        {
            Model = likelihood
            Inner = solution
            Path = path
            Evidence = certificate
            Limits = Map.empty
            Asked = None
            Took = timings ()
        }

    /// <summary>The fit that an iteration of the solver stands for: its estimates, and its certificate as it is.</summary>
    let ofIteration (likelihood: LogLikelihood) (iteration: Iteration) : Fit =
        ofIterations likelihood [ iteration ] (fun () -> {
            Build = TimeSpan.Zero
            Solve = TimeSpan.Zero
        })

    /// <summary>Whether deviations of a structure have signs that turn its correlations into others than it has: those of three or
    /// more effects whose pairs share correlations.</summary>
    let private hasMixedSigns (likelihood: LogLikelihood) (theta: ImmutableArray<float>) =
        let layout = likelihood.Layout
        let whole = (LogLikelihood.pointAt likelihood theta).Theta

        layout.Forms
        |> Seq.indexed
        |> Seq.exists (fun (t, form) ->
            match form with
            | Some form when
                form.Deviations.Length > 2
                && form.Kinds.Length - form.Deviations.Length <
                    form.Deviations.Length * (form.Deviations.Length - 1) / 2
                && Array.contains ParameterKind.Correlation form.Kinds
                ->
                let deviations =
                    form.Deviations |> Array.map (fun k -> whole[layout.ParameterStarts[t] + k])

                Array.exists (fun sd -> sd > 0.0) deviations
                && Array.exists (fun sd -> sd < 0.0) deviations
            | _ -> false)

    /// Whether an iteration is one to end at: no saddle, a matrix of the structure, and the likelihood does not grow without bound
    /// there.
    let internal isEnd (likelihood: LogLikelihood) (iteration: Iteration) =
        match (ofIteration likelihood iteration).Certificate.Verdict with
        | Verdict.Optimum
        | Verdict.BoundaryOptimum _
        | Verdict.FlatDirection _ -> not (hasMixedSigns likelihood iteration.Theta)
        | Verdict.NotConverged _ -> false

    /// Conditional modes, their standard deviations, prediction errors and reliabilities of every random term, in the order
    /// of the formula.
    let randomEffects (fit: Fit) : RandomEffects list = [
        for t, term in List.indexed fit.Design.Random do
            let n = term.Names.Length
            let levels = term.Levels.Length

            // An effect without variance is zero, whatever little an engine takes for it.
            let hasVariance i =
                fit.Inner.Covariances[t][i + i * n] > 0.0

            let error level i =
                if hasVariance i then
                    max 0.0 (fit.Inner.PredictionCovariances.Value[t][level * n * n + i + i * n])
                else
                    0.0

            let ofLevel level =
                match term.Relationship with
                | Some relationship -> relationship.Variances[level]
                | None -> 1.0

            {
                Group = term.Group
                Effects = term.Names
                Levels = term.Levels
                Modes = Matrix.init levels n (fun level i -> fit.Inner.Effects.Value[t][level * n + i])
                StandardDeviations =
                    Matrix.init levels n (fun level i ->
                        if hasVariance i then
                            let variance = fit.Inner.ConditionalCovariances.Value[t][level * n * n + i + i * n]
                            fit.Unit * sqrt (max 0.0 variance)
                        else
                            0.0)
                PredictionErrors = Matrix.init levels n (fun level i -> fit.Unit * sqrt (error level i))
                Reliabilities =
                    Matrix.init levels n (fun level i ->
                        let variance = ofLevel level * fit.Inner.Covariances[t][i + i * n]

                        if variance > 0.0 then
                            1.0 - error level i / variance
                        else
                            0.0)
            }
    ]

    /// <summary>Fitted values including random effects and offset, one for each row used.</summary>
    /// <exception cref="T:System.ArgumentException">The fit is of sums of rows.</exception>
    let fitted (fit: Fit) : float[] =
        let design = fit.Design
        Design.guardRows "Fitted values" design
        let effects = fit.Inner.Effects.Value

        Array.init design.Response.Length (fun row ->
            let mutable value =
                match design.Offset with
                | Some offset -> offset[row]
                | None -> 0.0

            for j in 0 .. fit.FixedCount - 1 do
                value <- value + fit.Inner.Beta[j] * design.Fixed.Matrix[row, j]

            for t, term in Seq.indexed design.Random do
                let n = term.Names.Length
                let start = term.Codes[row] * n

                for i in 0 .. n - 1 do
                    value <- value + term.Columns[i][row] * effects[t][start + i]

            value)

    /// <summary>Response less fitted values, one for each row used.</summary>
    /// <exception cref="T:System.ArgumentException">The fit is of sums of rows.</exception>
    let residuals (fit: Fit) : float[] =
        Design.guardRows "Residuals" fit.Design
        Array.map2 (-) fit.Design.Response (fitted fit)
