/// <summary>SAS PROC MIXED on mmrm's data, the EMA's bioequivalence case, and SPSS: published.md, 3.4, 3.5 and 3.7.</summary>
module LmmFunctional.Tests.SasMixedTests

open Expecto
open LmmFunctional
open LmmFunctional.Estimation

// SAS stops up to 1.3e-5 above the optimum; the objective is printed to eight decimals.
let private above = 1e-8

let private below = 2e-5

// SAS prints four or five digits, and where the objective is 1e-5 too high estimates are off by a few thousandths of
// their standard errors: a correlation by up to 1e-4.
let private printed = 1e-3

let private fitOf kind file weights formula =
    let spec = TestFrame.formula formula

    let spec =
        weights
        |> Option.map (fun name -> LmmSpec.withWeights name spec)
        |> Option.defaultValue spec

    let options = {
        FitOptions.defaults with
            Criterion = kind
    }

    match
        Csv.read (TestData.csv file)
        |> Result.bind (fun frame -> Lmm.fit options frame spec)
    with
    | Ok fit -> fit
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

let private objective what expected (fit: Fit) = [
    yield! Law.atMost $"{what}: objective" (expected + above) fit.CriterionValue
    yield! Law.atMost $"{what}: SAS's objective" (fit.CriterionValue + below) expected
    yield! Law.isTrue $"{what}: {fit.Certificate.Verdict}" fit.Certificate.IsConverged
]

/// Residual variances of the visits (one where all are equal) and the other parameters.
let private residual (fit: Fit) =
    let own =
        fit.CovarianceParameters |> List.filter (fun part -> part.Group = "Residual")

    let isDeviation (part: CovarianceParameter) = part.Name.StartsWith "sd("
    let variance = fit.Sigma * fit.Sigma

    let variances =
        own
        |> List.filter isDeviation
        |> List.map (fun part -> variance * part.Estimate * part.Estimate)

    let others = own.Tail |> List.filter (isDeviation >> not) |> List.map _.Estimate

    variance :: variances, others

let private nearAll what (expected: float list) (found: float list) = [
    yield! Law.near $"{what}: how many" 0.0 (float expected.Length) (float found.Length)

    for one, other in Seq.zip expected found do
        yield! Law.near what (printed * max 0.1 (abs one)) one other
]

let private unstructured = [
    113.63, [ 49.8999; 2.7459; -40.4566 ]
    44.0193, [ 4.9722; -8.5335 ]
    27.2643, [ 23.0555 ]
    158.17, []
]

/// Correlations by columns of the lower triangle.
let private correlations =
    let variances = unstructured |> List.map fst

    [
        for j, (variance, covariances) in List.indexed unstructured do
            for i, covariance in List.indexed covariances -> covariance / sqrt (variance * variances[j + 1 + i])
    ]

let private table = [
    "us(AVISIT | USUBJID)", (3700.94648570, 3700.68707570), (42.8338, 0.3509), List.map fst unstructured, correlations
    "ad1(AVISIT | USUBJID)",
    (3713.49317786, 3713.24501787),
    (42.9009, 0.3529),
    [ 114.89; 44.6313; 26.8922; 158.47 ],
    [ 0.7106; 0.1033; 0.3657 ]
    "toeph(AVISIT | USUBJID)",
    (3722.38018329, 3722.29178558),
    (41.6726, 0.3822),
    [ 90.4041; 38.5927; 36.1518; 175.78 ],
    [ 0.4295; 0.04570; -0.3116 ]
    "arh1(AVISIT | USUBJID)",
    (3739.96835012, 3739.94416707),
    (41.6955, 0.3947),
    [ 92.3009; 38.5178; 35.2148; 176.37 ],
    [ 0.4130 ]
    "csh(AVISIT | USUBJID)",
    (3784.85341599, 3784.63158043),
    (41.9964, 0.3575),
    [ 104.61; 38.6137; 31.3143; 178.91 ],
    [ 0.1582 ]
    "ar1(AVISIT | USUBJID)", (3875.49945459, 3875.95352406), (42.3255, 0.5013), [ 88.9866 ], [ 0.4272 ]
    "sp_exp(VISITN | USUBJID)", (3875.49946734, 3875.95353357), (42.3254, 0.5012), [ 88.9768 ], [ 1.1751 ]
    "sp_exp(VISITN + VISITN2 | USUBJID)", (3894.60123182, 3894.94943409), (42.2202, 0.4754), [], [ 1.2418 ]
    "sp_gau(VISITN | USUBJID)", (3870.69846121, 3871.05833365), (42.3542, 0.4780), [], [ 1.0871 ]
    "sp_gau(VISITN + VISITN2 | USUBJID)", (3891.05998791, 3891.37909815), (42.2195, 0.4684), [], [ 1.4086 ]
    "cs(AVISIT | USUBJID)",
    (3917.98183508, 3918.12214544),
    (42.2896, 0.4285),
    [ 5.8943 + 81.0025 ],
    [ 5.8943 / (5.8943 + 81.0025) ]
]

