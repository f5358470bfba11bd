/// <summary>Where the answer is known exactly: balanced designs by the algebra of analysis of variance, and the data sets
/// certified by NIST (StRD, one-way analysis of variance) read as random-effects models.</summary>
module LmmFunctional.Tests.ExactTests

open System
open System.Globalization
open System.Numerics
open Expecto
open LmmFunctional
open LmmFunctional.Estimation

// Closed forms are printed to twelve digits or more.
let private tolerance = 1e-9

let private fitOf criterion formula frame =
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

let private variances (fit: Fit) =
    fit.VarianceComponents |> List.map _.Covariance

let private components expected (fit: Fit) = [
    for name, value, found in Seq.zip3 (fit.VarianceComponents |> List.map _.Group) expected (variances fit) do
        yield! Law.relative $"variance of {name}" tolerance value found
]

/// −2ℓ from dense matrices at known variances, the residual last.
let private criterionAt (expected: float list) (fit: Fit) =
    let residual = List.last expected

    let relative =
        expected |> List.map (fun variance -> [| variance / residual |]) |> Array.ofList

    (Textbook.solve (Textbook.ofDesign fit.Design fit.Criterion relative)).Criterion

let private balanced data criterion formula expected =
    let fit = fitOf criterion formula (TestFrame.read data)

    fit,
    [
        yield! components expected fit
        yield! Law.relative "criterion" tolerance (criterionAt expected fit) fit.CriterionValue
        yield! Law.isTrue $"{fit.Certificate.Verdict}" (fit.Certificate.Verdict = Verdict.Optimum)
    ]

// Doubles as exact integers, all multiplied by the same power of two.
let private scale = 90

let private exactly (value: float) =
    let bits = BitConverter.DoubleToInt64Bits value
    let exponent = int ((bits >>> 52) &&& 0x7FFL) - 1075
    let significand = (bits &&& 0xFFFFFFFFFFFFFL) ||| 0x10000000000000L
    let shift = exponent + scale

    if shift < 0 then
        invalidArg (nameof value) "The value is too small to be held exactly."

    let size = BigInteger significand <<< shift
    if bits < 0L then -size else size

let private ratio (a: BigInteger) (b: BigInteger) =
    // Enough bits that only the last division rounds.
    let shift = 120
    Math.ScaleB(float ((a <<< shift) / b), -shift)

/// <summary>Between and residual variance of a balanced one-way design by REML, σ²_a = (MSB − MSW)/r, computed without
/// rounding from the doubles that were read.</summary>
let private oneWay (groups: float[][]) =
    let k, r = groups.Length, groups[0].Length
    let exact = groups |> Array.map (Array.map exactly)
    let sum (values: BigInteger[]) = Array.fold (+) BigInteger.Zero values
    let totals = exact |> Array.map sum
    let squares = exact |> Array.map (Array.map (fun v -> v * v) >> sum) |> sum
    let squaredTotals = totals |> Array.map (fun t -> t * t) |> sum
    let total = sum totals
    let one = BigInteger.One <<< (2 * scale)
    // r SSW and k r SSB are whole numbers.
    let within = BigInteger r * squares - squaredTotals
    let between = BigInteger k * squaredTotals - total * total
    let meanWithin = ratio within (BigInteger r * BigInteger(k * (r - 1)) * one)

    // (MSB − MSW)/r over one denominator, so that nothing cancels after rounding.
    let numerator = between * BigInteger(k * (r - 1)) - within * BigInteger(k * (k - 1))

    let denominator =
        BigInteger(k * r)
        * BigInteger(k - 1)
        * BigInteger(k * (r - 1))
        * BigInteger r
        * one

    ratio numerator denominator, meanWithin

let private groupsOf (frame: Frame) factor response =
    match frame.TryColumn factor, frame.TryColumn response with
    | Some(Column.Numeric codes), Some(Column.Numeric values) ->
        Seq.zip codes values
        |> Seq.groupBy fst
        |> Seq.map (snd >> Seq.map snd >> Array.ofSeq)
        |> Array.ofSeq
    | _ -> invalidOp "The columns are not numeric."

