namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Fits, tests and means as frames: one row for each term, one row for each model, one row for each observation.</summary>
/// <remarks>What broom.mixed calls tidy, glance and augment. Column names are those of JSON.</remarks>
[<RequireQualifiedAccess>]
module Tidy =

    let private frame = ModelCheck.table

    let private estimateColumns (estimates: Estimate list) =
        let number f =
            estimates |> List.map f |> Column.ofFloats

        [
            "estimate", number _.Estimate
            "se", number _.StandardError
            "df", number _.Df
            "t", number _.Statistic
            "p", number _.P
            "lower", number _.Lower
            "upper", number _.Upper
        ]

    // A covariance parameter has no test.
    let private untested name (estimate: float) (error: float) : Estimate = {
        Name = name
        Estimate = estimate
        StandardError = error
        Df = nan
        Statistic = nan
        P = nan
        Lower = nan
        Upper = nan
        NotTestable = None
    }

    /// Standard deviations and correlations of random effects, σ, and parameters of structures: group with estimate.
    let private randomRows (fit: Fit) = [
        for own in fit.VarianceComponents do
            match own.First, own.Second with
            | Some first, Some second -> own.Group, untested $"cor({first}, {second})" own.StandardDeviation nan
            | Some first, None -> own.Group, untested $"sd({first})" own.StandardDeviation nan
            | None, _ -> own.Group, untested "sigma" own.StandardDeviation nan

        for own in fit.CovarianceParameters do
            // Standard deviations and correlations of effects, and σ, stand above.
            if own.Group = NamedParameters.residualName && own.Name <> "sigma" then
                own.Group, untested own.Name own.Estimate (defaultArg own.StandardError nan)
    ]

    /// <summary>One row for each fixed effect and each covariance parameter: effect (fixed or random), group, term, estimate, se, df,
    /// t, p, lower, upper. Covariance parameters are standard deviations and correlations and have no test.</summary>
    /// <param name="level">Of the intervals of fixed effects, between 0 and 1.</param>
    /// <param name="inference">The fit and the method for degrees of freedom.</param>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let fit (level: float) (inference: Inference) : Frame =
        Guard.level (nameof level) level
        let ofFixed = Inference.coefficients level inference
        let ofRandom = randomRows inference.Fit

        frame (
            [
                "effect",
                (ofFixed |> List.map (fun _ -> "fixed"))
                @ (ofRandom |> List.map (fun _ -> "random"))
                |> Column.ofStrings
                "group", (ofFixed |> List.map (fun _ -> "")) @ List.map fst ofRandom |> Column.ofStrings
                "term", (ofFixed @ List.map snd ofRandom) |> List.map _.Name |> Column.ofStrings
            ]
            @ estimateColumns (ofFixed @ List.map snd ofRandom)
        )

    /// <summary>One row for the model: rows, fixed, random, sigma, logLikelihood, criterion, deviance, aic, aicc, bic, parameters, r2
    /// (marginal), r2Conditional, icc, verdict; NaN where something does not apply.</summary>
    let glance (fit: Fit) : Frame =
        let criteria = fit.InformationCriteria
        let shares = RSquared.ofFit fit |> Result.toOption

        let share f =
            shares |> Option.map f |> Option.defaultValue nan

        let number value = Column.ofFloats [ value ]

        let verdict =
            match fit.Certificate.Verdict with
            | Verdict.Optimum -> "Optimum"
            | Verdict.BoundaryOptimum _ -> "BoundaryOptimum"
            | Verdict.FlatDirection _ -> "FlatDirection"
            | Verdict.NotConverged _ -> "NotConverged"

        frame [
            "formula", Column.ofStrings [ Formula.print fit.Spec ]
            "criterion", Column.ofStrings [ (if fit.Criterion = Criterion.Reml then "REML" else "ML") ]
            "rows", number (float fit.Observations)
            "fixed", number (float fit.FixedCount)
            "random", number (float fit.RandomCount)
            "parameters", number (float fit.DegreesOfFreedom)
            "sigma", number fit.Sigma
            "logLikelihood", number fit.LogLikelihood
            "deviance", number fit.Deviance
            "aic", number criteria.Aic
            "aicc", number (defaultArg criteria.Aicc nan)
            "bic", number criteria.Bic
            "r2", number (share _.Marginal)
            "r2Conditional", number (share _.Conditional)
            "icc", number (share _.AdjustedIcc)
            "verdict", Column.ofStrings [ verdict ]
        ]

    /// <summary>One row for each row used: the columns of the data that the model names, then row, fitted, residuals of every kind, and
    /// leverages.</summary>
    let augment (fit: Fit) : Frame =
        let data = fit.Design.Schema.Frame
        let named = Columns.roles data fit.Spec ||> List.append |> List.distinct
        let residuals = ResidualTable.create fit |> DiagnosticFrames.residuals

        let own = [
            for name, column in Seq.zip data.Names data.Columns do
                if List.contains name named && (residuals.TryColumn name).IsNone then
                    name, Column.select fit.Design.Rows column
        ]

        own @ (Seq.zip residuals.Names residuals.Columns |> List.ofSeq) |> frame

    // Tests and means

    /// <summary>Estimates: name, estimate, se, df, t, p, lower, upper.</summary>
    let estimates (estimates: Estimate list) : Frame =
        frame (
            ("name", estimates |> List.map _.Name |> Column.ofStrings)
            :: estimateColumns estimates
        )

    /// <summary>Joint tests: term, numeratorDf, denominatorDf, f, p.</summary>
    let tests (tests: JointTest list) : Frame =
        let number f = tests |> List.map f |> Column.ofFloats

        frame [
            "term", tests |> List.map _.Name |> Column.ofStrings
            "numeratorDf", number (fun own -> float own.NumeratorDf)
            "denominatorDf", number _.DenominatorDf
            "f", number _.F
            "p", number _.P
        ]

    /// <summary>The tests of an ANOVA table: term, numeratorDf, denominatorDf, f, p.</summary>
    let anova (table: Anova) : Frame = tests table.Tests

    // What the data do not determine has no numbers.
    let private estimateOr (found: Result<Estimate, LmmError>) =
        match found with
        | Ok own -> own
        | Error _ -> untested "" nan nan

    /// <summary>Marginal means: a column for each variable, then estimate, se, df, t, p, lower, upper.</summary>
    let means (means: MarginalMeans) : Frame =
        let variables =
            means.Means
            |> List.collect (fun mean -> mean.Levels @ mean.Group)
            |> List.map fst
            |> List.distinct

        let level name (mean: MarginalMean) =
            mean.Levels @ mean.Group
            |> List.tryFind (fun (own, _) -> own = name)
            |> Option.map snd
            |> Option.defaultValue ""

        frame (
            [
                for name in variables -> name, means.Means |> List.map (level name) |> Column.ofStrings
            ]
            @ (means.Means
               |> List.map (fun mean -> estimateOr mean.Estimate)
               |> estimateColumns)
        )

    /// <summary>Comparisons of means: contrast, a column for each variable that holds families apart, then estimate, se, df, t, p
    /// (adjusted), lower, upper.</summary>
    let contrasts (found: MarginalContrasts) : Frame =
        let variables =
            found.Contrasts |> List.collect _.Group |> List.map fst |> List.distinct

        let level name (contrast: MarginalContrast) =
            contrast.Group
            |> List.tryFind (fun (own, _) -> own = name)
            |> Option.map snd
            |> Option.defaultValue ""

        frame (
            [
                yield "contrast", found.Contrasts |> List.map _.Name |> Column.ofStrings

                for name in variables -> name, found.Contrasts |> List.map (level name) |> Column.ofStrings
            ]
            @ (found.Contrasts
               |> List.map (fun own -> estimateOr own.Estimate)
               |> estimateColumns)
        )

    /// <summary>Intervals of parameters: name, estimate, lower, upper, note.</summary>
    let intervals (intervals: ParameterInterval list) : Frame =
        frame [
            "name", intervals |> List.map _.Name |> Column.ofStrings
            "estimate", intervals |> List.map _.Estimate |> Column.ofFloats
            "lower", intervals |> List.map (fun own -> defaultArg own.Lower nan) |> Column.ofFloats
            "upper", intervals |> List.map (fun own -> defaultArg own.Upper nan) |> Column.ofFloats
            "note", intervals |> List.map (fun own -> defaultArg own.Note "") |> Column.ofStrings
        ]
