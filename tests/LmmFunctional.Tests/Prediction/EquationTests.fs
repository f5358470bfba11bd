/// <summary>The mixed model equations at the estimates against n×n matrices.</summary>
module LmmFunctional.Tests.EquationTests

open Expecto
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Verification
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<SmallModels> ]
}

// Relative to the largest element; G and R of random models are conditioned up to 1e6.
let private tolerance = 1e-7

/// V, R, P and X of a fit, relative to σ², by the textbook.
let private textbook (fit: Fit) =
    let setting = Setting.ofFit fit
    let n = fit.Observations
    let variance = fit.Sigma * fit.Sigma
    let identity = Matrix<float>.Build.DenseIdentity n
    let v = Marginal.timesV setting.Model identity / variance
    let r = Marginal.timesR setting.Model identity / variance
    // An orthonormal basis of X.
    let b = setting.Basis
    let w = v.Inverse()
    let wb = w * b
    let p = w - wb * (b.TransposeThisAndMultiply wb).Inverse() * wb.Transpose()
    struct (v, r, p, b)

let private elements (m: Matrix<float>) = m.ToColumnMajorArray()

let private diagonal (m: Matrix<float>) = m.Diagonal().ToArray()

let private agree (fit: Fit) = [
    let equations = MixedModelEquations fit
    let struct (v, r, p, b) = textbook fit
    let n = fit.Observations
    let identity = Array.init (n * n) (fun k -> if k % n = k / n then 1.0 else 0.0)
    let all = RowDiagonals.create equations
    let hat = Matrix<float>.Build.DenseIdentity n - r * p

    let fixedVariance =
        b * (b.TransposeThisAndMultiply(v.Inverse() * b)).Inverse() * b.Transpose()

    yield! Law.isTrue "positive" equations.IsPositive
    yield! Law.relativeAll "P" tolerance (elements p) (equations.Project(n, identity))
    yield! Law.relativeAll "V⁻¹" tolerance (elements (v.Inverse())) (equations.Solve(n, identity))
    yield! Law.relativeAll "diagonal of V" tolerance (diagonal v) all.Marginal
    yield! Law.relativeAll "diagonal of R" tolerance (diagonal r) all.Residual
    yield! Law.relativeAll "diagonal of P" tolerance (diagonal p) all.Projection
    yield! Law.relativeAll "diagonal of RPR" tolerance (diagonal (r * p * r)) all.Conditional
    yield! Law.relativeAll "leverage" tolerance (diagonal hat) all.Leverage
    yield! Law.relativeAll "fixed leverage" tolerance (diagonal (fixedVariance * v.Inverse())) all.FixedLeverage
    yield! Law.relativeAll "variance of Xβ̂" tolerance (diagonal fixedVariance) all.FixedVariance

    if equations.Residual.Latent.IsNone then
        yield! Law.relativeAll "residuals" tolerance (Fit.residuals fit) equations.Residuals
]

/// Error variances of the effects of all levels, with and without a solve, against those of the fit.
let private predictionErrors (fit: Fit) = [
    let equations = MixedModelEquations fit
    let design = Array.ofList fit.Design.Random
    let none = Array.zeroCreate fit.FixedCount

    for t, effects in List.indexed (Fit.randomEffects fit) do
        let s = design[t].Names.Length
        let count = design[t].Levels.Length * s

        let functions =
            equations.Functions(
                count,
                (fun _ -> none),
                fun k -> Seq.singleton (struct (t, k / s, Array.init s (fun i -> if i = k % s then 1.0 else 0.0)))
            )

        let variance = fit.Sigma * fit.Sigma

        let expected =
            Array.init count (fun k -> effects.PredictionErrors[k / s, k % s] ** 2.0 / variance)

        let matrix = EffectCovariance.matrix equations functions
        let diagonalOf = Array.init count (fun k -> matrix[k * (count + 1)])
        yield! Law.relativeAll "variances" tolerance expected (EffectCovariance.variances equations functions)
        yield! Law.relativeAll "diagonal of the matrix" tolerance expected diagonalOf
]

