/// <summary>The moments of the covariance parameters equal the dense n×n formulas, at variances of zero too.</summary>
module LmmFunctional.Tests.MomentTests

open MathNet.Numerics.LinearAlgebra
open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<RandomModels> ]
        maxTest = 40
}

// Dense matrices of some seventy rows with conditions to match.
let private tolerance = 1e-7

let private outOfFrame (moments: CovarianceMoments) (a: float[]) =
    Semidefinite.congruence moments.Root.Rows moments.Root.Values a

let private compare where (dense: DenseMoments) (moments: CovarianceMoments) = [
    let k = dense.Count
    let phi = dense.Phi
    let p = moments.Root.Rows
    let values (m: Matrix<float>) = m.ToColumnMajorArray()

    let identity =
        Array.init (p * p) (fun index -> if index % (p + 1) = 0 then 1.0 else 0.0)

    yield! Law.relativeAll $"{where}, covariance of beta" tolerance (values phi) (outOfFrame moments identity)

    for i in 0 .. k - 1 do
        yield!
            Law.relativeAll
                $"{where}, P{i}"
                tolerance
                (values (phi * dense.P i * phi))
                (outOfFrame moments moments.First[i])

    let largest =
        Seq.init k (fun i -> (phi * dense.Q i i * phi).Enumerate() |> Seq.map abs |> Seq.max)
        |> Array.ofSeq

    for i in 0 .. k - 1 do
        for j in 0..i do
            let allowed = tolerance * sqrt (largest[i] * largest[j]) + 1e-14

            yield!
                Law.nearAll
                    $"{where}, Q{i}{j}"
                    allowed
                    (values (phi * dense.Q i j * phi))
                    (outOfFrame moments moments.Products.Value[CovarianceMoments.pair i j])

            match moments.Seconds with
            | Some seconds ->
                let expected = values (phi * dense.R i j * phi)
                let size = expected |> Array.fold (fun m x -> max m (abs x)) 1e-12

                yield!
                    Law.nearAll
                        $"{where}, R{i}{j}"
                        (tolerance * size)
                        expected
                        (outOfFrame moments seconds.Value[CovarianceMoments.pair i j])
            | None -> ()

    for kind in [ Information.Observed; Information.Expected; Information.Average ] do
        let expected = dense.Information kind
        let found = moments.Information kind
        let average = dense.Information Information.Expected

        for i in 0 .. k - 1 do
            for j in 0 .. k - 1 do
                let size = sqrt (abs (average[i, i] * average[j, j])) + abs expected[i, j]
                yield! Law.near $"{where}, {kind} ({i}, {j})" (tolerance * size + 1e-12) expected[i, j] found[i, j]
]

let private invert (information: float[,]) =
    (2.0 * (Matrix<float>.Build.DenseOfArray information).Inverse()).ToArray()

