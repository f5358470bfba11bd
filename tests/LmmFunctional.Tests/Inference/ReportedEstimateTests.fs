module LmmFunctional.Tests.ReportedEstimateTests

open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open Expecto

let private fits = [
    Criterion.Reml, "cases/19-ci-estimates", "y ~ x + (1 | g)"
    Criterion.Ml, "cases/19-ci-estimates", "y ~ x + (1 | g)"
    Criterion.Reml, "sleepstudy", "Reaction ~ Days + (Days | Subject)"
    Criterion.Reml, "penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"
]

/// The least −2 log restricted likelihood of y − bx on an intercept, by a grid of variance ratios and golden sections.
let private restricted (y: float[]) (x: float[]) (groups: string[]) b =
    let index = groups |> Array.distinct |> Array.mapi (fun i g -> g, i) |> Map.ofArray
    let codes = groups |> Array.map (fun g -> index[g])

    let counts =
        Array.init index.Count (fun g -> codes |> Seq.filter ((=) g) |> Seq.length |> float)

    let rest = Array.map2 (fun y x -> y - b * x) y x
    let n = float y.Length

    // V = I + θJ in each group: V⁻¹ = I − θ/(1 + θn)J.
    let criterion theta =
        let weights = counts |> Array.map (fun count -> theta / (1.0 + theta * count))
        let sums = Array.zeroCreate<float> index.Count
        codes |> Array.iteri (fun row g -> sums[g] <- sums[g] + rest[row])

        let form (total: float) (ofGroup: int -> float) =
            total - (Seq.init index.Count (fun g -> weights[g] * ofGroup g) |> Seq.sum)

        let xx = form n (fun g -> counts[g] * counts[g])
        let xy = form (Array.sum rest) (fun g -> counts[g] * sums[g])
        let yy = form (Array.sumBy (fun v -> v * v) rest) (fun g -> sums[g] * sums[g])
        let square = yy - xy * xy / xx
        let df = n - 1.0

        (counts |> Array.sumBy (fun count -> log (1.0 + theta * count)))
        + log xx
        + df * (1.0 + log (2.0 * System.Math.PI * square / df))

    let grid = [| for k in -400 .. 400 -> exp (float k / 40.0) |]
    let best = grid |> Array.minBy criterion

    let rec golden low high count =
        if count = 0 then
            0.5 * (low + high)
        else
            let a, b = low + 0.381966 * (high - low), low + 0.618034 * (high - low)

            if criterion a < criterion b then
                golden low b (count - 1)
            else
                golden a high (count - 1)

    min (criterion 0.0) (criterion (golden (best / 1.03) (best * 1.03) 60))

