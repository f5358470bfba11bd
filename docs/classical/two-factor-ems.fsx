(**
# Expected mean squares of two factors

y_ijk = μ + a_i + b_j + (ab)_ij + e_ijk, all random (a), and with A fixed (b): the notes ask for the expected mean
squares by the rules and for test statistics of all effects. Run after a build:

    dotnet fsi docs/classical/two-factor-ems.fsx

On the command line: `lmm ems "A*B" --random A,B --levels A=4,B=5 --reps 2`.
*)
#load "common.fsx"

open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Classical

let design random =
    BalancedDesign.parse "A*B" random [ "A", 4; "B", 5 ] 2 |> orStop

let print form random =
    let design = design random
    printf "%s" (EmsReport.render SummaryFormat.Text form QuasiF.Sums design)
    confirm "the rules equal synthesis" (ExpectedMeanSquares.table form design = EmsSynthesis.table form design)
    printfn ""

(**
## All factors fixed

The example of the rules (of its tables the third is right: 0 in the columns of live fixed subscripts, levels where
absent).
*)
print InteractionForm.Restricted []
(*** include-output ***)

(**
## (a) All factors random

A and B are tested against AB, and AB against the error.
*)
print InteractionForm.Unrestricted [ "A"; "B" ]
(*** include-output ***)

(**
## (b) A fixed and B random

By the rules as printed in the notes, where interactions sum to zero over the fixed factor: A is tested against AB, B
against the error.
*)
print InteractionForm.Restricted [ "B" ]
(*** include-output ***)

(**
Without that condition, as mixed model programs have it, σ²_AB is part of E(MS_B), and B is tested against AB. Both are
right for what they call σ²_B: the unrestricted one is the restricted one less σ²_AB/a.
*)
print InteractionForm.Unrestricted [ "B" ]
(*** include-output ***)

(**
## Three random factors

No mean square has the expectation that tests A; a sum of two has.
*)
let three = BalancedDesign.parse "A*B*C" [ "A"; "B"; "C" ] [ "A", 4; "B", 5; "C", 3 ] 2 |> orStop
printf "%s" (EmsReport.render SummaryFormat.Text InteractionForm.Unrestricted QuasiF.Sums three)
(*** include-output ***)
