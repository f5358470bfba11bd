/// <summary>No residual variance beside random effects: the limit exists, and its closed forms are known.</summary>
module LmmFunctional.Tests.ResidualLimitTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let internal fitOf criterion formula frame =
    match
        Lmm.fitFormula
            {
                FitOptions.defaults with
                    Criterion = criterion
            }
            frame
            formula
    with
    | Ok fit -> fit
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

let private reml = fitOf Criterion.Reml

// What is left of V for a row is 2⁻⁵⁶ of the response's variance.
let private tolerance = 1e-9

let private atLimit (fit: Fit) = [
    yield! Law.isTrue $"{fit.Certificate.Verdict}" fit.Certificate.IsConverged

    yield!
        Law.isTrue
            $"bounds: %A{fit.Certificate.BoundsInForce}"
            (fit.Certificate.BoundsInForce
             |> List.exists (fun bound -> bound.Name = "Residual" && bound.Value = 0.0))

    yield! Law.near "residual standard deviation" 0.0 0.0 fit.Sigma
    yield! Law.isTrue $"criterion {fit.CriterionValue}" (Double.IsNegativeInfinity fit.CriterionValue)
]

let private coefficient what estimate error (found: Coefficient) = [
    yield! Law.near $"{what}: estimate" (tolerance * max 1.0 (abs estimate)) estimate found.Estimate
    yield! Law.near $"{what}: standard error" (tolerance * max 1.0 error) error found.StandardError
]

let private variances (fit: Fit) =
    fit.VarianceComponents
    |> List.filter (fun part -> part.Second.IsNone)
    |> List.map _.Covariance

let private mean (values: float seq) = Seq.average values

let private sampleCovariance (x: float[]) (y: float[]) =
    let mx, my = mean x, mean y

    (Seq.map2 (fun a b -> (a - mx) * (b - my)) x y |> Seq.sum)
    / float (x.Length - 1)

/// Whole numbers, so that sums of them are exact.
let private draw (random: Random) count =
    Array.init count (fun _ -> float (random.Next(-50, 50)))

let private label name index = $"{name}{index + 1000}"

let private regression seed weighted (shift: float) (scale: float) =
    let random = Random(seed: int)
    let groups = 5 + random.Next 6
    let x, y = Array.init groups float, draw random groups

    let rows = [|
        for g in 0 .. groups - 1 do
            for _ in 0 .. 1 + random.Next 4 -> g
    |]

    let frame =
        TestFrame.ofColumns [
            "g", rows |> Seq.map (label "g") |> TestFrame.texts
            "x", rows |> Seq.map (fun g -> x[g]) |> TestFrame.numbers
            "w", rows |> Seq.map (fun _ -> 0.5 + random.NextDouble()) |> TestFrame.numbers
            "y", rows |> Seq.map (fun g -> shift + scale * y[g]) |> TestFrame.numbers
        ]

    let options = {
        FitOptions.defaults with
            Criterion = Criterion.Reml
    }

    let spec =
        Formula.parse "y ~ x + (1 | g)"
        |> Result.map (fun spec -> if weighted then { spec with Weights = Some "w" } else spec)

    let fit =
        match spec |> Result.bind (Lmm.fit options frame) with
        | Ok fit -> fit
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    let slope = sampleCovariance x y / sampleCovariance x x
    let intercept = mean y - slope * mean x

    let left =
        Seq.map2 (fun a b -> b - intercept - slope * a) x y
        |> Seq.sumBy (fun r -> r * r)

    let variance = left / float (groups - 2)
    let squares = sampleCovariance x x * float (groups - 1)

    let slopeError = sqrt (variance / squares)

    let interceptError =
        sqrt (variance * (1.0 / float groups + mean x * mean x / squares))

    let inference =
        match Inference.create DegreesOfFreedomMethod.satterthwaite fit with
        | Ok inference -> Inference.coefficients 0.95 inference
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    let size = scale * sqrt variance

    [
        yield! atLimit fit
        yield! Law.relative "variance of g" 1e-8 (scale * scale * variance) (List.head (variances fit))
        yield! Law.near "slope" (1e-9 * size) (scale * slope) fit.Coefficients[1].Estimate
        yield! Law.relative "its error" 1e-8 (scale * slopeError) fit.Coefficients[1].StandardError
        yield!
            Law.near
                "intercept"
                (1e-9 * size + 1e-15 * abs shift)
                (shift + scale * intercept)
                fit.Coefficients[0].Estimate
        yield! Law.relative "its error" 1e-8 (scale * interceptError) fit.Coefficients[0].StandardError

        for own in inference do
            yield! Law.relative $"{own.Name}: df" 1e-6 (float (groups - 2)) own.Df
    ]

let private case name = TestFrame.read $"cases/{name}"

let private tested (fit: Fit) =
    match Inference.create DegreesOfFreedomMethod.satterthwaite fit with
    | Ok inference -> Inference.coefficients 0.95 inference
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

