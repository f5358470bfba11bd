namespace LmmFunctional.Estimation

open System
open LmmFunctional.Model
open LmmFunctional.Analysis

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

    let private entry =
        StructureEntry.create
            "arma"
            "arma p q"
            "autoregressive moving average"
            "p + q + 1"
            "s² gamma(|i-j|)/gamma(0) of the stationary process"
            "stationary and invertible"
        |> StructureEntry.alone
        |> StructureEntry.along StructureCoordinate.Order
        |> StructureEntry.withArguments [ "p"; "q" ] "arma p q" "autoregressive moving average"
        |> StructureEntry.elsewhere [ "corARMA" ]

    /// <c>arma(p,q)</c>.
    let family = {
        Entries = [ entry ]
        TryMake =
            fun arguments ->
                match arguments with
                | [ p; q ] when p + q >= 1.0 ->
                    Option.map2
                        (fun p q -> Structure.AutoregressiveMovingAverage(p, q))
                        (StructureFamily.whole 0.0 p)
                        (StructureFamily.whole 0.0 q)
                | _ -> None
        Advice = fun forms -> $"write {forms} with whole numbers, not both zero"
    }

    let private liesIn p q larger =
        match larger with
        | Structure.AutoregressiveMovingAverage(more, further) when p <= more && q <= further ->
            Some(
                if p = more || q = further then
                    Inclusion.Interior
                else
                    Inclusion.Irregular
            )
        | Structure.Toeplitz None
        | Structure.HeterogeneousToeplitz None -> Some Inclusion.Interior
        | Structure.Toeplitz(Some bands)
        | Structure.HeterogeneousToeplitz(Some bands) when p = 0 && q < bands -> Some Inclusion.Interior
        | _ -> None

    let model p q =
        let plain =
            StructureModel.scaled
                entry
                (StructureModel.onSteps (create p q))
                (MathText.Row [
                    ElementMath.variance
                    ElementMath.letter "γ"
                    MathText.Brackets ElementMath.lag
                ])

        {
            plain with
                Arguments = [ float p; float q ]
                SasType =
                    if p = 1 && q = 1 then
                        SasType.Named "ARMA(1,1)"
                    else
                        SasType.Missing(Some "SAS has ARMA(1,1) only.")
                NlmeResiduals =
                    Some {
                        Class = "corARMA"
                        TakesOrder = true
                        Further = $", p = {p}, q = {q}"
                    }
                Relations = {
                    plain.Relations with
                        Same =
                            fun places ->
                                if p <> 1 || q <> 0 then None
                                elif places.Count = 2 then Some Structure.CompoundSymmetry
                                else Some Structure.Autoregressive
                        HoldsIdentity =
                            Some(
                                if p = 0 || q = 0 then
                                    Inclusion.Interior
                                else
                                    Inclusion.Irregular
                            )
                        LiesIn = fun _ larger -> liesIn p q larger
                        CanBeOne = p > 0
                }
        }
