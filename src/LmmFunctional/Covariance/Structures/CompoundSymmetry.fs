namespace LmmFunctional.Estimation

/// <summary>One correlation for all pairs: positive definite for −1/(m−1) &lt; ρ &lt; 1 on m positions.</summary>
[<RequireQualifiedAccess>]
module internal CompoundSymmetry =

    /// The form on m positions.
    let create m =
        let lower = if m > 1 then -1.0 / float (m - 1) else -1.0
        let start = (0.0 - lower) / (1.0 - lower) + 0.1

        {
            CovarianceForm.byParameter
                [ "rho", ParameterKind.Correlation, log (start / (1.0 - start)) ]
                [ Unconstrained.above lower ]
                [ Unconstrained.ofAbove lower ]
                (fun tau ->
                    let rho = Unconstrained.above lower tau[0]
                    fun i j -> if i = j then Jet.one else rho) with
                Ends = [| ParameterEnds.proportion "rho" |]
        }
