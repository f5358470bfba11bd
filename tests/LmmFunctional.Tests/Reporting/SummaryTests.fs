/// <summary>Exact texts of summaries; estimates agree with what lme4 1.1 prints.</summary>
module LmmFunctional.Tests.SummaryTests

open System.Text.RegularExpressions
open Expecto
open LmmFunctional
open LmmFunctional.Analysis

/// The evidence near zero is rounding and the time is the machine's: their figures are left out.
let private stable (text: string) =
    let text =
        Regex.Replace(text, @"gradient \S+, Newton decrement [^,\s]+", "gradient #, Newton decrement #")

    Regex.Replace(text, @"\d+ iterations? in \S+ s", "# iterations in # s")

let private reads (expected: string list) (text: string) =
    let lines = (stable text).TrimEnd('\n').Split('\n') |> List.ofArray
    lines |> Texts.equal expected

[<Tests>]
let tests =
    testList "SummaryTests" [
        testCase "the summary of sleepstudy as text" (fun () ->
            Fitted.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)"
            |> Summary.render SummaryFormat.Text
            |> reads [
                "Linear mixed model fit by REML"
                "Formula: Reaction ~ 1 + Days + (1 + Days | Subject)"
                ""
                "Criteria:"
                "   REML    AIC   AICc    BIC logLik deviance df.resid"
                " 1743.6 1755.6 1756.1 1774.8 -871.8   1752.0      174"
                ""
                "Scaled residuals:"
                "     Min      1Q Median     3Q    Max"
                " -3.9536 -0.4634 0.0231 0.4634 5.1793"
                ""
                "Random effects:"
                " Groups   Name        Variance Std.Dev. Corr"
                " Subject  (Intercept)   612.09   24.740"
                "          Days           35.07    5.922 0.07"
                " Residual               654.94   25.592"
                "Number of obs: 180, groups: Subject, 18"
                ""
                "Fixed effects:"
                "             Estimate Std. Error t value"
                " (Intercept)  251.405      6.825  36.838"
                " Days          10.467      1.546   6.771"
                ""
                "Correlation of fixed effects:"
                "      (Intr)"
                " Days -0.138"
                ""
                "Certificate:"
                "optimum"
                "gradient #, Newton decrement #, smallest eigenvalue 0.46"
                "11 starts, all lead here"
                "# iterations in # s"
            ])

        testCase "the summary of sleepstudy as Markdown" (fun () ->
            Fitted.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)"
            |> Summary.render SummaryFormat.Markdown
            |> reads [
                "## Linear mixed model fit by REML"
                ""
                "Formula: `Reaction ~ 1 + Days + (1 + Days | Subject)`"
                ""
                "### Criteria"
                ""
                "|   REML |    AIC |   AICc |    BIC | logLik | deviance | df.resid |"
                "| -----: | -----: | -----: | -----: | -----: | -------: | -------: |"
                "| 1743.6 | 1755.6 | 1756.1 | 1774.8 | -871.8 |   1752.0 |      174 |"
                ""
                "### Scaled residuals"
                ""
                "|     Min |      1Q | Median |     3Q |    Max |"
                "| ------: | ------: | -----: | -----: | -----: |"
                "| -3.9536 | -0.4634 | 0.0231 | 0.4634 | 5.1793 |"
                ""
                "### Random effects"
                ""
                "| Groups   | Name        | Variance | Std.Dev. | Corr |"
                "| -------- | ----------- | -------: | -------: | ---: |"
                "| Subject  | (Intercept) |   612.09 |   24.740 |      |"
                "|          | Days        |    35.07 |    5.922 | 0.07 |"
                "| Residual |             |   654.94 |   25.592 |      |"
                ""
                "Number of obs: 180, groups: Subject, 18"
                ""
                "### Fixed effects"
                ""
                "|             | Estimate | Std. Error | t value |"
                "| ----------- | -------: | ---------: | ------: |"
                "| (Intercept) |  251.405 |      6.825 |  36.838 |"
                "| Days        |   10.467 |      1.546 |   6.771 |"
                ""
                "### Correlation of fixed effects"
                ""
                "|      | (Intr) |"
                "| ---- | -----: |"
                "| Days | -0.138 |"
                ""
                "### Certificate"
                ""
                "optimum"
                ""
                "gradient #, Newton decrement #, smallest eigenvalue 0.46"
                ""
                "11 starts, all lead here"
                ""
                "# iterations in # s"
            ])

        testCase "the summary of pastes by maximum likelihood" (fun () ->
            Fitted.ml "pastes" "strength ~ 1 + (1 | batch/cask)"
            |> Summary.render SummaryFormat.Text
            |> reads [
                "Linear mixed model fit by maximum likelihood"
                "Formula: strength ~ 1 + (1 | batch) + (1 | batch:cask)"
                ""
                "Criteria:"
                "   AIC  AICc   BIC logLik deviance df.resid"
                " 256.0 256.7 264.4 -124.0    248.0       56"
                ""
                "Scaled residuals:"
                "     Min      1Q Median     3Q    Max"
                " -1.4847 -0.5262 0.0121 0.4674 1.3892"
                ""
                "Random effects:"
                " Groups     Name        Variance Std.Dev."
                " batch      (Intercept)    1.199   1.0951"
                " batch:cask (Intercept)    8.434   2.9041"
                " Residual                  0.678   0.8234"
                "Number of obs: 60, groups: batch, 10; batch:cask, 30"
                ""
                "Fixed effects:"
                "             Estimate Std. Error t value"
                " (Intercept)  60.0533     0.6421   93.52"
                ""
                "Certificate:"
                "optimum"
                "gradient #, Newton decrement #, smallest eigenvalue 0.75"
                "9 starts, all lead here"
                "# iterations in # s"
            ])

        testCase "a variance of zero is an optimum at a bound" (fun () ->
            let summary =
                Fitted.reml "dyestuff2" "Yield ~ 1 + (1 | Batch)"
                |> Summary.render SummaryFormat.Text

            Check.contains "\noptimum at a bound (singular fit): Batch (Intercept)\n" summary)

        testCase "columns that depend on others are named" (fun () ->
            let summary =
                Fitted.reml "sleepstudy" "Reaction ~ Days + I(2 * Days) + (1 | Subject)"
                |> Summary.render SummaryFormat.Text

            Check.contains "\nLeft out, because they depend linearly on columns before them: I(2 * Days)\n" summary)

        testCase "a fit that was stopped says so" (fun () ->
            let summary =
                Fitted.stopped "sleepstudy" "Reaction ~ Days + (Days | Subject)"
                |> Summary.render SummaryFormat.Text

            Check.contains "\nnot converged, stopped after step 1; more steps would lower the criterion\n" summary)

        testCase "a fit without random effects has only its residual" (fun () ->
            let summary =
                Fitted.reml "sleepstudy" "Reaction ~ 1" |> Summary.render SummaryFormat.Text

            Check.contains "\nNumber of obs: 180\n" summary
            Check.lacks "Correlation" summary)
    ]
