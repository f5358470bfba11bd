/// <summary>The iterative engine against the block engine: equal where its probes are all unit vectors, near where they are random;
/// its gradient is that of its own value.</summary>
module LmmFunctional.Tests.IterativeEngineTests

open System
open System.Collections.Immutable
open Expecto
open LmmFunctional
open LmmFunctional.Numerics
open LmmFunctional.Estimation

/// A crossed model: scalar or vector-valued terms, two or three factors, two terms of one factor, weights.
let private model seed : Standardised =
    SupernodalModels.crossed seed (80, 200) 8 9 (fun random term factor g h ->
        match random.Next 4 with
        | 0 -> [ term "g" g 1; term "h" h 1 ]
        | 1 -> [ term "g" g (1 + random.Next 2); term "h" h (1 + random.Next 3) ]
        | 2 -> [ term "g" g 1; term "h" h 2; term "k" (factor ()) 1 ]
        | _ -> [ term "g" g 2; term "h" h 1; term "g" g 1; term "h" h 1 ])

let private settings probes = {
    IterativeSettings.create 8 with
        Probes = probes
        LogTolerance = 1e-12
        SolveTolerance = 1e-13
}

let private iterative probes (model: Standardised) : Engine =
    IterativeEngine(IterativeBuild.create model, settings probes)

let private signs = Probes.Signs(16, 1UL)

let private valueOf reml (engine: Engine) =
    let df = float (engine.Rows - (if reml then engine.P - 1 else 0))

    engine.LogDeterminant
    + (if reml then engine.LogDeterminantFixed else 0.0)
    + df * log (engine.ResidualSquare / df)

let private averageAt reml model lambdas engine =
    SupernodalModels.evaluation reml model lambdas engine Information.Average

let private gradientOf reml (model: Standardised) lambdas (engine: Engine) =
    Array.ofSeq (averageAt reml model lambdas engine).Gradient

/// What does not come from T.
let private answers reml (model: Standardised) (lambdas: float[][]) (engine: Engine) : (string * float[]) list =
    let layout = ThetaLayout.create model
    let average = averageAt reml model lambdas engine
    Check.isTrue (Double.IsFinite average.Value)

    let forms =
        let random = Random 3

        Array.init 2 (fun _ ->
            model.Terms
            |> List.map (fun term ->
                let s = term.Factor.Order
                let half = Array.init (s * s) (fun _ -> random.NextDouble())
                Array.init (s * s) (fun at -> half[at] + half[at / s + at % s * s]))
            |> Array.ofList)

    let struct (first, second) = engine.ScoreForms forms

    let ofLevels pick =
        model.Terms
        |> Seq.mapi (fun t term -> Seq.init term.Levels (fun level -> pick t level))
        |> Seq.concat
        |> Array.concat

    [
        "value", [| average.Value |]
        "gradient", Array.ofSeq average.Gradient
        "average information", Array.ofSeq average.Curvature.Values
        "first forms", Array.concat first
        "second forms", Array.concat second
        "fixed scores", ofLevels (fun t level -> engine.FixedScores(t, level))
        "conditional covariances", ofLevels (fun t level -> engine.ConditionalCovariance(t, level))
        "starting values",
        StartingValues.deviations layout (Array.ofList model.Terms) engine
        |> Array.concat
    ]

let private agree seed isSingular reml =
    let model = model seed
    let lambdas = SupernodalModels.lambdas seed isSingular model
    let expected = answers reml model lambdas (BlockEngine(CrossProducts.create model))
    let actual = answers reml model lambdas (iterative Probes.Units model)

    for (what, a), (_, b) in List.zip expected actual do
        let size = a |> Array.fold (fun m x -> max m (abs x)) 1e-6

        Array.iteri2
            (fun k x y ->
                if not (abs (x - y) <= 1e-8 * size) then
                    failtest $"{what}, element {k}: block {x:R}, iterative {y:R} (seed {seed})")
            a
            b

