/// <summary>Predictions against the fit itself and against the conditional normal distribution of the textbook.</summary>
module LmmFunctional.Tests.PredictionTests

open System
open Expecto
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Verification
open LmmFunctional.Properties

let private plain = {
    Law.config with
        arbitrary = [ typeof<SmallModels> ]
        maxTest = 40
}

let private structured = {
    Law.config with
        arbitrary = [ typeof<StructuredSmallModels> ]
        maxTest = 80
}

let private asymptotic = {
    PredictionOptions.defaults with
        Method = DegreesOfFreedomMethod.Asymptotic
}

/// The error variances of xβ̂ + zũ of the rows of a fit, from dense matrices: with c = cov(zu, y), z'Gz − c'V⁻¹c + dᵀΦd,
/// d = x − X'V⁻¹c.
let private errorVariances (fit: Fit) =
    let claims = Claims.ofFit fit

    let model =
        Marginal.create fit.Design claims.Factors claims.Sigma claims.ResidualParameters

    let identity = Matrix<float>.Build.DenseIdentity(Marginal.rows model)
    let v = Marginal.timesV model identity
    let g = v - Marginal.timesR model identity
    let x = model.Fixed
    let weights = v.Solve g
    let covariance = (x.TransposeThisAndMultiply(v.Solve x)).Inverse()
    let rest = x - weights.TransposeThisAndMultiply x

    Array.init v.RowCount (fun row ->
        let d = rest.Row row
        g[row, row] - g.Column row * weights.Column row + d * (covariance * d))

// At a bound of R the equations are taken a little beside it.
let private ofDense (fit: Fit) =
    match Predictions.ofFit asymptotic fit with
    | Ok own when fit.Certificate.IsConverged && (Setting.ofFit fit).Rounding < 1e-9 ->
        let expected = errorVariances fit
        let size = fit.Sigma * fit.Sigma

        own
        |> List.mapi (fun row one ->
            let tolerance = 1e-6 * (size + expected[row])
            Law.near $"error variance {row}" tolerance expected[row] (one.StandardError ** 2.0))
        |> List.concat
    | _ -> []

/// The rows of the data as new data are the rows of the fit, whose estimates are the fitted values.
let private ofData (model: RandomModel) (fit: Fit) = [
    match Predictions.ofFit asymptotic fit, Predictions.ofFrame asymptotic (RandomModel.frame model) fit with
    | Ok own, Ok fresh ->
        let fitted = Fit.fitted fit |> List.ofArray
        // Rows of weight zero are not in the fit.
        let used = set fit.Design.Rows
        let fresh = fresh |> List.filter (fun one -> used.Contains(one.Row - 1))
        yield! Law.isTrue "fitted values bit for bit" ((own |> List.map _.Estimate) = fitted)
        yield! Law.isTrue "new data bit for bit" ((fresh |> List.map _.Estimate) = fitted)

        yield!
            Law.relativeAll "standard errors" 1e-7 (own |> List.map _.StandardError) (fresh |> List.map _.StandardError)
    | Error problems, _
    | _, Error problems -> yield! problems |> List.map LmmError.describe
]

// Rows that are kept from the fit and predicted.
let private future = 3

/// Mean and covariance of the last rows given the others, by the textbook, β estimated.
let private textbook (fit: Fit) (whole: Design) =
    let claims = Claims.ofFit fit

    let model =
        Marginal.create whole claims.Factors claims.Sigma claims.ResidualParameters

    let n = Marginal.rows model
    let m = n - future
    let v = Marginal.timesV model (Matrix<float>.Build.DenseIdentity n)
    let x = model.Fixed
    let w = v.SubMatrix(0, m, 0, m).Inverse()

    let x1, x0 =
        x.SubMatrix(0, m, 0, x.ColumnCount), x.SubMatrix(m, future, 0, x.ColumnCount)

    let c = v.SubMatrix(m, future, 0, m) * w
    let beta = Vector<float>.Build.Dense claims.Beta
    let y = model.Response.SubVector(0, m)
    let mean = x0 * beta + c * (y - x1 * beta)
    let rest = x0 - c * x1
    let covariance = (x1.TransposeThisAndMultiply(w * x1)).Inverse()

    let variance =
        v.SubMatrix(m, future, m, future) - c * v.SubMatrix(0, m, m, future)
        + rest * covariance * rest.Transpose()

    mean.ToArray(), variance

let private offsets (design: Design) =
    match design.Offset with
    | Some offset -> offset
    | None -> Array.zeroCreate design.Response.Length

