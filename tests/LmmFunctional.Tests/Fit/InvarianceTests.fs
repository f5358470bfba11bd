/// <summary>What a fit must not depend on, and how it must follow what it does depend on.</summary>
/// <remarks>Always the same models: about one likelihood in a thousand of this kind has two optima, and rounding may choose
/// between them.</remarks>
module LmmFunctional.Tests.InvarianceTests

open System
open System.Collections.Immutable
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<RandomModels> ]
        maxTest = 60
}

// Fits of the same model from other numbers stop within this of each other.
let private criterionTolerance = 1e-8

let private estimateTolerance = 1e-5

let private take (order: int[]) column =
    match column with
    | Column.Numeric values
    | Column.Labelled(values, _) -> order |> Seq.map (fun i -> values[i]) |> TestFrame.numbers
    | Column.Categorical(levels, codes) -> order |> Seq.map (fun i -> levels[codes[i]]) |> TestFrame.texts

let private floats name (frame: Frame) =
    match frame.TryColumn name with
    | Some(Column.Numeric values) -> Array.ofSeq values
    | _ -> invalidOp $"{name} is not numeric."

let private replace name column columns =
    columns |> List.map (fun (n, c) -> if n = name then n, column else n, c)

let private estimates (fit: Fit) = fit.Coefficients |> List.map _.Estimate

let private largest (values: float seq) =
    values |> Seq.fold (fun m v -> max m (abs v)) 0.0

let private covariances (fit: Fit) =
    fit.VarianceComponents |> List.map _.Covariance

let private same what (expected: Fit) shift (actual: Fit) = [
    yield!
        Law.near
            $"{what}, criterion"
            (criterionTolerance * max 1.0 (abs expected.CriterionValue))
            (expected.CriterionValue + shift)
            actual.CriterionValue
]

/// The same covariances and residuals, both multiplied.
let private sameRandom what factor (expected: Fit) (actual: Fit) = [
    yield!
        Law.relativeAll
            $"{what}, covariances"
            (10.0 * estimateTolerance)
            (covariances expected |> List.map ((*) (factor * factor)))
            (covariances actual)
]

let private sameFit what expected actual = [
    yield! same what expected 0.0 actual
    yield! sameRandom what 1.0 expected actual
    yield! Law.relativeAll $"{what}, coefficients" estimateTolerance (estimates expected) (estimates actual)
]

// Without an intercept there may be two optima, and rounding may choose between them.
let private withIntercept (model: RandomModel) =
    if model.Fixed = "0 + x" then
        { model with Fixed = "x" }
    else
        model

/// Ways to write the same column space.
let private recodings = [
    "x + z", "I(2 * x + 3) + I(x - z / 10)"
    "x + z", "I(x - 2) + I(z / 1000 + x)"
    "f + x", "C(f, sum) + x"
    "f + x", "0 + f + I(x / 7)"
    "f * x", "C(f, helmert) * I(4 * x - 1)"
    "f * x", "0 + f + f:x"
    "x + I(x^2)", "poly(x, 2)"
    "z", "scale(z)"
]