let private certified frame factor response certifiedTolerance between within =
    let fit = fitOf Criterion.Reml $"{response} ~ 1 + (1 | {factor})" frame
    let exactBetween, exactWithin = oneWay (groupsOf frame factor response)
    let found = variances fit

    Law.assertHolds [
        yield! Law.relative "between, of the numbers as read" tolerance exactBetween found[0]
        yield! Law.relative "residual, of the numbers as read" tolerance exactWithin found[1]
        yield! Law.relative "between, certified" certifiedTolerance between found[0]
        yield! Law.relative "residual, certified" certifiedTolerance within found[1]
        yield! Law.isTrue $"{fit.Certificate.Verdict}" (fit.Certificate.Verdict = Verdict.Optimum)
    ]

/// SmLs01–09 as their files hold them: c + 0.4 + 0.1 a_i + 0.1 a_j with a₁ = 0 and a_k = ±1 in turn.
let private smls level replicates =
    let a k =
        if k = 1 then 0
        elif k % 2 = 0 then -1
        else 1

    let cells = [|
        for i in 1..9 do
            for j in 1..replicates do
                float i, Double.Parse($"{level}.{4 + a i + a j}", CultureInfo.InvariantCulture)
    |]

    TestFrame.ofColumns [
        "treatment", TestFrame.numbers (Array.map fst cells)
        "response", TestFrame.numbers (Array.map snd cells)
    ]