/// A future observation by its own formulas and by the textbook's conditional distribution.
let private kriging (model: RandomModel) = [
    let frame = RandomModel.frame model
    let options = RandomModel.options model
    let spec = RandomModel.spec model
    let kept = frame.Rows - future

    let parts =
        match Frame.filter (fun row -> row < kept) frame, Frame.filter (fun row -> row >= kept) frame with
        | Ok known, Ok fresh -> Some(known, fresh)
        | _ -> None

    match parts with
    | None -> ()
    | Some(known, fresh) ->
        match Lmm.fit options known spec, Design.buildWith options.Known spec frame with
        | Ok fit, Ok whole when
            fit.Certificate.IsConverged
            && fit.Design.Fixed.Names = whole.Fixed.Names
            && whole.Response.Length = frame.Rows
            && (Setting.ofFit fit).Rounding < 1e-9
            ->
            let asked = {
                asymptotic with
                    Interval = PredictionInterval.Prediction
            }

            match Predictions.jointly asked fresh fit with
            // Places or levels that the fit has no parameters for are refused in words.
            | Error _ -> ()
            | Ok joint ->
                let found = joint.Predictions
                let mean, variance = textbook fit whole
                let offset = offsets whole
                let size = fit.Sigma

                for k in 0 .. future - 1 do
                    yield! Law.near $"estimate {k}" (1e-6 * size) (mean[k] + offset[kept + k]) found[k].Estimate

                    yield!
                        Law.near
                            $"variance {k}"
                            (1e-6 * (size * size + variance[k, k]))
                            variance[k, k]
                            (found[k].StandardError ** 2.0)

                    for l in 0 .. future - 1 do
                        yield!
                            Law.near
                                $"covariance {k} {l}"
                                (1e-6 * (size * size + variance[k, k] + variance[l, l]))
                                variance[k, l]
                                joint.Covariance[k, l]
        | _ -> ()
]

let private flatLevel = {
    Seed = 926490
    Rows = 41
    Fixed = "0 + f * copy"
    Random = "(t | id)"
    Criterion = Criterion.Ml
    Size = 0.3
    HasWeights = false
    HasOffset = false
    IsBalanced = true
    Residual = "diag(visit | id)"
    Held = []
}

let private said (model: RandomModel) failures =
    failures
    |> List.map (fun failure -> $"{RandomModel.formula model}: {failure}")
    |> Law.holds

[<Tests>]
let tests =
    testList "PredictionTests" [
        testPropertyWithConfig plain "predictions of the data are the fitted values" (fun (model: RandomModel) ->
            ofData model (RandomModel.fit model) |> said model)

        testPropertyWithConfig
            structured
            "predictions of the data of structured models are the fitted values"
            (fun (model: RandomModel) -> ofData model (RandomModel.fit model) |> said model)

        testPropertyWithConfig
            structured
            "error variances of fitted values of structured models are those of dense matrices"
            (fun (model: RandomModel) -> RandomModel.fit model |> ofDense |> said model)

        // Two models whose residual variance of one level is zero.
        for model in
            [
                flatLevel
                {
                    flatLevel with
                        Seed = 201383
                        Rows = 42
                        Fixed = "0 + f + z"
                        Random = "(1 | id)"
                        Size = 0.0
                        Residual = "arh1(visit | id)"
                }
            ] do
            testCase $"a residual variance of zero leaves error variances: {RandomModel.formula model}" (fun () ->
                let fit = RandomModel.fit model
                Expect.stringContains (string fit.Certificate.Verdict) "Residual.sd" "the bound"
                Expect.isEmpty (ofDense fit) "dense matrices"
                let table = Lmm.residuals fit
                Expect.all table.Leverage Double.IsFinite "leverages"
                Expect.all table.StudentizedMarginal Double.IsFinite "studentised residuals")

        testPropertyWithConfig
            plain
            "a future observation has the textbook's conditional distribution"
            (fun (model: RandomModel) -> kriging model |> said model)

        testPropertyWithConfig
            structured
            "a future observation of structured models has the textbook's conditional distribution"
            (fun (model: RandomModel) -> kriging model |> said model)

        testCase "new data that cannot be predicted are told in words" (fun () ->
            let fit = Fitted.reml "oats" "yield ~ Variety + nitro + (1 | Block)"

            let fresh =
                TestFrame.ofColumns [
                    "Variety", TestFrame.texts [ "Victory"; "Unheard"; "Victory" ]
                    "nitro", TestFrame.numbers [ 0.2; 0.4; nan ]
                ]

            match Predictions.ofFrame asymptotic fresh fit with
            | Ok _ -> failtest "Block is not there."
            | Error problems ->
                let words = problems |> List.map LmmError.describe |> String.concat "\n"
                Check.contains "Column 'Block' is not in the data" words
                Check.contains "Column 'nitro' is missing in 1 row of the new data (3)" words)
    ]
