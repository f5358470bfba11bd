/// <summary>Simulated responses have the means and covariances of their model, whatever it is made from.</summary>
module LmmFunctional.Tests.SimulatorTests

open Expecto
open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Verification
open LmmFunctional.Properties

let private value result = Models.value result

/// Means and covariances of responses, each in units of its standard error.
let private momentsAgree (mean: Vector<float>) (v: Matrix<float>) (responses: float[][]) =
    let count = float responses.Length
    let n = mean.Count

    let sample =
        Matrix<float>.Build.Dense(responses.Length, n, fun k i -> responses[k].[i] - mean[i])

    let means = sample.ColumnSums() / count
    let products = sample.TransposeThisAndMultiply sample / count

    [
        for i in 0 .. n - 1 do
            let error = sqrt (v[i, i] / count)
            yield! Law.near $"mean {i}" (5.0 * error + 1e-9) 0.0 means[i]

            for j in 0..i do
                let error = sqrt ((v[i, i] * v[j, j] + v[i, j] * v[i, j]) / count)
                yield! Law.near $"covariance {i} {j}" (5.5 * error + 1e-9) v[i, j] products[i, j]
    ]

/// V of a fit in units of the response, and its fixed part with offset.
let private textbook (fit: Fit) =
    let setting = Setting.ofFit fit
    let n = fit.Observations
    let v = Marginal.timesV setting.Model (Matrix<float>.Build.DenseIdentity n)
    let x = fit.Design.Fixed.Matrix

    let mean =
        Vector<float>
            .Build.Dense(
                n,
                fun row ->
                    let offset =
                        fit.Design.Offset
                        |> Option.map (fun offset -> offset[row])
                        |> Option.defaultValue 0.0

                    Seq.fold (fun sum j -> sum + x[row, j] * fit.Inner.Beta[j]) offset (seq { 0 .. fit.FixedCount - 1 })
            )

    mean, v

let private ofModel law (model: RandomModel) =
    let fit = RandomModel.fit model

    if fit.HasNoResidual || not fit.Certificate.IsConverged then
        []
    else
        law fit
    |> List.map (fun failure -> $"{RandomModel.formula model}: {failure}")
    |> Law.holds

let private haveMoments (fit: Fit) =
    let mean, v = textbook fit

    Simulator.ofFit SimulatedEffects.New fit
    |> value
    |> Simulator.responses 17 4000
    |> momentsAgree mean v

/// With effects kept the mean is the fitted values, and what varies is R.
let private keepEffects (fit: Fit) =
    let simulator = Simulator.ofFit SimulatedEffects.Fitted fit |> value
    let fitted = Fit.fitted fit
    let scale = 1e-9 * (1.0 + (fitted |> Seq.map abs |> Seq.max))
    let responses = Simulator.responses 23 2000 simulator

    let again =
        Simulator.responses 23 2000 (Simulator.ofFit SimulatedEffects.New fit |> value)

    let n = fit.Observations

    let variances (sets: float[][]) =
        Array.init n (fun row ->
            let own = sets |> Array.map (fun set -> set[row])
            let mean = Array.average own
            own |> Array.averageBy (fun y -> (y - mean) * (y - mean)))

    let given, whole = variances responses, variances again
    let mean = simulator.Known

    Law.nearAll "mean" scale fitted mean
    @ [
        for row in 0 .. n - 1 do
            // 2,000 variances have a relative error of 3 %.
            yield! Law.atMost $"variance of row {row}" (1.3 * whole[row] + 1e-9) given[row]
    ]

/// New data that are the data themselves give the same model; parameters by name too.
let private agreeOnData (model: RandomModel) (fit: Fit) =
    let frame = RandomModel.frame model
    let mean, v = textbook fit

    let onFrame =
        match Simulator.onFrame SimulatedEffects.New frame fit with
        | Ok simulator -> Simulator.responses 31 3000 simulator |> momentsAgree mean v
        // Data with missing values, or a variance function of a column they lack.
        | Error _ -> []

    let byName =
        match
            Simulator.ofParameters (RandomModel.known model) (Simulator.parametersOf fit) (RandomModel.spec model) frame
        with
        | Ok simulator -> Simulator.responses 37 3000 simulator |> momentsAgree mean v
        // What is at a bound cannot be held.
        | Error _ -> Law.isTrue "parameters by name" (fit.Certificate.Verdict <> Verdict.Optimum)

    onFrame @ byName

let private agree (model: RandomModel) = ofModel (agreeOnData model) model

let private small = {
    Law.tries 12 with
        arbitrary = [ typeof<SmallModels> ]
}

let private structured = {
    Law.tries 25 with
        arbitrary = [ typeof<StructuredSmallModels> ]
}

