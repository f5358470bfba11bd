namespace LmmFunctional.Estimation

/// <summary>The parameters of variance · M(τ) as SAS has them, for the structure of one axis.</summary>
/// <remarks>Elements where the covariance is linear in them (unstructured, compound symmetry, Toeplitz), loadings and own
/// variances of factors, and else a variance for each position that has its own, with correlations and ranges as they
/// are. Small-sample methods with second derivatives depend on this choice.</remarks>
[<RequireQualifiedAccess>]
module internal StructureScale =

    let private elements (labels: string[]) (variance: Jet) (element: int -> int -> Jet) = [
        for j in 0 .. labels.Length - 1 do
            for i in j .. labels.Length - 1 do
                $"cov({labels[j]},{labels[i]})", variance *. element i j
    ]

    /// The variances of positions, from their standard deviations relative to the first one's, and all else as it is.
    let private others (form: CovarianceForm) (variance: Jet) (tau: Jet[]) =
        let natural = form.Natural tau

        [
            for i in 0 .. natural.Length - 1 do
                match form.Kinds[i] with
                | ParameterKind.StandardDeviation ->
                    form.Names[i].Replace("sd(", "var("), variance *. Jet.square natural[i]
                | ParameterKind.Variance -> form.Names[i], variance *. natural[i]
                | ParameterKind.Loading -> form.Names[i], Jet.sqrt variance *. natural[i]
                | _ -> form.Names[i], natural[i]
        ]

    /// A variance, then correlations.
    let plain (form: CovarianceForm) (variance: Jet) (tau: Jet[]) : (string * Jet) list =
        ("variance", variance) :: others form variance tau

    /// As many parameters as τ has, and one more.
    let ofForm structure (labels: string[]) (form: CovarianceForm) (variance: Jet) (tau: Jet[]) : (string * Jet) list =
        match (Catalogue.modelOf structure).SasParameters with
        | SasParameters.Plain -> plain form variance tau
        | SasParameters.Elements -> elements labels variance (form.Element tau)
        | SasParameters.Covariances covariances -> covariances variance (form.Natural tau)
        | SasParameters.Loadings true ->
            // The first variance is one: its own part is what the loading leaves.
            let loading = (form.Natural tau)[0]

            ($"specific({labels[0]})", variance -. variance *. Jet.square loading)
            :: others form variance tau
        | SasParameters.Loadings false -> ($"loading1({labels[0]})", Jet.sqrt variance) :: others form variance tau

    /// The parameters of M itself, whose first variance is one: a further part of a Kronecker product.
    let relative structure (labels: string[]) (form: CovarianceForm) (tau: Jet[]) : (string * Jet) list =
        match (Catalogue.modelOf structure).SasParameters with
        | SasParameters.Elements -> elements labels Jet.one (form.Element tau) |> List.skip 1
        | _ -> others form Jet.one tau
