namespace LmmFunctional.Estimation

open LmmFunctional.Model
open LmmFunctional.Analysis

/// <summary>First order ante-dependence: a correlation ρ_i for each step from i to i + 1, and their products beyond.</summary>
[<RequireQualifiedAccess>]
module internal AnteDependence =

    /// The correlations on these levels; any in (−1, 1) are positive definite.
    let correlation (labels: string[]) =
        let steps = max 0 (labels.Length - 1)

        CovarianceForm.byParameter
            [
                for i in 0 .. steps - 1 -> $"rho({labels[i]},{labels[i + 1]})", ParameterKind.Correlation, 0.2
            ]
            (List.replicate steps Unconstrained.correlation)
            (List.replicate steps Unconstrained.ofCorrelation)
            (fun tau ->
                let rho = tau |> Array.map Unconstrained.correlation

                // ρ_i … ρ_(i+lag−1) of every start i and every lag.
                let products =
                    Array.init labels.Length (fun i -> rho[i..] |> Array.scan ( *. ) Jet.one)

                fun i j -> products[min i j].[abs (i - j)])

    let private entry =
        StructureEntry.create
            "ad1"
            "anteDependence"
            "first-order ante-dependence"
            "2m - 1"
            "s_i s_j rho_i ... rho_(j-1)"
            "-1 < rho_i < 1"
        |> StructureEntry.along StructureCoordinate.Order
        |> StructureEntry.elsewhere [ "ante(1)"; "ante"; "ad" ]

    /// <c>ad1</c>.
    let family = StructureFamily.single entry Structure.AnteDependence

    let model =
        let plain =
            StructureModel.perPosition
                entry
                (fun positions -> correlation positions.Labels)
                (MathText.Row [
                    ElementMath.deviations
                    ElementMath.sub "ρ" "i"
                    ElementMath.operator "…"
                    MathText.Sub(
                        ElementMath.letter "ρ",
                        MathText.Row [ ElementMath.letter "j"; ElementMath.operator "−"; ElementMath.number "1" ]
                    )
                ])

        {
            plain with
                Steps = StepUse.OrderAlone
                SubjectsNeeded = min 2
                SasType = SasType.Named "ANTE(1)"
                Relations = {
                    plain.Relations with
                        Same = StructureModel.ofTwo Structure.Unstructured
                }
        }
