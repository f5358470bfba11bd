namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>All checks of a fitted model.</summary>
[<RequireQualifiedAccess>]
module Checks =

    let private noResidual =
        "The residual variance is zero: nothing is left to look at."

    let private singular =
        "The mixed model equations are singular to working precision."

    /// What takes residuals, where there are none to take.
    let private withoutResiduals reason = [
        for name in
            [
                "normality"
                "equal variances"
                "autocorrelation"
                "correlation by lag"
                "variogram"
            ] do
            ModelCheck.without name "residuals" reason

        for name in [ "influence"; "outliers" ] do
            ModelCheck.without name "rows" reason
    ]

    let private serial (options: CheckOptions) fit series residuals = [
        match series with
        | None ->
            let reason =
                "The model has no subjects of several rows; name the factor within whose levels rows may be correlated."

            for name in [ "autocorrelation"; "correlation by lag"; "variogram" ] do
                ModelCheck.without name "residuals" reason
        | Some series ->
            SerialCheck.autocorrelation options series residuals
            SerialCheck.byModel options fit series residuals
            VariogramCheck.create options fit series residuals
    ]

    let private byUnits (options: CheckOptions) (fit: Fit) equations =
        UnitChecks.kinds fit
        |> List.map (fun (subject, kind) ->
            DiagnosticUnits.find kind fit
            |> Result.map (fun units ->
                UnitChecks.influence options equations subject units,
                UnitChecks.outliers options equations subject units))
        |> Problems.all
        |> Result.map (fun found -> List.map fst found @ List.map snd found)

    /// <summary>Checks a fit: normality of residuals and random effects, equal variances by group and along the fit,
    /// autocorrelation, correlations by lag and variogram against the model's, collinearity, random effects that carry nothing,
    /// influential units, outliers.</summary>
    /// <param name="options">Thresholds, and subjects and order where they are not those of the model.</param>
    /// <param name="fit">The fit, of any model.</param>
    /// <returns>Every check with its numbers, those that do not apply with the reason; or: no such factor or column.</returns>
    /// <exception cref="T:System.ArgumentException">An option is out of its range.</exception>
    /// <remarks>Thresholds only sort the checks; they are no verdict on the model.</remarks>
    let run (options: CheckOptions) (fit: Fit) : Result<ModelCheck list, LmmError list> =
        CheckOptions.check options

        Design.needRows "Checks" fit.Design
        |> Result.bind (fun () -> SampledError.factorable fit)
        |> Result.bind (fun () -> SubjectSeries.find options fit)
        |> Result.bind (fun series ->
            let equations =
                if fit.HasNoResidual then
                    None
                else
                    Some(MixedModelEquations fit)

            match equations with
            | Some equations when equations.IsPositive ->
                let residuals = ResidualTable.ofEquations equations

                byUnits options fit equations
                |> Result.map (fun ofUnits ->
                    [
                        [ NormalityCheck.ofResiduals options fit residuals ]
                        NormalityCheck.ofEffects options fit
                        EqualVarianceCheck.byGroups options fit residuals
                        [ EqualVarianceCheck.alongFit options residuals ]
                        serial options fit series residuals
                        [ CollinearityCheck.create options fit ]
                        EffectRankCheck.create fit
                        ofUnits
                    ]
                    |> List.concat)
            | other ->
                let reason = if other.IsNone then noResidual else singular

                [
                    withoutResiduals reason
                    [ CollinearityCheck.create options fit ]
                    EffectRankCheck.create fit
                ]
                |> List.concat
                |> Ok)

    /// The checks that found something worth a look.
    let notable (checks: ModelCheck list) : ModelCheck list =
        checks |> List.filter (fun check -> check.Outcome = CheckOutcome.Notable)
