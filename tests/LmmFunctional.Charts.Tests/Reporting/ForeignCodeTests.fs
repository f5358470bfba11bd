/// <summary>Models in SAS, lme4 and nlme, and what these cannot say.</summary>
module LmmFunctional.Charts.Tests.ForeignCodeTests

open Expecto
open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Tests

let private code (found: ForeignCode) =
    match found.Code with
    | Some code -> code
    | None ->
        let notes = String.concat " " found.Notes
        failtest $"no code: {notes}"

let private refused expected (found: ForeignCode) =
    Check.equal None found.Code
    Check.equal [ expected ] found.Notes

let private lines (parts: string list) = String.concat "\n" (parts @ [ "" ])
let private kenwardRoger = DegreesOfFreedomMethod.kenwardRoger
let private sleepstudy = Models.sleepstudy

let private both =
    Models.fit "orthodont" "distance ~ age * Sex + (1 | Subject); residual = ar1(age | Subject)"

[<Tests>]
let tests =
    testList "ForeignCodeTests" [
        testCase "SAS: random slopes" (fun () ->
            Check.equal
                (lines [
                    "PROC MIXED DATA=data METHOD=REML;"
                    "  CLASS Subject;"
                    "  MODEL Reaction = Days / SOLUTION DDFM=KENWARDROGER;"
                    "  RANDOM INTERCEPT Days / SUBJECT=Subject TYPE=UN;"
                    "RUN;"
                ])
                (SasCode.ofFit kenwardRoger sleepstudy.Value |> code))

        testCase "SAS: nested groups and factors" (fun () ->
            let found = SasCode.ofFit DegreesOfFreedomMethod.Containment Models.oats.Value

            Check.equal
                (lines [
                    "PROC MIXED DATA=data METHOD=REML;"
                    "  CLASS Variety nitroF Block;"
                    "  MODEL yield = Variety nitroF Variety*nitroF / SOLUTION DDFM=CONTAIN;"
                    "  RANDOM INTERCEPT / SUBJECT=Block;"
                    "  RANDOM INTERCEPT / SUBJECT=Block*Variety;"
                    "RUN;"
                ])
                (code found)

            Check.equal 1 found.Notes.Length)

        testCase "SAS: a number that is a level of the residuals too is copied" (fun () ->
            Check.equal
                (lines [
                    "DATA data; SET data; age_class = age; RUN;"
                    "PROC MIXED DATA=data METHOD=REML;"
                    "  CLASS Sex Subject age_class;"
                    "  MODEL distance = age Sex age*Sex / SOLUTION DDFM=SATTERTHWAITE;"
                    "  RANDOM INTERCEPT / SUBJECT=Subject;"
                    "  REPEATED age_class / SUBJECT=Subject TYPE=AR(1);"
                    "RUN;"
                ])
                (SasCode.ofFit DegreesOfFreedomMethod.satterthwaite both.Value |> code))

        testCase "SAS: functions are computed first" (fun () ->
            let found = SasCode.ofFit kenwardRoger Models.dyestuff2.Value
            Check.contains "MODEL 'log(Yield + 10)'n = / SOLUTION" (code found)
            Check.equal [ "Compute these in a data step first: log(Yield + 10)." ] found.Notes)

        testCase "SAS has no variance function of a covariate" (fun () ->
            (Models.fit "orthodont" "distance ~ age; residual = varpower(age)").Value
            |> SasCode.ofFit kenwardRoger
            |> refused "PROC MIXED has no variance function varpower(age).")

        testCase "lme4" (fun () ->
            Check.equal
                (lines [
                    "library(lmerTest)"
                    "fit <- lmer(Reaction ~ 1 + Days + (1 + Days | Subject), data, REML = TRUE)"
                    "summary(fit)"
                ])
                (RCode.lme4 sleepstudy.Value |> code)

            RCode.lme4 both.Value
            |> refused "lmer has independent residuals only, not ar1(age | Subject).")

        // nlme 3.1 gives −216.8541 for this call, and so does this library: see docs/accuracy.md for the others.
        testCase "nlme: random effects and correlated residuals" (fun () ->
            Check.equal
                (lines [
                    "library(nlme)"
                    "fit <- lme(distance ~ 1 + age + Sex + age:Sex, data, random = list(Subject = pdSymm(~ 1)), correlation = corAR1(form = ~ as.integer(factor(age)) | Subject), method = \"REML\")"
                    "summary(fit)"
                ])
                (RCode.nlme both.Value |> code)

            Check.isWithin -216.85415 -216.85405 both.Value.LogLikelihood)

        testCase "nlme: nested groups, one level each" (fun () ->
            Check.contains
                "random = list(Block = pdSymm(~ 1), Variety = pdSymm(~ 1))"
                (RCode.nlme Models.oats.Value |> code))

        testCase "nlme has no crossed groups" (fun () ->
            RCode.nlme Models.penicillin.Value
            |> refused "lme needs nested grouping factors, and those of the model cross.")

        // nlme 3.1 gives −816.623091 for this call, as this library.
        testCase "nlme: a group by two factors is made first" (fun () ->
            let fit =
                (Models.fit "cake" "angle ~ recipe * temperature + (1 | recipe:replicate)").Value

            Check.equal
                (lines [
                    "library(nlme)"
                    "data$recipe_replicate <- with(data, interaction(recipe, replicate, drop = TRUE))"
                    "fit <- lme(angle ~ 1 + recipe + temperature + recipe:temperature, data, random = list(recipe_replicate = pdSymm(~ 1)), method = \"REML\")"
                    "summary(fit)"
                ])
                (RCode.nlme fit |> code)

            Check.isWithin (-816.62314) (-816.62304) fit.LogLikelihood)

        testCase "nlme: gls without random effects" (fun () ->
            Check.contains
                "fit <- gls(distance ~ 1 + age + Sex + age:Sex, data, correlation = corAR1("
                (RCode.nlme Models.orthodont.Value |> code))

        testCase "the sentences of a methods section" (fun () ->
            Check.equal
                ("We fitted a linear mixed model for Reaction to 180 observations (18 levels of Subject) by restricted maximum "
                 + "likelihood (REML), with fixed effects of Days and correlated random intercepts and effects of Days for "
                 + "Subject. Tests of fixed effects have Satterthwaite's degrees of freedom. Computations were done with "
                 + "LmmFunctional 0.1.0; the formula is Reaction ~ 1 + Days + (1 + Days | Subject).")
                (MethodsText.ofInference (Models.inference sleepstudy.Value)))
    ]
