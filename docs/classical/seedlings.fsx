(**
# The seedling experiment

Two genotypes, ten seeds, four pots: three seeds of genotype 1 in one pot and two in another, and the same for genotype
2. y_ijk = μ + γ_i + p_ij + e_ijk with pots p_ij ~ N(0, σ²_p) and errors e_ijk ~ N(0, σ²_e). The notes ask for y, X, β,
Z, u, G, R and Var(y), and why the estimates of μ + γ₁, μ + γ₂ and γ₁ − γ₂ are not linear in y. Run after a build:

    dotnet fsi docs/classical/seedlings.fsx
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Classical

(**
## X, Z, G, R and Var(y)

From the data as a user would have them; the weights are made up, for no design depends on them.
*)
let genotypes = [ for g in [ "1"; "2" ] do yield! List.replicate 5 g ]
let pots = [ for pot, seeds in [ "11", 3; "12", 2; "21", 3; "22", 2 ] do yield! List.replicate seeds pot ]
let weights = [ 10.1; 9.4; 10.7; 12.2; 11.9; 13.5; 12.8; 13.1; 11.0; 10.4 ]
let seedlings = frame "weight" weights [ "genotype", genotypes; "pot", pots ]

let design =
    Formula.parse "weight ~ 1 + genotype + (1 | pot)"
    |> Result.bind (fun spec -> Design.build spec seedlings)
    |> orStop

let z = indicators design.RandomEffects.Head

(**
The notes' X has the columns of μ, γ₁ and γ₂; it has rank 2. (The library keeps the first independent columns of a model
by itself: here an intercept and genotype 2.)
*)
let x =
    Matrices.beside [
        Matrices.ones 10 1
        Matrices.kronecker (Matrix.identity 2) (Matrices.ones 5 1)
    ]

let potVariance, errorVariance = 2.0, 1.0
let g = Matrices.scale potVariance (Matrix.identity 4)
let r = Matrices.scale errorVariance (Matrix.identity 10)
let variance = Matrices.add (Matrices.product [ z; g; Matrix.transpose z ]) r
show "X" x
show "Z" z
show "G, for σ²_p = 2" g
show "ZZ'" (Matrix.multiply z (Matrix.transpose z))
show "Var(y) = ZGZ' + R, for σ²_p = 2 and σ²_e = 1" variance
(*** include-output ***)

(**
Var(y) is block diagonal: 3 on the diagonal (σ²_p + σ²_e), 2 for two seedlings of a pot (σ²_p), 0 for two pots.
*)
let blocks =
    [ 3; 2; 3; 2 ]
    |> List.map (fun n -> Matrix.init n n (fun i j -> potVariance + (if i = j then errorVariance else 0.0)))

confirm "Var(y) is its four blocks" (Matrices.distance variance (Matrices.blockDiagonal blocks) = 0.0)

(**
## The Aitken model

With σ²_p/σ²_e known, Var(y) = σ²V and generalised least squares estimates every estimable function. μ alone is not one.
*)
let v = KnownCovariance.Blocks blocks
let names = [ "μ"; "γ1"; "γ2" ]
let gls = Gls.fit CovarianceScale.UpToFactor v names x (Array.ofList weights) |> orStop
let ols = Gls.ols names x (Array.ofList weights) |> orStop
show "the selected generalised inverse of X'V⁻¹X" gls.GeneralisedInverse

let functions = [ "μ + γ1", [ 1.0; 1.0; 0.0 ]; "μ + γ2", [ 1.0; 0.0; 1.0 ]; "γ1 − γ2", [ 0.0; 1.0; -1.0 ] ]

for name, c in functions do
    let byGls, byOls = Gls.estimate gls c |> orStop, Gls.estimate ols c |> orStop
    printfn "%-8s GLS %8.4f (se %.4f)   OLS %8.4f" name byGls.Estimate byGls.StandardError byOls.Estimate

match Gls.estimate gls [ 1.0; 0.0; 0.0 ] with
| Ok _ -> ()
| Error problems -> problems |> List.iter (LmmError.describe >> printfn "%s")
(*** include-output ***)

(**
## OLS is not GLS here

No Q satisfies VX = XQ, so that the weights of a pot's mean depend on σ²_p/σ²_e: n/(σ²_e + nσ²_p) for n seedlings. A
genotype's mean has variance 1/(3/7 + 2/5) = 35/29 by GLS and (9·2 + 4·2 + 5)/25 = 31/25 by OLS.
*)
let commuting = OlsAgainstGls.commuting v x
let efficiency = OlsAgainstGls.efficiency v x [ 1.0; 1.0; 0.0 ] |> orStop
printfn "VX = XQ holds: %b (off by %.2g)" commuting.Holds commuting.Distance
confirm "no Q" (not commuting.Holds)
check "Var(μ + γ1) by GLS" 1e-12 (35.0 / 29.0) efficiency.Gls
check "Var(μ + γ1) by OLS" 1e-12 (31.0 / 25.0) efficiency.Ols
check "efficiency" 1e-12 (35.0 / 29.0 / 1.24) efficiency.Ratio
(*** include-output ***)

(**
With the ratio unknown it is estimated from the same y: the estimate C β̂ of the mixed model is then no linear function
of y. Equal steps of one weight move the estimate unequally:
*)
let effectOfFirst first =
    let values = first :: List.tail weights
    let changed = frame "weight" values [ "genotype", genotypes; "pot", pots ]
    let fit = Lmm.fitFormula FitOptions.defaults changed "weight ~ 1 + genotype + (1 | pot)" |> orStop
    fit.Coefficients.Head.Estimate

let byOne = [ 8.0; 10.0; 12.0; 14.0 ] |> List.map effectOfFirst |> List.pairwise |> List.map (fun (a, b) -> b - a)
printfn "change of μ + γ1 for each 2 more in y111: %A" (byOne |> List.map (fun d -> System.Math.Round(d, 4)))
confirm "the estimator is not linear" (List.max byOne - List.min byOne > 1e-3)
(*** include-output ***)

(**
## The balanced variant: OLS is GLS

Three seeds in every pot: now VX = XQ, whatever the variances.
*)
let balancedX =
    Matrices.beside [
        Matrices.ones 12 1
        Matrices.kronecker (Matrix.identity 2) (Matrices.ones 6 1)
    ]

let balancedV = KnownCovariance.Kronecker(Matrix.identity 4, blocks.Head)
let balanced = OlsAgainstGls.commuting balancedV balancedX
confirm "VX = XQ" balanced.Holds
show "Q" balanced.Q

let lossless = OlsAgainstGls.efficiency balancedV balancedX [ 0.0; 1.0; -1.0 ] |> orStop
check "efficiency" 1e-12 1.0 lossless.Ratio
check "Var(γ1 − γ2) = 2(σ²_p/2 + σ²_e/6)" 1e-12 (2.0 * (1.0 + 1.0 / 6.0)) lossless.Gls
(*** include-output ***)
