(**
# A field trial

56 varieties of wheat were sown in four blocks at Alliance, Nebraska (Stroup, Baenziger and Mulitze 1994): 224 plots on a
grid of 11 by 22 places. The blocks are long and the field is not even; the block analysis cannot tell the varieties
apart. Neighbouring plots can.

Run the script after a build: `dotnet fsi docs/tutorials/field-trial.fsx`.
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Dsl
open LmmFunctional.Analysis

let wheat = data "wheat2"

(**
## Blocks

The analysis that the design suggests has random blocks. What matters is how well two varieties are told apart: the
mean variance of a difference, from the covariance matrix of the coefficients.
*)
let blocks = Lmm.fitFormula FitOptions.defaults wheat "yield ~ variety + (1 | Block)" |> orStop

/// The root of the mean variance of all differences of two varieties: coefficients are differences from the first one.
let errorOfDifferences (fit: Fit) =
    let varieties = [ 0 .. fit.FixedCount - 1 ]
    let ofCoefficients = fit.CoefficientCovariance

    let covariance i j =
        if i = 0 || j = 0 then 0.0 else ofCoefficients[i, j]

    List.allPairs varieties varieties
    |> List.filter (fun (i, j) -> i < j)
    |> List.averageBy (fun (i, j) -> covariance i i + covariance j j - 2.0 * covariance i j)
    |> sqrt

blocks.VarianceComponents |> List.iter (printfn "%O")
printfn "error of a difference %.2f" (errorOfDifferences blocks)
Anova.table HypothesisType.III DegreesOfFreedomMethod.kenwardRoger blocks |> orStop |> printfn "%O"
(*** include-output ***)
(*** hide ***)
stated "4.98" (errorOfDifferences blocks)
(**
The error of a difference is 4.98 bushels, and the test of varieties finds nothing. The residuals of neighbours tell why:
*)
Lmm.check { CheckOptions.defaults with Subjects = Some "Block"; Along = Some "longitude" } blocks
|> orStop
|> List.find (fun check -> check.Name.Contains "autocorrelation")
|> _.Finding
|> printfn "%s"
(*** include-output ***)

(**
## Neighbours

In the model of Cullis and Gleeson (1991) the residuals are a process on the grid, autoregressive along rows and along
columns, and the correlation of two plots is the product of both: AR(1) × AR(1). Places without a plot are no trouble.
*)
let separable =
    lmm {
        response "yield"
        fixed' (intercept + col "variety")
        residual (kronecker [ ar1 "latitude"; ar1 "longitude" ] |> overAllRows)
    }

let spatial = Lmm.fit FitOptions.defaults wheat separable |> orStop

for p in spatial.CovarianceParameters do
    printfn "%s %.4f" p.Name p.Estimate

printfn "residual variance %.2f" (spatial.Sigma ** 2.0)
(*** include-output ***)
(*** hide ***)
let parameter name =
    (spatial.CovarianceParameters |> List.find (fun p -> p.Name = name)).Estimate

stated "0.66" (parameter "rho.2")
stated "0.44" (parameter "rho.1")
(**
Plots 1.2 m apart along the rows have a correlation of 0.66, those 4.3 m apart across them 0.44.

## Which model?

Blocks may stay beside the process, and plots may have noise of their own (a nugget):
*)
let formulas = [
    "blocks", "yield ~ variety + (1 | Block)"
    "AR(1) x AR(1)", "yield ~ variety; residual = kron(ar1(latitude), ar1(longitude))"
    "AR(1) x AR(1), blocks", "yield ~ variety + (1 | Block); residual = kron(ar1(latitude), ar1(longitude))"
    "AR(1) x AR(1), nugget", "yield ~ variety; residual = kron(ar1(latitude), ar1(longitude)) + nugget"
]

let candidates = [ for name, formula in formulas -> name, Lmm.fitFormula FitOptions.defaults wheat formula |> orStop ]

for name, fit in candidates do
    printfn
        "%-22s -2 REML log likelihood %.1f  AIC %.1f  error of a difference %.2f"
        name
        fit.CriterionValue
        fit.InformationCriteria.Aic
        (errorOfDifferences fit)
(*** include-output ***)
(*** hide ***)
let named name = candidates |> List.find (fst >> (=) name) |> snd
let aic name = (named name).InformationCriteria.Aic
stated "108" (aic "blocks" - aic "AR(1) x AR(1)")
stated "38" (aic "AR(1) x AR(1)" - aic "AR(1) x AR(1), nugget")
stated "2.92" (errorOfDifferences (named "AR(1) x AR(1)"))
stated "2.9" ((4.98 / 2.92) ** 2.0)
(**
The process takes AIC down by 108 against blocks, and the error of a difference from 4.98 to 2.92: as much as 2.9 times the
plots would. Blocks add nothing to it. A nugget takes AIC down by 38 more: part of the variation is of single plots, and
what neighbours share reaches further than the simple process says.

## The varieties

With a smaller error the varieties differ, and their order changes. The table has the five best by the model with a nugget,
with the ranks that they have among block means:
*)
let meansOf fit =
    Inference.create DegreesOfFreedomMethod.Residual fit
    |> Result.bind (MarginalMeans.over MarginalOptions.defaults "variety")
    |> orStop
    |> _.Means
    |> List.choose (fun mean ->
        match mean.Estimate with
        | Ok own -> Some(own.Name, own.Estimate)
        | Error _ -> None)
    |> List.sortByDescending snd

let best = candidates |> List.last |> snd
let byBlocks = meansOf blocks

for name, mean in meansOf best |> List.truncate 5 do
    let rank = 1 + (byBlocks |> List.findIndex (fst >> (=) name))
    printfn "%-10s %.2f   rank by blocks %d" name mean rank

let test = Inference.create DegreesOfFreedomMethod.satterthwaite best |> orStop
Anova.ofInference HypothesisType.III test |> printfn "%O"
(*** include-output ***)