let private differences seed reml =
    let model = model seed
    let lambdas = SupernodalModels.lambdas seed false model
    let layout = ThetaLayout.create model
    let engine = iterative signs model

    let valueAt place change =
        let moved = lambdas |> Array.map Array.copy
        let entry = layout.Entries[place]
        let at = entry.Row + entry.Column * layout.Shapes[entry.Term].Order
        moved[entry.Term].[at] <- moved[entry.Term].[at] + change
        Check.isTrue (engine.Factor moved)
        valueOf reml engine

    let h = 1e-3

    let numerical =
        Array.init layout.Entries.Length (fun k ->
            (8.0 * (valueAt k h - valueAt k -h)
             - (valueAt k (2.0 * h) - valueAt k (-2.0 * h)))
            / (12.0 * h))

    engine.Factor lambdas |> ignore
    let own = gradientOf reml model lambdas engine
    let size = numerical |> Array.fold (fun m x -> max m (abs x)) 1.0

    Array.iteri2
        (fun k x y ->
            if not (abs (x - y) <= 1e-6 * size) then
                failtest $"derivative {k}: differences {x:R}, own {y:R} (seed {seed})")
        numerical
        own

let private near seed =
    let model = model seed
    let lambdas = SupernodalModels.lambdas seed false model
    let exact: Engine = BlockEngine(CrossProducts.create model)
    let engine = iterative (Probes.Signs(64, 7UL)) model
    Check.isTrue (exact.Factor lambdas && engine.Factor lambdas)
    engine.Solve()
    let samples = engine.Samples.Value
    let m = float samples.Logarithms.Length
    let mean = Array.average samples.Logarithms

    let error =
        sqrt (
            (samples.Logarithms |> Array.sumBy (fun x -> (x - mean) * (x - mean)))
            / (m * (m - 1.0))
        )

    Check.isTrue samples.IsConverged

    // Six standard errors of 64 probes, where there is any.
    if not (abs (engine.LogDeterminant - exact.LogDeterminant) <= 6.0 * error + 1e-8) then
        failtest $"log|V|: exact {exact.LogDeterminant:R}, sampled {engine.LogDeterminant:R} ± {error:R} (seed {seed})"

/// All that an engine tells at a point, for bits.
let private told (model: Standardised) =
    let lambdas = SupernodalModels.lambdas 5 false model

    answers true model lambdas (iterative signs model)
    |> List.collect (snd >> List.ofArray)

[<Tests>]
let tests =
    testList "IterativeEngineTests" [
        testPropertyWithConfig (Law.tries 30) "with all unit vectors it is the block engine" (fun seed reml ->
            agree seed false reml)

        testPropertyWithConfig
            (Law.tries 20)
            "with all unit vectors it is the block engine where λ is singular or zero"
            (fun seed reml -> agree seed true reml)

        testPropertyWithConfig (Law.tries 20) "its gradient is that of its own value" differences

        testPropertyWithConfig (Law.tries 20) "its log determinant is within its Monte-Carlo error" near

        testCase "the same bits at any number of threads" (fun () ->
            let random = Random 11
            let rows = 60000

            let term name levels =
                let codes = Array.init rows (fun i -> if i < levels then i else random.Next levels)
                SupernodalModels.term name levels codes [| SupernodalModels.intercept rows |]

            let model = SupernodalModels.model random rows 3 [ term "g" 900; term "h" 500 ] None

            let threads = Tiles.Threads

            try
                Tiles.Threads <- 1
                let one = told model
                Tiles.Threads <- 4
                Check.equal one (told model)
            finally
                Tiles.Threads <- threads)

        testCases
            "the quadrature of the logarithm is right to nine digits over its range"
            [ 0.9, 1.1; 0.3, 2.0; 0.01, 3.0; 1e-4, 20.0 ]
            (fun (lowest: float, highest: float) ->
                let nodes = LogQuadrature.nodes lowest highest

                for k in 0..50 do
                    let value = lowest * Math.Pow(highest / lowest, float k / 50.0)
                    let x = value - 1.0

                    let sum = nodes |> Array.sumBy (fun (struct (s, w)) -> w * x / (1.0 + s * x))

                    Check.isWithin (log value - 1e-9) (log value + 1e-9) sum)

        testCase "probes are a function of seed, probe and effect" (fun () ->
            let panel, again = EffectPanel.create 100, EffectPanel.create 100
            Probes.fill 100 (Probes.Signs(8, 3UL)) 0 panel
            Probes.fill 100 (Probes.Signs(64, 3UL)) 0 again
            Check.equal (panel.Span.ToArray()) (again.Span.ToArray())
            Probes.fill 100 (Probes.Signs(64, 3UL)) 8 again
            Check.isFalse (panel.Span.SequenceEqual again.Span))
    ]
