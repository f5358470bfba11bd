namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Whether residuals and random effects look normal.</summary>
[<RequireQualifiedAccess>]
module internal NormalityCheck =

    let private name = "normality"

    // Values this near each other are equal but for rounding.
    let private equal = 1e-10

    let private isConstant (values: float[]) =
        let size = values |> Array.fold (fun most x -> max most (abs x)) 0.0
        Array.max values - Array.min values <= equal * size

    /// The check of a sample of standardised values.
    let private ofValues (options: CheckOptions) subject (remark: string) (values: float[]) : ModelCheck =
        let values = values |> Array.filter Double.IsFinite
        let n = values.Length

        if n < 3 then
            ModelCheck.without
                name
                subject
                $"A test of normality takes three values or more, and there are {n} that have a variance."
        elif isConstant values then
            ModelCheck.without name subject "All values are equal."
        else
            let isShapiro = n <= NormalTests.mostShapiroWilk

            let test =
                if isShapiro then
                    NormalTests.shapiroWilk values
                else
                    NormalTests.andersonDarling values

            let struct (skewness, kurtosis) = NormalTests.shape values
            let letter = if isShapiro then "W" else "A²"

            let words =
                $"{letter} = {ModelCheck.number test.Statistic}, {ModelCheck.p test.P}, "
                + $"skewness {ModelCheck.number skewness}, excess kurtosis {ModelCheck.number kurtosis}{remark}."

            let isNotable = test.P < options.Significance

            ModelCheck.judged
                name
                subject
                isNotable
                (if isShapiro then
                     "Shapiro-Wilk (Royston 1995)"
                 else
                     "Anderson-Darling (D'Agostino and Stephens 1986)")
                [
                    "n", float n
                    "statistic", test.Statistic
                    "p", test.P
                    "skewness", skewness
                    "excessKurtosis", kurtosis
                ]
                (if isNotable then
                     $"The distribution of the {n} values differs from a normal one: {words}"
                 else
                     $"The {n} values look normal: {words}")
                "Look at a normal quantile plot: large samples show departures that do no harm. Else look for outliers and unequal variances, or transform the response."
                []

    /// <summary>Residuals: conditional, studentised; where residuals are correlated the decorrelated ones.</summary>
    let ofResiduals (options: CheckOptions) (fit: Fit) (residuals: ResidualTable) : ModelCheck =
        match fit.Design.Residual with
        | Some design when not design.Factors.IsEmpty && not residuals.Decorrelated.IsEmpty ->
            ofValues options "residuals (decorrelated)" "" (Seq.toArray residuals.Decorrelated)
        | Some design when not design.Factors.IsEmpty ->
            ofValues
                options
                "residuals (conditional, studentised)"
                "; the values are correlated, so that p is approximate"
                (Seq.toArray residuals.StudentizedConditional)
        | _ -> ofValues options "residuals (conditional, studentised)" "" (Seq.toArray residuals.StudentizedConditional)

    // An effect that the data say this little of is its mean, zero.
    let private leastReliability = 1e-8

    /// <summary>Predicted effects over the square root of their variance G − PEV, one check for each effect.</summary>
    let ofEffects (options: CheckOptions) (fit: Fit) : ModelCheck list = [
        for term, effects in List.zip fit.Design.Random (Fit.randomEffects fit) do
            for k in 0 .. effects.Effects.Length - 1 do
                let subject = $"{effects.Group} {effects.Effects[k]}"

                if term.Relationship.IsSome then
                    ModelCheck.without
                        name
                        subject
                        $"The levels of {effects.Group} are related, so that their effects are no sample of independent values."
                else
                    let standardised = [|
                        for level in 0 .. effects.Levels.Length - 1 do
                            let reliability = effects.Reliabilities[level, k]

                            if reliability > leastReliability then
                                let error = effects.PredictionErrors[level, k]
                                // PEV = g(1 − reliability).
                                let variance = error * error * reliability / (1.0 - reliability)
                                effects.Modes[level, k] / sqrt variance
                    |]

                    if standardised.Length = 0 then
                        ModelCheck.without name subject "The variance is zero, and so are all effects."
                    else
                        let mean =
                            Seq.averageBy
                                (fun level -> effects.Reliabilities[level, k])
                                (seq { 0 .. effects.Levels.Length - 1 })

                        ofValues
                            options
                            subject
                            $"; predictions look more normal than the effects are, the more so the lower their reliability, here {ModelCheck.number mean} on average"
                            standardised
    ]
