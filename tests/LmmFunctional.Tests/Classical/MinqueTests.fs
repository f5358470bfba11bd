/// <summary>MINQUE and EM on unbalanced data, against dense formulas and against REML.</summary>
module LmmFunctional.Tests.MinqueTests

open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Classical

let private unbalanced (seed: int) =
    let next = BalancedData.normals seed
    let random = System.Random seed
    let effectA = Array.init 8 (fun _ -> 1.5 * next ())
    let effectB = Array.init 5 (fun _ -> next ())

    let rows = [|
        for i in 0..7 do
            for j in 0..4 do
                for _ in 1 .. random.Next 4 -> i, j
    |]

    TestFrame.ofColumns [
        "y",
        rows
        |> Array.map (fun (i, j) -> effectA[i] + effectB[j] + next ())
        |> TestFrame.numbers
        "x", rows |> Array.map (fun _ -> next ()) |> TestFrame.numbers
        "a", rows |> Array.map (fun (i, _) -> $"a{i}") |> TestFrame.texts
        "b", rows |> Array.map (fun (_, j) -> $"b{j}") |> TestFrame.texts
    ]

let private formula = "y ~ 1 + x + (1 | a) + (1 | b)"

let private absorbed frame =
    AbsorbedModel.ofFormula formula frame |> BalancedData.orRaise

let private reml frame =
    Lmm.fitFormula FitOptions.defaults frame formula |> BalancedData.orRaise

let private dense (rows: Matrix) =
    MathNet.Numerics.LinearAlgebra.Matrix<float>.Build.DenseOfArray(rows.ToArray2D())

// S_ij = tr(PVᵢPVⱼ) and y'PVᵢPy, n×n and proud of it.
let private textbook (relative: float list) frame =
    let design = TestFrame.design formula frame
    let n = design.Response.Length
    let x = dense design.Fixed.Matrix
    let identity = MathNet.Numerics.LinearAlgebra.Matrix<float>.Build.DenseIdentity n

    let parts =
        [
            for term in design.Random ->
                MathNet.Numerics.LinearAlgebra.Matrix<float>.Build.Dense(
                    n,
                    n,
                    (fun i j -> if term.Codes[i] = term.Codes[j] then 1.0 else 0.0)
                )
        ]
        @ [ identity ]

    let v =
        List.map2 (fun part (weight: float) -> part * weight) parts (relative @ [ 1.0 ])
        |> List.reduce (+)

    let vi = v.Inverse()
    let p = vi - vi * x * (x.Transpose() * vi * x).Inverse() * x.Transpose() * vi

    let y =
        MathNet.Numerics.LinearAlgebra.Vector<float>.Build.DenseOfArray design.Response

    let s =
        MathNet.Numerics.LinearAlgebra.Matrix<float>.Build.Dense(
            parts.Length,
            parts.Length,
            (fun i j -> (p * parts[i] * p * parts[j]).Trace())
        )

    let q = parts |> List.map (fun part -> (p * y).DotProduct(part * (p * y)))
    List.ofSeq (s.Solve(MathNet.Numerics.LinearAlgebra.Vector<float>.Build.DenseOfEnumerable q))