/// Lines of groups without residuals: what a fit differs in from their means and covariances.
let private lines seed =
    let random = Random(abs (seed % 100000))
    let groups = 6 + random.Next 5
    let a, b = draw random groups, draw random groups

    let rows = [|
        for g in 0 .. groups - 1 do
            for t in 0 .. 2 + random.Next 3 -> g, float t
    |]

    let fit =
        TestFrame.ofColumns [
            "g", rows |> Seq.map (fst >> label "g") |> TestFrame.texts
            "t", rows |> Seq.map snd |> TestFrame.numbers
            "y", rows |> Seq.map (fun (g, t) -> a[g] + b[g] * t) |> TestFrame.numbers
        ]
        |> reml "y ~ t + (t | g)"

    let covariance = snd fit.RandomCovariances.Head
    let count = float groups

    [
        yield! atLimit fit
        yield! Law.relative "variance of intercepts" 1e-7 (sampleCovariance a a) covariance[0, 0]
        yield! Law.relative "variance of slopes" 1e-7 (sampleCovariance b b) covariance[1, 1]
        yield!
            Law.near
                "covariance"
                (1e-7 * sqrt (sampleCovariance a a * sampleCovariance b b))
                (sampleCovariance a b)
                covariance[0, 1]
        yield! coefficient "intercept" (mean a) (sqrt (covariance[0, 0] / count)) fit.Coefficients[0]
        yield! coefficient "slope" (mean b) (sqrt (covariance[1, 1] / count)) fit.Coefficients[1]
    ]

