namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>Correlation exp(−h²/ρ²) at distance h.</summary>
[<RequireQualifiedAccess>]
module internal SpatialGaussian =

    let private correlation x =
        let e = exp (-x * x)
        struct (e, -2.0 * x * e, (4.0 * x * x - 2.0) * e)

    let model = {
        Spatial.create
            SpatialCorrelation.Gaussian
            (Spatial.entry "sp_gau" "spatialGaussian" "spatial Gaussian" "s² exp(-h²/r²)" "r > 0" [
                "sp(gau)"
                "corGaus"
            ])
            (Spatial.byRatio 1.0 correlation)
            (ElementMath.exponential ElementMath.squaredRatio) with
            SasType = fun isAnisotropic -> SasType.WithCoordinates(if isAnisotropic then "SP(GAUA)" else "SP(GAU)")
            Nlme = Some "corGaus"
    }
