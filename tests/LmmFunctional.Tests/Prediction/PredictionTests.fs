/// <summary>Predictions against the fit itself and against the conditional normal distribution of the textbook.</summary>
module LmmFunctional.Tests.PredictionTests

open Expecto
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
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
