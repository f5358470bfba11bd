(**
# Bioequivalence

A generic drug is bioequivalent to its reference when the 90 % confidence interval of the ratio of their exposures lies
within 80 to 125 %. The European Medicines Agency published a data set of a replicate design, on which companies check
their software: 77 subjects, four periods, sequences ABAB and BABA, 298 measurements. The response is the logarithm of
the exposure.

Run the script after a build: `dotnet fsi docs/tutorials/bioequivalence.fsx`.
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let exposure = data "bioequivalence"

/// The ratio of test to reference in per cent with its 90 % interval, from a fit of logarithms.
let ratio method fit =
    let estimate =
        Inference.create method fit
        |> orStop
        |> Inference.coefficients 0.90
        |> List.find (fun c -> c.Name = "formulationT")

    100.0 * exp estimate.Estimate, 100.0 * exp estimate.Lower, 100.0 * exp estimate.Upper

let show name (estimate, lower, upper) =
    printfn "%-9s %.2f %% (%.2f to %.2f)" name estimate lower upper

(**
## Method A: all effects fixed

The analysis of variance with subjects as fixed effects. A linear model is a mixed model without random terms:
*)
let methodA =
    Lmm.fitFormula FitOptions.defaults exposure "log_data ~ sequence + factor(subject) + factor(period) + formulation"
    |> orStop

let ofA = ratio DegreesOfFreedomMethod.Residual methodA
show "method A" ofA
(*** include-output ***)

(**
Columns of X that depend on others are left out, and the fit says so. Sequence is a function of the subjects, so one of the subjects' columns goes:
*)
printfn "left out: %s" (String.concat ", " methodA.Dropped)
(*** include-output ***)

(**
## Method B: subjects random

Subjects who miss periods now contribute to the comparison between subjects too. SAS takes containment degrees of
freedom unless told otherwise:
*)
let methodB =
    Lmm.fitFormula FitOptions.defaults exposure "log_data ~ sequence + factor(period) + formulation + (1 | subject)"
    |> orStop

let ofB = ratio DegreesOfFreedomMethod.Containment methodB
show "method B" ofB
(*** include-output ***)
(*** hide ***)
let check (estimate: string, lower: string, upper: string) (a, b, c) =
    stated estimate a
    stated lower b
    stated upper c

check ("115.66", "107.11", "124.89") ofA
check ("115.73", "107.17", "124.97") ofB
(**
The agency's document has 115.66 (107.11, 124.89) for method A and 115.73 (107.17, 124.97) for method B. Both intervals lie within 80 to 125 %.

## Method C: a variance within subjects for each formulation

The FDA's model: subjects have an effect for each formulation, and so have the residuals a variance for each.
*)
let methodC =
    Lmm.fitFormula
        FitOptions.defaults
        exposure
        "log_data ~ sequence + factor(period) + formulation + (0 + formulation | subject); residual = ident(formulation)"
    |> orStop

show "method C" (ratio DegreesOfFreedomMethod.satterthwaite methodC)
methodC.VarianceComponents |> List.iter (printfn "%O")
methodC.CovarianceParameters |> List.iter (fun p -> printfn "%s %s %.4f" p.Group p.Name p.Estimate)
printfn "%O" methodC.Certificate.Verdict
(*** include-output ***)

(**
The two effects of a subject are estimated with a correlation of one, the end of its range. Programs call that a warning;
here the certificate says that it is the optimum, and at which bound.

## A reference that varies much

Limits may be widened when the reference varies within subjects by more than 30 %. Its variance comes from the rows of
the reference alone:
*)
let reference = exposure |> Subset.rows "formulation == 'R'" |> orStop

let within =
    Lmm.fitFormula FitOptions.defaults reference "log_data ~ sequence + factor(period) + factor(subject)" |> orStop

let swr = within.Sigma
let cv = 100.0 * sqrt (exp (swr ** 2.0) - 1.0)
printfn "standard deviation within subjects %.4f, coefficient of variation %.2f %%" swr cv
(*** include-output ***)
(*** hide ***)
stated "46.96" cv
let widened = exp (0.760 * swr)
stated "71.23" (100.0 / widened)
stated "140.40" (100.0 * widened)
(**
The coefficient of variation is 46.96 %, so limits for the maximum concentration may be widened to exp(±0.760 · s), which
is 71.23 to 140.40 %.

## An outlier

One more look before the result is signed: is there a subject that carries it? Mean shifts of single rows, with p-values
adjusted for their number:
*)
match Lmm.outliers (OutlierModel.MeanShift MeanShiftOptions.defaults) methodB |> orStop with
| OutlierScan.MeanShifts table ->
    for shift in table.Shifts |> List.truncate 3 do
        printfn "row %s: shift %.2f, t %.2f, adjusted p %.4f" shift.Unit.Name shift.Shift shift.ExternalT shift.AdjustedP
| OutlierScan.VarianceShifts _ -> ()
(*** include-output ***)
