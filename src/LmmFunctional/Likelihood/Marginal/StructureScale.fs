namespace LmmFunctional.Estimation

open LmmFunctional.Model

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

    /// Covariance and variance of compound symmetry, as SAS has them: between the positions, and beyond that.
    let compoundSymmetry (variance: Jet) (rho: Jet) : (string * Jet) list =
        let shared = variance *. rho
        [ "covariance", shared; "variance", variance -. shared ]

    /// The variance, and the covariance at each lag.
    let toeplitz (variance: Jet) (rho: Jet[]) : (string * Jet) list = [
        "variance", variance

        for k in 0 .. rho.Length - 1 do
            $"covariance{k + 1}", variance *. rho[k]
    ]

    /// As many parameters as τ has, and one more.
    let ofForm structure (labels: string[]) (form: CovarianceForm) (variance: Jet) (tau: Jet[]) : (string * Jet) list =
        match structure with
        | Structure.Unstructured -> elements labels variance (form.Element tau)
        | Structure.CompoundSymmetry -> compoundSymmetry variance (form.Natural tau).[0]
        | Structure.Toeplitz _ -> toeplitz variance (form.Natural tau)
        | Structure.FactorAnalytic _ ->
            // The first variance is one: its own part is what the loading leaves.
            let loading = (form.Natural tau)[0]

            ($"specific({labels[0]})", variance -. variance *. Jet.square loading)
            :: others form variance tau
        | Structure.ReducedRank _ -> ($"loading1({labels[0]})", Jet.sqrt variance) :: others form variance tau
        | _ -> plain form variance tau

    /// The parameters of M itself, whose first variance is one: a further part of a Kronecker product.
    let relative structure (labels: string[]) (form: CovarianceForm) (tau: Jet[]) : (string * Jet) list =
        match structure with
        | Structure.Unstructured -> elements labels Jet.one (form.Element tau) |> List.skip 1
        | _ -> others form Jet.one tau
