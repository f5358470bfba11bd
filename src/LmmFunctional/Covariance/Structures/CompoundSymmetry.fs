namespace LmmFunctional.Estimation

open LmmFunctional.Model
open LmmFunctional.Analysis

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

    let private onPositions (positions: FormPositions) = create positions.Labels.Length

    let private entry name word title parameters element =
        StructureEntry.create name word title parameters element "-1/(m-1) < rho < 1"

    /// One variance: <c>cs</c>.
    let family =
        StructureFamily.single
            (entry "cs" "compoundSymmetry" "compound symmetry" "2" "s² rho"
             |> StructureEntry.partner "csh"
             |> StructureEntry.elsewhere [ "corCompSymm"; "exchangeable"; "compoundSymmetry" ])
            Structure.CompoundSymmetry

    /// A variance each: <c>csh</c>.
    let heterogeneousFamily =
        StructureFamily.single
            (entry "csh" "heterogeneousCompoundSymmetry" "heterogeneous compound symmetry" "m + 1" "s_i s_j rho"
             |> StructureEntry.partner "cs")
            Structure.HeterogeneousCompoundSymmetry

    /// Covariance and variance as SAS has them: between the positions, and beyond that.
    let private covariances variance (rho: Jet[]) =
        let shared = variance *. rho[0]
        [ "covariance", shared; "variance", variance -. shared ]

    let model =
        let plain =
            StructureModel.scaled
                family.Entries.Head
                onPositions
                (MathText.Row [ ElementMath.variance; ElementMath.letter "ρ" ])

        {
            plain with
                IsLinear = true
                IsLinearAtZero = true
                SasParameters = SasParameters.Covariances covariances
                SasType = SasType.Named "CS"
                NlmeEffects = Some "pdCompSymm"
                NlmeResiduals = Some(StructureModel.nlme "corCompSymm")
                Relations = {
                    plain.Relations with
                        HoldsIdentity = Some Inclusion.Interior
                        LiesIn =
                            fun _ larger ->
                                match larger with
                                | Structure.HeterogeneousCompoundSymmetry
                                | Structure.Toeplitz None
                                | Structure.HeterogeneousToeplitz None -> Some Inclusion.Interior
                                | _ -> None
                }
        }

    let heterogeneous =
        let plain =
            StructureModel.perPosition
                heterogeneousFamily.Entries.Head
                onPositions
                (MathText.Row [ ElementMath.deviations; ElementMath.letter "ρ" ])

        {
            plain with
                SharedPair = Some(fun _ _ -> Some(struct (0, 1)))
                SasType = SasType.Named "CSH"
                Relations = {
                    plain.Relations with
                        Same = StructureModel.ofTwo Structure.Unstructured
                        LiesIn =
                            fun _ larger ->
                                match larger with
                                | Structure.HeterogeneousToeplitz None -> Some Inclusion.Interior
                                | _ -> None
                }
        }
