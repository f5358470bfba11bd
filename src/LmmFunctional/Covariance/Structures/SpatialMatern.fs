namespace LmmFunctional.Estimation

open LmmFunctional.Model
open LmmFunctional.Analysis

/// <summary>Matérn correlation of known smoothness, or with one that is estimated.</summary>
[<RequireQualifiedAccess>]
module internal SpatialMatern =

    let private hasClosedForm smoothness = (Matern.closedForm smoothness).IsSome

    let private form smoothness isAnisotropic coordinates =
        match smoothness with
        | None ->
            Spatial.byRange 1.0 isAnisotropic coordinates [ "smoothness", ParameterKind.Positive, 0.0 ] (fun own x ->
                Matern.correlation x own[0])
        | Some nu ->
            match Matern.closedForm nu with
            | Some correlation -> Spatial.byRatio 1.0 correlation isAnisotropic coordinates
            | None -> Spatial.byRange 1.0 isAnisotropic coordinates [] (fun _ x -> Matern.correlation x (Jet.number nu))

    let private estimated = {
        Spatial.entry "sp_mat" "spatialMatern" "Matérn" "s² 2^(1-nu)/Γ(nu) (h/r)^nu K_nu(h/r)" "r > 0, nu > 0" [
            "sp(matern)"
            "matern"
            "corMatern"
        ] with
            Parameters = "3"
    }

    let private known =
        {
            estimated with
                Parameters = "2"
                Range = "r > 0; nu is 0.5, 1.5 or 2.5"
        }
        |> StructureEntry.withArguments [ "nu" ] "spatialMaternOf nu" "Matérn of known smoothness"

    let model smoothness =
        let nu =
            match smoothness with
            | Some value -> ElementMath.number (NumberText.significant 3 value)
            | None -> ElementMath.letter "ν"

        {
            Spatial.create
                (SpatialCorrelation.Matern smoothness)
                (if Option.isSome smoothness then known else estimated)
                (form smoothness)
                (MathText.Row [
                    MathText.Sub(ElementMath.letter "M", nu)
                    MathText.Brackets ElementMath.ratio
                ]) with
                Arguments = Option.toList smoothness
                HoldsIdentity =
                    if Option.isSome smoothness then
                        Inclusion.Boundary 1
                    else
                        Inclusion.Irregular
                SasType =
                    fun isAnisotropic ->
                        if isAnisotropic || Option.isSome smoothness then
                            SasType.Missing None
                        else
                            SasType.WithCoordinates "SP(MATERN)"
                Same =
                    if smoothness = Some 0.5 then
                        Some SpatialCorrelation.Exponential
                    else
                        None
                Contains =
                    fun other ->
                        match other with
                        | SpatialCorrelation.Exponential
                        | SpatialCorrelation.Matern(Some _) -> Option.isNone smoothness
                        | _ -> false
        }

    /// <c>sp_mat</c> and <c>sp_mat(nu)</c>, with one range or with one for each coordinate.
    let family isAnisotropic =
        let tryMake arguments =
            match arguments with
            | [] -> Some(SpatialCorrelation.Matern None)
            | [ nu ] when hasClosedForm nu -> Some(SpatialCorrelation.Matern(Some nu))
            | _ -> None

        Spatial.family isAnisotropic (fun forms -> $"write {forms}, where nu is 0.5, 1.5 or 2.5") tryMake [
            model None
            model (Some 1.5)
        ]