[<Tests>]
let tests =
    testList "ResidualLimitTests" [
        // Regression of the groups' values: every group counts once, however many rows it has.

        testPropertyWithConfig
            (Law.tries 15)
            "a response that groups share is the regression of the groups' values"
            (fun seed weighted -> regression (abs (seed % 100000)) weighted 0.0 1.0 |> Law.holds)

        testPropertyWithConfig (Law.tries 10) "shift and scale of the response change nothing else" (fun seed ->
            Law.holds [
                yield! regression (abs (seed % 100000)) false 1048576.0 1.0
                yield! regression (abs (seed % 100000)) false 0.0 1e-6
                yield! regression (abs (seed % 100000)) false 0.0 1e8
            ])

        testPropertyWithConfig
            (Law.tries 10)
            "random lines without residuals have the mean and covariance of the groups' lines"
            (lines >> Law.holds)

        // Where only other columns of X and Z, taken on the way, leave nothing but rounding.
        testCases "lines whose limit is seen in other columns only" [ 5; 26; 37; 50; 244 ] (lines >> Law.assertHolds)

        testPropertyWithConfig
            (Law.tries 10)
            "crossed effects without residuals have the variances of their values"
            (fun seed ->
                let random = Random(abs (seed % 100000))
                let rows, columns = 4 + random.Next 4, 4 + random.Next 4
                let a, b = draw random rows, draw random columns

                let cells = [|
                    for i in 0 .. rows - 1 do
                        for j in 0 .. columns - 1 -> i, j
                |]

                let fit =
                    TestFrame.ofColumns [
                        "r", cells |> Seq.map (fst >> label "r") |> TestFrame.texts
                        "c", cells |> Seq.map (snd >> label "c") |> TestFrame.texts
                        "y", cells |> Seq.map (fun (i, j) -> a[i] + b[j]) |> TestFrame.numbers
                    ]
                    |> reml "y ~ 1 + (1 | r) + (1 | c)"

                let ofRows, ofColumns = sampleCovariance a a, sampleCovariance b b

                Law.holds [
                    yield! atLimit fit
                    yield! Law.relative "variance of rows" 1e-7 ofRows (variances fit).[0]
                    yield! Law.relative "variance of columns" 1e-7 ofColumns (variances fit).[1]

                    yield!
                        coefficient
                            "mean"
                            (mean a + mean b)
                            (sqrt (ofRows / float rows + ofColumns / float columns))
                            fit.Coefficients.Head
                ])

        testPropertyWithConfig
            (Law.tries 10)
            "nested effects without residuals have the mean squares of their values"
            (fun seed ->
                let random = Random(abs (seed % 100000))
                let blocks, plots = 4 + random.Next 4, 3
                let a = draw random blocks |> Array.map ((*) 5.0)
                let b = Array.init blocks (fun _ -> draw random plots)

                let cells = [|
                    for i in 0 .. blocks - 1 do
                        for j in 0 .. plots - 1 do
                            for k in 0..1 -> i, j, k
                |]

                let value i j = a[i] + b[i].[j]

                let fit =
                    TestFrame.ofColumns [
                        "a", cells |> Seq.map (fun (i, _, _) -> label "a" i) |> TestFrame.texts
                        "b", cells |> Seq.map (fun (_, j, _) -> label "b" j) |> TestFrame.texts
                        "y", cells |> Seq.map (fun (i, j, _) -> value i j) |> TestFrame.numbers
                    ]
                    |> reml "y ~ 1 + (1 | a/b)"

                let means = Array.init blocks (fun i -> mean (Seq.init plots (value i)))
                let within = mean (Seq.init blocks (fun i -> sampleCovariance b[i] b[i]))
                let between = sampleCovariance means means - within / float plots

                Law.holds [
                    if between > 1.0 then
                        let found = variances fit |> List.sort
                        yield! atLimit fit
                        yield! Law.relativeAll "variances" 1e-7 (List.sort [ 0.0; within; between ]) found
                        let error = sqrt (sampleCovariance means means / float blocks)
                        yield! coefficient "mean" (mean means) error fit.Coefficients.Head
                ])

        // Cases

        testCase "subjects that differ by a constant: the t test of their means" (fun () ->
            let fit = case "02-residual-zero-balanced" |> reml "y ~ sex + visit + (1 | id)"
            let sex, visit = (tested fit).[1], (tested fit).[2]

            Law.assertHolds [
                yield! atLimit fit
                yield! Law.near "sex" 5e-7 5.518571 sex.Estimate
                yield! Law.near "its error" 5e-5 0.4997 sex.StandardError
                yield! Law.relative "its df" 1e-6 13.0 sex.Df
                yield! Law.near "its p" 5e-9 5.6e-8 sex.P
                yield! Law.near "visit" 1e-12 2.0 visit.Estimate
                yield! Law.near "its error" 0.0 0.0 visit.StandardError
                yield!
                    Law.isTrue
                        $"{visit.NotTestable}"
                        (visit.NotTestable = Some Testability.certain && Double.IsNaN visit.P)
            ])

        testCase "likelihoods without bound are not compared" (fun () ->
            let fit = case "02-residual-zero-balanced" |> reml "y ~ sex + visit + (1 | id)"

            match ModelComparison.table [ fit ] with
            | Ok _ -> failtest "The models are compared."
            | Error problems ->
                problems
                |> List.map LmmError.describe
                |> Texts.equal [
                    "The residual variance of 'y ~ 1 + sex + visit + (1 | id)' is zero, where its likelihood has no bound: it cannot be compared with others."
                ])

        testCase "a response that groups share" (fun () ->
            let fit = case "03-group-response-repeated" |> reml "y ~ x + (1 | g)"
            let x = (tested fit).[1]

            Law.assertHolds [
                yield! atLimit fit
                yield! Law.near "error" 5e-5 0.2319 x.StandardError
                yield! Law.relative "df" 1e-6 2.0 x.Df
                yield! Law.near "p" 5e-5 0.0581 x.P
            ])

        // By arithmetic of fifty digits: shared cases, 33 and 34.
        testCases
            "standard deviations of groups of a million and ten million"
            [
                "33-ratio-1e6", 502.622869, -183317.285, 0.868654, 5.567179370e11
                "34-ratio-1e7", 574.172307, 237406.279, 0.906565, 1.870951e14
            ]
            (fun (name: string, criterion: float, estimate: float, residual: float, between: float) ->
                let fit = case name |> reml "y ~ 1 + (1 | g)"

                Law.assertHolds [
                    yield! Law.isTrue $"{fit.Certificate.Verdict}" (fit.Certificate.Verdict = Verdict.Optimum)
                    yield! Law.near "criterion" 1e-6 criterion fit.CriterionValue
                    yield! Law.near "mean" 1e-3 estimate fit.Coefficients.Head.Estimate
                    yield! Law.near "residual variance" 1e-6 residual (variances fit).[1]
                    yield! Law.relative "variance of g" 1e-6 between (variances fit).[0]
                ])

        testCase "levels with residual standard deviations of a hundred million to one" (fun () ->
            let fit = case "35-ident-1e8" |> reml "y ~ f; residual = ident(f)"
            let parameters = fit.CovarianceParameters

            Law.assertHolds [
                yield! Law.isTrue $"{fit.Certificate.Verdict}" (fit.Certificate.Verdict = Verdict.Optimum)
                yield! Law.relative "sd of A" 1e-7 1.10772504e-4 fit.Sigma
                yield!
                    Law.relative
                        "ratio"
                        1e-3
                        7.855e7
                        (parameters |> List.find (fun own -> own.Name = "sd(B)")).Estimate
            ])

        testCase "a polynomial of degree fourteen in raw powers" (fun () ->
            let powers degree =
                [ 2..degree ] |> List.map (fun k -> $" + I(x^{k})") |> String.concat ""

            let criterion formula =
                let fit = case "32-degree-14" |> fitOf Criterion.Ml $"y ~ {formula} + (1 | g)"
                Expect.isTrue fit.Certificate.IsConverged formula
                fit.CriterionValue

            Law.assertHolds [
                // Another basis of the same columns: the likelihood is the same.
                for degree in [ 9; 12 ] do
                    yield!
                        Law.near
                            $"degree {degree}"
                            1e-6
                            (criterion $"poly(x, {degree})")
                            (criterion $"x{powers degree}")

                // R's rule leaves out x¹³; what is left fits no worse than degree twelve.
                yield! Law.atMost "degree 14" (criterion "poly(x, 12)") (criterion $"x{powers 14}")
            ])
    ]
