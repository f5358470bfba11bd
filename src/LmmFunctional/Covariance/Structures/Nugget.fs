namespace LmmFunctional.Estimation

/// <summary>A jump of the correlation at distance zero: (1 − c) M(i, j) for i ≠ j, 0 &lt; c &lt; 1, as nlme's nugget.</summary>
/// <remarks>V = s²((1 − c) M + c diag M): reported additively, s²(1 − c) is the variance of the process and s²c that of
/// independent noise.</remarks>
[<RequireQualifiedAccess>]
module internal Nugget =

    /// What two rows at one place share at a τ, given the place: all but the nugget.
    let shared (form: CovarianceForm) (tau: Jet[]) =
        let count = CovarianceForm.count form
        let element = form.Element(Array.take count tau)
        let rest = Unconstrained.proportion (Jet.negate tau[count])
        fun place -> rest *. element place place

    /// The form with a nugget, its last parameter.
    let add (form: CovarianceForm) =
        let count = CovarianceForm.count form
        // A nugget of 0.1, as nlme's.
        let start = [| log (0.1 / 0.9) |]

        {
            Names = Array.append form.Names [| "nugget" |]
            Kinds = Array.append form.Kinds [| ParameterKind.Proportion |]
            Ends = Array.append form.Ends [| ParameterEnds.proportion "nugget" |]
            Start = Array.append form.Start start
            FurtherStarts = form.FurtherStarts |> Array.map (fun own -> Array.append own start)
            Natural =
                fun tau -> Array.append (form.Natural(Array.take count tau)) [| Unconstrained.proportion tau[count] |]
            Unconstrained =
                fun natural ->
                    Option.map2
                        (fun own nugget -> Array.append own [| nugget |])
                        (form.Unconstrained(Array.take count natural))
                        (Unconstrained.ofProportion natural[count])
            Element =
                fun tau ->
                    let element = form.Element(Array.take count tau)
                    let rest = Unconstrained.proportion (Jet.negate tau[count])
                    fun i j -> if i = j then element i j else rest *. element i j
            HasEqualVariances = form.HasEqualVariances
        }
