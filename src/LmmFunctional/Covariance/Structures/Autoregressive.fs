namespace LmmFunctional.Estimation

/// <summary>The first order autoregressive process on equally spaced positions: ρ^|i−j|, −1 &lt; ρ &lt; 1.</summary>
[<RequireQualifiedAccess>]
module internal Autoregressive =

    /// ρ^lag for a correlation of either sign and lag ≥ 0, with derivatives that exist at ρ = 0 too.
    let power (rho: Jet) lag =
        match lag with
        | 0 -> Jet.one
        | 1 -> rho
        | _ ->
            let r = rho.Value
            let n = float lag
            let last = pown r (lag - 2)
            Jet.Chain(last * r * r, n * last * r, n * (n - 1.0) * last, rho)

    /// The form.
    let create () =
        CovarianceForm.byParameter
            [ "rho", ParameterKind.Correlation, 0.2 ]
            [ Unconstrained.correlation ]
            [ Unconstrained.ofCorrelation ]
            (fun tau ->
                let rho = Unconstrained.correlation tau[0]
                fun i j -> power rho (abs (i - j)))
