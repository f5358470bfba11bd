/// <summary>Structured random terms with independent residuals: derivatives and moments along their few parameters equal the dense
/// formulas, whichever engine computes them.</summary>
module LmmFunctional.Tests.StructuredEffectTests

open System
open System.Collections.Immutable
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<StructuredSmallModels> ]
        maxTest = 60
}

/// The likelihood of a model with structured random terms and independent residuals; None for any other.
let private tryLikelihood (model: RandomModel) =
    if model.Residual <> "" || not model.Held.IsEmpty then
        None
    else
        let likelihood = RandomModel.likelihood model
        if likelihood.Layout.IsPlain then None else Some likelihood

/// The start of a fit, moved a little, so that nothing vanishes by symmetry.
let private pointOf (likelihood: LogLikelihood) seed =
    let random = Random(seed: int)

    (likelihood.Full None).Start
    |> Seq.map (fun value -> value + 0.4 * random.NextDouble())
    |> ImmutableArray.CreateRange

let private directionsAt (likelihood: LogLikelihood) theta =
    CovarianceDirections.create likelihood.Layout theta (ThetaLayout.matrices likelihood.Layout theta)

/// V̇ of every parameter by differences of V, of fourth order.
let private slopesOfV (likelihood: LogLikelihood) (theta: ImmutableArray<float>) =
    let at k change =
        Textbook.covariance (Textbook.inner likelihood (theta.SetItem(k, theta[k] + change)))

    let h = 1e-3

    Array.init theta.Length (fun k -> (8.0 * (at k h - at k -h) - (at k (2.0 * h) - at k (-2.0 * h))) / (12.0 * h))

let private flat (a: SquareBlock) = a.Values

let private fit formula name =
    let path =
        System.IO.Path.Combine(TestData.root, "tests", "data", "cases", $"{name}.csv")

    match
        Csv.read path
        |> Result.bind (fun frame -> Lmm.fitFormula FitOptions.defaults frame formula)
    with
    | Ok fit -> fit
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

