/// <summary>Models with related levels against the textbook's V = Z(A ⊗ G)Z' + R, in every form of A.</summary>
module LmmFunctional.Tests.RelatedTests

open System
open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<RandomModels> ]
        maxTest = 60
}

// Two ways of summing dense matrices of order 40.
let private tolerance = 1e-8

let private largest (values: float seq) =
    values |> Seq.fold (fun m v -> max m (abs v)) 1.0

let private evaluate order (likelihood: LogLikelihood) theta =
    likelihood.Objective.Evaluate theta order

let private compare what (likelihood: LogLikelihood) theta = [
    let textbook = Textbook.solve (Textbook.at likelihood theta)
    let dense = DenseDerivatives(likelihood, theta)
    let value = (evaluate Order.Value likelihood theta).Value
    yield! Law.relative $"{what}, criterion" 1e-9 textbook.Criterion value

    for information, expected in [ Information.Observed, dense.Observed; Information.Average, dense.Average ] do
        let found = evaluate (Order.Curvature information) likelihood theta
        let expected = Matrix.ofArray2D expected

        yield! Law.nearAll $"{what}, gradient" (tolerance * largest dense.Gradient) dense.Gradient found.Gradient

        yield!
            Law.nearAll
                $"{what}, {information}"
                (tolerance * largest expected.Values)
                expected.Values
                found.Curvature.Values

    let derivatives =
        LogLikelihood.withEngine likelihood (ThetaLayout.matrices likelihood.Layout theta) (fun engine ->
            engine.Solve()
            engine.Derivatives((likelihood.Criterion = Criterion.Reml)))

    for t in 0 .. derivatives.Length - 1 do
        yield! Law.relativeAll $"{what}, trace of term {t}" tolerance dense.TraceBlocks[t] derivatives[t].Trace
        yield! Law.relativeAll $"{what}, square of term {t}" tolerance dense.SquareBlocks[t] derivatives[t].Square
]

/// Effects of all levels and their conditional variances, dense: (A ⊗ G)Z'V⁻¹(y − Xβ).
let private effectsOf (likelihood: LogLikelihood) theta t (relationship: Relationship) =
    let textbook = Textbook.at likelihood theta
    let solution = Textbook.solve textbook
    let term = likelihood.Design.Random[t]
    let s = term.Names.Length
    let z = Matrix<float>.Build.Dense(term.Codes.Length, term.Levels.Length * s)

    term.Codes
    |> Array.iteri (fun i code ->
        for k in 0 .. s - 1 do
            z[i, code * s + k] <- term.Columns[k].[i])

    let g =
        DenseRelationship.create(relationship).KroneckerProduct textbook.Covariances[t]

    let weighted = solution.Precision * (textbook.Y - textbook.X * solution.Beta)
    let modes = g * (z.Transpose() * weighted)

    let variances (q: Matrix<float>) =
        (g - g * z.Transpose() * q * z * g).Diagonal().ToArray()

    modes.ToArray(), variances solution.Precision, variances solution.Projection

