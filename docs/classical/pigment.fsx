(**
# A nested design: the pigment paste

15 barrels (batches), 2 samples from each, 2 parts (tests) of each sample: y_ijk = μ + β_i + δ_ij + e_ijk, all of them
random. The data are those of Box, Hunter and Hunter. Run after a build:

    dotnet fsi docs/classical/pigment.fsx
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Classical
open MathNet.Numerics.Distributions

let paste = data "pigment"

(**
## The analysis of variance
*)
let anova =
    AnovaModel.ofFormula "moisture ~ batch/sample" [ "batch"; "sample" ] paste
    |> orStop
    |> AnovaTable.create SumsOfSquares.TypeI QuasiF.Sums

printf "%s" (AnovaReport.render SummaryFormat.Text NegativeEstimates.Keep anova)
(*** include-output ***)

(**
The expected mean squares are those of the rules, and of synthesis:
*)
let rules =
    BalancedDesign.parse "batch/sample" [ "batch"; "sample" ] [ "batch", 15; "sample", 2 ] 2
    |> orStop

printf "%s" (EmsReport.render SummaryFormat.Text InteractionForm.Unrestricted QuasiF.Sums rules)

let unrestricted = InteractionForm.Unrestricted
confirm "rules = synthesis" (ExpectedMeanSquares.table unrestricted rules = EmsSynthesis.table unrestricted rules)
(*** include-output ***)

(**
## (a) Estimates of the variance components
*)
let meanSquare source =
    anova.Rows |> List.find (fun row -> row.Source = source) |> _.MeanSquare |> Option.get

let estimates = AnovaEstimates.create NegativeEstimates.Keep anova |> orStop
let estimate source = estimates |> List.find (fun e -> e.Source = source) |> _.Estimate
let batch, sample, error = estimate "batch", estimate "batch:sample", estimate "Error"
check "MS batches" 5e-4 86.495 (meanSquare "batch")
check "MS samples in batches" 5e-4 57.983 (meanSquare "batch:sample")
check "MS tests in samples" 5e-4 0.917 (meanSquare "Error")
check "σ²_e" 5e-4 0.917 error
check "σ²_δ = (57.983 − 0.917)/2" 5e-4 28.533 sample
check "σ²_β = (86.495 − 57.983)/4" 5e-4 7.128 batch

let reml = Lmm.fitFormula FitOptions.defaults paste "moisture ~ 1 + (1 | batch/sample)" |> orStop

for component', expected in List.zip reml.VarianceComponents [ batch; sample; error ] do
    check $"{component'.Group} by REML" 1e-7 expected component'.Covariance
(*** include-output ***)

(**
Standard errors by 2Σaᵢ²MSᵢ²/(dfᵢ + 2), intervals of Cochran and Satterthwaite, and by modified large samples. A
difference with few degrees of freedom has a useless χ² interval; the modified one says what the data say: σ²_β may be
zero.
*)
for estimate in estimates do
    let parts = estimate.Combination
    let large = VarianceIntervals.modifiedLargeSample 0.95 parts
    let generalised = VarianceIntervals.generalisedCombination 0.95 1 10000 parts

    match MeanSquareCombination.satterthwaite 0.95 parts with
    | Some interval ->
        printfn
            "%-13s %7.3f (se %6.3f) Satterthwaite, %5.2f df: %6.3f to %8.3f; MLS %7.3f to %6.3f; generalised %.2f to
%.2f"
            estimate.Source
            estimate.Estimate
            estimate.StandardError
            (MeanSquareCombination.satterthwaiteDf parts)
            interval.Lower
            interval.Upper
            large.Lower
            large.Upper
            generalised.Lower
            generalised.Upper
    | None -> printfn "%s is negative" estimate.Source

let share source = estimates |> List.find (fun e -> e.Source = source) |> _.Combination
let total = estimates |> List.map _.Combination |> List.reduce MeanSquareCombination.add
let ratio = VarianceIntervals.ratio 0.95 (share "batch:sample") total
check "V(Y_ijk)" 5e-3 36.578 (MeanSquareCombination.estimate total)
let ofSamples = sample / (batch + sample + error)
printfn "share of samples in V(Y): %.3f, 95 %% interval %.3f to %.3f" ofSamples ratio.Lower ratio.Upper
(*** include-output ***)

(**
The upper limit is above one because the data allow σ²_β = 0 and mean squares of batches below those of samples.
*)

(**
## (b) A 95 % interval for μ

V(ȳ) = (σ²_e + 2σ²_δ + 4σ²_β)/60 = E(MS batches)/60, so that MS batches/60 estimates it with 14 df: ȳ ± t₁₄
√(86.495/60).
*)
let moisture =
    match Frame.tryColumn "moisture" paste with
    | Some(Column.Numeric values) -> Seq.average values
    | _ -> nan

let se = sqrt (meanSquare "batch" / 60.0)
let t = StudentT.InvCDF(0.0, 1.0, 14.0, 0.975)
check "ȳ" 1e-4 26.7833 moisture
check "its standard error" 1e-4 1.2007 se
check "the same by REML" 1e-7 se reml.Coefficients.Head.StandardError
check "lower limit" 1e-3 24.208 (moisture - t * se)
check "upper limit" 1e-3 29.358 (moisture + t * se)
(*** include-output ***)

(**
## Covariances

V(Y_ijk) = σ²_β + σ²_δ + σ²_e. Two parts of one sample: σ²_β + σ²_δ. Two samples of one barrel: σ²_β. Two barrels: 0.
Here R = σ²_e I₆₀, M = diag(σ²_β I₁₅, σ²_δ I₃₀), Z = [I₁₅ ⊗ 1₄, I₃₀ ⊗ 1₂], E(y) = μ1 and V(y) = ZMZ' + R, fifteen
blocks.
*)
let design =
    Formula.parse "moisture ~ 1 + (1 | batch) + (1 | batch:sample)"
    |> Result.bind (fun spec -> Design.build spec paste)
    |> orStop

let z = Matrices.beside (design.RandomEffects |> List.map indicators)
let identity = Matrix.identity

let kroneckerZ =
    Matrices.beside [
        Matrices.kronecker (identity 15) (Matrices.ones 4 1)
        Matrices.kronecker (identity 30) (Matrices.ones 2 1)
    ]

confirm "Z = [I₁₅ ⊗ 1₄, I₃₀ ⊗ 1₂]" (Matrices.distance z kroneckerZ = 0.0)
let m = Matrices.blockDiagonal [ Matrices.scale batch (identity 15); Matrices.scale sample (identity 30) ]
let v = Matrices.add (Matrices.product [ z; m; Matrix.transpose z ]) (Matrices.scale error (identity 60))
let block = Matrix.init 4 4 (fun i j -> v[i, j])
show "V of one barrel" block
confirm "V(y) = I₁₅ ⊗ this" (Matrices.distance v (Matrices.kronecker (identity 15) block) < 1e-12)
check "V(Y_ijk)" 1e-9 (batch + sample + error) v[0, 0]
check "two parts of one sample" 1e-9 (batch + sample) v[0, 1]
check "two samples of one barrel" 1e-9 batch v[0, 2]
check "two barrels" 0.0 0.0 v[0, 4]
(*** include-output ***)
