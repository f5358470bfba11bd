namespace LmmFunctional

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

                fun i j ->
                    let mutable product = Jet.one

                    for step in min i j .. max i j - 1 do
                        product <- product *. rho[step]

                    product)
