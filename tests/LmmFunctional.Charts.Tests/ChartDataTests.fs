/// <summary>The tables behind charts are the library's own values.</summary>
module LmmFunctional.Charts.Tests.ChartDataTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Charts
open LmmFunctional.Tests

let private numbers name (frame: Frame) =
    match frame.TryColumn name with
    | Some(Column.Numeric values) -> List.ofSeq values
    | _ -> failtest $"there is no numeric column '{name}'"

let private texts name (frame: Frame) =
    match frame.TryColumn name with
    | Some(Column.Categorical(levels, codes)) -> [ for code in codes -> if code < 0 then "" else levels[code] ]
    | _ -> failtest $"there is no column of names '{name}'"

let private data chart = chart |> Models.orFail |> Chart.data
let private fit = Models.sleepstudy

let private isNear (expected: float) (actual: float) =
    Check.isWithin (expected - 1e-9 * (1.0 + abs expected)) (expected + 1e-9 * (1.0 + abs expected)) actual

let private residuals = [
    testCase "residuals against fitted values" (fun () ->
        let table = Lmm.residuals fit.Value
        let frame = data (Chart.residuals fit.Value)
        Check.equal (List.ofSeq table.Fitted) (numbers "fitted" frame)
        Check.equal (List.ofSeq table.StudentizedConditional) (numbers "residual" frame)
        Check.equal (table.Row |> Seq.map float |> List.ofSeq) (numbers "row" frame))

    testCase "spread" (fun () ->
        let table = Lmm.residuals fit.Value

        Check.equal
            (table.StudentizedConditional |> Seq.map (abs >> sqrt) |> List.ofSeq)
            (numbers "spread" (data (Chart.scaleLocation fit.Value))))

    testCase "quantiles rise, and the envelope holds most residuals of data drawn from the model" (fun () ->
        let drawn = (Lmm.simulate 7 1 fit.Value |> Models.orFail)[0]
        let own = Refit.withResponse drawn fit.Value |> Models.orFail
        let frame = data (Chart.qq own)
        let values = numbers "residual" frame
        Check.equal (List.sort values) values
        Check.equal (List.sort (numbers "theoretical" frame)) (numbers "theoretical" frame)
        let inside = texts "place" frame |> List.filter ((=) "inside") |> List.length
        // Each is outside with probability 0.05, and neighbours are outside together.
        Check.isWithin 130.0 180.0 (float inside)

        for lower, upper in List.zip (numbers "lower" frame) (numbers "upper" frame) do
            Check.isTrue (lower < upper))

    testCase "leverages" (fun () ->
        Check.equal
            (List.ofSeq (Lmm.residuals fit.Value).Leverage)
            (numbers "leverage" (data (Chart.leverage fit.Value))))
]

let private effects = [
    testCase "random effects with intervals" (fun () ->
        let term = (Lmm.randomEffects fit.Value).Head
        let frame = data (Chart.caterpillar fit.Value)
        let z = 1.959963984540054

        for level, effect, mode, lower in
            List.zip
                (List.zip (texts "level" frame) (texts "effect" frame))
                (List.zip (numbers "mode" frame) (numbers "lower" frame))
            |> List.map (fun ((level, effect), (mode, lower)) -> level, effect, mode, lower) do
            let i, j = term.Levels.IndexOf level, term.Effects.IndexOf effect
            Check.equal term.Modes[i, j] mode
            isNear (mode - z * term.PredictionErrors[i, j]) lower)

    testCase "curves of subjects go through the fitted values" (fun () ->
        let frame = data (Chart.subjects fit.Value)
        let fitted = Fit.fitted fit.Value

        // Days run from 0 to 9 for every subject: the ends of the grid are rows of the data.
        for subject in 0..17 do
            let own =
                texts "subject" frame
                |> List.indexed
                |> List.filter (fun (_, name) -> name = (Lmm.randomEffects fit.Value).Head.Levels[subject])

            let curve =
                own
                |> List.map fst
                |> List.filter (fun row -> (texts "part" frame)[row] = "Subject")
                |> List.map (fun row -> (numbers "y" frame)[row])

            isNear fitted[10 * subject] curve.Head
            isNear fitted[10 * subject + 9] (List.last curve))
]

let private means = [
    testCase "predictions along a covariate" (fun () ->
        let frame = data (Chart.predictions (Models.inference fit.Value))
        let beta = fit.Value.Coefficients |> List.map _.Estimate

        for x, mean in List.zip (numbers "x" frame) (numbers "mean" frame) do
            isNear (beta[0] + beta[1] * x) mean)

    testCase "marginal means and letters" (fun () ->
        let means = Models.means "nitroF" Models.oats.Value
        let frame = data (Chart.means means)

        let expected =
            means.Means
            |> List.map (fun mean ->
                match mean.Estimate with
                | Ok own -> own.Estimate
                | Error _ -> nan)

        Check.equal expected (numbers "mean" frame)

        Check.equal (CompactLetters.create 0.05 Adjustment.Tukey means |> Models.orFail) (texts "letters" frame))

    testCase "coefficients without the intercept" (fun () ->
        let own = Inference.coefficients 0.95 (Models.inference Models.oats.Value)
        let frame = data (Chart.coefficients [ "m", Models.inference Models.oats.Value ])
        Check.equal (own.Tail |> List.map _.Name) (texts "name" frame)
        Check.equal (own.Tail |> List.map _.Lower) (numbers "lower" frame))
]

