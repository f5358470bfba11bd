namespace LmmFunctional.Estimation

open MathNet.Numerics.LinearAlgebra

/// <summary>tr(QV̇_kQV̇_l) of a model with too many effects to form Z'QZ: from derivatives of the log
/// determinants.</summary>
[<RequireQualifiedAccess>]
module internal TraceDifferences =

    /// tr(Q V̇_k) = 2(tr-part λ)_rc of every entry at these λ; the factor is left there.
    let private slopes (factor: SupernodalFactor) (entries: Entry[]) reml (lambdas: float[][]) =
        if factor.Factor lambdas then
            factor.Solve()

        let derivatives = SupernodalDerivatives.create factor reml

        let slope (entry: Entry) =
            let lambda = lambdas[entry.Term]
            let n = Semidefinite.order lambda
            let trace = derivatives[entry.Term].Trace
            let mutable sum = 0.0

            for i in 0 .. n - 1 do
                sum <- sum + trace[entry.Row + i * n] * lambda[i + entry.Column * n]

            2.0 * sum

        entries |> Array.map slope, derivatives

    /// <summary>T, k×k: ∂_l tr(QV̇_k) = tr(QV̈_kl) − T_kl, the derivative by central differences of fourth
    /// order.</summary>
    /// <remarks>Four factors with their inverses for every entry; the steps are fixed, and the factor is
    /// restored.</remarks>
    let create (factor: SupernodalFactor) (entries: Entry[]) reml : SquareBlock =
        let terms = factor.Symbolic.Products.Places.Length
        let lambdas = Array.init terms (fun t -> Array.copy (factor.Lambda t))

        let size =
            lambdas
            |> Array.map (fun lambda -> lambda |> Array.fold (fun m x -> max m (abs x)) 0.1)

        let moved (entry: Entry) change =
            let n = Semidefinite.order lambdas[entry.Term]

            lambdas
            |> Array.mapi (fun t lambda ->
                if t = entry.Term then
                    lambda
                    |> Array.mapi (fun k x -> if k = entry.Row + entry.Column * n then x + change else x)
                else
                    lambda)

        let derivativesBy (entry: Entry) =
            let h = 1e-3 * size[entry.Term]

            let at change =
                fst (slopes factor entries reml (moved entry change))

            let far, near =
                Array.map2 (-) (at (2.0 * h)) (at (-2.0 * h)), Array.map2 (-) (at h) (at -h)

            Array.map2 (fun near far -> (8.0 * near - far) / (12.0 * h)) near far

        let columns = entries |> Array.map derivativesBy
        let derivatives = snd (slopes factor entries reml lambdas)

        let ofFactor k l =
            let a, b = entries[k], entries[l]

            if a.Term = b.Term && a.Column = b.Column then
                let n = Semidefinite.order lambdas[a.Term]
                2.0 * derivatives[a.Term].Trace[a.Row + b.Row * n]
            else
                0.0

        SquareBlock.init entries.Length (fun k l -> ofFactor k l - 0.5 * (columns[k].[l] + columns[l].[k]))

    /// <summary>T along other bases than λ, which must be regular: their directions in G are combinations of those of
    /// λ.</summary>
    let along (factor: SupernodalFactor) (bases: float[][]) (entries: Entry[]) reml : SquareBlock =
        let terms = factor.Symbolic.Products.Places.Length
        let lambdas = Array.init terms factor.Lambda
        let own = create factor entries reml

        // e_r b_cᵀ + b_c e_rᵀ of an entry, all elements of its term.
        let direction (bases: float[][]) (entry: Entry) =
            let basis = bases[entry.Term]
            let n = Semidefinite.order basis

            let half i j =
                if i = entry.Row then basis[j + entry.Column * n] else 0.0

            Array.init (n * n) (fun k -> half (k % n) (k / n) + half (k / n) (k % n))

        let matrix bases columns =
            Matrix<float>.Build.DenseOfColumnArrays(columns |> Array.map (fun k -> direction bases entries[k]))

        let count = entries.Length
        // Column k: the coefficients of direction k on those of λ.
        let coefficients = SquareBlock.zero count

        for _, columns in [| 0 .. count - 1 |] |> Array.groupBy (fun k -> entries[k].Term) do
            let solution = (matrix lambdas columns).Svd().Solve(matrix bases columns)

            columns
            |> Array.iteri (fun a k -> columns |> Array.iteri (fun b l -> coefficients[k, l] <- solution[a, b]))

        SquareBlock.init count (fun k l ->
            let mutable sum = 0.0

            for a in 0 .. count - 1 do
                for b in 0 .. count - 1 do
                    sum <- sum + coefficients[a, k] * own[a, b] * coefficients[b, l]

            sum)
