/// <summary>Variance shifts of rows, groups and effects: against refits, and thresholds against their level.</summary>
module LmmFunctional.Tests.VarianceShiftTests

open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private value result = Models.value result

/// Subjects with six rows, one of them wild.
let private data seed wildRow wildSubject =
    let stream = RandomStream(uint64 (seed: int), 0)
    let subjects, each = 12, 6

    let effects =
        Array.init subjects (fun k -> stream.NextNormal() + (if k = wildSubject then 12.0 else 0.0))

    TestFrame.ofColumns [
        "x", TestFrame.numbers [ for row in 0 .. subjects * each - 1 -> float (row % each) ]
        "g", TestFrame.texts [ for row in 0 .. subjects * each - 1 -> $"g{row / each + 10}" ]
        "y",
        TestFrame.numbers [
            for row in 0 .. subjects * each - 1 ->
                1.0
                + 0.3 * float (row % each)
                + effects[row / each]
                + stream.NextNormal()
                + (if row = wildRow then 9.0 else 0.0)
        ]
    ]

let private fitOf frame =
    Lmm.fitFormula FitOptions.defaults frame "y ~ x + (1 | g)" |> value

let private create options fit =
    VarianceShift.create options fit |> value

let private bootstrap replicates = {
    BootstrapOptions.defaults with
        Replicates = replicates
        Seed = 4
}

let private effects = {
    VarianceShiftOptions.defaults with
        Target = VarianceShiftTarget.Effect("g", "(Intercept)")
        Refits = 2
}

[<Tests>]
let tests =
    testList "VarianceShiftTests" [
        testCase "A wild row, and the effect of a wild level, are found first" (fun () ->
            let rows = create VarianceShiftOptions.defaults (fitOf (data 3 27 -1))
            Check.equal "28" rows.Shifts.Head.Unit.Name
            let levels = create effects (fitOf (data 2 -1 5))
            Check.equal "g15" levels.Shifts.Head.Unit.Name
            Check.equal 12 levels.Shifts.Length
            Check.equal 1 levels.Shifts.Head.Shifts.Length)

        // A term of one level with the rows of g15 is what the shift is.
        testCase "The shift of an effect is a fit with a term of its own" (fun () ->
            let frame = data 2 -1 5
            let fit = fitOf frame
            let found = (create effects fit).Shifts.Head

            let isOwn =
                fit.Design.Random.Head.Codes
                |> Array.map (fun code ->
                    if fit.Design.Random.Head.Levels[code] = "g15" then
                        1.0
                    else
                        0.0)

            let wider =
                Frame.withColumn "own" (Column.ofFloats isOwn) frame
                |> Result.bind (fun frame ->
                    Frame.withColumn
                        "one"
                        (TestFrame.texts [ for own in isOwn -> if own = 1.0 then "a" else "b" ])
                        frame)
                |> value

            let anew =
                Lmm.fitFormula FitOptions.defaults wider "y ~ x + (1 | g) + (0 + own | one)"
                |> value

            Law.assertHolds (
                Law.near "lrt" 1e-5 (max 0.0 (fit.CriterionValue - anew.CriterionValue)) found.LikelihoodRatio
                @ Law.relative "variance" 1e-3 anew.VarianceComponents[1].Covariance found.Variance
            )

            Check.isTrue found.IsRefitted)

        testCase "With the ratios of the fit fixed an effect's score is a difference quotient" (fun () ->
            let fit = fitOf (data 6 -1 -1)
            let table = create { effects with Refits = 0 } fit
            // Rows of one level with weight one: the shift of a random intercept is that of all its rows together.
            let equations = MixedModelEquations fit

            for shift in table.Shifts do
                let rows = Seq.toArray shift.Unit.Rows
                let projected = ResidualPrecision.multiply equations.Residual 1 equations.Residuals
                let own = rows |> Array.sumBy (fun row -> projected[row])
                let square = Array.sum (equations.PrecisionBlock rows) - equations.FixedShare rows
                let variance = fit.Sigma * fit.Sigma
                let score = 0.5 * (own * own / variance - square) / variance
                Law.assertHolds (Law.near shift.Unit.Name (1e-8 * (1.0 + abs score)) score shift.Score))

        testCase "Thresholds are passed by their share of data without a shift" (fun () ->
            let options = {
                VarianceShiftOptions.defaults with
                    Refits = 0
                    Bootstrap = Some(bootstrap 200)
                    ThresholdLevels = [ 0.2 ]
            }

            let table = create options (fitOf (data 100 -1 -1))
            let threshold = table.Thresholds.Head
            Check.equal 0 table.Failed
            Check.isTrue (threshold.MonteCarloError > 0.0)
            let runs = 150

            let passed =
                Seq.init runs (fun k ->
                    let own = create { options with Bootstrap = None } (fitOf (data (200 + k) -1 -1))
                    own.Shifts.Head.LikelihoodRatio)
                |> Seq.filter (fun ratio -> ratio > threshold.Threshold)
                |> Seq.length

            // The threshold's own share has an error of 0.028.
            let allowed = 4.0 * sqrt (0.16 / float runs + 0.16 / 200.0)
            Law.assertHolds (Law.near "share" allowed 0.2 (float passed / float runs)))

        testCase "Bootstrapped p-values are small for a wild row and of their unit" (fun () ->
            let table =
                create
                    {
                        VarianceShiftOptions.defaults with
                            Bootstrap = Some(bootstrap 199)
                    }
                    (fitOf (data 3 27 -1))

            let own = table.Bootstrapped["28"]
            Law.assertHolds (Law.atMost "adjusted" 0.01 own.AdjustedP)
            Check.isTrue (table.Bootstrapped.Values |> Seq.forall (fun p -> p.P <= p.AdjustedP))

            Check.equal
                [
                    "unit"
                    "variance"
                    "score"
                    "standardisedScore"
                    "lrt"
                    "p"
                    "pBootstrap"
                    "pAdjusted"
                    "monteCarloError"
                    "refitted"
                ]
                (Frame.names (DiagnosticFrames.varianceShifts table))

            Check.equal
                [ "level"; "threshold"; "monteCarloError" ]
                (Frame.names (DiagnosticFrames.varianceShiftThresholds table)))

        testCase "A factor or an effect that the model does not have is told" (fun () ->
            let fit = fitOf (data 1 -1 -1)

            let words group effect =
                VarianceShift.create
                    {
                        effects with
                            Target = VarianceShiftTarget.Effect(group, effect)
                    }
                    fit
                |> Models.words

            Check.equal 1 (words "h" "(Intercept)").Length
            Check.equal 1 (words "g" "x").Length)
    ]
