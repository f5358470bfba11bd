namespace LmmFunctional.Estimation

open LmmFunctional.Model
open LmmFunctional.Analysis

/// <summary>Correlation ρ^h at distance h, and the continuous-time autoregression, which is the same along one coordinate.
/// </summary>
[<RequireQualifiedAccess>]
module internal SpatialPower =

    /// ρ^h, 0 &lt; ρ &lt; 1; continuous-time AR(1) in one coordinate.
    let private form name isAnisotropic (coordinates: float[][]) =
        let axes = Spatial.axes name isAnisotropic coordinates

        let parameters =
            axes
            |> Array.map (fun (name, _) -> name, ParameterKind.Proportion, 0.0)
            |> List.ofArray

        let element (tau: Jet[]) =
            let logs = tau |> Array.map Unconstrained.logProportion

            fun i j ->
                let a, b = coordinates[i], coordinates[j]

                if i = j then
                    Jet.one
                elif isAnisotropic then
                    let mutable sum = Jet.zero

                    for axis in 0 .. logs.Length - 1 do
                        sum <- sum +. Jet.scale (Spatial.axisDistance axis a b) logs[axis]

                    Jet.exp sum
                else
                    Jet.exp (Jet.scale (Distance.euclidean a b) logs[0])

        CovarianceForm.byParameter
            parameters
            (List.replicate parameters.Length Unconstrained.proportion)
            (List.replicate parameters.Length Unconstrained.ofProportion)
            element
        // The logit of ρ = e^(−1/d).
        |> Spatial.startingAt (fun distance -> -log(exp (1.0 / distance) - 1.0)) ParameterEnds.power axes

    let model = {
        Spatial.create
            SpatialCorrelation.Power
            (Spatial.entry "sp_pow" "spatialPower" "spatial power" "s² rho^h" "0 <= rho < 1" [ "sp(pow)" ])
            (form "rho")
            (ElementMath.power ElementMath.distance) with
            AnisotropicElement = "s² Π_c rho_c^h_c"
            SasType = fun isAnisotropic -> SasType.WithCoordinates(if isAnisotropic then "SP(POWA)" else "SP(POW)")
            Same = Some SpatialCorrelation.Exponential
    }

    // In time

    let private timeEntry =
        StructureEntry.create "car1" "car1" "continuous-time autoregressive" "2" "s² rho^|t_i-t_j|" "0 <= rho < 1"
        |> StructureEntry.alone
        |> StructureEntry.along StructureCoordinate.Values
        |> StructureEntry.elsewhere [ "corCAR1"; "ou" ]

    /// <c>car1</c>.
    let timeFamily = StructureFamily.single timeEntry Structure.ContinuousAutoregressive

    /// The same in time: nlme calls the parameter Phi.
    let inTime =
        let time =
            MathText.Row [
                ElementMath.operator "|"
                ElementMath.sub "t" "i"
                ElementMath.operator "−"
                ElementMath.sub "t" "j"
                ElementMath.operator "|"
            ]

        let plain =
            StructureModel.scaled
                timeEntry
                (fun positions -> form "Phi" false positions.Coordinates)
                (MathText.Row [ ElementMath.variance; ElementMath.power time ])

        {
            plain with
                SasType = SasType.WithCoordinates "SP(POW)"
                NlmeResiduals = Some(StructureModel.nlme "corCAR1")
                Relations = {
                    plain.Relations with
                        Same = fun _ -> Some(Structure.Spatial(SpatialCorrelation.Exponential, false))
                        HoldsIdentity = Some(Inclusion.Boundary 1)
                }
        }
