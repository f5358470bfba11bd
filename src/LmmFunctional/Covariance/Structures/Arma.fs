namespace LmmFunctional.Estimation

open System

/// <summary>The stationary and invertible process x_t = Σ φ_i x_(t−i) + e_t + Σ θ_j e_(t−j), signs as in R.</summary>
/// <remarks>τ holds the inverse hyperbolic tangents of the partial autocorrelations of φ, then those of −θ, which are
/// invertible exactly when they would be stationary as coefficients of an autoregression.</remarks>
[<RequireQualifiedAccess>]
module internal Arma =

    let private split p tau =
        tau |> Array.map Unconstrained.correlation |> Array.splitAt p

    /// Correlations at lags 0 … count − 1. The autoregression's own correlations ρ are known from its partial ones; with
    /// θ_0 = 1 those of the process are proportional to Σ_ij θ_i θ_j ρ_|k+i−j|.
    let private correlations count (partials: Jet[]) (theta: Jet[]) =
        let q = theta.Length
        let phi = PartialAutocorrelation.coefficients partials
        let own: Jet[] = Array.create (max (count + q) (partials.Length + 1)) Jet.zero

        PartialAutocorrelation.correlations partials
        |> Array.iteri (fun k rho -> own[k] <- rho)

        for k in partials.Length + 1 .. own.Length - 1 do
            own[k] <- PartialAutocorrelation.predict phi own k

        if q = 0 then
            Array.sub own 0 count
        else
            let weights = Array.append [| Jet.one |] theta

            // Σ_j θ_j θ_(j+d), the weight of lag difference d.
            let autoproducts =
                Array.init (q + 1) (fun d ->
                    Seq.init (q + 1 - d) (fun j -> weights[j] *. weights[j + d]) |> Seq.reduce (+.))

            let covariances =
                Array.init count (fun k ->
                    let mutable sum = autoproducts[0] *. own[k]

                    for d in 1..q do
                        sum <- sum +. autoproducts[d] *. (own[abs (k - d)] +. own[k + d])

                    sum)

            let reciprocal = Jet.reciprocal covariances[0]

            covariances
            |> Array.mapi (fun k covariance -> if k = 0 then Jet.one else covariance *. reciprocal)

    /// The form on m equally spaced positions.
    let create p q m =
        let theta moving =
            PartialAutocorrelation.coefficients moving |> Array.map Jet.negate

        {
            Names = Array.append (Array.init p (fun i -> $"Phi{i + 1}")) (Array.init q (fun j -> $"Theta{j + 1}"))
            Kinds = Array.create (p + q) ParameterKind.Real
            // Of partial autocorrelations: the last coefficient of each order.
            Ends =
                Array.append
                    (Array.init p (fun i -> ParameterEnds.correlation $"Phi{i + 1}"))
                    (Array.init q (fun j -> ParameterEnds.correlation $"Theta{j + 1}"))
            // Not at φ = −θ, where the two cancel and the criterion is flat.
            Start =
                Array.init (p + q) (fun k ->
                    if k = 0 then 0.2
                    elif k = p then -0.1
                    else 0.0)
            FurtherStarts = [||]
            Natural =
                fun tau ->
                    let partials, moving = split p tau
                    Array.append (PartialAutocorrelation.coefficients partials) (theta moving)
            Unconstrained =
                fun natural ->
                    let phi, theta = Array.splitAt p natural

                    Option.map2
                        Array.append
                        (PartialAutocorrelation.ofCoefficients phi)
                        (PartialAutocorrelation.ofCoefficients (theta |> Array.map (~-)))
                    |> Option.map (Array.map Math.Atanh)
            Element =
                fun tau ->
                    let partials, moving = split p tau
                    let rho = correlations (max m 1) partials (theta moving)
                    fun i j -> rho[abs (i - j)]
            HasEqualVariances = true
        }
