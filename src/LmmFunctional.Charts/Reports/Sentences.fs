namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>Findings as sentences with their numbers.</summary>
[<RequireQualifiedAccess>]
module internal Sentences =

    let number (value: float) = NumberText.significant 3 value

    /// p with the relation that belongs to it.
    let p (value: float) =
        if value < 1e-4 then
            "p < 0.0001"
        else
            $"p = {NumberText.significant 2 value}"

    /// <summary>What a p-value says of an effect, in the language of evidence of Muff, Nilsen, O'Hara and Nater (2022), Trends in
    /// Ecology and Evolution 37.</summary>
    let evidence (p: float) =
        if p < 0.001 then "very strong evidence"
        elif p < 0.01 then "strong evidence"
        elif p < 0.05 then "moderate evidence"
        elif p < 0.1 then "weak evidence"
        else "little or no evidence"

    let private df (value: float) =
        if Double.IsInfinity value then
            "∞"
        else
            NumberText.significant 3 value

    /// One term of an ANOVA table.
    let term (response: string) (test: JointTest) =
        match test.NotTestable with
        | Some reason -> $"{test.Name} cannot be tested: {reason}."
        | None ->
            $"There is {evidence test.P} for an effect of {test.Name} on {response}: F({test.NumeratorDf}, {df test.DenominatorDf}) = {number test.F}, {p test.P}."

    /// The slope of a covariate that stands alone in the model.
    let slope (response: string) level (own: Estimate) =
        let percent = NumberText.significant 3 (100.0 * level)
        let direction = if own.Estimate < 0.0 then "less" else "more"

        $"One unit more of {own.Name} goes with {number (abs own.Estimate)} {direction} of {response} ({percent} %% interval {number own.Lower} to {number own.Upper})."

    /// What a certificate says, in plain words.
    let certificate (fit: Fit) : string list =
        let own = fit.Certificate

        let listed (names: string list) =
            match names.Length - 6 with
            | more when more > 0 ->
                let shown = names |> List.truncate 6 |> String.concat ", "
                $"{shown} and {more} more"
            | _ -> String.concat ", " names

        [
            match own.Verdict with
            | Verdict.Optimum -> "The fit is at an optimum: no parameter can move and raise the likelihood."
            | Verdict.BoundaryOptimum names ->
                $"The fit is at an optimum on the boundary: at their bound are {listed names}. The likelihood would fall if they moved inside."

                if own.IsSingular then
                    "A variance of zero or a correlation of ±1 means that the data do not show this part of the random effects; a simpler model would fit as well."
            | Verdict.FlatDirection names ->
                $"The likelihood does not change along a direction of {listed names}: their estimates are not unique, and a simpler model is needed."
            | Verdict.NotConverged reason -> $"The fit did not reach an optimum: {reason}. Do not use these estimates."

            let eigenvalue =
                match own.MinEigenvalue with
                | Some value ->
                    $", and the smallest eigenvalue of the scaled curvature is {NumberText.significant 2 value}"
                | None -> ""

            $"The evidence: the largest derivative of −2 log likelihood is {NumberText.significant 2 own.Gradient}, it could fall by {NumberText.significant 2 (0.5 * own.NewtonDecrement)} at most{eigenvalue}."

            if own.Search.Starts > 1 then
                $"{own.Search.Starts} starts were tried; {own.Search.EndedHere} of them lead to this optimum."
        ]

    /// Shares of the variance.
    let shares (own: RSquared) =
        let percent value =
            NumberText.significant 3 (100.0 * value) + " %"

        [
            $"Of the variance of the response the fixed effects explain {percent own.Marginal} (marginal R²), fixed and random effects together {percent own.Conditional} (conditional R²)."
            $"Of what the fixed effects leave, the random effects have {percent own.AdjustedIcc} (adjusted intraclass correlation)."
        ]