let structures = table |> List.map (fun (structure, _, _, _, _) -> structure)

[<Tests>]
let tests =
    testList "SasMixedTests" [
        testCases "Structures of the FEV data are SAS's" structures (fun (structure: string) ->
            let _, (reml, ml), (estimate, se), variances, others =
                table |> List.find (fun (own, _, _, _, _) -> own = structure)

            let fit kind =
                fitOf kind "fev" None $"FEV1 ~ 1; residual = {structure}"

            let restricted = fit Criterion.Reml
            let foundVariances, foundOthers = residual restricted
            let intercept = restricted.Coefficients.Head

            Law.assertHolds [
                yield! objective "ML" ml (fit Criterion.Ml)
                yield! objective "REML" reml restricted
                yield! Law.near "intercept" (5e-3 * se) estimate intercept.Estimate
                yield! Law.relative "standard error" printed se intercept.StandardError

                if not variances.IsEmpty then
                    yield! nearAll "variance" variances foundVariances

                yield! nearAll "parameter" others foundOthers
            ])

        testCase "The full model of the FEV data is SAS's" (fun () ->
            let formula = "FEV1 ~ RACE + SEX + ARMCD * AVISIT; residual = us(AVISIT | USUBJID)"
            let fit = fitOf Criterion.Reml "fev" None formula
            let variances, _ = residual fit

            Law.assertHolds [
                yield! objective "REML" 3386.44987722 fit
                yield! objective "ML" 3397.57220025 (fitOf Criterion.Ml "fev" None formula)
                yield! nearAll "variance" [ 40.5509; 26.5692; 14.8970; 95.5528 ] variances

                for name, estimate, se in
                    [
                        "RACEBlack or African American", 1.5305, 0.6244
                        "RACEWhite", 5.6436, 0.6656
                        "SEXMale", -0.3262, 0.5319
                        "ARMCDTRT", 3.7745, 1.0741
                        "AVISITVIS2", 4.8396, 0.8016
                        "AVISITVIS3", 10.3422, 0.8227
                        "AVISITVIS4", 15.0537, 1.3129
                        "ARMCDTRT:AVISITVIS2", -0.04231, 1.1292
                        "ARMCDTRT:AVISITVIS3", -0.6939, 1.1876
                        "ARMCDTRT:AVISITVIS4", 0.6240, 1.8510
                    ] do
                    match fit.Coefficients |> List.tryFind (fun own -> own.Name = name) with
                    | None -> $"no coefficient {name}"
                    | Some own ->
                        yield! Law.near name (1e-3 * se) estimate own.Estimate
                        yield! Law.relative $"standard error of {name}" printed se own.StandardError
            ])

        testCase "Structures with covariates are SAS's" (fun () ->
            let fit structure =
                fitOf Criterion.Reml "fev" None $"FEV1 ~ ARMCD + SEX; residual = {structure}(AVISIT | USUBJID)"

            Law.assertHolds [
                yield! objective "AR(1)" 3853.30169736 (fit "ar1")
                yield! objective "UN" 3666.96698281 (fit "us")
            ])

        testCase "Weights are SAS's" (fun () ->
            let fit =
                fitOf
                    Criterion.Reml
                    "fev"
                    (Some "WEIGHT")
                    "FEV1 ~ RACE + SEX + ARMCD * AVISIT; residual = us(AVISIT | USUBJID)"

            Law.assertHolds (objective "REML" 3475.77144483 fit))

        // A singular G with variances of the residuals by formulation, which mmrm and lme4 cannot fit.
        testCase "Bioequivalence with a singular G and variances by formulation is SAS's" (fun () ->
            let fit residual =
                fitOf
                    Criterion.Reml
                    "bioequivalence"
                    None
                    $"log_data ~ formulation + factor(period) + sequence + fa0(2)(0 + formulation | subject){residual}"

            let check what (fit: Fit) difference (a, b) = [
                let effect = fit.Coefficients |> List.find (fun own -> own.Name = "formulationT")
                let _, g = fit.RandomCovariances.Head
                yield! Law.near $"{what}: T - R" 1e-6 difference effect.Estimate
                // SAS's Kenward-Roger errors, which differ from the plain ones in the third digit here.
                yield! Law.near $"{what}: standard error" 5e-4 0.0465 effect.StandardError
                yield! Law.relative $"{what}: variance of R" 1e-4 (a * a) g[0, 0]
                yield! Law.relative $"{what}: covariance" 1e-4 (a * b) g[0, 1]
                yield! Law.relative $"{what}: variance of T" 1e-4 (b * b) g[1, 1]

                yield! Law.near $"{what}: determinant" 1e-8 0.0 (g[0, 0] * g[1, 1] - g[0, 1] * g[0, 1])

                // Two columns of loadings may have rank two: one is a bound, and told as one.
                yield!
                    Law.isTrue
                        $"{what}: {fit.Certificate.Verdict}"
                        (fit.Certificate.Verdict = Verdict.BoundaryOptimum [ "subject (rank 1 of 2)" ])
            ]

            let equal, byFormulation = fit "", fit "; residual = ident(formulation)"
            let variances, _ = residual byFormulation

            Law.assertHolds [
                yield! check "equal" equal 0.14665779255033 (0.86602016586737, 0.81595747940961)
                yield! Law.relative "equal: variance" 1e-4 0.15924265849408 (equal.Sigma * equal.Sigma)
                yield! check "by formulation" byFormulation 0.14546432188337 (0.8529944996535, 0.82840655479889)
                yield! Law.relative "variance of R" 1e-4 0.20211804636322 variances.Head

                yield! Law.relative "variance of T" 1e-4 0.11739413358478 (List.last variances)
            ])

        // Rank one is what fa0(1) says, and no bound: the same optimum, of a model with one parameter less.
        testCase "A rank that is the model's own is no bound" (fun () ->
            let fit term =
                fitOf
                    Criterion.Reml
                    "bioequivalence"
                    None
                    $"log_data ~ formulation + factor(period) + sequence + {term}"

            let one, two =
                fit "fa0(1)(0 + formulation | subject)", fit "fa0(2)(0 + formulation | subject)"

            let free = fit "(0 + formulation | subject)"

            Law.assertHolds [
                yield! Law.isTrue $"rank one: {one.Certificate.Verdict}" (one.Certificate.Verdict = Verdict.Optimum)
                yield! Law.near "rank two" 1e-8 one.CriterionValue two.CriterionValue
                yield! Law.near "no structure" 1e-8 one.CriterionValue free.CriterionValue
                yield!
                    Law.isTrue
                        $"no structure: {free.Certificate.Verdict}"
                        (free.Certificate.Verdict = two.Certificate.Verdict)

                for fit in [ two; free ] do
                    for name, multiplier in fit.Certificate.Multipliers do
                        yield! Law.isTrue $"{name}: {multiplier}" (multiplier > 0.0)
            ])

        // Compound symmetry beside a residual variance is a variance of the subjects in two ways: SPSS stops somewhere on the way.
        testCase "An objective with a flat direction is SPSS's" (fun () ->
            let fit formula =
                fitOf Criterion.Reml "sleepstudy" None formula

            let twice = fit "Reaction ~ 1 + cs(0 + factor(Days) | Subject)"
            let once = fit "Reaction ~ 1 + (1 | Subject)"

            Law.assertHolds [
                yield! Law.near "objective" 1e-9 1904.3265170722132 twice.CriterionValue
                yield! Law.near "a variance of the subjects alone" 1e-9 once.CriterionValue twice.CriterionValue
                yield! Law.isTrue $"{once.Certificate.Verdict}" (once.Certificate.Verdict = Verdict.Optimum)

                yield!
                    Law.isTrue
                        $"{twice.Certificate.Verdict}"
                        (twice.Certificate.Verdict = Verdict.FlatDirection [ "Subject.sd"; "Subject.rho" ])
            ])

        // SPSS 25 to the digits that Metida's validation has. Its items 8 to 10 are of data that are not published with it.
        testCases
            "Objectives are SPSS's"
            [
                "sleepstudy", "Reaction ~ factor(Days) + (1 | Subject)", 1729.4925602367025
                "sleepstudy", "Reaction ~ 1 + csh(0 + factor(Days) | Subject)", 1772.0953251997046
                "sleepstudy", "Reaction ~ 1 + arh1(0 + factor(Days) | Subject)", 1730.1895427398322
                "pastes", "strength ~ 1 + (1 | batch/cask)", 246.99074585348623
                "pastes", "strength ~ 1 + arma(1,1)(0 + cask | batch)", 246.81895071012508
                "penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", 330.86058899109184
            ]
            (fun (file: string, formula: string, expected: float) ->
                let fit = fitOf Criterion.Reml file None formula

                Law.assertHolds [
                    yield! Law.atMost "objective" (expected + 1e-6) fit.CriterionValue
                    yield! Law.atMost "SPSS's objective" (fit.CriterionValue + 1e-5) expected
                ])
    ]
