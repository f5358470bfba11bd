namespace LmmFunctional.Estimation

open LmmFunctional.Model
open LmmFunctional.Analysis

/// <summary>The first order autoregressive process on equally spaced positions: ρ^|i−j|, −1 &lt; ρ &lt; 1.</summary>
[<RequireQualifiedAccess>]
module internal Autoregressive =

    /// ρ^lag for a correlation of either sign and lag ≥ 0, with derivatives that exist at ρ = 0 too.
    let power (rho: Jet) lag =
        match lag with
        | 0 -> Jet.one
        | 1 -> rho
        | _ ->
            let r = rho.Value
            let n = float lag
            let last = pown r (lag - 2)
            Jet.Chain(last * r * r, n * last * r, n * (n - 1.0) * last, rho)

    /// The form.
    let create () =
        CovarianceForm.byParameter
            [ "rho", ParameterKind.Correlation, 0.2 ]
            [ Unconstrained.correlation ]
            [ Unconstrained.ofCorrelation ]
            (fun tau ->
                let rho = Unconstrained.correlation tau[0]
                fun i j -> power rho (abs (i - j)))

    let private onSteps positions =
        StructureModel.onSteps (fun _ -> create ()) positions

    /// One variance: <c>ar1</c>.
    let family =
        StructureFamily.single
            (StructureEntry.create "ar1" "ar1" "first-order autoregressive" "2" "s² rho^|i-j|" "-1 < rho < 1"
             |> StructureEntry.alone
             |> StructureEntry.along StructureCoordinate.Order
             |> StructureEntry.partner "arh1"
             |> StructureEntry.elsewhere [ "ar(1)"; "ar"; "corAR1"; "autoregressive" ])
            Structure.Autoregressive

    /// A variance each: <c>arh1</c>.
    let heterogeneousFamily =
        StructureFamily.single
            (StructureEntry.create
                "arh1"
                "arh1"
                "heterogeneous first-order autoregressive"
                "m + 1"
                "s_i s_j rho^|i-j|"
                "-1 < rho < 1"
             |> StructureEntry.along StructureCoordinate.Order
             |> StructureEntry.partner "ar1"
             |> StructureEntry.elsewhere [ "arh(1)"; "hetar1" ])
            Structure.HeterogeneousAutoregressive

    /// The structures that contain the process on even steps.
    let containing larger =
        match larger with
        | Structure.HeterogeneousAutoregressive
        | Structure.AnteDependence
        | Structure.Toeplitz None
        | Structure.HeterogeneousToeplitz None -> Some Inclusion.Interior
        | Structure.AutoregressiveMovingAverage(p, q) when p >= 1 ->
            Some(
                if p = 1 || q = 0 then
                    Inclusion.Interior
                else
                    Inclusion.Irregular
            )
        | _ -> None

    let model =
        let plain =
            StructureModel.scaled
                family.Entries.Head
                onSteps
                (MathText.Row [ ElementMath.variance; ElementMath.power ElementMath.lag ])

        {
            plain with
                SasType = SasType.Named "AR(1)"
                NlmeResiduals =
                    Some {
                        StructureModel.nlme "corAR1" with
                            TakesOrder = true
                    }
                Relations = {
                    plain.Relations with
                        Same = StructureModel.ofTwo Structure.CompoundSymmetry
                        HoldsIdentity = Some Inclusion.Interior
                        LiesIn = fun _ larger -> containing larger
                }
        }

    let heterogeneous =
        let plain =
            StructureModel.perPosition
                heterogeneousFamily.Entries.Head
                onSteps
                (MathText.Row [ ElementMath.deviations; ElementMath.power ElementMath.lag ])

        {
            plain with
                SharedPair = Some(fun i j -> Some(struct (0, j - i)))
                SasType = SasType.Named "ARH(1)"
                Relations = {
                    plain.Relations with
                        Same = StructureModel.ofTwo Structure.Unstructured
                        LiesIn =
                            fun _ larger ->
                                match larger with
                                | Structure.HeterogeneousToeplitz None
                                | Structure.AnteDependence -> Some Inclusion.Interior
                                | _ -> None
                }
        }
