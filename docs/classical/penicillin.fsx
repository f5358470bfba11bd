(**
# Random blocks: four processes for penicillin

Five batches of corn steep liquor (blends), each split into four parts, one for each process: y_ij = μ + α_i + β_j +
e_ij with β_j ~ NID(0, σ²_β) and e_ij ~ NID(0, σ²_e). The data are those of Box, Hunter and Hunter. Run after a build:

    dotnet fsi docs/classical/penicillin.fsx
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Classical

let blends = data "penicillin_blend"

(**
## The model in matrices

Rows are ordered by process, then blend: X = [1₂₀, I₄ ⊗ 1₅], Z = 1₄ ⊗ I₅, M = σ²_β I₅, R = σ²_e I₂₀. E(y) = Xβ and
V(y) = ZMZ' + R.
*)
let design =
    Formula.parse "yield ~ 0 + process + (1 | blend)"
    |> Result.bind (fun spec -> Design.build spec blends)
    |> orStop

let z = Matrices.kronecker (Matrices.ones 4 1) (Matrix.identity 5)
let cells = Matrices.kronecker (Matrix.identity 4) (Matrices.ones 5 1)
confirm "Z = 1₄ ⊗ I₅" (Matrices.distance z (indicators design.RandomEffects.Head) = 0.0)
confirm "X without μ = I₄ ⊗ 1₅" (Matrices.distance cells design.FixedEffects.Matrix = 0.0)
(*** include-output ***)

(**
## The analysis of variance

Blocks SS 264 with 4 df, processes 70 with 3, error 226 with 12.
*)
let anova =
    AnovaModel.ofFormula "yield ~ process + blend" [ "blend" ] blends
    |> orStop
    |> AnovaTable.create SumsOfSquares.TypeI QuasiF.Sums

printf "%s" (AnovaReport.render SummaryFormat.Text NegativeEstimates.Keep anova)
(*** include-output ***)

let estimates = AnovaEstimates.create NegativeEstimates.Keep anova |> orStop
let blend, error = estimates[0].Estimate, estimates[1].Estimate
let square source = anova.Rows |> List.find (fun row -> row.Source = source) |> _.SumOfSquares
check "SS blocks" 1e-9 264.0 (square "blend")
check "SS processes" 1e-9 70.0 (square "process")
check "SS error" 1e-9 226.0 (square "Error")
check "σ²_e = 226/12" 1e-9 18.833333333333332 error
check "σ²_β = (66 − 18.8333)/4" 1e-9 11.791666666666666 blend
check "V(Y_ij) = σ²_β + σ²_e" 1e-9 30.625 (blend + error)
check "ρ = σ²_β/(σ²_β + σ²_e)" 1e-9 (11.791666666666666 / 30.625) (blend / (blend + error))
(*** include-output ***)

(**
The same by REML, for the design is balanced and no estimate negative:
*)
let fit formula = Lmm.fitFormula FitOptions.defaults blends formula |> orStop
let reml = fit "yield ~ 1 + process + (1 | blend)"

for component', expected in List.zip reml.VarianceComponents [ blend; error ] do
    check $"{component'.Group} by REML" 1e-8 expected component'.Covariance
(*** include-output ***)

(**
## Compound symmetry

The four runs of one batch have variance σ²_β + σ²_e each and covariance σ²_β for each pair; runs of different batches
are independent.
*)
let batchCovariance = Matrix.init 4 4 (fun i j -> blend + (if i = j then error else 0.0))
show "V of the runs of one batch" batchCovariance
show "correlations" (Matrix.toCorrelation batchCovariance)
(*** include-output ***)

(**
## Side conditions

μ_i = E(Y_ij) = μ + α_i is estimable: process means 84, 85, 89 and 86. What μ and α_i mean on their own is chosen:

- α₄ = 0: μ = μ₄ and α_i = μ_i − μ₄.
- α₁ = 0 (R's treatment contrasts): μ = μ₁ and α_i = μ_i − μ₁.
- Σα = 0 (R's sum contrasts): μ is the mean of the μ_i and α_i = μ_i − μ; the last α is minus the sum of the others.
*)
let coefficients formula = (fit formula).Coefficients |> List.map _.Estimate

let condition name formula (expected: float list) =
    for i, (expected, found) in List.indexed (List.zip expected (coefficients formula)) do
        let which = if i = 0 then "μ" else $"next α, {i}"
        check $"{name}: {which}" 1e-9 expected found

condition "α4 = 0" "yield ~ 1 + C(process, sas) + (1 | blend)" [ 86.0; -2.0; -1.0; 3.0 ]
condition "α1 = 0" "yield ~ 1 + process + (1 | blend)" [ 84.0; 1.0; 5.0; 2.0 ]
condition "Σα = 0" "yield ~ 1 + C(process, sum) + (1 | blend)" [ 86.0; -2.0; -1.0; 3.0 ]
(*** include-output ***)

(**
Estimable functions do not depend on the condition: α₁ − α₃ is −5 in each, with variance 2σ²_e/5.
*)
let x = Matrices.beside [ Matrices.ones 20 1; cells ]

let v =
    Matrices.add
        (Matrices.scale blend (Matrix.multiply z (Matrix.transpose z)))
        (Matrices.scale error (Matrix.identity 20))
    |> KnownCovariance.Dense

let gls = Gls.fit CovarianceScale.Known v [ "μ"; "α1"; "α2"; "α3"; "α4" ] x (Array.ofSeq design.ResponseValues) |> orStop
let difference = Gls.estimate gls [ 0.0; 1.0; 0.0; -1.0; 0.0 ] |> orStop
check "α1 − α3" 1e-9 -5.0 difference.Estimate
check "its variance 2σ²_e/5" 1e-9 (2.0 * error / 5.0) difference.Variance
confirm "μ is not estimable" (not (Gls.isEstimable gls [ 1.0; 0.0; 0.0; 0.0; 0.0 ]))
(*** include-output ***)
