/// <summary>SAS PROC MIXED on the data of mmrm: Kenward-Roger with and without second derivatives for structures of the
/// residuals (published.md, 3.5).</summary>
module LmmFunctional.Tests.FevInferenceTests

open Expecto
open LmmFunctional.Analysis

// Structure, estimate of TRT − PBO, its SE by KR and by KR(LINEAR), df; SAS stops short of the optimum but for AR(1) and CS.
let private table = [
    "us", 3.81972492174648, 0.66124382270307, 0.66124382270307, 160.733266403768, false
    "ad1", 3.72344028834729, 0.66172017349971, 0.66158550758897, 162.393385281755, false
    "csh", 3.77090812499029, 0.67414806011886, 0.67403858183242, 190.737701349941, false
    "toeph", 3.92287746213894, 0.72543828853831, 0.72537324518435, 180.062730071701, false
    "arh1", 3.72674356244499, 0.7590316099633, 0.75924807546934, 188.225339095373, false
    "cs", 4.19663617897035, 0.7964696053595, 0.7964696053595, 177.038485931223, true
    "toep", 4.47051860580552, 0.87839805519623, 0.87839805519623, 160.027408337368, false
    "ar1", 4.22574315817874, 0.95865439662225, 0.96058142305176, 188.46934887972, true
]

let private treatment method fit =
    Inferred.coefficients method fit
    |> List.find (fun coefficient -> coefficient.Name = "ARMCDTRT")

let private full =
    lazy (Inferred.reml "fev" "FEV1 ~ RACE + SEX + ARMCD * AVISIT; residual = us(AVISIT | USUBJID)")

// SAS ran with ref='VIS1', so that the first level is the reference of its hypothesis matrices.
let private sasSw =
    Inferred.satterthwaite {
        Convention.sas with
            LastIsReference = false
    }

[<Tests>]
let tests =
    testList "FevInferenceTests" [
        testCase "Kenward-Roger of structured residuals" (fun () ->
            Law.assertHolds [
                for structure, estimate, full, linear, df, isExact in table do
                    let fit =
                        Inferred.reml "fev" $"FEV1 ~ ARMCD; residual = {structure}(AVISIT | USUBJID)"

                    let own = treatment (Inferred.kr Convention.sas) fit
                    let withoutSeconds = treatment (Inferred.kr Convention.sasLinear) fit
                    let forErrors, forDf = if isExact then 1e-6, 2e-6 else 2e-4, 5e-4
                    yield! Law.relative $"{structure}, estimate" (if isExact then 1e-6 else 5e-5) estimate own.Estimate
                    yield! Law.relative $"{structure}, KR" forErrors full own.StandardError
                    yield! Law.relative $"{structure}, KR(LINEAR)" forErrors linear withoutSeconds.StandardError
                    yield! Law.relative $"{structure}, df" forDf df own.Df
            ])

        testCase "type III tests of the full model" (fun () ->
            let expected =
                Map [
                    "ARMCD", (31.67, 1, 169.0)
                    "AVISIT", (142.11, 3, 148.0)
                    "ARMCD:AVISIT", (0.26, 3, 148.0)
                    "RACE", (36.92, 2, 166.0)
                    "SEX", (0.38, 1, 166.0)
                ]

            Law.assertHolds [
                for test in (Inferred.anova HypothesisType.III sasSw full.Value).Tests do
                    let f, numerator, denominator = expected[test.Name]
                    // The digits that SAS prints, at a criterion 6e-6 above the optimum.
                    yield! Law.near $"{test.Name}, F" (0.005 + 2e-4 * f) f test.F
                    yield! Law.near $"{test.Name}, df1" 0.0 (float numerator) (float test.NumeratorDf)
                    yield! Law.near $"{test.Name}, df2" 0.51 denominator test.DenominatorDf
            ])

        testCase "least squares means of the full model at the last visit" (fun () ->
            let means =
                MarginalMeans.over MarginalOptions.defaults "ARMCD | AVISIT" (Inferred.inference sasSw full.Value)
                |> Inferred.orRaise

            let last =
                means.Means
                |> List.filter (fun mean -> List.contains ("AVISIT", "VIS4") mean.Group)
                |> List.map (fun mean -> mean.Estimate |> Result.mapError List.singleton |> Inferred.orRaise)

            Law.assertHolds [
                for (mean, se, df), own in List.zip [ 48.3855, 1.1886, 134.0; 52.7841, 1.1877, 133.0 ] last do
                    yield! Law.near "mean" 1e-4 mean own.Estimate
                    yield! Law.near "SE" 1e-4 se own.StandardError
                    yield! Law.near "df" 0.51 df own.Df
            ])

        testCase "types II and III with a covariate and interactions" (fun () ->
            let tests model kind =
                let fit = Inferred.reml "fev" $"FEV1 ~ {model}; residual = ar1(AVISIT | USUBJID)"
                (Inferred.anova kind (Inferred.satterthwaite Convention.sas) fit).Tests

            let same model kind expected = [
                for name, f, df in expected do
                    let test = tests model kind |> List.find (fun (test: JointTest) -> test.Name = name)

                    yield! Law.relative $"{name}, F" 1e-5 f test.F
                    yield! Law.relative $"{name}, df" 2e-6 df test.DenominatorDf
            ]

            Law.assertHolds [
                yield!
                    same "ARMCD * FEV1_BL" HypothesisType.III [
                        "ARMCD", 0.03099660681111, 199.582314485653
                        "FEV1_BL", 11.0435094615508, 198.163532037936
                        "ARMCD:FEV1_BL", 0.7644368094469, 198.163532037936
                    ]
                yield! same "ARMCD * FEV1_BL" HypothesisType.II [ "FEV1_BL", 11.5301174147263, 196.41571750149 ]
                yield!
                    same "SEX * ARMCD + FEV1_BL:ARMCD" HypothesisType.II [
                        "SEX", 0.10489707559679, 186.404412481085
                        "ARMCD:FEV1_BL", 6.11482167585228, 194.942672335072
                    ]
                yield!
                    same "SEX * ARMCD + FEV1_BL:ARMCD" HypothesisType.III [ "SEX", 0.09277653315012, 186.119018537661 ]
            ])
    ]
