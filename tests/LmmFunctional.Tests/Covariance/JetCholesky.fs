namespace LmmFunctional.Tests

open LmmFunctional.Estimation

/// <summary>The Cholesky factor of a small matrix of jets.</summary>
[<RequireQualifiedAccess>]
module internal JetCholesky =

    /// <summary>The lower triangular L with a = L Lᵀ, m×m by columns; reads the lower triangle of a. A pivot that is zero
    /// to working precision gives a zero column, as in <c>Semidefinite</c>.</summary>
    let factor m (a: Jet[]) =
        let l: Jet[] = Array.create (m * m) Jet.zero

        for j in 0 .. m - 1 do
            // What the columns before j leave of element (i, j); zeros of banded and diagonal matrices cost nothing.
            let rest i =
                let mutable sum = a[i + j * m]

                for k in 0 .. j - 1 do
                    if not (Jet.isZero l[i + k * m] || Jet.isZero l[j + k * m]) then
                        sum <- sum -. l[i + k * m] *. l[j + k * m]

                sum

            let pivot = rest j

            if pivot.Value > 1e-14 * a[j + j * m].Value then
                let root = Jet.sqrt pivot
                let reciprocal = Jet.reciprocal root
                l[j + j * m] <- root

                for i in j + 1 .. m - 1 do
                    let sum = rest i

                    if not (Jet.isZero sum) then
                        l[i + j * m] <- sum *. reciprocal

        l
