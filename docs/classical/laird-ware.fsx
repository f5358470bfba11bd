(**
# The Laird-Ware form, and centres with patients

Run after a build:

    dotnet fsi docs/classical/laird-ware.fsx
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Classical

(**
## Var(y_N)

y_i = X_iβ + Z_ib_i + ε_i with b_i ~ N(0, Ψ) and ε_i ~ N(0, σ²Λ_i), independent, and independent between groups. So

- Var(y_i) = Z_iΨZ_i' + σ²Λ_i, and Cov(y_i, y_i') = 0 for two groups;
- Var(y_N) = diag(Z_1ΨZ_1' + σ²Λ_1, ..., Z_MΨZ_M' + σ²Λ_M): the blank of the note;
- element by element Cov(y_ij, y_ij') = Σ_k Σ_k' z_kij z_k'ij' ψ_kk' + σ²λ_ijj', with ψ_kk = ψ²_k.

With the sleep study: a random intercept and slope, Λ_i = I.
*)
let sleep = data "sleepstudy"
let formula = "Reaction ~ Days + (Days | Subject)"
let fit = Lmm.fitFormula FitOptions.defaults sleep formula |> orStop
let psi = snd fit.RandomCovariances.Head
let variance = fit.Sigma ** 2.0
let zi = Matrix.init 10 2 (fun day k -> if k = 0 then 1.0 else float day)

let ofOneSubject =
    Matrices.add (Matrices.product [ zi; psi; Matrix.transpose zi ]) (Matrices.scale variance (Matrix.identity 10))

show "Ψ" psi
show "Var(y_i), days 0 to 3" (Matrix.init 4 4 (fun i j -> ofOneSubject[i, j]))
check "Var(y_i) on day 3" 1e-9 (psi[0, 0] + 6.0 * psi[0, 1] + 9.0 * psi[1, 1] + variance) ofOneSubject[3, 3]
check "Cov of days 1 and 3" 1e-9 (psi[0, 0] + 4.0 * psi[0, 1] + 3.0 * psi[1, 1]) ofOneSubject[1, 3]
(*** include-output ***)

(**
GLS with these blocks as a known covariance gives the estimates of the fit, and their covariance:
*)
let v = KnownCovariance.Kronecker(Matrix.identity 18, ofOneSubject)
let x = fit.Design.FixedEffects.Matrix
let gls = Gls.fit CovarianceScale.Known v [ "(Intercept)"; "Days" ] x (Array.ofSeq fit.Design.ResponseValues) |> orStop

for ours, expected in List.zip gls.Coefficients fit.Coefficients do
    check expected.Name 1e-8 expected.Estimate ours

confirm "Var(β)" (Matrices.distance gls.GeneralisedInverse fit.CoefficientCovariance < 1e-8)
(*** include-output ***)

(**
## Hierarchical data: centres and patients

Two centres, three patients in each, two observations of each patient: Z₁ = I₂ ⊗ 1₆ and Z₂ = I₆ ⊗ 1₂, and
Var(Y) = θ₁Z₁Z₁' + θ₂Z₂Z₂' + R.
*)
let visits = [ for centre in 1..2 do for patient in 1..3 do for _ in 1..2 -> centre, patient ]

let centres =
    frame "y" [ for i in 1..12 -> float (i * i % 7) ] [
        "centre", [ for centre, _ in visits -> string centre ]
        "patient", [ for centre, patient in visits -> $"{centre}{patient}" ]
    ]

let design =
    Formula.parse "y ~ 1 + (1 | centre) + (1 | patient)"
    |> Result.bind (fun spec -> Design.build spec centres)
    |> orStop

let z1, z2 = indicators design.RandomEffects[0], indicators design.RandomEffects[1]
show "Z₁" z1
show "Z₂" z2
confirm "Z₁ = I₂ ⊗ 1₆" (Matrices.distance z1 (Matrices.kronecker (Matrix.identity 2) (Matrices.ones 6 1)) = 0.0)
confirm "Z₂ = I₆ ⊗ 1₂" (Matrices.distance z2 (Matrices.kronecker (Matrix.identity 6) (Matrices.ones 2 1)) = 0.0)
(*** include-output ***)
