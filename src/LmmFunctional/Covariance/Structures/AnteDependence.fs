namespace LmmFunctional.Estimation

/// <summary>First order ante-dependence: a correlation ρ_i for each step from i to i + 1, and their products beyond.</summary>
[<RequireQualifiedAccess>]
module internal AnteDependence =

    /// The correlations on these levels; any in (−1, 1) are positive definite.
    let correlation (labels: string[]) =
        let steps = max 0 (labels.Length - 1)

        CovarianceForm.byParameter
            [
                for i in 0 .. steps - 1 -> $"rho({labels[i]},{labels[i + 1]})", ParameterKind.Correlation, 0.2
            ]
            (List.replicate steps Unconstrained.correlation)
            (List.replicate steps Unconstrained.ofCorrelation)
            (fun tau ->
                let rho = tau |> Array.map Unconstrained.correlation

                // ρ_i … ρ_(i+lag−1) of every start i and every lag.
                let products =
                    Array.init labels.Length (fun i -> rho[i..] |> Array.scan ( *. ) Jet.one)

                fun i j -> products[min i j].[abs (i - j)])
