(**
# The litters experiment

Four litters of four animals, a treatment for each animal of a litter, two muscle samples from each animal:
y_ijk = μ + τ_i + ℓ_j + a_ij + e_ijk. The notes write X and Z with Kronecker products; here they meet those of the
library. Run after a build:

    dotnet fsi docs/classical/litters.fsx
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Classical

(**
## The data as a user has them

In the order of the notes: litters, in each the animals by treatment, two samples of each.
*)
let rows = [ for litter in 1..4 do for treatment in 1..4 do for sample in 1..2 -> litter, treatment, sample ]

let litters =
    frame "y" [ for i in 1..32 -> float (i * i % 17) ] [
        "litter", [ for litter, _, _ in rows -> string litter ]
        "treatment", [ for _, treatment, _ in rows -> string treatment ]
    ]

let design =
    Formula.parse "y ~ 0 + treatment + (1 | litter) + (1 | litter:treatment)"
    |> Result.bind (fun spec -> Design.build spec litters)
    |> orStop

(**
## Kronecker forms

X = 1₄ ⊗ [1₈, I₄ ⊗ 1₂] and Z = [I₄ ⊗ 1₈, I₁₆ ⊗ 1₂].
*)
let one n = Matrices.ones n 1
let identity = Matrix.identity
let x = Matrices.kronecker (one 4) (Matrices.beside [ one 8; Matrices.kronecker (identity 4) (one 2) ])
let zLitter = Matrices.kronecker (identity 4) (one 8)
let zAnimal = Matrices.kronecker (identity 16) (one 2)

confirm "X" (Matrices.distance x (Matrices.beside [ one 32; design.FixedEffects.Matrix ]) = 0.0)
confirm "Z of litters" (Matrices.distance zLitter (indicators design.RandomEffects[0]) = 0.0)
confirm "Z of animals" (Matrices.distance zAnimal (indicators design.RandomEffects[1]) = 0.0)
show "X, the rows of one litter" (Matrix.init 8 5 (fun i j -> x[i, j]))
(*** include-output ***)

(**
## Var(y)

Var(y) = σ²_ℓ I₄ ⊗ 11' + σ²_a I₁₆ ⊗ 11' + σ²_e I. With σ²_ℓ = 100, σ²_a = 10 and σ²_e = 1 an element shows what it is
made of: 111 is ℓ + a + e, 110 is ℓ + a, 100 is ℓ.
*)
let kroneckerForm =
    [
        Matrices.scale 100.0 (Matrices.kronecker (identity 4) (Matrices.ones 8 8))
        Matrices.scale 10.0 (Matrices.kronecker (identity 16) (Matrices.ones 2 2))
        identity 32
    ]
    |> List.reduce Matrices.add

let z = Matrices.beside [ zLitter; zAnimal ]
let g = Matrices.blockDiagonal [ Matrices.scale 100.0 (identity 4); Matrices.scale 10.0 (identity 16) ]
let fromZ = Matrices.add (Matrices.product [ z; g; Matrix.transpose z ]) (identity 32)
confirm "ZGZ' + R" (Matrices.distance kroneckerForm fromZ = 0.0)

let block = Matrix.init 8 8 (fun i j -> kroneckerForm[i, j])
show "the block of one litter" block
confirm "four such blocks" (Matrices.distance kroneckerForm (Matrices.kronecker (identity 4) block) = 0.0)
(*** include-output ***)

(**
## Estimates of treatments

The experiment is balanced: VX = XQ, so that treatment means are best whatever the variances, with variance
(σ²_ℓ + σ²_a + σ²_e/2)/4 of a mean and 2(σ²_a + σ²_e/2)/4 of a difference.
*)
let v = KnownCovariance.Kronecker(identity 4, block)
let commuting = OlsAgainstGls.commuting v x
confirm "VX = XQ" commuting.Holds
show "Q" commuting.Q

let variance c = (OlsAgainstGls.efficiency v x c |> orStop).Gls
check "Var(mean of treatment 1)" 1e-9 ((100.0 + 10.0 + 0.5) / 4.0) (variance [ 1.0; 1.0; 0.0; 0.0; 0.0 ])
check "Var(τ1 − τ2)" 1e-9 (2.0 * 10.5 / 4.0) (variance [ 0.0; 1.0; -1.0; 0.0; 0.0 ])
(*** include-output ***)
