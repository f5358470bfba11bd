/// <summary>Autoregressive fields with a nugget, or complete ones without: the sparse system against dense blocks of the same design.</summary>
module LmmFunctional.Tests.SeparableTests

open System
open System.Collections.Immutable
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private config = { Law.config with maxTest = 40 }

// Dense matrices of order 60 and a sparse system of effects and cells agree to this.
let private tolerance = 1e-8

// Second derivatives are central differences of first ones.
let private differenceTolerance = 1e-5

let private randomParts = [
    ""
    " + (1 | g)"
    " + (x | g)"
    " + (1 | g) + (1 | h)"
    " + (x || g) + (1 | h)"
    " + cs(0 + f | g)"
]

let private residuals = [
    "kron(ar1(row), ar1(col)) + nugget"
    "kron(ar1(row), ar1(col) | site) + nugget"
    "ar1(row | site:col) + nugget"
]

let private orRaise result =
    match result with
    | Ok value -> value
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

// Only where every cell has a plot.
let private withoutNugget = [
    "kron(ar1(row), ar1(col))"
    "kron(ar1(row), ar1(col) | site)"
    "ar1(row | site:col)"
]

/// Two fields side by side, a share of the plots missing.
let private frame missing (random: Random) =
    let plots = [|
        for column in 1..8 do
            for row in 1..6 do
                if random.NextDouble() >= missing then
                    row, column
    |]

    let numbers make =
        plots |> Array.map make |> TestFrame.numbers

    let codes count =
        plots |> Array.map (fun _ -> $"{random.Next count}") |> TestFrame.texts

    TestFrame.ofColumns [
        "y", numbers (fun (row, column) -> 3.0 * random.NextDouble() + 0.3 * float row - 0.2 * float column)
        "x", numbers (fun _ -> random.NextDouble() - 0.5)
        "w", numbers (fun _ -> 0.5 + random.NextDouble())
        "row", numbers (fst >> float)
        "col", numbers (snd >> float)
        "site",
        plots
        |> Array.map (fun (_, column) -> if column <= 4 then "a" else "b")
        |> TestFrame.texts
        "g", codes 7
        "h", codes 4
        "f", codes 2
    ]

/// A design of a seed, in the way of both.
let private models seed =
    let random = Random(seed: int)
    let isComplete = random.Next 3 = 0
    let frame = frame (if isComplete then 0.0 else 0.2) random
    let randomPart = randomParts[random.Next randomParts.Length]
    let choice = if isComplete then withoutNugget else residuals
    let residual = choice[random.Next choice.Length]
    let text = $"y ~ x{randomPart}; residual = {residual}"
    let spec = TestFrame.formula text

    let spec =
        if random.Next 3 = 0 then
            LmmSpec.withWeights "w" spec
        else
            spec

    let design = Design.build spec frame |> orRaise
    let standard = Standardised.ofDesign design
    let layout = ThetaLayout.create standard
    let marginal = MarginalModel.create design standard layout

    let separable =
        SeparableModel.create standard design.Residual.Value { marginal with Patterns = [||] }

    $"{text}, seed {seed}", marginal, SeparableVariance.engine separable

let private varianceOf (engine: SeparableEngine) =
    SolvedVariance.create (SeparableVariance.solver engine)

/// τ from far inside to near every end of its region, λ of any size and sometimes zero.
let private point seed (model: MarginalModel) =
    let random = Random(seed + 1: int)
    let isNearZero = random.Next 4 = 0

    Array.init model.Parameters (fun k ->
        let own = 4.0 * random.NextDouble() - 2.0

        if k < model.Layout.Parameters then
            (if isNearZero && random.Next 2 = 0 then 0.0 else own)
        else
            own * float (1 + random.Next 2))
    |> ImmutableArray.CreateRange

let private largest (values: float seq) =
    values |> Seq.fold (fun most value -> max most (abs value)) 1.0

