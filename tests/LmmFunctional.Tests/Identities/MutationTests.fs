/// <summary>Each identity can fail: what is wrong with a fit is seen by the identities that should see it.</summary>
module LmmFunctional.Tests.MutationTests

open MathNet.Numerics.LinearAlgebra
open Expecto
open LmmFunctional
open LmmFunctional.Verification

// Balanced and with one random intercept: the whole catalogue applies.
let private fit = lazy Fitted.reml "dyestuff" "Yield ~ 1 + (1 | Batch)"

let private caught (setting: Setting) =
    Identities.checkIn setting |> Identities.failures |> List.map _.Name

let private claims change =
    Setting.ofChanged Setting.denseRows change fit.Value

let private scaled factor = Array.map ((*) factor)

/// A change of what is said of the rows.
let private rows (change: RowClaims -> RowClaims) =
    claims (fun c -> {
        c with
            Rows = c.Rows |> Option.map (fun found -> lazy (Option.map change found.Value))
    })

let private curvature kind factor (claims: Claims) = {
    claims with
        Curvature =
            fun information ->
                let found = claims.Curvature information
                if information = kind then factor * found else found
}

let private setting () = Setting.ofFit fit.Value

/// V⁻¹ and P as they are used on vectors.
let private withOperators (solve: Matrix<float> -> Matrix<float>) (project: Matrix<float> -> Matrix<float>) =
    let right = setting ()

    {
        right with
            SolveV = right.SolveV >> solve
            Project = right.Project >> project
            WeightedBasis = solve right.WeightedBasis
            WeightedProbes = lazy solve right.WeightedProbes.Value
            WeightedResidual = lazy solve right.WeightedResidual.Value
    }

let private withDense change =
    let right = setting ()

    {
        right with
            Dense = right.Dense |> Option.map (fun dense -> lazy (change dense.Value))
    }

let private likelihoods = [
    "likelihood by V"
    "likelihood by C"
    "likelihood of error contrasts"
    "summation over independent blocks"
]

