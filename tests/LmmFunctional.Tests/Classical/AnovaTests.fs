/// <summary>Sums of squares and estimates of data: unbiasedness as an identity, balanced data against REML, R's
/// numbers. </summary>
module LmmFunctional.Tests.AnovaTests

open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Classical

let private model formula random frame =
    AnovaModel.ofFormula formula random frame |> BalancedData.orRaise

let private table kind model =
    AnovaTable.create kind QuasiF.Sums model

let private kept table =
    AnovaEstimates.create NegativeEstimates.Keep table
    |> BalancedData.orRaise
    |> List.map (fun estimate -> estimate.Source, estimate.Estimate)

let private kinds = [ SumsOfSquares.TypeI; SumsOfSquares.TypeII; SumsOfSquares.TypeIII ]

// Unbalanced crossed data with a covariate; every cell of a by b is filled.
let private unbalanced (seed: int) =
    let next = BalancedData.normals seed
    let random = System.Random seed

    let rows = [|
        for i in 0..3 do
            for j in 0..2 do
                for _ in 0 .. random.Next 3 -> i, j
    |]

    TestFrame.ofColumns [
        "y", rows |> Array.map (fun _ -> next ()) |> TestFrame.numbers
        "x", rows |> Array.map (fun _ -> next ()) |> TestFrame.numbers
        "a", rows |> Array.map (fun (i, _) -> $"a{i}") |> TestFrame.texts
        "b", rows |> Array.map (fun (_, j) -> $"b{j}") |> TestFrame.texts
    ]

let private replaced (values: float[]) frame =
    Frame.withColumn "y" (TestFrame.numbers values) frame |> BalancedData.orRaise

let private codes (frame: Frame) (names: string list) =
    let columns =
        names
        |> List.map (fun name ->
            match frame.TryColumn name with
            | Some(Column.Categorical(_, codes)) -> Array.ofSeq codes
            | _ -> invalidOp name)

    Array.init frame.Rows (fun row -> columns |> List.map (fun column -> column[row]))

