namespace LmmFunctional.Estimation

/// <summary>A factor of the residual standard deviation, as a function of a covariate.</summary>
[<NoEquality; NoComparison>]
type internal VarianceForm = {
    /// The natural parameters: as many as there are in τ.
    Names: string[]
    Kinds: ParameterKind[]
    /// The ends that each coordinate of τ can come to.
    Ends: ParameterEnds[]
    /// τ to start from.
    Start: float[]
    /// The natural parameters at τ.
    Natural: Jet[] -> Jet[]
    /// τ of natural parameters; None where these give no positive standard deviation.
    Unconstrained: float[] -> float[] option
    /// The factor at τ for a value of the covariate (of a group: the number of its level).
    Deviation: Jet[] -> float -> Jet
}

[<RequireQualifiedAccess>]
module internal VarianceForm =

    /// δ_g for level g, 1 for the first level; as nlme's varIdent.
    let perGroup (levels: string[]) =
        let names = Heterogeneous.names levels

        {
            Names = names
            Kinds = Array.create names.Length ParameterKind.StandardDeviation
            Ends = names |> Array.map ParameterEnds.positive
            Start = Array.zeroCreate names.Length
            Natural = Array.map Unconstrained.positive
            Unconstrained = Array.map Unconstrained.ofPositive >> Unconstrained.all
            Deviation =
                fun tau ->
                    let deltas = Array.append [| Jet.one |] (tau |> Array.map Unconstrained.positive)
                    fun level -> deltas[int level]
        }

    /// e^(δ w).
    let private exponent weight delta = Jet.exp (Jet.scale weight delta)

    let private one deviation = {
        Names = [| "power" |]
        Kinds = [| ParameterKind.Real |]
        Ends = [| ParameterEnds.none "power" |]
        Start = [| 0.0 |]
        Natural = id
        Unconstrained = Some
        Deviation = fun tau value -> deviation tau[0] value
    }

    /// |v|^δ for v ≠ 0; as nlme's varPower.
    let power = one (fun delta value -> exponent (log (abs value)) delta)

    /// e^(δv); as nlme's varExp.
    let exponential = {
        one (fun delta value -> exponent value delta) with
            Names = [| "expon" |]
            Ends = [| ParameterEnds.none "expon" |]
    }

    /// δ₁ + |v|^δ₂, δ₁ > 0; as nlme's varConstPower. A covariate of zero leaves δ₁.
    let constantPower = {
        Names = [| "const"; "power" |]
        Kinds = [| ParameterKind.Positive; ParameterKind.Real |]
        Ends = [| ParameterEnds.positive "const"; ParameterEnds.none "power" |]
        // Not at a power of zero, where the constant is another overall scale and the criterion flat.
        Start = [| 0.0; 0.3 |]
        Natural = fun tau -> [| Unconstrained.positive tau[0]; tau[1] |]
        Unconstrained =
            fun natural ->
                Unconstrained.ofPositive natural[0]
                |> Option.map (fun constant -> [| constant; natural[1] |])
        Deviation =
            fun tau ->
                let constant = Unconstrained.positive tau[0]

                fun value ->
                    if value = 0.0 then
                        constant
                    else
                        constant +. exponent (log (abs value)) tau[1]
    }
