namespace LmmFunctional.Estimation

/// <summary>A variance for each position: M(i, j) = δ_i δ_j C(i, j), δ_1 = 1, with a correlation matrix C.</summary>
[<RequireQualifiedAccess>]
module internal Heterogeneous =

    /// Names of the standard deviations, relative to the first.
    let names (labels: string[]) =
        labels
        |> Array.skip (min 1 labels.Length)
        |> Array.map (fun label -> $"sd({label})")

    /// The correlations of a form with standard deviations of their own, as nlme's varIdent: τ holds log δ_2, log δ_3 …
    /// and then the form's own parameters.
    let ofCorrelation (labels: string[]) (correlation: CovarianceForm) =
        let deviations = names labels
        let count = deviations.Length

        {
            Names = Array.append deviations correlation.Names
            Kinds = Array.append (Array.create count ParameterKind.StandardDeviation) correlation.Kinds
            Ends = Array.append (deviations |> Array.map ParameterEnds.positive) correlation.Ends
            Start = Array.append (Array.zeroCreate count) correlation.Start
            FurtherStarts = correlation.FurtherStarts |> Array.map (Array.append (Array.zeroCreate count))
            Natural =
                fun tau ->
                    let deltas, own = Array.splitAt count tau
                    Array.append (deltas |> Array.map Unconstrained.positive) (correlation.Natural own)
            Unconstrained =
                fun natural ->
                    let deltas, own = Array.splitAt count natural

                    Option.map2
                        Array.append
                        (deltas |> Array.map Unconstrained.ofPositive |> Unconstrained.all)
                        (correlation.Unconstrained own)
            Element =
                fun tau ->
                    let deltas, own = Array.splitAt count tau
                    let deltas = Array.append [| Jet.one |] (deltas |> Array.map Unconstrained.positive)
                    let element = correlation.Element own

                    fun i j ->
                        let correlation = element i j

                        if Jet.isZero correlation then
                            Jet.zero
                        else
                            deltas[i] *. deltas[j] *. correlation
            HasEqualVariances = false
        }