/// Crossed factors whose equations have a root of a hundred columns, with items that have rows in common with most others.
let private crossed =
    lazy
        (let stream = RandomStream(11UL, 0)
         let n = 1000
         let s = Array.init n (fun row -> row / 4)
         let d = Array.init n (fun _ -> stream.NextIndex 100)
         let effects = Array.init 350 (fun _ -> stream.NextNormal())

         let frame =
             TestFrame.ofColumns [
                 "y",
                 TestFrame.numbers [
                     for row in 0 .. n - 1 -> effects[s[row]] + effects[250 + d[row]] + stream.NextNormal()
                 ]
                 "x", TestFrame.numbers [ for _ in 1..n -> stream.NextNormal() ]
                 "s", TestFrame.texts [ for level in s -> $"s{level}" ]
                 "d", TestFrame.texts [ for level in d -> $"d{level}" ]
             ]

         let fit =
             TestFrame.formula "y ~ x + (1 | s) + (1 | d)"
             |> Lmm.fit FitOptions.defaults frame
             |> Models.value

         let rowsOf (codes: int[]) wanted =
             [| 0 .. n - 1 |] |> Array.filter (fun row -> List.contains codes[row] wanted)

         let units = [
             "a row", [| 17 |]
             "rows of a subject", rowsOf s [ 3 ]
             "rows of an item", rowsOf d [ 5 ]
             "rows of many items", rowsOf d [ 10..40 ]
             "rows of many subjects", rowsOf s [ 50..80 ]
         ]

         fit, units)

/// Blocks of V⁻¹ by selected inverses and by solving, against solves for unit vectors.
let private blocks () = [
    let fit, units = crossed.Value
    let equations = MixedModelEquations fit
    let n = fit.Observations
    let sums = units |> Seq.map snd |> Array.ofSeq |> equations.PrecisionSums

    for index, (name, rows) in List.indexed units do
        let m = rows.Length
        let identity: float[] = Array.zeroCreate (n * m)
        rows |> Array.iteri (fun c row -> identity[c * n + row] <- 1.0)
        let solved = equations.Solve(m, identity)
        let expected = Array.init (m * m) (fun k -> solved[k / m * n + rows[k % m]])
        yield! Law.relativeAll name 1e-10 expected (equations.PrecisionBlock rows)
        yield! Law.near $"sum of {name}" (1e-10 * float m) (Array.sum expected) sums[index]
]

// A residual variance at its bound, or rows that determine everything, leave no digits to compare.
let private compare law model =
    let fit = RandomModel.fit model

    if (Setting.ofFit fit).Rounding > 1e-9 then [] else law fit
    |> List.map (fun failure -> $"{RandomModel.formula model}: {failure}")
    |> Law.holds

[<Tests>]
let tests =
    testList "EquationTests" [
        testCase "blocks of V⁻¹ of crossed factors are those of solves" (fun () -> Law.assertHolds (blocks ()))

        testPropertyWithConfig
            { config with maxTest = 100 }
            "the equations agree with n×n matrices"
            (fun (model: RandomModel) -> compare agree model)

        testPropertyWithConfig
            {
                config with
                    arbitrary = [ typeof<StructuredSmallModels> ]
                    maxTest = 200
            }
            "the equations of structured models agree with n×n matrices"
            (fun (model: RandomModel) -> compare agree model)

        testPropertyWithConfig
            { config with maxTest = 50 }
            "prediction errors of levels are those of the fit"
            (fun (model: RandomModel) -> compare predictionErrors model)

        testPropertyWithConfig
            {
                config with
                    arbitrary = [ typeof<StructuredSmallModels> ]
                    maxTest = 100
            }
            "prediction errors of levels of structured models are those of the fit"
            (fun (model: RandomModel) -> compare predictionErrors model)
    ]