/// A trial of 16 by 16 plots: what neighbours have in common, and noise.
let private largeFrame missing =
    let random = Random 3

    let deviate () =
        Seq.init 12 (fun _ -> random.NextDouble()) |> Seq.sum |> (+) -6.0

    let trend = Array2D.init 17 17 (fun _ _ -> deviate ())

    for column in 1..16 do
        for row in 1..16 do
            trend[row, column] <-
                0.5 * trend[row, column]
                + 0.7 * trend[row - 1, column]
                + 0.6 * trend[row, column - 1]
                - 0.42 * trend[row - 1, column - 1]

    let plots = [|
        for column in 1..16 do
            for row in 1..16 do
                if random.NextDouble() >= missing then
                    row, column
    |]

    TestFrame.ofColumns [
        "y",
        plots
        |> Array.map (fun (row, column) -> trend[row, column] + 0.5 * deviate ())
        |> TestFrame.numbers
        "row", plots |> Array.map (fst >> float) |> TestFrame.numbers
        "col", plots |> Array.map (snd >> float) |> TestFrame.numbers
        "g", plots |> Array.map (fun _ -> $"{random.Next 30}") |> TestFrame.texts
    ]

[<Tests>]
let tests =
    testList "SeparableTests" [
        testPropertyWithConfig config "criterion, score and information equal those of dense blocks" (fun (seed: int) ->
            let what, marginal, engine = models seed
            let theta = point seed marginal

            Law.holds [
                // σ² profiled out, and known: not far from its estimate, where nothing cancels.
                let blocks, cells = MarginalVariance.create marginal, varianceOf engine

                let known =
                    blocks.At(
                        theta,
                        fun factored ->
                            0.8 * CriterionFunction.residualSquare factored
                            / CriterionFunction.residualDf true marginal.Rows marginal.FixedCount
                    )

                for reml, variance in [ false, None; true, None; true, known ] do
                    let dense information =
                        CriterionFunction.evaluate reml variance 0.0 blocks theta (Order.Curvature information)

                    let sparse information =
                        CriterionFunction.evaluate reml variance 0.0 cells theta (Order.Curvature information)

                    for information, allowed in
                        [
                            Information.Average, tolerance
                            Information.Expected, tolerance
                            Information.Observed, differenceTolerance
                        ] do
                        let expected, found = dense information, sparse information
                        let size = largest expected.Curvature.Values
                        let where = $"{what}, {information}, REML {reml}, {variance}, at {List.ofSeq theta}"
                        yield! Law.near $"{where}, value" (tolerance * abs expected.Value) expected.Value found.Value

                        yield!
                            Law.nearAll
                                $"{where}, gradient"
                                (tolerance * largest expected.Gradient)
                                expected.Gradient
                                found.Gradient

                        yield!
                            Law.nearAll
                                $"{where}, curvature"
                                (allowed * size)
                                expected.Curvature.Values
                                found.Curvature.Values

                    let pairs (values: (float[] * float[])[]) =
                        values |> Seq.collect (fun (d, trace) -> Seq.append d trace) |> Array.ofSeq

                    yield!
                        Law.relativeAll
                            $"{what}, by covariances, REML {reml}, {variance}, at {List.ofSeq theta}"
                            tolerance
                            (pairs (CriterionFunction.covarianceScores reml variance blocks theta))
                            (pairs (CriterionFunction.covarianceScores reml variance cells theta))
            ])

        testPropertyWithConfig
            { config with maxTest = 20 }
            "predictions and their covariances equal those of dense blocks"
            (fun (seed: int) ->
                let random = Random(seed: int)

                let spec =
                    TestFrame.formula "y ~ x + (x | g) + (1 | h); residual = kron(ar1(row), ar1(col)) + nugget"

                let design = Design.build spec (frame 0.2 random) |> orRaise
                let likelihood = LogLikelihood.create Criterion.Reml design |> orRaise

                let separable =
                    SeparableModel.create
                        likelihood.Standard
                        design.Residual.Value
                        (MarginalModel.create design likelihood.Standard likelihood.Layout)

                let theta = point seed separable.Marginal
                let expected = Solution.at likelihood theta

                let found =
                    Solution.at
                        {
                            likelihood with
                                Variance = varianceOf (SeparableVariance.engine separable)
                        }
                        theta

                let parts: (string * (Solution -> float[])) list = [
                    "fixed effects", _.Beta
                    "their covariance", (fun solution -> Array.ofSeq solution.BetaCovariance.Values)
                    "effects", _.Effects.Value >> Array.concat
                    "covariances given the data", _.ConditionalCovariances.Value >> Array.concat
                    "covariances of predictions", _.PredictionCovariances.Value >> Array.concat
                    "the rest", (fun solution -> [| solution.Sigma; solution.ResidualShare; solution.Deviance |])
                ]

                Law.holds [
                    for name, part in parts do
                        yield! Law.relativeAll $"{name}, seed {seed}" tolerance (part expected) (part found)
                ])

        // Second derivatives of the residuals come from differences of fourth order.
        testPropertyWithConfig
            { config with maxTest = 20 }
            "what moments for small samples are made of equals that of dense blocks"
            (fun (seed: int) ->
                let what, marginal, engine = models seed
                let theta = point seed marginal
                let expected = MarginalMoments.partsAt true marginal theta
                let found = SolvedMoments.partsAt true (SeparableVariance.solver engine) theta

                Law.holds [
                    let close name allowed (expected: float seq) found =
                        Law.nearAll $"{what}, {name}" (allowed * largest expected) expected found

                    yield! close "first" tolerance (Seq.concat expected.First) (Seq.concat found.First)

                    yield!
                        close
                            "products"
                            tolerance
                            (Seq.concat expected.Products.Value)
                            (Seq.concat found.Products.Value)

                    yield! close "second" 1e-7 (Seq.concat expected.Seconds.Value) (Seq.concat found.Seconds.Value)
                    yield! close "factor" tolerance expected.FixedFactor found.FixedFactor
                    yield! close "traces" tolerance expected.Parts.Traces found.Parts.Traces

                    yield!
                        close
                            "T"
                            tolerance
                            (expected.Parts.Combined 0.0 1.0).Values
                            (found.Parts.Combined 0.0 1.0).Values
                ])

        // The inverse of R is sparse only where every cell has a plot.
        testCases
            "the sparse way is taken where there is one"
            [
                "kron(ar1(row), ar1(col)) + nugget", 0.1, "separable"
                "kron(ar1(row), ar1(col))", 0.0, "separable"
                "kron(ar1(row), ar1(col))", 0.1, "marginal"
                "sp_exp(row + col) + nugget", 0.1, "marginal"
            ]
            (fun (residual: string, missing: float, engine: string) ->
                let spec = TestFrame.formula $"y ~ 1 + (1 | g); residual = {residual}"
                let plan = Lmm.plan (largeFrame missing) spec |> orRaise
                Check.equal engine plan.Chosen.Engine)

        testCase "a fit ends where no derivative is left" (fun () ->
            for residual in [ "kron(ar1(row), ar1(col)) + nugget"; "kron(ar1(row), ar1(col))" ] do
                let spec = TestFrame.formula $"y ~ 1; residual = {residual}"
                let fit = Lmm.fit FitOptions.defaults (largeFrame 0.0) spec |> orRaise
                let last = List.last (List.ofSeq fit.Iterations)
                Expect.equal fit.Certificate.Verdict Verdict.Optimum residual
                Check.equal [ "Residual" ] (fit.CovarianceParameters |> List.map _.Group |> List.distinct)
                Law.assertHolds (Law.nearAll residual 1e-4 (Seq.replicate last.Gradient.Length 0.0) last.Gradient))

        testCase "tests of fixed effects have standard errors and degrees of freedom" (fun () ->
            let spec =
                TestFrame.formula "y ~ 1 + (1 | g); residual = kron(ar1(row), ar1(col)) + nugget"

            let fit = Lmm.fit FitOptions.defaults (largeFrame 0.1) spec |> orRaise

            for method in
                [
                    DegreesOfFreedomMethod.Satterthwaite Convention.sas
                    DegreesOfFreedomMethod.KenwardRoger Convention.sas
                ] do
                let inference = Inference.create method fit |> orRaise
                let estimate = Inference.estimate 0.95 "mean" [| 1.0 |] inference |> orRaise
                Expect.isGreaterThan estimate.StandardError 0.0 "estimate.StandardError"
                Check.isWithin 0.1 256.0 estimate.Df)
    ]
