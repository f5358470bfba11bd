namespace LmmFunctional.Estimation

open LmmFunctional.Model
open LmmFunctional.Analysis

/// <summary>Correlation 1/(1 + h²/ρ²) at distance h: nlme's corRatio (Pinheiro and Bates 2000, section 5.3).</summary>
/// <remarks>Smooth at zero as the Gaussian one, but with a long tail: positive definite in any number of coordinates, as a
/// mixture of Gaussian correlations.</remarks>
[<RequireQualifiedAccess>]
module internal SpatialRationalQuadratic =

    let private correlation x =
        let rest = 1.0 / (1.0 + x * x)
        struct (rest, -2.0 * x * rest * rest, (6.0 * x * x - 2.0) * rest * rest * rest)

    let model = {
        Spatial.create
            SpatialCorrelation.RationalQuadratic
            (Spatial.entry "sp_ratio" "spatialRationalQuadratic" "spatial rational quadratic" "s²/(1 + h²/r²)" "r > 0" [
                "corRatio"
            ])
            (Spatial.byRatio 1.0 correlation)
            (MathText.Fraction(
                ElementMath.number "1",
                MathText.Row [ ElementMath.number "1"; ElementMath.operator "+"; ElementMath.squaredRatio ]
            )) with
            Nlme = Some "corRatio"
    }