[<Tests>]
let tests =
    testList "StructuredEffectTests" [
        testPropertyWithConfig
            config
            "average information and traces along the parameters equal the dense formulas"
            (fun (model: RandomModel) ->
                match tryLikelihood model with
                | None -> Law.holds []
                | Some likelihood ->
                    let theta = pointOf likelihood model.Seed
                    let textbook = Textbook.inner likelihood theta
                    let solution = Textbook.solve textbook
                    let slopes = slopesOfV likelihood theta
                    let py = solution.Projection * textbook.Y
                    let k = slopes.Length

                    let average =
                        SquareBlock.init k (fun i j ->
                            (slopes[i] * py) * (solution.Projection * (slopes[j] * py))
                            / solution.ResidualSquare)

                    let traceOf reml =
                        let q = if reml then solution.Projection else solution.Precision
                        let products = slopes |> Array.map (fun slope -> q * slope)
                        SquareBlock.init k (fun i j -> (products[i] * products[j]).Trace())

                    let directions = directionsAt likelihood theta
                    let where = RandomModel.formula model

                    LogLikelihood.withEngine likelihood (ThetaLayout.matrices likelihood.Layout theta) (fun engine ->
                        engine.Solve()

                        Law.holds [
                            yield!
                                Law.relativeAll $"{where}, F" 1e-7 (flat average) (flat (engine.AverageOf directions))

                            for reml in [ false; true ] do
                                let expected = flat (traceOf reml)

                                yield!
                                    Law.relativeAll
                                        $"{where}, T {reml}"
                                        1e-7
                                        expected
                                        (flat (engine.TraceOf(directions, reml)))

                                yield!
                                    Law.relativeAll
                                        $"{where}, T {reml} by differences"
                                        1e-6
                                        expected
                                        (flat (engine.TraceDifferences(directions, reml)))
                        ]))

        testPropertyWithConfig config "every engine has the same traces and forms" (fun (model: RandomModel) ->
            match tryLikelihood model with
            | None -> Law.holds []
            | Some likelihood ->
                let theta = pointOf likelihood model.Seed
                let lambdas = ThetaLayout.matrices likelihood.Layout theta
                let directions = directionsAt likelihood theta

                let ofEngine (engine: Engine) =
                    engine.Factor lambdas |> ignore
                    engine.Solve()
                    let struct (first, second) = engine.ScoreForms directions.Changes

                    [|
                        yield! Array.concat first
                        yield! Array.concat second
                        yield!
                            engine.TraceForms directions.Changes
                            |> Option.map flat
                            |> Option.defaultValue [||]
                        yield! flat (engine.AverageOf directions)
                        yield! flat (engine.TraceOf(directions, true))
                    |]

                let expected = LogLikelihood.withEngine likelihood lambdas ofEngine
                let supernodal = SupernodalEngine(SupernodalPlan.analyse likelihood.Standard)
                Law.holds (Law.relativeAll (RandomModel.formula model) 1e-8 expected (ofEngine supernodal)))

        testPropertyWithConfig
            config
            "moments from an engine equal those from dense blocks of rows"
            (fun (model: RandomModel) ->
                match tryLikelihood model with
                | Some likelihood when likelihood.Standard.Terms |> List.forall _.Relationship.IsNone ->
                    let theta = pointOf likelihood model.Seed
                    let point = LogLikelihood.pointAt likelihood theta
                    let isFixed = Array.create theta.Length false

                    let blocks =
                        MarginalModel.create likelihood.Model likelihood.Standard likelihood.Layout

                    let dense =
                        MarginalMoments.create
                            (likelihood.Criterion = Criterion.Reml)
                            Parametrisation.VarianceScale
                            likelihood.Model
                            likelihood.Standard
                            blocks
                            isFixed
                            likelihood.Held
                            point

                    let ours = LikelihoodMoments.moments Parametrisation.VarianceScale likelihood theta
                    let where = RandomModel.formula model

                    // Second derivatives that vanish are rounding of what they are taken from.
                    let rounding =
                        dense.Products.Value
                        |> Seq.collect (Seq.map abs)
                        |> Seq.fold max 1.0
                        |> (*) 1e-12

                    let close name (expected: float[]) (actual: float[]) =
                        let size = expected |> Array.fold (fun most value -> max most (abs value)) 1e-12
                        Law.nearAll $"{where}, {name}" (1e-7 * size + rounding) expected actual

                    Law.holds [
                        yield! close "values" dense.Values ours.Values
                        yield! close "root" dense.Root.Values ours.Root.Values
                        yield! close "P" (Array.concat dense.First) (Array.concat ours.First)
                        yield! close "Q" (Array.concat dense.Products.Value) (Array.concat ours.Products.Value)

                        yield!
                            close
                                "R"
                                (Array.concat (Option.get dense.Seconds).Value)
                                (Array.concat (Option.get ours.Seconds).Value)

                        yield! close "gradient" dense.Gradient.Value ours.Gradient.Value

                        for information in [ Information.Observed; Information.Expected; Information.Average ] do
                            yield!
                                close
                                    $"{information}"
                                    (dense.Information information).Values
                                    (ours.Information information).Values
                    ]
                | _ -> Law.holds [])

        // Cases

        testCase "an autoregression over forty years is that of glmmTMB" (fun () ->
            let forty = fit "y ~ 1 + ar1(0 + year | site)" "15-ar1-40-years"
            Law.assertHolds (Law.near "−2ℓ" 1e-5 638.17874 forty.CriterionValue))

        testCase "a structure of many parameters fits no worse than one that it contains" (fun () ->
            let criterion structure =
                (fit $"y ~ 1 + {structure}(0 + year | site)" "15-ar1-20-years").CriterionValue

            let ar1, arh1, toep, toeph, ad1 =
                criterion "ar1", criterion "arh1", criterion "toep", criterion "toeph", criterion "ad1"

            Law.assertHolds [
                for name, smaller, larger in
                    [
                        "ar1 in arh1", ar1, arh1
                        "ar1 in toep", ar1, toep
                        "arh1 in ad1", arh1, ad1
                        "arh1 in toeph", arh1, toeph
                        "toep in toeph", toep, toeph
                    ] do
                    yield! Law.near name 1e-6 0.0 (max 0.0 (larger - smaller))
                // Descents from the moments alone end at 282.48.
                yield! Law.near "toep" 1e-4 274.26353 toep
            ])

        testCase "replicates at one place differ by their nuggets, as random fields do" (fun () ->
            let residual =
                fit "z ~ soil; residual = sp_exp(x + y) + nugget" "14-replicates-at-a-place"

            let field = fit "z ~ soil + sp_exp(0 + x + y | all)" "14-replicates-at-a-place"

            // glmmTMB, exp(pos + 0 | all).
            Law.assertHolds [
                for name, fit in [ "residual", residual; "field", field ] do
                    yield! Law.near $"{name}, −2ℓ" 1e-4 204.6348 fit.CriterionValue
                    yield! Law.near $"{name}, soil" 1e-4 2.3112 fit.Coefficients[1].Estimate
                yield! Law.near "σ" 1e-4 0.5673 field.Sigma
            ])

        testCase "a product of fields has effects for the combinations that occur" (fun () ->
            let kron =
                fit "y ~ 1 + kron(sp_exp(0 + row), sp_exp(0 + col) | all)" "06-kron-fields"

            Check.equal kron.Design.Response.Length kron.Design.Random.Head.Names.Length)
    ]
