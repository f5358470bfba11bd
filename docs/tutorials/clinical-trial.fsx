(**
# A clinical trial

200 patients with a disease of the lungs were given a treatment or a placebo, and their forced expiratory volume (FEV1)
was to be measured at four visits; of 800 measurements 537 are there. The data are those of the R package mmrm. The
analysis is the one that many protocols ask for: a mixed model for repeated measures (MMRM), with an unstructured
covariance matrix of the visits, Kenward-Roger degrees of freedom, and the difference of LS-means at the last visit.

Run the script after a build: `dotnet fsi docs/tutorials/clinical-trial.fsx`.
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Dsl
open LmmFunctional.Analysis

let fev = data "fev"

(**
## The model

There are no random effects. The residuals of a patient have a covariance matrix of their own, the same for all
patients, and a patient who misses visits contributes what he has: under *missing at random* that is all it takes.
*)
let mmrm =
    lmm {
        response "FEV1"
        fixed' (intercept + col "RACE" + col "SEX" + col "ARMCD" * col "AVISIT")
        residual (unstructured "AVISIT" |> within "USUBJID")
    }

let fit = Lmm.fit FitOptions.defaults fev mmrm |> orStop
printfn "%s" (Formula.print mmrm)
printfn "%d rows used, %d left out because FEV1 is missing" fit.Observations fit.Design.RowsMissing

for p in fit.CovarianceParameters do
    printfn "%-14s %.4f" p.Name p.Estimate
(*** include-output ***)

(**
The standard deviations of the visits are relative to σ, that of the first visit.

## The treatment effect

SAS and mmrm use the observed information and second derivatives for Kenward and Roger's method; `Convention.mmrm` does
as they do. [Why numbers differ](../guides/degrees-of-freedom.md) tells what that changes.
*)
let method = DegreesOfFreedomMethod.KenwardRoger Convention.mmrm
let tested = Inference.create method fit |> orStop

Anova.ofInference HypothesisType.III tested |> printfn "%O"
(*** include-output ***)

(**
LS-means of the arms at each visit, averaged over race and sex, and their differences:
*)
let means = MarginalMeans.over MarginalOptions.defaults "ARMCD | AVISIT" tested |> orStop
let differences = MarginalContrasts.create (MeanContrast.Reference None) (Some Adjustment.None) means |> orStop

means.Means |> List.iter (printfn "%O")
differences.Contrasts |> List.iter (printfn "%O")
(*** include-output ***)
(*** hide ***)
let last =
    match (List.last differences.Contrasts).Estimate with
    | Ok estimate -> estimate
    | Error problem -> orStop (Error [ problem ])

stated "4.40" last.Estimate
stated "1.69" last.StandardError
stated "0.010" last.P
(**
At the last visit the treatment raises FEV1 by 4.40 (standard error 1.69, p = 0.010).

## Sensitivity to the covariance

An unstructured matrix of four visits has ten parameters. If it cannot be fitted, protocols name structures to fall back
on, in order. Structures are functions, so a list of them makes the table. With the same fixed effects, restricted
likelihoods may be compared:
*)
let structures = [
    "unstructured", unstructured
    "heterogeneous Toeplitz", heterogeneousToeplitz
    "heterogeneous AR(1)", arh1
    "heterogeneous compound symmetry", heterogeneousCompoundSymmetry
    "ante-dependence", anteDependence
    "AR(1)", ar1
    "compound symmetry", compoundSymmetry
]

let effectAtTheEnd fit =
    Inference.create method fit
    |> Result.bind (MarginalMeans.over MarginalOptions.defaults "ARMCD | AVISIT")
    |> Result.bind (MarginalContrasts.create (MeanContrast.Reference None) (Some Adjustment.None))
    |> Result.bind (fun found -> (List.last found.Contrasts).Estimate |> Result.mapError List.singleton)
    |> orStop

let results = [
    for name, structure in structures do
        let own =
            mmrm
            |> LmmSpec.withResidual (structure "AVISIT" |> within "USUBJID")
            |> Lmm.fit FitOptions.defaults fev
            |> orStop

        name, own.InformationCriteria.Aic, effectAtTheEnd own
]

for name, aic, effect in results do
    printfn "%-32s AIC %.1f  difference %.2f, se %.2f, df %.0f" name aic effect.Estimate effect.StandardError effect.Df
(*** include-output ***)
(*** hide ***)
let effects = results |> List.map (fun (_, _, effect) -> effect)
stated "4.10" (effects |> List.map _.Estimate |> List.min)
stated "4.40" (effects |> List.map _.Estimate |> List.max)
let aicOf name = results |> List.pick (fun (own, aic, _) -> if own = name then Some aic else None)
stated "123" (aicOf "AR(1)" - aicOf "unstructured")
(**
The effect stays between 4.10 and 4.40, whatever the structure. Structures with one variance for all visits are far worse
here (AIC of AR(1) is higher by 123), and their standard errors are too small at the last visit, where the variance is
largest.

Two more looks: a matrix for each arm, which no longer assumes that the arms scatter alike, and standard errors that do
not trust the structure at all (CR2, with the degrees of freedom of Bell and McCaffrey).
*)
let perArm =
    mmrm
    |> LmmSpec.withResidual (unstructured "AVISIT" |> within "USUBJID" |> perLevelOf "ARMCD")
    |> Lmm.fit FitOptions.defaults fev
    |> orStop

let ofPerArm = effectAtTheEnd perArm
printfn "a matrix for each arm: AIC %.1f, difference %.2f, se %.2f" perArm.InformationCriteria.Aic ofPerArm.Estimate ofPerArm.StandardError

let robust = RobustCovariance.ofSubjects RobustKind.Cr2 fit |> orStop
RobustCovariance.coefficients 0.95 robust |> List.iter (fun c ->
    if c.Name.Contains "ARMCD" then
        printfn "%s: %.3f, se %.3f on %.1f df, p %.4f" c.Name c.Estimate c.StandardError c.Df c.P)
(*** include-output ***)

(**
## What goes into the report

The sentence for the methods section, and the SAS code with which a reviewer can repeat the analysis:
*)
printfn "%s" (MethodsText.ofInference tested)
(SasCode.ofFit method fit).Code |> Option.iter (printfn "%s")
(*** include-output ***)
