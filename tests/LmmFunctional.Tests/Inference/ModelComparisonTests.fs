module LmmFunctional.Tests.ModelComparisonTests

open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open Expecto

let private full =
    lazy (Models.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)")

[<Tests>]
let tests =
    testList "ModelComparisonTests" [
        testCase "The test of a model against itself is zero" (fun () ->
            let found = ModelComparison.test full.Value full.Value |> Models.value
            Check.equal 0.0 found.Statistic
            Check.equal 0 found.Df
            Check.equal 1.0 found.P)

        // lme4 1.1-31: anova(m0, m1) of the sleepstudy models by ML (refit), χ² 23.537 on 1 df, p 1.226e-06.
        testCase "REML fits with different fixed effects are refitted by ML, and it is said" (fun () ->
            let smaller = Models.reml "sleepstudy" "Reaction ~ 1 + (Days | Subject)"
            let found = ModelComparison.test smaller full.Value |> Models.value

            Check.equal
                [
                    "both models were fitted again by ML: restricted likelihoods of different fixed effects cannot be compared"
                ]
                (found.Notes)

            Check.equal Criterion.Ml found.Criterion

            Law.assertHolds [
                yield! Law.near "statistic" 1e-5 23.536537 found.Statistic
                yield! Law.relative "p" 1e-5 1.2256400e-6 found.P
            ])

        testCase "REML fits with the same fixed effects, however coded, are compared by REML" (fun () ->
            let smaller = Models.reml "sleepstudy" "Reaction ~ I(Days - 3) + (1 | Subject)"
            let found = ModelComparison.test smaller full.Value |> Models.value
            Check.equal Criterion.Reml found.Criterion
            Check.equal 2 found.Df

            Law.assertHolds (
                Law.near "statistic" 1e-5 (smaller.CriterionValue - full.Value.CriterionValue) found.Statistic
            ))

        testCase "Models that are not nested are refused in words" (fun () ->
            let other = Models.reml "sleepstudy" "Reaction ~ 1 + Days + (1 | Subject)"

            Check.equal
                [
                    "'Reaction ~ 1 + Days + (1 + Days | Subject)' is not nested in 'Reaction ~ 1 + Days + (1 | Subject)': "
                    + "the larger model has no random term that contains '(1 + Days | Subject)'; "
                    + "compare the models by AIC or BIC instead of a likelihood ratio test."
                ]
                (ModelComparison.test full.Value other |> Models.words)

            let a = Models.ml "penicillin" "diameter ~ plate + (1 | sample)"
            let b = Models.ml "penicillin" "diameter ~ 1 + (1 | sample) + (1 | plate)"

            Check.startsWith
                "'diameter ~ 1 + plate + (1 | sample)' is not nested in"
                ((ModelComparison.test a b |> Models.words).Head))

        testCase "Independent effects are nested in correlated ones, and not the other way round" (fun () ->
            let independent = Models.ml "sleepstudy" "Reaction ~ Days + (Days || Subject)"

            let separate =
                Models.ml "sleepstudy" "Reaction ~ Days + (1 | Subject) + (0 + Days | Subject)"

            let correlated = Models.sleepstudy.Value

            for smaller in [ independent; separate ] do
                let found = ModelComparison.test smaller correlated |> Models.value
                Check.equal 1 found.Df
                // lme4: 0.0639 on 1 df.
                Law.assertHolds (Law.near "statistic" 1e-4 0.0639 found.Statistic)

            Check.isNotEmpty (ModelComparison.test correlated independent |> Models.words)
            Check.equal 0 ((ModelComparison.test separate independent |> Models.value).Df))

        testCase "Models of different data are refused in words" (fun () ->
            Check.equal
                [
                    "'Yield ~ 1 + (1 | Batch)' and 'Reaction ~ 1 + Days + (1 + Days | Subject)' are fitted to different rows or "
                    + "responses; fit both to the same rows, without missing values, before they are compared."
                ]
                (ModelComparison.test Models.dyestuff.Value Models.sleepstudy.Value
                 |> Models.words))

        testCase "A table has the criteria of the fits, weights that sum to one, and the least AIC at zero" (fun () ->
            let fits = [
                full.Value
                Models.reml "sleepstudy" "Reaction ~ Days + (1 | Subject)"
                Models.reml "sleepstudy" "Reaction ~ Days + (Days || Subject)"
            ]

            let table = ModelComparison.table fits |> Models.value
            let aic = fits |> List.map (fun fit -> fit.InformationCriteria.Aic) |> List.sort

            Law.assertHolds [
                yield! Law.relativeAll "AIC" 1e-12 aic (table.Models |> List.map _.Aic |> List.sort)
                yield! Law.near "weights" 1e-12 1.0 (table.Models |> List.sumBy _.Weight)
                yield! Law.near "least" 0.0 0.0 (table.Models |> List.map _.DeltaAic |> List.min)
                for model in table.Models do
                    yield! Law.near "CAIC" 1e-9 (model.Bic + float model.Parameters) model.Caic
                yield! Law.isTrue "not refitted" (not table.IsRefitted)
            ])

        testCase "Bootstrap p-values of a fixed effect are near those of the F test" (fun () ->
            // One-way layout: whether day 9 differs from day 0 between subjects, t test of 17 degrees of freedom.
            let smaller = Models.ml "sleepstudy" "Reaction ~ 1 + (1 | Subject)"

            let larger =
                Models.ml "sleepstudy" "Reaction ~ I(Days * (Days - 9)) + (1 | Subject)"

            let options = {
                BootstrapOptions.defaults with
                    Replicates = 400
            }

            let found = BootstrapTest.run options smaller larger |> Models.value

            Law.assertHolds [
                // χ² is nearly exact here: 161 degrees of freedom.
                yield! Law.near "p" (5.0 * found.MonteCarloError + 0.01) found.Asymptotic.P found.P
                yield! Law.near "mean" 0.25 1.0 (List.average found.Replicates)
            ])
    ]
