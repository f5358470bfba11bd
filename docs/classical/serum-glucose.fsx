(**
# Serum glucose: two designs over time

Answers to the two exercises of the notes, derived, then verified with numbers. Run after a build:

    dotnet fsi docs/classical/serum-glucose.fsx
*)
#load "common.fsx"

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Analysis
open LmmFunctional.Classical

(**
## Eight foods on five days: AR(1) errors and a random day

y_ijk = μ_jk + d_i + e_ijk with days d_i ~ N(0, σ²_d) and four times of one subject e_ij ~ N(0, Σ_e), elements σ²_e
φ^|k−l|.

In the order of days, foods and times X = 1₅ ⊗ I₃₂ and V = I₅ ⊗ (σ²_d 11' + I₈ ⊗ Σ_e), so VX = XQ with Q the matrix in
brackets: GLS is OLS, the mean over days, whatever the parameters. Hence

- (a) Var(μ̂₃₁) = (σ²_d + σ²_e)/5;
- (b) Var(μ̂₃.) = (σ²_d + 1'Σ_e1/16)/5 = σ²_d/5 + σ²_e(2 + 3φ + 2φ² + φ³)/40, for 1'Σ_e1 = σ²_e(4 + 6φ + 4φ² + 2φ³).
*)
let day, error, phi = 2.0, 3.0, 0.6
let times = Matrices.scale error (Matrices.autoregressive 4 phi)
let ofOneDay =
    Matrices.add (Matrices.scale day (Matrices.ones 32 32)) (Matrices.kronecker (Matrix.identity 8) times)

let x = Matrices.kronecker (Matrices.ones 5 1) (Matrix.identity 32)
let v = KnownCovariance.Kronecker(Matrix.identity 5, ofOneDay)
let commuting = OlsAgainstGls.commuting v x
confirm "VX = XQ" commuting.Holds
confirm "Q is the covariance of one day" (Matrices.distance commuting.Q ofOneDay < 1e-10)

let gls =
    Gls.fit CovarianceScale.Known v [ for j in 1..8 do for k in 1..4 -> $"μ{j}{k}" ] x (Array.zeroCreate 160)
    |> orStop

let food3 weight = [ for j in 1..8 do for k in 1..4 -> if j = 3 then weight k else 0.0 ]
let variance c = (Gls.estimate gls c |> orStop).Variance
check "(a) Var(μ31)" 1e-9 ((day + error) / 5.0) (variance (food3 (fun k -> if k = 1 then 1.0 else 0.0)))

let b = day / 5.0 + error * (2.0 + 3.0 * phi + 2.0 * phi ** 2.0 + phi ** 3.0) / 40.0
check "(b) Var(μ3.)" 1e-9 b (variance (food3 (fun _ -> 0.25)))
(*** include-output ***)

(**
## Three foods, six subjects each, six times: a split plot in time

Y_ijk = μ + α_i + S_ij + τ_k + γ_ik + e_ijk with S_ij ~ NID(0, σ²_S) and e_ijk ~ NID(0, σ²_e).

### (a) V(Y_ij) = σ²_S 11' + σ²_e I₆, compound symmetry

### (b) Estimators

Subjects are nested in foods and crossed with times; what is left is subjects by times within foods.
*)
let design =
    BalancedDesign.parse "food/subject + time + food:time" [ "subject" ] [ "food", 3; "subject", 6; "time", 6 ] 1
    |> orStop

printf "%s" (EmsReport.render SummaryFormat.Text InteractionForm.Unrestricted QuasiF.Sums design)
let table = ExpectedMeanSquares.table InteractionForm.Unrestricted design
let df source = table |> List.find (fun row -> row.Source = source) |> _.Df |> float
check "df of subjects in foods, 3(6 − 1)" 0.0 15.0 (df "subject(food)")
check "df of the error, 3(6 − 1)(6 − 1)" 0.0 75.0 (df "Error")
(*** include-output ***)

(**
So σ̂²_e = MS_E = SS_E/75 and σ̂²_S = (MS_S − MS_E)/6 with 15 df for MS_S. The notes give no data; these are simulated,
with σ²_S = 4 and σ²_e = 1.
*)
let random = Random 7

let normal sd =
    sd * MathNet.Numerics.Distributions.Normal.Sample(random, 0.0, 1.0)

let subjects = [ for food in 1..3 do for subject in 1..6 -> food, subject, normal 2.0 ]

let rows = [
    for food, subject, effect in subjects do
        for time in 1..6 -> food, subject, time, 100.0 + float (food * time) + effect + normal 1.0
]

let serum =
    frame "glucose" [ for _, _, _, y in rows -> y ] [
        "food", [ for food, _, _, _ in rows -> $"F{food}" ]
        "subject", [ for food, subject, _, _ in rows -> $"S{food}{subject}" ]
        "time", [ for _, _, time, _ in rows -> $"T{time}" ]
    ]

let anova =
    AnovaModel.ofFormula "glucose ~ food * time + (1 | subject)" [] serum
    |> orStop
    |> AnovaTable.create SumsOfSquares.TypeI QuasiF.Sums

printf "%s" (AnovaReport.render SummaryFormat.Text NegativeEstimates.Keep anova)
let estimates = AnovaEstimates.create NegativeEstimates.Keep anova |> orStop
let subject, residual = estimates[0].Estimate, estimates[1].Estimate

let meanSquare source =
    anova.Rows |> List.find (fun row -> row.Source = source) |> _.MeanSquare |> Option.get

let msS, msE = meanSquare "subject", meanSquare "Error"
check "σ²_e = MS_E" 1e-9 msE residual
check "σ²_S = (MS_S − MS_E)/6" 1e-9 ((msS - msE) / 6.0) subject

let reml = Lmm.fitFormula FitOptions.defaults serum "glucose ~ food * time + (1 | subject)" |> orStop

for component', expected in List.zip reml.VarianceComponents [ subject; residual ] do
    check $"{component'.Group} by REML" 1e-7 expected component'.Covariance
(*** include-output ***)

(**
### (c) The correlation of two observations of one subject: σ²_S/(σ²_S + σ²_e)

Estimated by (MS_S − MS_E)/(MS_S + 5MS_E), with an interval by modified large samples.
*)
let rho = subject / (subject + residual)
check "ρ" 1e-9 ((msS - msE) / (msS + 5.0 * msE)) rho

let total = MeanSquareCombination.add estimates[0].Combination estimates[1].Combination
let interval = VarianceIntervals.ratio 0.95 estimates[0].Combination total
printfn "95 %% interval of ρ: %.3f to %.3f" interval.Lower interval.Upper
(*** include-output ***)

(**
### (d) V(Ȳ_ij.) of the mean of a subject

V(Ȳ_ij.) = σ²_S + σ²_e/6 = E(MS_S)/6, so MS_S/6 estimates it with 15 df. (For the mean of a food over its six subjects,
V(Ȳ_i..) = E(MS_S)/36 is estimated by MS_S/36, with the same 15 df.)
*)
let ofSubject = AnovaTable.combine anova [ ("subject", 1.0 / 6.0) ]
check "its estimator" 1e-9 (subject + residual / 6.0) (MeanSquareCombination.estimate ofSubject)
check "its df" 1e-9 15.0 (MeanSquareCombination.satterthwaiteDf ofSubject)

let foodMean = AnovaTable.combine anova [ ("subject", 1.0 / 36.0) ]
check "V(Ȳ_i..)" 1e-9 ((subject + residual / 6.0) / 6.0) (MeanSquareCombination.estimate foodMean)
(*** include-output ***)

(**
### (e) V(Ȳ_i.k) of the mean of a food at a time

V(Ȳ_i.k) = (σ²_S + σ²_e)/6, estimated by (MS_S + 5MS_E)/36. By Satterthwaite its df are
(MS_S + 5MS_E)²/(MS_S²/15 + (5MS_E)²/75).
*)
let cell = AnovaTable.combine anova [ "subject", 1.0 / 36.0; "Error", 5.0 / 36.0 ]
let nu = (msS + 5.0 * msE) ** 2.0 / (msS ** 2.0 / 15.0 + 25.0 * msE ** 2.0 / 75.0)
check "its estimator" 1e-9 ((subject + residual) / 6.0) (MeanSquareCombination.estimate cell)
check "its df" 1e-9 nu (MeanSquareCombination.satterthwaiteDf cell)
(*** include-output ***)
