namespace LmmFunctional.Estimation

/// <summary>The Durbin-Levinson recursion: stationary correlations from partial autocorrelations and back.</summary>
/// <remarks>Any partial autocorrelations between −1 and 1 give a positive definite Toeplitz matrix and the coefficients of
/// a stationary autoregression, and every one of either is reached (Barndorff-Nielsen and Schou 1973).</remarks>
[<RequireQualifiedAccess>]
module internal PartialAutocorrelation =

    /// The coefficients of order k from those of order k − 1 and partial autocorrelation k.
    let private extend (coefficients: Jet[]) (partial: Jet) =
        let k = coefficients.Length

        Array.init (k + 1) (fun i ->
            if i = k then
                partial
            else
                coefficients[i] -. partial *. coefficients[k - 1 - i])

    /// The coefficients φ_1 … φ_p of the autoregression.
    let coefficients (partials: Jet[]) = partials |> Array.fold extend [||]

    /// Σ_i φ_i ρ_(k−i), the prediction of correlation k by earlier ones; correlations start at lag 0.
    let predict (coefficients: Jet[]) (correlations: Jet[]) k =
        let mutable sum = Jet.zero

        for i in 1 .. coefficients.Length do
            sum <- sum +. coefficients[i - 1] *. correlations[abs (k - i)]

        sum

    /// Correlations at lags 0 … p. With φ of order k − 1 and v its innovation variance, ρ_k = Σ φ_i ρ_(k−i) + π_k v.
    let correlations (partials: Jet[]) =
        let rho: Jet[] = Array.create (partials.Length + 1) Jet.one
        let mutable phi: Jet[] = [||]
        let mutable variance = Jet.one

        for k in 1 .. partials.Length do
            let partial = partials[k - 1]
            rho[k] <- predict phi rho k +. partial *. variance
            phi <- extend phi partial
            variance <- variance *. Jet.shift 1.0 (Jet.negate (Jet.square partial))

        rho

    /// The partial autocorrelations of coefficients; None if these are not stationary.
    let ofCoefficients (coefficients: float[]) =
        let rec reduce (phi: float[]) partials =
            match phi.Length with
            | 0 -> Some(Array.ofList partials)
            | k ->
                let last = phi[k - 1]

                if abs last < 1.0 then
                    let shorter =
                        Array.init (k - 1) (fun i -> (phi[i] + last * phi[k - 2 - i]) / (1.0 - last * last))

                    reduce shorter (last :: partials)
                else
                    None

        reduce coefficients []

    /// The partial autocorrelations of correlations at lags 1, 2 …; None if these are not positive definite.
    let ofCorrelations (rho: float[]) =
        let at k = if k = 0 then 1.0 else rho[k - 1]

        let rec next k (phi: float[]) variance partials =
            if k > rho.Length then
                Some(partials |> List.rev |> Array.ofList)
            else
                let predicted = phi |> Array.mapi (fun i c -> c * at (k - 1 - i)) |> Array.sum
                let partial = (at k - predicted) / variance

                if abs partial < 1.0 then
                    let longer =
                        Array.init k (fun i ->
                            if i = k - 1 then
                                partial
                            else
                                phi[i] - partial * phi[k - 2 - i])

                    next (k + 1) longer (variance * (1.0 - partial * partial)) (partial :: partials)
                else
                    None

        next 1 [||] 1.0 []