let private indicators (rows: 'key[]) =
    rows
    |> Array.distinct
    |> Array.map (fun key -> rows |> Array.map (fun row -> if row = key then 1.0 else 0.0))

/// An estimator that is a quadratic form y'Qy is unbiased when its values at the columns of each Z sum to one for
/// the component's own Z and to zero for all others.
let private unbiased what frame (effects: (string * string list) list) (estimator: Frame -> (string * float) list) = [
    let columns =
        [ for name, factors in effects -> name, indicators (codes frame factors) ]
        @ [ "Error", indicators [| 0 .. frame.Rows - 1 |] ]

    for name, columns in columns do
        let sums =
            columns
            |> Array.map (fun column -> estimator (replaced column frame))
            |> Array.reduce (List.map2 (fun (name, a) (_, b) -> name, a + b))

        for component', value in sums do
            let expected = if component' = name then 1.0 else 0.0
            yield! Law.near $"{what}: {component'} from {name}" 1e-9 expected value
]

let private sizes =
    gen {
        let! a = Gen.choose (3, 7)
        let! b = Gen.choose (2, 5)
        let! n = Gen.choose (2, 4)
        let! isNested = Gen.elements [ true; false ]
        let! seed = Gen.choose (0, 100000)
        return isNested, (a, b, n), seed
    }

// A decrement of 1e-18 leaves 1e-9 standard errors, which are as large as the variances here.
let private toTheLastDigit = {
    FitOptions.defaults with
        Solver = {
            SolverOptions.defaults with
                Tolerance = Some 1e-24
        }
}

// Machines without rows 1, 2, 17, 30, 31 and 44.
let private machines () =
    let left = Set.ofList [ 1; 2; 17; 30; 31; 44 ]

    Frame.filter (fun row -> not (left.Contains(row + 1))) (TestFrame.read "machines")
    |> BalancedData.orRaise

let private squares kind formula frame =
    (model formula [ "Worker" ] frame |> table kind).Rows
    |> List.map (fun row -> row.Source, float row.Df, row.SumOfSquares)

let private equal (expected: (string * float * float) list) (found: (string * float * float) list) =
    Law.assertHolds [
        for name, df, square in expected do
            let _, foundDf, foundSquare = found |> List.find (fun (found, _, _) -> found = name)
            yield! Law.near $"{name}: df" 0.0 df foundDf
            // R printed nine digits.
            yield! Law.relative name 5e-9 square foundSquare
    ]

let private refused formula random frame =
    AnovaModel.ofFormula formula random frame |> BalancedData.problems

[<Tests>]
let tests =
    testList "AnovaTests" [
        testPropertyWithConfig
            (Law.tries 6)
            "every estimator is unbiased, whatever the numbers in the cells"
            (fun (seed: int) ->
                let frame = unbalanced seed
                let crossed = [ "a", [ "a" ]; "b", [ "b" ]; "a:b", [ "a"; "b" ] ]

                Law.holds [
                    for kind in kinds do
                        yield!
                            unbiased $"random {kind}" frame crossed (fun frame ->
                                model "y ~ a*b" [ "a"; "b" ] frame |> table kind |> kept)

                        yield!
                            unbiased $"mixed {kind}" frame [ "b", [ "b" ] ] (fun frame ->
                                model "y ~ x + a + b" [ "b" ] frame |> table kind |> kept)

                    yield!
                        unbiased "Henderson I" frame crossed (fun frame ->
                            model "y ~ a*b" [ "a"; "b" ] frame
                            |> HendersonOne.estimate
                            |> BalancedData.orRaise)

                    for weights in [ MinqueWeights.Zero; MinqueWeights.One; MinqueWeights.Relative [ 0.3; 7.0 ] ] do
                        yield!
                            unbiased $"{weights}" frame [ "a", [ "a" ]; "b", [ "b" ] ] (fun frame ->
                                AbsorbedModel.ofFormula "y ~ x + (1 | a) + (1 | b)" frame
                                |> Result.bind (Minque.estimate weights)
                                |> BalancedData.orRaise
                                |> _.Components)
                ])

        testPropertyWithConfig (Law.tries 40) "on balanced data ANOVA, Henderson, MINQUE and REML agree" (fun () ->
            Prop.forAll (Arb.fromGen sizes) (fun (isNested, size, seed) ->
                let frame = BalancedData.frame isNested size (2.0, 1.5) seed

                let formula =
                    if isNested then
                        "y ~ 1 + (1 | a) + (1 | a:b)"
                    else
                        "y ~ 1 + (1 | a) + (1 | b)"

                let anova = model formula [] frame
                let expected = anova |> table SumsOfSquares.TypeI |> kept
                let absorbed = AbsorbedModel.ofFormula formula frame |> BalancedData.orRaise

                let same what (found: float list) =
                    Law.relativeAll what 1e-10 (List.map snd expected) found

                let fit = Lmm.fitFormula toTheLastDigit frame formula |> BalancedData.orRaise

                Law.holds [
                    for kind in kinds do
                        yield! same $"{kind}" (anova |> table kind |> kept |> List.map snd)

                    yield! same "Henderson I" (HendersonOne.estimate anova |> BalancedData.orRaise |> List.map snd)

                    for weights in [ MinqueWeights.Zero; MinqueWeights.One; MinqueWeights.Relative [ 30.0; 0.1 ] ] do
                        yield!
                            same
                                $"{weights}"
                                ((Minque.estimate weights absorbed |> BalancedData.orRaise).Components
                                 |> List.map snd)

                    if expected |> List.forall (fun (_, value) -> value > 0.01) then
                        yield! same "REML" (fit.VarianceComponents |> List.map _.Covariance)

                        yield!
                            same
                                "I-MINQUE"
                                ((Minque.iterate 100 absorbed |> BalancedData.orRaise).Components |> List.map snd)
                ]))

        testPropertyWithConfig (Law.tries 30) "expected mean squares of balanced data are those of the rules" (fun () ->
            Prop.forAll (Arb.fromGen sizes) (fun (isNested, (a, b, n), seed) ->
                let frame = BalancedData.frame isNested (a, b, n) (1.0, 1.0) seed
                let text = if isNested then "a/b" else "a*b"
                let random = if isNested then [ "a"; "b" ] else [ "b" ]

                let rules =
                    BalancedData.parse (text, random, [ "a", a; "b", b ], n)
                    |> ExpectedMeanSquares.table InteractionForm.Unrestricted

                let rows = (model $"y ~ {text}" random frame |> table SumsOfSquares.TypeI).Rows

                Law.holds [
                    for rule, row in List.zip rules rows do
                        yield! Law.isTrue $"{row.Source}: df" (rule.Df = row.Df)

                        yield!
                            Law.nearAll
                                row.Source
                                1e-9
                                (rule.Expected.Variances |> List.map snd)
                                (row.Expected.Variances |> List.map snd)
                ]))

        testCase "type I is R's anova of lm" (fun () ->
            machines ()
            |> squares SumsOfSquares.TypeI "score ~ Machine * Worker"
            |> equal [
                "Machine", 2.0, 1381.0427525
                "Worker", 5.0, 1154.6145275
                "Machine:Worker", 10.0, 413.9908450
                "Error", 30.0, 26.0466667
            ])

        testCase "type II is R's drop1 of the additive model" (fun () ->
            machines ()
            |> squares SumsOfSquares.TypeII "score ~ Machine * Worker"
            |> equal [ "Machine", 2.0, 1515.746020; "Worker", 5.0, 1154.614527 ])

        testCase "type III is R's drop1 under contrasts that sum to zero" (fun () ->
            machines ()
            |> squares SumsOfSquares.TypeIII "score ~ Machine * Worker"
            |> equal [
                "Machine", 2.0, 1349.187145
                "Worker", 5.0, 1026.215912
                "Machine:Worker", 10.0, 413.9908450
            ])

        testCase "negative estimates are kept or set to zero, and said" (fun () ->
            let table =
                TestFrame.read "dyestuff2"
                |> model "Yield ~ 1 + (1 | Batch)" []
                |> table SumsOfSquares.TypeI

            let first choice =
                AnovaEstimates.create choice table |> BalancedData.orRaise |> List.head

            let kept, zeroed = first NegativeEstimates.Keep, first NegativeEstimates.SetToZero

            Law.assertHolds [
                yield! Law.near "kept" 1e-4 -1.3219 kept.Estimate
                yield! Law.near "set to zero" 0.0 0.0 zeroed.Estimate
                yield! Law.isTrue "said" (zeroed.WasNegative && not kept.WasNegative)
                yield!
                    Law.relative "combination" 1e-12 kept.Estimate (MeanSquareCombination.estimate zeroed.Combination)
            ])

        testCase "what has no analysis of variance" (fun () ->
            let machines = TestFrame.read "machines"

            refused "score ~ Machine + (Machine | Worker)" [ "worker" ] machines
            |> Texts.equal [
                "The model has no classical analysis: random term '(1 + Machine | Worker)' has slopes."
                "Factor 'worker' is not in the model."
            ]

            refused "score ~ Machine + Worker" [ "worker" ] machines
            |> Texts.equal [ "Factor 'worker' is not in the model; did you mean 'Worker'?" ]

            refused "score ~ Machine; weights = score" [] machines
            |> Texts.equal [ "The model has no classical analysis: it has prior weights." ]

            refused "score ~ Machine + Wroker" [] machines
            |> Texts.equal [ "Column 'Wroker' is not in the data; did you mean 'Worker'?" ])

        testCase "Henderson's method I is for random models" (fun () ->
            TestFrame.read "machines"
            |> model "score ~ Machine + Worker" [ "Worker" ]
            |> HendersonOne.estimate
            |> BalancedData.problems
            |> Texts.equal [
                "The model has no classical analysis: Henderson's method I needs a model whose only fixed effect is the intercept; take type I sums of squares, his method III."
            ])

        testCase "components that the mean squares do not determine" (fun () ->
            let frame = TestFrame.read "machines"

            // Worker and its copy cannot be told apart.
            match frame.TryColumn "Worker" with
            | Some column ->
                let doubled = Frame.withColumn "Copy" column frame |> BalancedData.orRaise

                model "score ~ 1 + (1 | Worker) + (1 | Copy)" [] doubled
                |> table SumsOfSquares.TypeI
                |> AnovaEstimates.create NegativeEstimates.Keep
                |> BalancedData.problems
                |> Texts.equal [
                    "The model has no classical analysis: random terms 'Copy' have no mean square free of fixed effects; try type I."
                ]
            | None -> failtest "no Worker")
    ]