[<Tests>]
let tests =
    testList "ReportedEstimateTests" [
        // One estimate everywhere: intervals of whatever kind tell the estimate of the fit.

        testCase "Intervals tell the estimates of the fit" (fun () ->
            for criterion, data, formula in fits do
                let fit = Models.fit criterion data formula

                let expected = [
                    for own in fit.Coefficients -> own.Name, own.Estimate
                    for parameter in VarianceParameters.ofFit fit ->
                        VarianceParameters.nameIn fit.Design parameter,
                        VarianceParameters.deviationOf parameter (VarianceParameters.estimates fit)
                ]

                for table in [ IntervalReport.profile 0.9 fit; IntervalReport.wald 0.9 fit ] do
                    Check.equal expected (table.Intervals |> List.map (fun own -> own.Name, own.Estimate)))

        // Case 19, as lme4's fixef.
        testCase "Case 19: the estimate of x is that of the fit, 0.872043" (fun () ->
            let fit = Models.reml "cases/19-ci-estimates" "y ~ x + (1 | g)"

            let found =
                Profile.interval 0.95 (ProfileTarget.Coefficient "x") fit |> Models.value

            Law.assertHolds (Law.near "x" 5e-7 0.872043 found.Estimate))

        testCase
            "The profile of a fixed effect under REML is the restricted likelihood with the effect held, by brute force"
            (fun () ->
                let frame = TestFrame.read "cases/19-ci-estimates"
                let fit = Models.reml "cases/19-ci-estimates" "y ~ x + (1 | g)"

                let number name =
                    match frame.TryColumn name with
                    | Some(Column.Numeric values)
                    | Some(Column.Labelled(values, _)) -> Array.ofSeq values
                    | _ -> [||]

                let groups =
                    match frame.TryColumn "g" with
                    | Some(Column.Categorical(levels, codes)) -> [| for code in codes -> levels[code] |]
                    | _ -> [||]

                let criterion = restricted (number "y") (number "x") groups

                let found =
                    Profile.interval 0.95 (ProfileTarget.Coefficient "x") fit |> Models.value

                // The least value over b, by a grid around the estimate and golden sections.
                let se = fit.Coefficients[1].StandardError

                let rec least low high count =
                    if count = 0 then
                        criterion (0.5 * (low + high))
                    else
                        let a, b = low + 0.381966 * (high - low), low + 0.618034 * (high - low)

                        if criterion a < criterion b then
                            least low b (count - 1)
                        else
                            least a high (count - 1)

                let lowest = least (found.Estimate - se) (found.Estimate + se) 50
                let quantile = 3.841458820694124

                Law.assertHolds [
                    for what, value in [ "lower", found.Lower; "upper", found.Upper ] do
                        yield! Law.near $"the rise at the {what} end" 2e-5 quantile (criterion value.Value - lowest)
                ])

        // lmerTest 3.1: anova(lmer(...), type = 2).
        testCase "Case 37: type II has the denominator df of lmerTest" (fun () ->
            let fit =
                Models.reml
                    "cases/37-type-two"
                    "Sharpnessofmovement ~ TVset * Picture + (1 | Assessor) + (1 | Assessor:TVset) + (1 | Assessor:Picture)"

            let table kind =
                (Inferred.anova kind DegreesOfFreedomMethod.satterthwaite fit).Tests

            let two, three = table HypothesisType.II, table HypothesisType.III

            Law.assertHolds [
                yield! Law.near "TVset:Picture, type II" 5e-5 109.5418 two[2].DenominatorDf
                yield! Law.relative "as type III" 1e-9 three[2].DenominatorDf two[2].DenominatorDf
                yield! Law.relative "F" 1e-9 three[2].F two[2].F
            ])

        // Case 24: the parameters of a structure, and not the elements of its matrix.
        testCase "Case 24: intervals of a structured term are of its parameters" (fun () ->
            let fit = Models.reml "cases/24-ar1-no-variance" "y ~ trt + ar1(0 + ftime | cl)"

            let names (table: IntervalTable) =
                table.Intervals |> List.map _.Name |> List.skip fit.FixedCount

            Check.equal [ "cl.sd"; "cl.rho"; "sigma" ] (names (IntervalReport.wald 0.95 fit))
            Check.equal [ "cl.sd"; "cl.rho"; "sigma" ] (names (IntervalReport.profile 0.95 fit)))

        testCase "Parameters of a random structure have the intervals of the same model in residuals" (fun () ->
            // cs over visits beside independent residuals, and a nugget beside a process, differ; an ar1 per subject with
            // independent residuals is ar1 with a nugget.
            let term = Models.reml "fev" "FEV1 ~ ARMCD + ar1(0 + AVISIT | USUBJID)"

            let residual =
                Models.reml "fev" "FEV1 ~ ARMCD; residual = ar1(VISITN | USUBJID) + nugget"

            let interval parameter fit =
                Profile.interval 0.9 (ProfileTarget.Parameter parameter) fit |> Models.value

            let own = interval (VarianceParameter.TermStructure(0, 1)) term
            let other = interval (VarianceParameter.ResidualStructure 0) residual

            Law.assertHolds [
                yield! Law.relative "criterion" 1e-8 residual.CriterionValue term.CriterionValue
                yield! Law.near "rho" 1e-4 other.Estimate own.Estimate
                yield! Law.near "lower" 1e-3 (defaultArg other.Lower nan) (defaultArg own.Lower nan)
                yield! Law.near "upper" 1e-3 (defaultArg other.Upper nan) (defaultArg own.Upper nan)
            ])
    ]