/// What is done to a fit, and who must see it.
let private mutations: (string * (unit -> Setting) * string list) list = [
    "β̂ by two standard errors",
    (fun () ->
        claims (fun c -> {
            c with
                Beta = [| c.Beta[0] + 2.0 * sqrt c.BetaCovariance[0, 0] |]
        })),
    [
        "GLS normal equations"
        "Henderson's equations"
        "residual variance"
        "balanced closed form"
        "BLUP"
        "BLUP is shrinkage"
        "zero information between β and κ"
    ]
    "ũ by 0.1 %",
    (fun () ->
        claims (fun c -> {
            c with
                Effects = c.Effects |> Array.map (scaled 1.001)
        })),
    [
        "Henderson's equations"
        "BLUP"
        "BLUP is shrinkage"
        "EM fixed point"
        "score by C"
    ]
    "σ by 1 %",
    (fun () -> claims (fun c -> { c with Sigma = 1.01 * c.Sigma })),
    [
        "score"
        "EM fixed point"
        "residual variance"
        "balanced closed form"
        "variance of β̂"
        "BLUP"
        "effects given the data"
    ]
    @ likelihoods
    "θ by 1 %",
    (fun () ->
        claims (fun c -> {
            c with
                Factors = c.Factors |> List.map (fun factor -> 1.01 * factor)
        })),
    [
        "score"
        "EM fixed point"
        "Kuhn-Tucker conditions"
        "residual variance"
        "balanced closed form"
        "variance of β̂"
        "BLUP"
        "BLUP is shrinkage"
        "effects given the data"
        "errors of BLUP"
        "observed information"
        "expected information"
        "average information"
    ]
    @ likelihoods
    "Φ by 0.1 %",
    (fun () ->
        claims (fun c -> {
            c with
                BetaCovariance = 1.001 * c.BetaCovariance
        })),
    [ "variance of β̂" ]
    "var(u | y) by 0.1 %",
    (fun () ->
        claims (fun c -> {
            c with
                EffectCovariances = c.EffectCovariances |> Array.map (scaled 1.001)
        })),
    [ "effects given the data"; "EM fixed point" ]
    "var(ũ − u) by 0.1 %",
    (fun () ->
        claims (fun c -> {
            c with
                PredictionCovariances = c.PredictionCovariances |> Array.map (scaled 1.001)
        })),
    [ "errors of BLUP" ]
    "fitted values by 0.1 %",
    (fun () ->
        claims (fun c -> {
            c with
                Fitted = scaled 1.001 c.Fitted
        })),
    [ "conditional residuals" ]
    "the criterion by 0.001",
    (fun () ->
        claims (fun c -> {
            c with
                Criterion = c.Criterion + 0.001
        })),
    likelihoods
    "the deviance by 0.001",
    (fun () -> claims (fun c -> { c with Deviance = c.Deviance + 0.001 })),
    [ "likelihood with u integrated out" ]
    "the gradient by 0.1 %",
    (fun () ->
        claims (fun c -> {
            c with
                Gradient = scaled 1.001 c.Gradient
        })),
    [ "score by V" ]
    "observed information by 0.1 %",
    (fun () -> claims (curvature Information.Observed 1.001)),
    [ "observed information"; "average information is the mean" ]
    "expected information by 0.1 %",
    (fun () -> claims (curvature Information.Expected 1.001)),
    [ "expected information"; "average information is the mean" ]
    "average information by 0.1 %",
    (fun () -> claims (curvature Information.Average 1.001)),
    [
        "average information"
        "average information is the mean"
        "absorption of the mixed model equations"
    ]
    "V⁻¹ by 0.1 %",
    (fun () -> withOperators (fun b -> 1.001 * b) id),
    [
        "Woodbury"
        "GZᵀV⁻¹"
        "P by Henderson's matrix"
        "P by any generalised inverse"
        "PVP = P"
        "P by error contrasts"
        "residual variance"
    ]
    "P by a multiple of I",
    (fun () -> { setting () with Project = id }),
    [
        "PX = 0"
        "PVP = P"
        "conditional residuals"
        "likelihood by V"
        "likelihood by C"
    ]
    "V by 0.1 %",
    (fun () -> withDense (fun dense -> { dense with V = 1.001 * dense.V })),
    [
        "joint variance of u and y"
        "variance of BLUP"
        "P by error contrasts"
        "likelihood of error contrasts"
        "derivatives of V⁻¹ and log|V|"
    ]
    "dense V⁻¹ by 0.1 %",
    (fun () ->
        withDense (fun dense -> {
            dense with
                Precision = 1.001 * dense.Precision
        })),
    [ "derivatives of V⁻¹ and log|V|"; "prediction error variance" ]
    "dense P by 0.1 %",
    (fun () ->
        withDense (fun dense -> {
            dense with
                Projection = 1.001 * dense.Projection
        })),
    [
        "variance of BLUP"
        "BLUP has the smallest error"
        "prediction error variance"
        "absorption of the mixed model equations"
    ]
    "the matrix in the traces by a half",
    (fun () ->
        withDense (fun dense -> {
            dense with
                TraceMatrix = 1.5 * dense.TraceMatrix
        })),
    [ "expected score" ]
    "Henderson's matrix by 0.1 %",
    (fun () ->
        withDense (fun dense -> {
            dense with
                Henderson = 1.001 * dense.Henderson
        })),
    [
        "likelihood by C"
        "likelihood with u integrated out"
        "prediction error variance"
    ]
    "predictions of the data by 0.1 %",
    (fun () ->
        rows (fun r -> {
            r with
                Predictions = scaled 1.001 r.Predictions
        })),
    [ "predictions of the data" ]
    "their error variances by 0.1 %",
    (fun () ->
        rows (fun r -> {
            r with
                PredictionVariances = scaled 1.001 r.PredictionVariances
        })),
    [ "errors of fitted values" ]
    "leverages by 0.1 %",
    (fun () ->
        rows (fun r -> {
            r with
                Leverage = scaled 1.001 r.Leverage
        })),
    [ "leverages"; "sum of leverages" ]
    "leverages of the fixed part by 0.1 %",
    (fun () ->
        rows (fun r -> {
            r with
                FixedLeverage = scaled 1.001 r.FixedLeverage
        })),
    [ "leverages" ]
    // The leverages of the fixed part in place of all.
    "leverages without random effects",
    (fun () -> rows (fun r -> { r with Leverage = r.FixedLeverage })),
    [ "leverages"; "sum of leverages" ]
    "the change of β̂ by 0.1 %",
    (fun () ->
        rows (fun r -> {
            r with
                BetaChange = r.BetaChange |> Option.map (scaled 1.001)
        })),
    [ "deletion of a unit" ]
    "the change of β̂ with the wrong sign",
    (fun () ->
        rows (fun r -> {
            r with
                BetaChange = r.BetaChange |> Option.map (scaled -1.0)
        })),
    [ "deletion of a unit" ]
    "the mean shift by 0.1 %",
    (fun () ->
        rows (fun r -> {
            r with
                Shift = r.Shift |> Option.map (fun (struct (s, e)) -> struct (1.001 * s, e))
        })),
    [ "mean shift" ]
    "its standard error by 0.1 %",
    (fun () ->
        rows (fun r -> {
            r with
                Shift = r.Shift |> Option.map (fun (struct (s, e)) -> struct (s, 1.001 * e))
        })),
    [ "mean shift" ]
    "the score of the variance shift by 0.1 %",
    (fun () ->
        rows (fun r -> {
            r with
                VarianceScore = 1.001 * r.VarianceScore
        })),
    [ "score of a variance shift" ]
    "decorrelated residuals by 0.1 %",
    (fun () ->
        rows (fun r -> {
            r with
                Decorrelated = scaled 1.001 r.Decorrelated
        })),
    [ "decorrelated residuals" ]
    // Rows decorrelated in another order.
    "decorrelated residuals of other rows",
    (fun () ->
        rows (fun r -> {
            r with
                Decorrelated = Array.rev r.Decorrelated
        })),
    [ "decorrelated residuals" ]
]

let private names () =
    mutations |> List.map (fun (name, _, _) -> name)

[<Tests>]
let tests =
    testList "MutationTests" [
        testCase "the whole catalogue applies and holds before anything is changed" (fun () ->
            Law.assertHolds [
                for check in Identities.check fit.Value do
                    if check.Holds <> Some true then
                        $"{check.Name}: %A{check.Outcome}"
            ])

        testCases "a change is seen by the identities that should see it" (names ()) (fun (name: string) ->
            let _, change, expected = mutations |> List.find (fun (known, _, _) -> known = name)
            let seen = caught (change ())

            Law.assertHolds [
                for identity in expected do
                    if not (List.contains identity seen) then
                        let all = String.concat "; " seen
                        $"'{identity}' does not see it; these do: {all}"
            ])

        testCase "every identity of the catalogue sees some change" (fun () ->
            let able = mutations |> List.collect (fun (_, _, expected) -> expected) |> set

            let unable =
                Identities.all
                |> List.map _.Name
                |> List.filter (fun name -> not (able.Contains name))

            Check.isEmpty unable)
    ]
