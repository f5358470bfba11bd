(**
# A split plot

Yates (1935) sowed three varieties of oats in whole plots of six blocks, and gave each quarter of a whole plot another
amount of nitrogen, 0 to 0.6 hundredweight an acre. Varieties are compared between whole plots, nitrogen within them:
two kinds of error, each with its own variance.

Run the script after a build: `dotnet fsi docs/tutorials/split-plot.fsx`.
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Dsl
open LmmFunctional.Analysis

let oats = data "oats"

let spec =
    lmm {
        response "yield"
        fixed' (intercept + col "Variety" * col "nitroF")
        random (intercept |> by "Block")
        random (intercept |> byInteraction [ "Block"; "Variety" ])
    }

let fit = Lmm.fit FitOptions.defaults oats spec |> orStop
fit.VarianceComponents |> List.iter (printfn "%O")
(*** include-output ***)

(**
As text the model is `yield ~ Variety * nitroF + (1 | Block/Variety)`. Whole plots vary with a standard deviation of
10.3, quarters with 13.3.

## The analysis of variance

Kenward and Roger's degrees of freedom find the two strata by themselves:
*)
let anova = Anova.table HypothesisType.III DegreesOfFreedomMethod.kenwardRoger fit |> orStop
printfn "%O" anova
(*** include-output ***)

(*** hide ***)
let f name = (anova.Tests |> List.find (fun t -> t.Name = name))
stated "10.3" fit.VarianceComponents[1].StandardDeviation
stated "13.3" fit.Sigma
stated "10" (f "Variety").DenominatorDf
stated "1.49" (f "Variety").F
stated "45" (f "nitroF").DenominatorDf
stated "37.69" (f "nitroF").F

(**
That is Yates' table: varieties have 10 degrees of freedom for error and F = 1.49, nitrogen 45 and F = 37.69. In balanced
data the classical analysis by mean squares gives the same; here it is from sums of squares alone:
*)
open LmmFunctional.Classical

let classical =
    AnovaModel.ofFormula "yield ~ Variety * nitroF + (1 | Block) + (1 | Block:Variety)" [] oats
    |> Result.map (AnovaTable.create SumsOfSquares.TypeI QuasiF.Sums)
    |> orStop

printfn "%s" (AnovaReport.render SummaryFormat.Text NegativeEstimates.Keep classical)
(*** include-output ***)

(*** hide ***)
stated "0.30" (f "Variety:nitroF").F

(**
## How much nitrogen?

The interaction is small (F = 0.30), so means of nitrogen may be taken over varieties. Means that share a letter do not
differ at 5 % by Tukey's method:
*)
let tested = Inference.create DegreesOfFreedomMethod.kenwardRoger fit |> orStop
let means = MarginalMeans.over MarginalOptions.defaults "nitroF" tested |> orStop
let letters = CompactLetters.create 0.05 Adjustment.Tukey means |> orStop

for mean, letter in List.zip means.Means letters do
    printfn "%O   %s" mean letter
(*** include-output ***)

(**
Yields still rise from 0.4 to 0.6, but less than before, and the last two means share a letter. Polynomial contrasts say
the same in another way:
*)
let trends = MarginalContrasts.create MeanContrast.Polynomial None means |> orStop
printfn "%O" trends
(*** include-output ***)

(*** hide ***)
for contrast, text in List.zip trends.Contrasts.Tail [ "0.11"; "0.89" ] do
    match contrast.Estimate with
    | Ok own -> stated text own.P
    | Error problem -> orStop (Error [ problem ])

(**
The linear part is beyond doubt. Of curvature there is only a hint: the quadratic part has p = 0.11, the cubic one 0.89. So
nitrogen may be a number, with a parabola at most, and two coefficients do the work of three:
*)
let parabola =
    Lmm.fitFormula FitOptions.defaults oats "yield ~ Variety + nitro + I(nitro^2) + (1 | Block/Variety)"
    |> orStop

parabola.Coefficients |> List.iter (printfn "%O")
(*** include-output ***)

(**
The parabola has its top at −b/(2c), 0.87, far beyond the 0.6 that was tried: an optimum that these data cannot show.
*)
let b, c = parabola.Coefficients[3].Estimate, parabola.Coefficients[4].Estimate
printfn "top at %.2f" (-b / (2.0 * c))
(*** include-output ***)
(*** hide ***)
stated "0.87" (-b / (2.0 * c))

(**
## What would another design have cost?

A variety's mean has the standard error of its whole plots. The difference of two varieties, and of two amounts of
nitrogen:
*)
for over in [ "Variety"; "nitroF" ] do
    let pairs =
        MarginalMeans.over MarginalOptions.defaults over tested
        |> Result.bind (MarginalContrasts.create MeanContrast.Pairwise None)
        |> orStop

    match pairs.Contrasts.Head.Estimate with
    | Ok first -> printfn "%s: se %.2f on %.0f df" over first.StandardError first.Df
    | Error problem -> printfn "%s" (LmmError.describe problem)
(*** include-output ***)

(**
The error of nitrogen is the smaller one, though its means are of fewer rows: that is what the split buys, and varieties
pay for it.
*)
