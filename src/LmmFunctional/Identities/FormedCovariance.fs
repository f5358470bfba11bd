namespace LmmFunctional.Verification

open MathNet.Numerics.LinearAlgebra

/// <summary>V and its parts formed, n×n, where n is small.</summary>
[<RequireQualifiedAccess>]
module internal FormedCovariance =

    /// Zₜ(A ⊗ g)Zₜᵀ of one term, n×n: V where g is its G, a derivative of V where g is one of G.
    let spread (model: Marginal) t (g: Matrix<float>) : Matrix<float> =
        let term = model.Terms[t]
        let s = term.Order
        let n = Marginal.rows model

        Matrix<float>
            .Build.Dense(
                n,
                n,
                fun i j ->
                    let related = term.Related term.Codes[i] term.Codes[j]

                    if related = 0.0 then
                        0.0
                    else
                        let mutable sum = 0.0

                        for k in 0 .. s - 1 do
                            for l in 0 .. s - 1 do
                                sum <- sum + term.Columns[k][i] * g[k, l] * term.Columns[l][j]

                        related * sum
            )

    /// Σᵢⱼ wᵢⱼ A zᵢzⱼᵀ of one term, S×S: what ⟨w, spread g⟩ multiplies the elements of g with.
    let gather (model: Marginal) t (w: Matrix<float>) : Matrix<float> =
        let term = model.Terms[t]
        let s = term.Order
        let result = Matrix<float>.Build.Dense(s, s)

        for i in 0 .. Marginal.rows model - 1 do
            for j in 0 .. Marginal.rows model - 1 do
                let weight = w[i, j] * term.Related term.Codes[i] term.Codes[j]

                if weight <> 0.0 then
                    for k in 0 .. s - 1 do
                        for l in 0 .. s - 1 do
                            result[k, l] <- result[k, l] + weight * term.Columns[k][i] * term.Columns[l][j]

        result

    /// V, n×n.
    let covariance (model: Marginal) : Matrix<float> =
        model.Terms
        |> List.indexed
        |> List.fold
            (fun v (t, term) -> v + spread model t term.Covariance)
            (Marginal.timesR model (Matrix<float>.Build.DenseIdentity(Marginal.rows model)))