[<Tests>]
let tests =
    testList "MomentTests" [
        testPropertyWithConfig
            config
            "moments on the scale of variances equal the dense ones"
            (fun (model: RandomModel) (point: RandomPoint) ->
                let likelihood = RandomModel.likelihood model
                let theta = RandomModel.theta likelihood point
                let dense = DenseMoments(likelihood, theta, Parametrisation.VarianceScale)
                let where = $"{RandomModel.formula model} {point}"

                LikelihoodMoments.userMoments Parametrisation.VarianceScale likelihood theta
                |> compare where dense
                |> Law.holds)

        testPropertyWithConfig
            config
            "moments on the scale of factors equal the dense ones"
            (fun (RegularModel model) (seed: int) ->
                let likelihood = RandomModel.likelihood model
                let theta = RandomModel.theta likelihood (Inside seed)
                let dense = DenseMoments(likelihood, theta, Parametrisation.FactorScale)
                let where = $"{RandomModel.formula model} {seed}"

                LikelihoodMoments.userMoments Parametrisation.FactorScale likelihood theta
                |> compare where dense
                |> Law.holds)

        testPropertyWithConfig
            config
            "moments given on the user's scale are those of the frame"
            (fun (RegularModel model) (seed: int) ->
                let likelihood = RandomModel.likelihood model
                let theta = RandomModel.theta likelihood (Inside seed)
                let dense = DenseMoments(likelihood, theta, Parametrisation.FactorScale)
                let k = dense.Count
                let values (m: Matrix<float>) = m.ToColumnMajorArray()
                let phi = Matrix(dense.Phi.RowCount, dense.Phi.ColumnCount, values dense.Phi)

                let pairs f =
                    lazy (CovarianceMoments.pairs k (fun i j -> values (f i j)))

                CovarianceMoments.ofUserScale
                    (Array.create k "")
                    (Array.zeroCreate k)
                    (Array.create k false)
                    phi
                    (Array.init k (dense.P >> values))
                    (pairs dense.Q)
                    (Some(pairs dense.R))
                    (lazy (Array.zeroCreate k))
                    (dense.Information >> Matrix.ofArray2D)
                |> compare $"{RandomModel.formula model} {seed}" dense
                |> Law.holds)

        testPropertyWithConfig config "Kenward-Roger equals the dense formulas" (fun (RegularModel model) ->
            let fit =
                RandomModel.fit {
                    model with
                        Criterion = Criterion.Reml
                }

            let theta = (List.last fit.Path).Theta
            let p = fit.FixedCount
            let contrast = Matrix<float>.Build.DenseIdentity(p).SubMatrix(0, min p 3, 0, p)

            Law.holds [
                // At a bound the systems differ, and each convention is tested by its own golden numbers.
                if
                    fit.Certificate.Verdict = Verdict.Optimum
                    && fit.Certificate.Eigenvalues[0] > 1e-4
                then
                    for convention in [ Convention.sas; Convention.pbkrtest; Convention.mmrm ] do
                        let where = $"{RandomModel.formula model}, {convention.Name}"
                        let dense = DenseMoments(fit.Model, theta, convention.Parametrisation)
                        let w = invert (dense.Information convention.Information)

                        let full = dense.Adjusted w (convention.SecondDerivatives = SecondDerivatives.Full)

                        // Where second derivatives take off more than there is, they are left out.
                        let least =
                            (dense.Phi.Inverse() * full).Evd().EigenValues |> Seq.map _.Real |> Seq.min

                        let adjusted = if least > 1e-6 then full else dense.Adjusted w false

                        match Inference.create (DegreesOfFreedomMethod.KenwardRoger convention) fit with
                        | Error problems -> yield! problems |> List.map LmmError.describe
                        | Ok inference ->
                            yield!
                                Law.relativeAll
                                    $"{where}, adjusted covariance"
                                    1e-6
                                    (adjusted.ToColumnMajorArray())
                                    inference.Covariance.Values

                            let rows = contrast.ToRowArrays()
                            let test = Inference.jointOfKept "" rows (Array.zeroCreate rows.Length) inference
                            let scale, df = dense.ScaleAndDf w contrast
                            yield! Law.relative $"{where}, df" 1e-5 df test.DenominatorDf
                            yield! Law.relative $"{where}, scale" 1e-5 scale test.Scale
            ])

        // Random effects of three engines: crossed, of one factor, and through sparse factors.
        testPropertyWithConfig
            config
            "what inference needs is the same from every engine"
            (fun (RegularModel model) (point: RandomPoint) ->
                let likelihood = RandomModel.likelihood model
                let theta = RandomModel.theta likelihood point
                let lambdas = ThetaLayout.matrices likelihood.Layout theta
                let random = System.Random model.Seed

                let forms =
                    Array.init 2 (fun _ ->
                        likelihood.Layout.Shapes
                        |> Array.map (fun shape ->
                            let half: float[] =
                                Array.init (shape.Order * shape.Order) (fun _ -> random.NextDouble() - 0.5)

                            Array.init half.Length (fun k ->
                                half[k] + half[k / shape.Order + k % shape.Order * shape.Order])))

                let ofEngine (engine: Engine) =
                    engine.Factor lambdas |> ignore
                    engine.Solve()
                    let struct (first, second) = engine.ScoreForms forms
                    Array.append (Array.concat first) (Array.concat second)

                let supernodal = SupernodalEngine(SupernodalPlan.analyse likelihood.Standard)
                let expected = LogLikelihood.withEngine likelihood lambdas ofEngine
                let where = $"{RandomModel.formula model} {point}"
                Law.holds (Law.relativeAll where tolerance expected (ofEngine supernodal)))
    ]
