namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>Correlation exp(−h/ρ) at distance h.</summary>
[<RequireQualifiedAccess>]
module internal SpatialExponential =

    // The process along a line has no memory beyond the last position.
    let private liesIn places larger =
        match larger with
        | Structure.AnteDependence when places.IsLine -> Some Inclusion.Interior
        | Structure.Autoregressive when places.IsEven -> Some Inclusion.Interior
        | _ when places.IsEven -> Autoregressive.containing larger
        | _ -> None

    let model = {
        Spatial.create
            SpatialCorrelation.Exponential
            (Spatial.entry "sp_exp" "spatialExponential" "spatial exponential" "s² exp(-h/r)" "r > 0" [
                "sp(exp)"
                "corExp"
                "exponential"
            ])
            (Spatial.byRatio 1.0 (fun x -> struct (exp -x, -exp -x, exp -x)))
            (ElementMath.exponential ElementMath.ratio) with
            SasType = fun isAnisotropic -> SasType.WithCoordinates(if isAnisotropic then "SP(EXPA)" else "SP(EXP)")
            Nlme = Some "corExp"
            LiesIn = liesIn
    }