[<Tests>]
let tests =
    testList "MinqueTests" [
        testPropertyWithConfig (Law.tries 6) "equals the dense formula at any weights" (fun (seed: int) ->
            let frame = unbalanced seed

            Law.holds [
                for weights in [ [ 0.0; 0.0 ]; [ 1.0; 1.0 ]; [ 0.0; 3.0 ]; [ 1e-6; 1e4 ] ] do
                    let ours =
                        Minque.estimate (MinqueWeights.Relative weights) (absorbed frame)
                        |> BalancedData.orRaise

                    yield! Law.relativeAll $"{weights}" 1e-7 (textbook weights frame) (ours.Components |> List.map snd)
            ])

        testPropertyWithConfig (Law.tries 15) "iterated it is REML where no variance is zero" (fun (seed: int) ->
            let frame = unbalanced seed
            let fit = reml frame
            let expected = fit.VarianceComponents |> List.map _.Covariance
            let found = Minque.iterate 500 (absorbed frame) |> BalancedData.orRaise

            Law.holds [
                if expected |> List.forall (fun value -> value > 0.05) then
                    yield! Law.isTrue "settled" found.IsConverged
                    yield! Law.relativeAll "components" 1e-8 expected (found.Components |> List.map snd)
            ])

        testPropertyWithConfig
            (Law.tries 15)
            "EM and PX-EM never lower the likelihood and end at REML"
            (fun (seed: int) ->
                let frame = unbalanced seed
                let expected = (reml frame).VarianceComponents |> List.map _.Covariance
                let model = absorbed frame

                Law.holds [
                    for algorithm in [ EmAlgorithm.Em; EmAlgorithm.PxEm ] do
                        for before, after in
                            ExpectationMaximisation.iterations algorithm model
                            |> Seq.pairwise
                            |> Seq.take 30 do
                            yield! Law.atMost $"{algorithm}: rise" 1e-9 (after.Criterion - before.Criterion)

                        if expected |> List.forall (fun value -> value > 0.2) then
                            let last, isSettled = ExpectationMaximisation.solve algorithm 1e-11 20000 model
                            yield! Law.isTrue $"{algorithm}: settled" isSettled
                            yield! Law.relativeAll $"{algorithm}" 1e-6 expected (last.Components |> List.map snd)
                ])

        testCase "the criterion of EM is REML's but for a constant" (fun () ->
            let frame = unbalanced 11
            let first = reml frame
            let model = absorbed frame
            let last, _ = ExpectationMaximisation.solve EmAlgorithm.PxEm 1e-13 20000 model

            let start = Seq.head (ExpectationMaximisation.iterations EmAlgorithm.Em model)

            let likelihood =
                LogLikelihood.create Criterion.Reml (TestFrame.design formula frame)
                |> BalancedData.orRaise

            // At the start all components are equal, and σ² is profiled in the other criterion: compare differences of both
            // at points where σ² is the profile's.
            let at (components: float list) =
                let residual = List.last components

                let textbook =
                    Textbook.ofDesign
                        likelihood.Design
                        Criterion.Reml
                        (components
                         |> List.truncate 2
                         |> List.map (fun v -> [| v / residual |])
                         |> Array.ofList)

                (Textbook.solve textbook).Criterion

            let values (iteration: EmIteration) = iteration.Components |> List.map snd

            Law.assertHolds [
                yield! Law.near "at the optimum" 1e-6 first.CriterionValue (at (values last))
                yield! Law.isTrue "falls" (start.Criterion > last.Criterion)
            ])

        testCase "PX-EM takes far fewer steps where random effects are well determined" (fun () ->
            let model =
                AbsorbedModel.ofFormula "diameter ~ 1 + (1 | plate) + (1 | sample)" (TestFrame.read "penicillin")
                |> BalancedData.orRaise

            let steps algorithm =
                (ExpectationMaximisation.solve algorithm 1e-10 100000 model |> fst).Number

            Law.assertHolds [
                yield! Law.atMost "steps" (float (steps EmAlgorithm.Em)) (float (steps EmAlgorithm.PxEm))
            ])

        testCase "correlated effects have no MINQUE here" (fun () ->
            AbsorbedModel.ofFormula "Reaction ~ Days + (Days | Subject)" (TestFrame.read "sleepstudy")
            |> BalancedData.problems
            |> Texts.equal [
                "The model has no classical analysis: random term '(1 + Days | Subject)' has correlated effects; write || for independent ones."
            ])

        testCase "independent slopes are components of their own" (fun () ->
            let found =
                AbsorbedModel.ofFormula "Reaction ~ Days + (Days || Subject)" (TestFrame.read "sleepstudy")
                |> Result.bind (Minque.iterate 100)
                |> BalancedData.orRaise

            let expected =
                Lmm.fitFormula FitOptions.defaults (TestFrame.read "sleepstudy") "Reaction ~ Days + (Days || Subject)"
                |> BalancedData.orRaise
                |> _.VarianceComponents

            found.Components
            |> List.map fst
            |> Texts.equal [ "Subject: (Intercept)"; "Subject: Days"; "Error" ]

            Law.assertHolds (
                Law.relativeAll
                    "components"
                    1e-8
                    (expected |> List.map _.Covariance)
                    (found.Components |> List.map snd)
            ))

        testCase "weights of the wrong number are a mistake" (fun () ->
            Texts.ofMistake (fun () -> Minque.estimate (MinqueWeights.Relative [ 1.0 ]) (absorbed (unbalanced 3)))
            |> fun text -> Check.startsWith "Give 2 weights, zero or positive, one for each component." text)
    ]
