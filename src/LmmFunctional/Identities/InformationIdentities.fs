namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra
open LmmFunctional

/// <summary>Scores and information matrices. Those of the engines are of −2 log likelihood, by θ, with σ² profiled out.</summary>
[<RequireQualifiedAccess>]
module internal InformationIdentities =

    open IdentityWords

    // Products of V⁻¹ and V̇, twice over.
    let private tolerance (setting: Setting) =
        16.0 * setting.Rounding * sqrt (float setting.N)

    /// What profiling σ² takes from an information.
    let private ofScale (setting: Setting) (along: float[]) k l =
        if setting.Claims.IsScaleFree then
            along[k] * along[l] / setting.Df
        else
            0.0

    /// The size of that, which may be much more than what is left.
    let private sizeOfScale (setting: Setting) (along: float[]) =
        if setting.Claims.IsScaleFree then
            (along |> Array.sumBy (fun value -> value * value)) / setting.Df
        else
            0.0

    /// An information from its elements less what profiling σ² takes.
    let private profiled setting along (full: Matrix<float>) : Matrix<float> =
        full.MapIndexed(fun k l value -> value - ofScale setting along k l)

    /// The engine's score against the textbook's, where it is not zero.
    let private gradient (setting: Setting) (scores: Scores) =
        Array.map2 (-) scores.Traces scores.Squares
        |> Array.map3 gap scores.Sizes setting.Claims.Gradient
        |> largest
        |> within (tolerance setting)

    let private observed (setting: Setting) (scores: Scores) =
        2.0 * scores.Images - scores.Products + scores.OwnCurvature
        |> profiled setting scores.Squares
        |> distanceOf
            (sizeOfScale setting scores.Squares + scores.OwnSize + leastCurvature)
            (setting.Claims.Curvature Information.Observed)
        |> within (tolerance setting + setting.Claims.CurvatureError)

    /// The engines raise it only where it would be singular without.
    let private expected (setting: Setting) (scores: Scores) =
        let value = profiled setting scores.Traces scores.Products
        let claimed = setting.Claims.Curvature Information.Expected
        let size = sizeOfScale setting scores.Traces + leastCurvature

        min (distanceOf size claimed value) (distanceOf size claimed (Scores.raised scores value))
        |> within (tolerance setting)

    let private average (setting: Setting) (scores: Scores) =
        profiled setting scores.Squares scores.Images
        |> Scores.raised scores
        |> distanceOf
            (sizeOfScale setting scores.Squares + leastCurvature)
            (setting.Claims.Curvature Information.Average)
        |> within (tolerance setting)

    // The curvature of G itself is there what the solver left of the score.
    let private settled (setting: Setting) =
        tolerance setting + 100.0 * setting.Unsettled

    /// Needs no matrices but those of the fit. V̈ of parameters of one part is nothing at an optimum where V is linear in the
    /// variances and covariances of that part, and nothing anyway for parameters of two parts.
    let private mean (setting: Setting) =
        let claimed = setting.Claims.Curvature
        let parts = CovarianceJets.partsOf setting.Claims.Jets

        let isLinear k l =
            parts[k] <> parts[l] || setting.Claims.Jets.IsLinear[parts[k]]

        let places = seq { 0 .. parts.Length - 1 }

        let average, observed, expected =
            claimed Information.Average, claimed Information.Observed, claimed Information.Expected

        // By the parameters' own units: a variance far above that of the residuals has next to no curvature.
        let deviations =
            Array.map2
                (fun ofAverage ofExpected -> sqrt (max leastCurvature (max ofAverage ofExpected)))
                (average.Diagonal().ToArray())
                (expected.Diagonal().ToArray())

        let linear (a: Matrix<float>) =
            a.MapIndexed(fun k l value ->
                if isLinear k l then
                    value / (deviations[k] * deviations[l])
                else
                    0.0)

        if places |> Seq.exists (fun k -> Seq.exists (isLinear k) places) then
            distance (linear average) (linear (0.5 * (observed + expected)))
            |> within (settled setting + setting.Claims.CurvatureError)
        else
            IdentityOutcome.NotApplicable "V is not linear in its parameters"

    let private harville = "Harville (1977), J. Am. Statist. Assoc. 72, 320–338"
    let private gilmour = "Gilmour, Thompson & Cullis (1995), Biometrics 51, 1440–1450"

    /// <summary>The identities.</summary>
    let all: Identity list = [
        create
            "score by V"
            "∂(−2ℓ_R)/∂κᵢ = tr(P V̇ᵢ) − yᵀP V̇ᵢ P y; V⁻¹ in the trace under ML"
            harville
            (beside (withParameters (onScores gradient)))
        create
            "observed information"
            "−2 ∂²ℓ_R/∂κᵢ∂κⱼ = tr(P V̈ᵢⱼ) − tr(P V̇ᵢ P V̇ⱼ) + 2 yᵀP V̇ᵢ P V̇ⱼ P y − yᵀP V̈ᵢⱼ P y, σ² profiled out"
            harville
            (beside (withParameters (onScores observed)))
        create
            "expected information"
            "E(−2 ∂²ℓ_R/∂κᵢ∂κⱼ) = tr(P V̇ᵢ P V̇ⱼ), σ² profiled out"
            harville
            (beside (withParameters (onScores expected)))
        create
            "average information"
            "𝓘_A = yᵀP V̇ᵢ P V̇ⱼ P y, σ² profiled out"
            gilmour
            (beside (withParameters (onScores average)))
        create
            "average information is the mean"
            "𝓘_A = ½(𝓘_O + 𝓘_E) at an optimum, where V is linear in κ"
            gilmour
            (withParameters (atOptimum (inside mean)))
    ]
