namespace LmmFunctional.Estimation

open LmmFunctional.Model
open LmmFunctional.Analysis

/// <summary>Spherical correlation, zero from distance ρ on: positive definite in up to three coordinates.</summary>
/// <remarks>Its second derivatives have a kink where h = ρ; its first ones are continuous.</remarks>
[<RequireQualifiedAccess>]
module internal SpatialSpherical =

    let private correlation x =
        if x < 1.0 then
            struct (1.0 - 1.5 * x + 0.5 * x * x * x, -1.5 + 1.5 * x * x, 3.0 * x)
        else
            struct (0.0, 0.0, 0.0)

    let private entry = {
        Spatial.entry
            "sp_sph"
            "spatialSpherical"
            "spatial spherical"
            "s² (1 - 1.5 h/r + 0.5 (h/r)³) for h < r, else 0"
            "r > 0"
            [ "sp(sph)"; "corSpher" ] with
            MostCoordinates = Some 3
    }

    let private half count =
        MathText.Fraction(ElementMath.number count, ElementMath.number "2")

    let model = {
        Spatial.create
            SpatialCorrelation.Spherical
            entry
            // Beyond the range there is no slope to follow: start wide.
            (Spatial.byRatio 3.0 correlation)
            (MathText.Row [
                ElementMath.number "1"
                ElementMath.operator "−"
                half "3"
                ElementMath.ratio
                ElementMath.operator "+"
                half "1"
                MathText.Super(MathText.Brackets ElementMath.ratio, ElementMath.number "3")
            ]) with
            // Any range below the least distance gives the same.
            HoldsIdentity = Inclusion.Irregular
            SasType =
                fun isAnisotropic ->
                    if isAnisotropic then
                        SasType.Missing None
                    else
                        SasType.WithCoordinates "SP(SPH)"
            Nlme = Some "corSpher"
    }