[<Tests>]
let tests =
    testList "RelatedTests" [
        testPropertyWithConfig
            config
            "criterion and derivatives equal the textbook's in every form"
            (fun seed (point: RandomPoint) ->
                let model = RelatedModel.make seed

                Law.holds [
                    for relationship in RelatedModel.singular model :: RelatedModel.forms model do
                        let likelihood = RelatedModel.likelihoodWith relationship model
                        let theta = RandomModel.theta likelihood point
                        yield! compare $"{model} at {point}, {relationship}" likelihood theta
                ])

        testPropertyWithConfig
            { config with maxTest = 30 }
            "unrelated levels with the identity for a matrix are independent levels"
            (fun seed (point: RandomPoint) ->
                let model = RelatedModel.make seed
                let n = (RelatedModel.pedigree model).Count
                let names = (RelatedModel.pedigree model).Animals

                let plain =
                    let spec =
                        RelatedModel.spec model
                        |> fun spec ->
                            LmmSpec.withRandom
                                (spec.Random |> List.map (fun term -> { term with Relationship = None }))
                                spec

                    match
                        Design.build spec (RelatedModel.frame model)
                        |> Result.bind (LogLikelihood.create model.Criterion)
                    with
                    | Ok likelihood -> Some likelihood
                    // Without its matrix a term may be another one again, which is refused.
                    | Error problems when problems |> List.forall _.IsRepeatedTerm -> None
                    | Error problems -> raise (InvalidOperationException(string problems))

                Law.holds [
                    for plain in Option.toList plain do
                        let theta = RandomModel.theta plain point
                        let expected = evaluate (Order.Curvature Information.Observed) plain theta

                        for relationship in
                            [
                                Relationship.ofMatrix names (Matrix.identity n)
                                Relationship.ofInverse [ for name in names -> name, name, 1.0 ]
                            ] do
                            match relationship with
                            | Error _ -> "no relationship"
                            | Ok relationship ->
                                let found =
                                    evaluate
                                        (Order.Curvature Information.Observed)
                                        (RelatedModel.likelihoodWith relationship model)
                                        theta

                                yield! Law.relative "criterion" 1e-9 expected.Value found.Value

                                yield!
                                    Law.nearAll
                                        "gradient"
                                        (tolerance * largest expected.Gradient)
                                        expected.Gradient
                                        found.Gradient

                                yield!
                                    Law.nearAll
                                        "curvature"
                                        (1e-7 * largest expected.Curvature.Values)
                                        expected.Curvature.Values
                                        found.Curvature.Values
                ])

        testPropertyWithConfig
            { config with maxTest = 30 }
            "effects of all levels and their variances equal the textbook's"
            (fun seed (point: RandomPoint) ->
                let model = RelatedModel.make seed

                Law.holds [
                    for relationship in RelatedModel.singular model :: RelatedModel.forms model do
                        let likelihood = RelatedModel.likelihoodWith relationship model
                        let theta = RandomModel.theta likelihood point
                        let solution = Solution.at likelihood theta
                        let modes, variances, errors = effectsOf likelihood theta 0 relationship
                        let s = likelihood.Design.Random.Head.Names.Length

                        let diagonal (blocks: float[]) =
                            Array.init modes.Length (fun index -> blocks[(index / s) * s * s + index % s * (s + 1)])

                        let found = diagonal solution.ConditionalCovariances.Value[0]
                        let foundErrors = diagonal solution.PredictionCovariances.Value[0]

                        yield!
                            Law.nearAll $"{model}, modes" (tolerance * largest modes) modes solution.Effects.Value[0]

                        yield! Law.nearAll $"{model}, variances" (tolerance * largest variances) variances found

                        yield!
                            Law.nearAll $"{model}, prediction errors" (tolerance * largest errors) errors foundErrors
                ])

        testPropertyWithConfig
            { config with maxTest = 10 }
            "differences give the traces of products of related levels"
            (fun seed ->
                let model = RelatedModel.make seed

                let standard =
                    (RelatedModel.likelihoodWith (RelatedModel.forms model).Head model).Standard

                let entries = SupernodalModels.entries standard
                let factor = SupernodalFactor(SupernodalPlan.analyse standard)
                let flat (a: SquareBlock) = a.Values

                if factor.Factor(SupernodalModels.lambdas seed false standard) then
                    factor.Solve()

                Law.holds [
                    for reml in [ false; true ] do
                        let exact = flat (SupernodalCurvature.trace factor entries reml)
                        yield! Law.relativeAll "T" 1e-6 exact (flat (TraceDifferences.create factor entries reml))
                ])

        testCase "what is wrong between a model and its matrices is told in words" (fun () ->
            let model = RelatedModel.make 1

            let spec = {
                RelatedModel.spec model with
                    Random = (RelatedModel.spec model).Random |> List.truncate 1
            }

            let describe result =
                match result with
                | Ok _ -> []
                | Error problems -> problems |> List.map LmmError.describe

            let few = Relationship.ofInverse [ "a3", "a3", 1.0; "a4", "a4", 1.0 ]

            match few with
            | Error _ -> failtest "no relationship"
            | Ok few ->
                Check.equal
                    [ "The model names a known matrix 'A' that was not given." ]
                    (describe (Design.build spec (RelatedModel.frame model)))

                Check.equal
                    [ "The model names a known matrix 'A' that was not given; did you mean 'a'?" ]
                    (describe (Design.buildWith (Map [ "a", few ]) spec (RelatedModel.frame model)))

                Check.equal
                    [ "The model names a known matrix 'A' that was not given; there is kinship." ]
                    (describe (Design.buildWith (Map [ "kinship", few ]) spec (RelatedModel.frame model)))

                let lacking =
                    describe (Design.buildWith (Map [ "A", few ]) spec (RelatedModel.frame model))

                Check.equal 1 lacking.Length

                Expect.isMatch
                    lacking.Head
                    "Known matrix 'A' lacks \\d+ levels of 'g': 'a\\d+', .*, \\.\\.\\.; add them or leave out their rows\\."
                    "problem")
    ]