let private units = [
    testCase "influence" (fun () ->
        let table = Models.influence DiagnosticUnits.Rows fit.Value

        Check.equal
            (table.Units |> List.map _.CookD)
            (numbers "value" (data (Chart.influence DiagnosticUnits.Rows fit.Value table))))

    testCase "mean shifts: externally studentised t, in the order of the rows" (fun () ->
        let scan = Models.meanShifts DiagnosticUnits.Rows fit.Value
        let frame = data (Chart.outliers DiagnosticUnits.Rows fit.Value scan)
        Check.equal [ 1.0 .. 180.0 ] (numbers "unit" frame)
        List.iter2 isNear (List.ofSeq (Lmm.residuals fit.Value).ExternalT) (numbers "value" frame)
        // Rows 8, 57 and 60 have the three residuals that every account of these data names.
        Check.equal [ "57"; "60"; "8" ] (texts "label" frame |> List.filter ((<>) "") |> List.sort))

    testCase "the line is passed where the adjusted p is below five per cent" (fun () ->
        match Models.meanShifts DiagnosticUnits.Rows fit.Value with
        | OutlierScan.MeanShifts table ->
            let frame =
                data (Chart.outliers DiagnosticUnits.Rows fit.Value (OutlierScan.MeanShifts table))

            let above = texts "mark" frame |> List.filter ((=) "above") |> List.length
            // Holm's first step is Bonferroni's.
            let bonferroni = table.Shifts |> List.filter (fun own -> own.P * 180.0 < 0.05)
            Check.equal bonferroni.Length above
        | OutlierScan.VarianceShifts _ -> failtest "not a scan of means")
]

let private likelihood = [
    testCase "profiles" (fun () ->
        let points = Models.curves.Value |> List.collect _.Points
        let frame = data (Chart.profile Models.curves.Value)
        Check.equal (points |> List.map _.Value) (numbers "value" frame)
        Check.equal (points |> List.map _.Zeta) (numbers "zeta" frame)
        Check.equal (points |> List.map (fun point -> point.Zeta * point.Zeta)) (numbers "rise" frame))

    testCase "the trace ends at the criterion of the fit" (fun () ->
        let frame = data (Chart.trace fit.Value)
        isNear fit.Value.CriterionValue (numbers "criterion" frame |> List.min))

    testCase "correlations by lag are those of the check" (fun () ->
        let check =
            Lmm.check CheckOptions.defaults fit.Value
            |> Models.orFail
            |> List.find (fun check -> check.Name = "correlation by lag")

        let frame = data (Chart.lags fit.Value)
        Check.equal (numbers "correlation" check.Table) (numbers "correlation" frame)
        Check.equal (numbers "model" check.Table) (numbers "model" frame))

    testCase "correlations within a subject follow from the covariance of the random effects" (fun () ->
        let frame = data (Chart.correlation fit.Value)
        let _, g = fit.Value.RandomCovariances.Head
        let sigma2 = fit.Value.Sigma * fit.Value.Sigma

        let covariance a b =
            g[0, 0] + (a + b) * g[0, 1] + a * b * g[1, 1] + (if a = b then sigma2 else 0.0)

        for first, second, found in
            List.zip3 (texts "first" frame) (texts "second" frame) (numbers "correlation" frame) do
            let a, b = float first, float second
            isNear (covariance a b / sqrt (covariance a a * covariance b b)) found)

    testCase "correlations of coefficients" (fun () ->
        let expected = Matrix.toCorrelation Models.oats.Value.CoefficientCovariance
        let p = Models.oats.Value.FixedCount
        let frame = data (Chart.coefficientCorrelation Models.oats.Value)

        Check.equal
            [
                for i in 0 .. p - 1 do
                    for j in 0 .. p - 1 -> expected[i, j]
            ]
            (numbers "correlation" frame))
]

let private simulation = [
    testCase "densities of replicates have area one and the mean of the replicates" (fun () ->
        let values = Models.bootstrap.Value.Replicates.Column 1
        let points = SimulationCharts.density values

        let integral f =
            points
            |> List.pairwise
            |> List.sumBy (fun ((x, a), (y, b)) -> 0.5 * (y - x) * (f x * a + f y * b))

        Check.isWithin 0.995 1.0001 (integral (fun _ -> 1.0))
        let mean = Array.average values
        Check.isWithin (mean - 0.01 * abs mean) (mean + 0.01 * abs mean) (integral id))

    testCase "power" (fun () ->
        Check.equal (Models.power.Value |> List.map _.Power) (numbers "power" (data (Chart.power Models.power.Value))))

    testCase "inbreeding" (fun () ->
        // e is the child of full sibs; f of e and its own parent c.
        Check.equal
            [ 0.0; 0.0; 0.0; 0.0; 0.25; 0.375 ]
            (numbers "inbreeding" (data (Chart.inbreeding Models.pedigree.Value))))

    testCase "maps of residuals" (fun () ->
        let own = (Models.fit "wheat2" "yield ~ variety + (1 | Block)").Value
        let frame = data (Chart.fieldOver "latitude" "longitude" own)
        let table = Lmm.residuals own
        Check.equal (List.ofSeq table.PearsonMarginal @ List.ofSeq table.PearsonConditional) (numbers "residual" frame))

    testCase "the same fit gives the same chart, bit for bit" (fun () ->
        let text () =
            Chart.panel fit.Value |> Models.orFail |> Chart.toJson

        Check.equal (text ()) (text ()))
]

[<Tests>]
let tests =
    testList "ChartDataTests" (residuals @ effects @ means @ units @ likelihood @ simulation)
