(**
# Where a process varies

A plant makes batches of a pigment paste. Two samples were taken from each of fifteen batches, and the moisture of each
sample was measured twice (Box, Hunter and Hunter 1978, section 17.3). Does the moisture vary between batches, between
samples of a batch, or in the laboratory? The answer says where money is well spent.

Run the script after a build: `dotnet fsi docs/tutorials/process.fsx`.
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Analysis

let pigment = data "pigment"
let fit = Lmm.fitFormula FitOptions.defaults pigment "moisture ~ 1 + (1 | batch/sample)" |> orStop
fit.VarianceComponents |> List.iter (printfn "%O")
(*** include-output ***)
(*** hide ***)
let variance k = fit.VarianceComponents[k].Covariance
let ofBatch, ofSample, ofTest = variance 0, variance 1, fit.Sigma ** 2.0
stated "7.1" ofBatch
stated "28.5" ofSample
stated "0.9" ofTest
stated "78" (100.0 * ofSample / (ofBatch + ofSample + ofTest))
(**
Batches 7.1, samples 28.5, tests 0.9: the book has the same from mean squares. 78 % of the variance of a single result
comes from the sampling of a batch.

## How sure is that?

Fifteen batches are few. Intervals by the profile of the likelihood, in units of moisture:
*)
for interval in Profile.intervals 0.95 fit do
    let text (limit: float option) =
        limit |> Option.map (fun value -> $"%.2f{value}") |> Option.defaultValue "none"

    printfn "%-28s %6.2f  %s to %s" interval.Name interval.Estimate (text interval.Lower) (text interval.Upper)
(*** include-output ***)

(**
The interval of the batches starts at zero: these data do not show that batches differ at all. A test of that variance
says it with a p-value, and tells which distribution it took:
*)
let batches = VarianceTest.run VarianceTest.defaults (VarianceParameter.EffectVariance(0, 0)) fit |> orStop
printfn "%s: likelihood ratio %.3f, p by the mixture %.3f" batches.Name batches.Statistic batches.MixtureP
printfn "%s" batches.Advice
(*** include-output ***)
(*** hide ***)
stated "0.22" batches.MixtureP
(**
p = 0.22 by the mixture. With fifteen batches the classical F test is better.

## The classical intervals

From mean squares the same question has exact and nearly exact answers, without a likelihood. The F test of batches is exact:
*)
open LmmFunctional.Classical

let table =
    AnovaModel.ofFormula "moisture ~ 1 + (1 | batch) + (1 | batch:sample)" [] pigment
    |> Result.map (AnovaTable.create SumsOfSquares.TypeI QuasiF.Sums)
    |> orStop

printfn "%s" (AnovaReport.render SummaryFormat.Text NegativeEstimates.Keep table)
(*** include-output ***)

(**
## A better plan

The variance of a batch's mean, from s samples with t tests each, is σ²_sample/s + σ²_test/(s t). A sample costs 5 and a
test 2 units, say:
*)
let plan samples tests =
    sqrt (ofSample / float samples + ofTest / float (samples * tests)), 5 * samples + 2 * samples * tests

for samples, tests in [ 1, 1; 1, 2; 2, 1; 2, 2; 3, 1; 4, 1; 5, 1 ] do
    let deviation, cost = plan samples tests
    printfn "samples %d, tests of each %d: standard deviation %.2f, cost %d" samples tests deviation cost
(*** include-output ***)
(*** hide ***)
stated "3.81" (fst (plan 2 2))
stated "3.13" (fst (plan 3 1))
(**
Second tests buy nothing. Three samples with one test each cost 21 where two with two tests cost 18, and bring the
standard deviation from 3.81 down to 3.13. Better than both is to ask why two samples of one batch differ so much: that
is a problem of mixing or of sampling, not of the laboratory.

## Is the model right?

Residuals and effects should look normal; the checks say it in sentences, with their numbers:
*)
for check in Lmm.check CheckOptions.defaults fit |> orStop |> List.truncate 3 do
    printfn "%s of %s: %s" check.Name check.Of check.Finding
(*** include-output ***)