[<Tests>]
let tests =
    testList "InvarianceTests" [
        testPropertyWithConfig config "the order of the rows does not matter" (fun (model: RandomModel) (seed: int) ->
            let model = withIntercept model
            let columns = RandomModel.columns model
            let order = Array.init model.Rows id
            (Random seed).Shuffle order
            let shuffled = columns |> List.map (fun (name, column) -> name, take order column)

            let fit, other =
                RandomModel.fit model, RandomModel.fitTo (TestFrame.ofColumns shuffled) model

            Law.holds [
                yield! sameFit (RandomModel.formula model) fit other
                let position = fit.Design.Rows |> Seq.mapi (fun i row -> row, i) |> Map.ofSeq
                let fitted = Fit.fitted fit

                let expected =
                    other.Design.Rows |> Array.map (fun row -> fitted[position[order[row]]])

                yield! Law.relativeAll "fitted values" estimateTolerance expected (Fit.fitted other)
            ])

        testPropertyWithConfig
            config
            "the names of the levels of grouping factors do not matter"
            (fun (model: RandomModel) (seed: int) ->
                let model = withIntercept model

                let rename column =
                    match column with
                    | Column.Categorical(levels, codes) ->
                        let order = Array.init levels.Length id
                        (Random seed).Shuffle order
                        let names = order |> Array.map (fun k -> $"level {k}")
                        codes |> Seq.map (fun code -> names[code]) |> TestFrame.texts
                    | Column.Numeric _
                    | Column.Labelled _ -> column

                let columns =
                    RandomModel.columns model
                    |> List.map (fun (name, column) ->
                        name,
                        (if List.contains name [ "g"; "h"; "k" ] then
                             rename column
                         else
                             column))

                let fit, other =
                    RandomModel.fit model, RandomModel.fitTo (TestFrame.ofColumns columns) model

                Law.holds [
                    yield! sameFit (RandomModel.formula model) fit other
                    yield! Law.relativeAll "fitted values" estimateTolerance (Fit.fitted fit) (Fit.fitted other)
                ])

        testPropertyWithConfig config "y → cy + Xd moves β and scales the rest" (fun (model: RandomModel) (seed: int) ->
            let model = withIntercept model
            let random = Random seed
            let c = [| -3.0; 0.01; 250.0 |][random.Next 3]
            let fit = RandomModel.fit model
            let x = fit.Design.Fixed.Matrix
            let d = Array.init x.Columns (fun _ -> 10.0 * random.NextDouble() - 5.0)
            let columns = RandomModel.columns model
            let y = floats "y" (RandomModel.frame model)

            let offset i =
                match fit.Design.Offset with
                | Some offset -> offset[i]
                | None -> 0.0

            fit.Design.Rows
            |> Array.iteri (fun i row ->
                let shift = Seq.init x.Columns (fun j -> x[i, j] * d[j]) |> Seq.sum
                y[row] <- c * (y[row] - offset i) + shift + offset i)

            let other =
                RandomModel.fitTo (columns |> replace "y" (TestFrame.numbers y) |> TestFrame.ofColumns) model

            let n, p = float fit.Observations, float fit.FixedCount

            let shift =
                match model.Criterion with
                | Criterion.Ml -> 2.0 * n * log (abs c)
                | Criterion.Reml -> 2.0 * (n - p) * log (abs c)

            let expected = List.mapi (fun j estimate -> c * estimate + d[j]) (estimates fit)
            let residuals = Fit.residuals fit |> Array.map ((*) c)
            // What was left of y after a shift may have lost digits to it.
            let size = largest (Array.append residuals [| fit.Sigma * abs c |])

            Law.holds [
                yield! same (RandomModel.formula model) fit shift other
                yield! sameRandom "c²" c fit other
                yield! Law.relativeAll "coefficients" estimateTolerance expected (estimates other)
                yield! Law.nearAll "residuals" (10.0 * estimateTolerance * size) residuals (Fit.residuals other)
            ])

        testPropertyWithConfig
            config
            "X → XT keeps fitted values and moves REML by 2 log|det T|"
            (fun (model: RandomModel) (which: byte) ->
                let plain, recoded = recodings[int which % recodings.Length]
                let fit = RandomModel.fit { model with Fixed = plain }
                let other = RandomModel.fit { model with Fixed = recoded }

                let logDeterminant (fit: Fit) =
                    let x =
                        MathNet.Numerics.LinearAlgebra.Matrix<float>.Build.DenseOfArray(
                            fit.Design.Fixed.Matrix.ToArray2D()
                        )

                    2.0 * Seq.sumBy (fun v -> log (abs v)) ((x.QR()).R.Diagonal())

                let shift =
                    match model.Criterion with
                    | Criterion.Ml -> 0.0
                    | Criterion.Reml -> logDeterminant other - logDeterminant fit

                Law.holds [
                    yield! same $"{plain} as {recoded}" fit shift other
                    yield! sameRandom $"{plain} as {recoded}" 1.0 fit other
                    yield! Law.relativeAll "fitted values" estimateTolerance (Fit.fitted fit) (Fit.fitted other)
                    yield! Law.near "ML deviance" 1e-4 fit.Deviance other.Deviance
                ])

        testPropertyWithConfig
            { config with maxTest = 30 }
            "(1 | a/b) is (1 | a) + (1 | a:b)"
            (fun (model: RandomModel) ->
                let model = withIntercept model
                let nested = RandomModel.fit { model with Random = "(x | g/k)" }

                let spelled =
                    RandomModel.fit {
                        model with
                            Random = "(x | g) + (x | g:k)"
                    }

                Law.holds [
                    yield! Law.near "criterion" 0.0 nested.CriterionValue spelled.CriterionValue
                    yield! Law.nearAll "covariances" 0.0 (covariances nested) (covariances spelled)
                ])

        testPropertyWithConfig { config with maxTest = 30 } "weights of one are no weights" (fun (model: RandomModel) ->
            let model = {
                withIntercept model with
                    HasWeights = false
            }

            let ones = TestFrame.numbers (Array.create model.Rows 1.0)
            let columns = RandomModel.columns model |> replace "w" ones

            let weighted =
                RandomModel.fitTo (TestFrame.ofColumns columns) { model with HasWeights = true }

            Law.holds (sameFit (RandomModel.formula model) (RandomModel.fit model) weighted))

        testPropertyWithConfig
            { config with maxTest = 30 }
            "weights of zero are rows left out"
            (fun (model: RandomModel) ->
                let model = {
                    withIntercept model with
                        HasWeights = true
                }

                let frame = RandomModel.frame model
                let w = floats "w" frame
                let fit = RandomModel.fit model

                match Frame.filter (fun row -> w[row] > 0.0) frame with
                | Error _ -> Law.holds [ "no rows left" ]
                | Ok kept ->
                    Law.holds [
                        yield! sameFit (RandomModel.formula model) fit (RandomModel.fitTo kept model)
                        yield!
                            Law.near
                                "rows left out"
                                0.0
                                (float (w |> Seq.filter ((=) 0.0) |> Seq.length))
                                (float fit.Design.ZeroWeightRows)
                    ])

        testPropertyWithConfig
            { config with maxTest = 30 }
            "all weights doubled double the residual variance and nothing else"
            (fun (model: RandomModel) ->
                let model = {
                    withIntercept model with
                        HasWeights = true
                }

                let frame = RandomModel.frame model
                let doubled = floats "w" frame |> Array.map ((*) 2.0) |> TestFrame.numbers
                let columns = RandomModel.columns model |> replace "w" doubled

                let fit, other =
                    RandomModel.fit model, RandomModel.fitTo (TestFrame.ofColumns columns) model

                let random fit =
                    covariances fit |> List.rev |> List.tail

                Law.holds [
                    yield! same (RandomModel.formula model) fit 0.0 other
                    yield!
                        Law.relative
                            "residual variance"
                            estimateTolerance
                            (2.0 * fit.Sigma * fit.Sigma)
                            (other.Sigma * other.Sigma)
                    let size = largest (covariances fit)
                    yield! Law.nearAll "covariances" (10.0 * estimateTolerance * size) (random fit) (random other)
                    yield! Law.relativeAll "coefficients" estimateTolerance (estimates fit) (estimates other)
                ])
    ]