let private sleepstudy =
    lazy (Models.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)")

[<Tests>]
let tests =
    testList "SimulatorTests" [
        testPropertyWithConfig small "Responses have the moments of their model" (ofModel haveMoments)
        testPropertyWithConfig structured "Responses of structured models have their moments" (ofModel haveMoments)
        testPropertyWithConfig small "With the fit's effects the mean is the fitted values" (ofModel keepEffects)

        testPropertyWithConfig
            structured
            "With the fit's effects the mean of structured models is the fitted values"
            (ofModel keepEffects)

        testPropertyWithConfig small "New data and parameters by name give the same model" agree
        testPropertyWithConfig structured "New data and parameters by name give the same structured model" agree

        testSequenced
        <| testCase "Responses are the same with one thread and with two, and whatever their number" (fun () ->
            let simulator = Simulator.ofFit SimulatedEffects.New sleepstudy.Value |> value
            let before = Tiles.Threads

            let many threads count =
                try
                    Tiles.Threads <- threads
                    Simulator.responses 5 count simulator
                finally
                    Tiles.Threads <- before

            Check.equal (many 1 30) (many 2 30)
            Check.equal (Array.truncate 3 (many 2 30)) (many 1 3)
            Check.equal (many 1 30).[7] (Simulator.response 5 7 simulator))

        testCase "New subjects have new effects, known ones those of the fit" (fun () ->
            let fit = sleepstudy.Value

            let frame =
                TestFrame.ofColumns [
                    "Days", TestFrame.numbers [ 0.0; 5.0; 0.0; 5.0 ]
                    "Subject", TestFrame.texts [ "308"; "308"; "new"; "new" ]
                ]

            let simulator = Simulator.onFrame SimulatedEffects.Fitted frame fit |> value
            let responses = Simulator.responses 3 6000 simulator
            let g = fit.RandomCovariances |> List.head |> snd
            let sigma2 = fit.Sigma * fit.Sigma
            let z = [| [| 1.0; 0.0 |]; [| 1.0; 5.0 |] |]

            let ofNew i j =
                Seq.allPairs [ 0; 1 ] [ 0; 1 ]
                |> Seq.sumBy (fun (a, b) -> z[i].[a] * g[a, b] * z[j].[b])

            let v =
                Matrix<float>
                    .Build.Dense(
                        4,
                        4,
                        fun i j ->
                            (if i = j then sigma2 else 0.0)
                            + (if i >= 2 && j >= 2 then ofNew (i - 2) (j - 2) else 0.0)
                    )

            let mode = fit.Inner.Effects.Value[0]
            let subject = fit.Design.Random.Head.Levels.IndexOf "308"
            let beta = fit.Inner.Beta

            let mean =
                Vector<float>.Build.DenseOfArray [|
                    for days in [ 0.0; 5.0 ] do
                        beta[0] + mode[2 * subject] + days * (beta[1] + mode[2 * subject + 1])

                    for days in [ 0.0; 5.0 ] do
                        beta[0] + days * beta[1]
                |]

            Law.assertHolds (momentsAgree mean v responses))

        testCase "Parameters without a value, and names the model does not have, are told" (fun () ->
            let frame = TestFrame.read "sleepstudy"
            let spec = TestFrame.formula "Reaction ~ Days + (1 | Subject)"

            let problems known covariance =
                Simulator.ofParameters
                    Map.empty
                    {
                        Fixed = Map.ofList known
                        Covariance = Map.ofList covariance
                    }
                    spec
                    frame
                |> Models.words

            Check.equal
                [
                    "No value is given for 'Days'; a simulation needs a value of every parameter of the model."
                    "No value is given for 'Subject.(Intercept)'; a simulation needs a value of every parameter of the model."
                ]
                (problems [ "(Intercept)", 1.0 ] [ "Residual", 1.0 ])

            Check.equal
                [
                    "No value is given for 'Residual'; a simulation needs a value of every parameter of the model."
                ]
                (problems [ "(Intercept)", 1.0; "Days", 2.0 ] [ "Subject.(Intercept)", 1.0 ])

            Check.equal
                1
                (problems [ "(Intercept)", 1.0; "Days", 2.0; "Day", 3.0 ] [
                    "Subject.(Intercept)", 1.0
                    "Residual", 1.0
                ])
                    .Length)

        testCase "Simulated responses as a frame are columns beside their rows" (fun () ->
            let simulator = Simulator.ofFit SimulatedEffects.New sleepstudy.Value |> value

            let frame =
                Simulator.responses 1 2 simulator |> SimulationFrames.simulated simulator

            Check.equal [ "row"; "response1"; "response2" ] (Frame.names frame)
            Check.equal 180 frame.Rows)
    ]
