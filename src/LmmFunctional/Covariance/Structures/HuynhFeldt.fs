namespace LmmFunctional.Estimation

open LmmFunctional.Model
open LmmFunctional.Analysis

/// <summary>Huynh and Feldt's matrix: σ_ij = (σ_i² + σ_j²)/2 − λ, so that all differences have the variance 2λ.</summary>
/// <remarks>Where it holds, F tests of repeated measures are exact (Huynh and Feldt 1970). With λ = 1 it is I + α1ᵀ + 1αᵀ, whose
/// eigenvalues are 1 but for two. With the mean ā of α and d = α − ā1 these are positive if and only if ā exceeds
/// |d|²/2 − 1/(2m). τ holds α_i − α_1, and then the logarithm of that excess: any numbers give a positive definite matrix.
/// </remarks>
[<RequireQualifiedAccess>]
module internal HuynhFeldt =

    /// The least mean that α can have around it, for its distance from its mean.
    let private least m squares = 0.5 * squares - 0.5 / float m

    /// α of m positions where λ = 1.
    let private shares m (tau: Jet[]) =
        let mean (values: Jet[]) =
            values |> Array.reduce (+.) |> Jet.scale (1.0 / float m)

        let differences = Array.append [| Jet.zero |] (Array.sub tau 0 (m - 1))
        let middle = mean differences
        let around = differences |> Array.map (fun own -> own -. middle)
        let squares = around |> Array.map Jet.square |> Array.reduce (+.)

        let average =
            Jet.scale 0.5 squares +. Jet.exp tau[m - 1] |> Jet.shift (-0.5 / float m)

        around |> Array.map (fun own -> own +. average)

    /// The variance of each position where λ = 1.
    let private variances (alpha: Jet[]) =
        alpha |> Array.map (fun own -> Jet.scale 2.0 own |> Jet.shift 1.0)

    let private unconstrained m (natural: float[]) =
        let lambda = natural[m - 1]

        if natural |> Array.exists (fun value -> not (value > 0.0)) then
            None
        else
            let alpha =
                Array.append [| 1.0 |] (Array.truncate (m - 1) natural)
                |> Array.map (fun deviation -> 0.5 * (deviation * deviation / lambda - 1.0))

            let average = Array.average alpha
            let squares = alpha |> Array.sumBy (fun own -> pown (own - average) 2)
            let excess = average - least m squares

            if excess > 0.0 then
                Some(Array.append (alpha |> Array.skip 1 |> Array.map (fun own -> own - alpha[0])) [| log excess |])
            else
                None

    // The correlation to start from, of all pairs.
    let private startCorrelation = 0.2

    let private ofSeveral (labels: string[]) =
        let m = labels.Length
        let deviations = Heterogeneous.names labels
        let alpha = 0.5 * startCorrelation / (1.0 - startCorrelation)

        {
            Names = Array.append deviations [| "lambda" |]
            Kinds =
                Array.append (Array.create deviations.Length ParameterKind.StandardDeviation) [|
                    ParameterKind.Variance
                |]
            // Nothing is left of λ where all correlations are one; at the other end the matrix is singular.
            Ends = Array.append (deviations |> Array.map ParameterEnds.none) [| ParameterEnds.proportion "lambda" |]
            Start = Array.append (Array.zeroCreate deviations.Length) [| log (alpha - least m 0.0) |]
            FurtherStarts = [||]
            Natural =
                fun tau ->
                    let variances = variances (shares m tau)
                    let first = Jet.reciprocal variances[0]

                    Array.append (variances |> Array.skip 1 |> Array.map (fun own -> Jet.sqrt (own *. first))) [|
                        first
                    |]
            Unconstrained = unconstrained m
            Element =
                fun tau ->
                    let alpha = shares m tau
                    let variances = variances alpha
                    let first = Jet.reciprocal variances[0]

                    fun i j ->
                        if i = j then
                            variances[i] *. first
                        else
                            (alpha[i] +. alpha[j]) *. first
            HasEqualVariances = false
        }

    /// The form relative to its first variance; of one position it is that variance.
    let create (labels: string[]) =
        if labels.Length > 1 then
            ofSeveral labels
        else
            Uncorrelated.identity

    let private entry =
        StructureEntry.create
            "hf"
            "huynhFeldt"
            "Huynh-Feldt"
            "m + 1"
            "(s_i² + s_j²)/2 - lambda for i ≠ j"
            "lambda > 0, positive definite"
        |> StructureEntry.elsewhere [ "huynh-feldt"; "sphericity" ]

    /// <c>hf</c>.
    let family = StructureFamily.single entry Structure.HuynhFeldt

    let private element =
        MathText.Row [
            MathText.Fraction(
                MathText.Row [
                    ElementMath.ownVariance
                    ElementMath.operator "+"
                    MathText.SubSuper(ElementMath.letter "σ", ElementMath.letter "j", ElementMath.number "2")
                ],
                ElementMath.number "2"
            )
            ElementMath.operator "−"
            ElementMath.letter "λ"
            MathText.Name " if "
            ElementMath.letter "i"
            ElementMath.operator "≠"
            ElementMath.letter "j"
        ]

    let model =
        let plain =
            StructureModel.scaled entry (fun positions -> create positions.Labels) element

        {
            plain with
                HasOwnVariances = true
                // Any vector can be that of a variance of zero: fewer subjects leave one that none of them has.
                SubjectsNeeded = id
                SasType = SasType.Named "HF"
                Relations = {
                    plain.Relations with
                        Same = StructureModel.ofTwo Structure.Unstructured
                        HoldsIdentity = Some Inclusion.Interior
                        Holds =
                            fun _ smaller ->
                                match smaller with
                                | Structure.CompoundSymmetry -> Some Inclusion.Interior
                                | _ -> None
                }
        }