[<Tests>]
let tests =
    testList "ExactTests" [
        testCase "Dyestuff by REML" (fun () ->
            let fit, failures =
                balanced "dyestuff" Criterion.Reml "Yield ~ 1 + (1 | Batch)" [ 1764.05; 2451.25 ]

            Law.assertHolds [
                yield! failures
                yield! Law.relative "−2 log likelihood" tolerance 319.6542768422575 fit.CriterionValue
                yield! Law.relative "mean" tolerance 1527.5 fit.Coefficients.Head.Estimate
                yield!
                    Law.relative "its variance" tolerance (11271.5 / 30.0) (fit.Coefficients.Head.StandardError ** 2.0)
            ])

        testCase "Dyestuff by ML" (fun () ->
            let fit, failures =
                balanced "dyestuff" Criterion.Ml "Yield ~ 1 + (1 | Batch)" [ 4165.0 / 3.0; 2451.25 ]

            Law.assertHolds [
                yield! failures
                yield! Law.relative "−2 log likelihood" tolerance 327.3270598811351 fit.CriterionValue
                yield! Law.relative "theta" tolerance 0.7525806923202 fit.Theta.Head
            ])

        testCase "Oats, a split plot" (fun () ->
            balanced "oats" Criterion.Reml "yield ~ Variety * nitroF + (1 | Block) + (1 | Block:Variety)" [
                214.477083333333333
                106.061805555555556
                177.083333333333333
            ]
            |> snd
            |> Law.assertHolds)

        testCase "Penicillin, crossed" (fun () ->
            let fit, failures =
                balanced "penicillin" Criterion.Reml "diameter ~ 1 + (1 | plate) + (1 | sample)" [
                    0.71690821256
                    3.7309178744
                    0.302415458937
                ]

            Law.assertHolds [
                yield! failures
                yield! Law.relative "standard error" tolerance 0.808573390985 fit.Coefficients.Head.StandardError
                yield! Law.near "−2 log likelihood (SPSS)" 1e-6 330.860589 fit.CriterionValue
            ])

        testCase "Pastes, nested" (fun () ->
            let fit, failures =
                balanced "pastes" Criterion.Reml "strength ~ 1 + (1 | batch/cask)" [
                    1.65730864198
                    8.43366666667
                    0.678
                ]

            Law.assertHolds [
                yield! failures
                yield! Law.relative "standard error" tolerance 0.676870066128 fit.Coefficients.Head.StandardError
                yield! Law.near "−2 log likelihood (SPSS)" 1e-6 246.990746 fit.CriterionValue
            ])

        testCases
            "NIST's simulated data"
            [
                "SmLs01", "1", 21, 1e-9
                "SmLs02", "1", 201, 1e-9
                "SmLs03", "1", 2001, 1e-9
                "SmLs04", "1000000", 21, 1e-9
                "SmLs05", "1000000", 201, 1e-9
                "SmLs06", "1000000", 2001, 1e-9
                "SmLs07", "1000000000000", 21, 2e-4
                "SmLs08", "1000000000000", 201, 2e-4
                "SmLs09", "1000000000000", 2001, 2e-4
            ]
            (fun (_: string, level: string, replicates: int, allowed: float) ->
                // Certified: MSW = 0.01 and MSB = 0.01 r.
                let r = float replicates
                certified (smls level replicates) "treatment" "response" allowed ((0.01 * r - 0.01) / r) 0.01)

        testCase "NIST's SiRstv, resistances of silicon" (fun () ->
            let between = (1.27865654e-2 - 1.0831828e-2) / 5.0
            certified (TestFrame.read "sirstv") "instrument" "resistance" 1e-8 between 1.0831828e-2)

        testCase "NIST's AtmWtAg, atomic weights of silver" (fun () ->
            // Seven digits of the variance between are in the file: one part in 1e9 of a weight is 1e-3 of its deviation.
            certified (TestFrame.read "atmwtag") "instrument" "weight" 1e-7 1.42091080917874e-10 2.28155932971014e-10)

        // Visits of a subject with the same mean: the correlation of their effects is one, at the end of its scale.
        testCase "a correlation of random effects of one is at its bound" (fun () ->
            let subjects = [ 3.0; -2.0; 5.0; 1.0; -4.0; -3.0 ]

            let rows = [
                for id, effect in List.indexed subjects do
                    for visit in 1..3 do
                        for noise in [ -1.0; 0.0; 1.0 ] -> $"s{id}", $"v{visit}", 10.0 + effect + noise
            ]

            let fit =
                TestFrame.ofColumns [
                    "id", rows |> List.map (fun (id, _, _) -> id) |> TestFrame.texts
                    "visit", rows |> List.map (fun (_, visit, _) -> visit) |> TestFrame.texts
                    "y", rows |> List.map (fun (_, _, y) -> y) |> TestFrame.numbers
                ]
                |> fitOf Criterion.Reml "y ~ 1 + ar1(0 + visit | id)"

            Check.equal (Verdict.BoundaryOptimum [ "id rho" ]) fit.Certificate.Verdict)

        // What a response of size r has beside residuals of size one is rounded at 2⁻⁵² r: docs/accuracy.md.
        testCases
            "groups far apart take no digits from the residual"
            [ 100, 1e-10; 10000, 1e-10; 1000000, 1e-9; 100000000, 1e-7 ]
            (fun (ratio: int, allowed: float) ->
                let shifted =
                    match (smls "1" 21).TryColumn "treatment", (smls "1" 21).TryColumn "response" with
                    | Some(Column.Numeric treatments), Some(Column.Numeric values) ->
                        TestFrame.ofColumns [
                            "treatment", Column.Numeric treatments
                            "response",
                            TestFrame.numbers (Seq.map2 (fun t y -> y + 0.1 * float ratio * t) treatments values)
                        ]
                    | _ -> invalidOp "The columns are not numeric."

                let fit = fitOf Criterion.Reml "response ~ 1 + (1 | treatment)" shifted
                let exactBetween, exactWithin = oneWay (groupsOf shifted "treatment" "response")
                let found = variances fit

                Law.assertHolds [
                    yield! Law.relative "between" 1e-9 exactBetween found[0]
                    yield! Law.relative "residual" allowed exactWithin found[1]
                    yield! Law.isTrue $"{fit.Certificate.Verdict}" (fit.Certificate.Verdict = Verdict.Optimum)
                ])
    ]
