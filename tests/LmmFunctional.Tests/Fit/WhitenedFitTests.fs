/// <summary>Fits with structured residuals beside related or crossed random effects.</summary>
module LmmFunctional.Tests.WhitenedFitTests

open System
open System.Collections.Immutable
open Expecto
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private ok result =
    match result with
    | Ok value -> value
    | Error problems -> raise (InvalidOperationException(string (List.map LmmError.describe problems)))

let private twoTraits =
    "y ~ 0 + trait:sex + kron(us(0 + trait), known(A) | animal); residual = us(trait | animal)"

// Animal, sire, dam; animals 1 to 3 have no records.
let private pedigree =
    Pedigree.ofRows [ "4", "1", ""; "5", "3", "2"; "6", "1", "2"; "7", "4", "5"; "8", "3", "6" ]
    |> ok

/// Weight gain before and after weaning.
let private calves = [
    "4", "male", 4.5, 6.8
    "5", "female", 2.9, 5.0
    "6", "female", 3.9, 6.8
    "7", "male", 3.5, 6.0
    "8", "male", 5.0, 7.5
]

let private records =
    TestFrame.ofColumns [
        "y", TestFrame.numbers (calves |> List.collect (fun (_, _, before, after) -> [ before; after ]))
        "trait",
        TestFrame.texts (
            calves
            |> List.collect (fun _ -> [ "WWG"; "PWG" ])
            |> List.map (fun t -> if t = "WWG" then "a" else "b")
        )
        "sex", TestFrame.texts (calves |> List.collect (fun (_, sex, _, _) -> [ sex; sex ]))
        "animal", TestFrame.texts (calves |> List.collect (fun (animal, _, _, _) -> [ animal; animal ]))
    ]

// Known (co)variances of the example.
let private g = [| 20.0; 18.0; 18.0; 40.0 |]

let private r = [| 40.0; 11.0; 11.0; 30.0 |]

let private relationship = Relationship.ofPedigree pedigree

let private likelihood =
    lazy
        (Design.buildWith (Map [ "A", relationship ]) (TestFrame.formula twoTraits) records
         |> Result.bind (LogLikelihood.create Criterion.Reml)
         |> ok)

/// θ of known G and R.
let private known (likelihood: LogLikelihood) : ImmutableArray<float> =
    let term = likelihood.Standard.Terms.Head
    let relative = g |> Array.map (fun value -> value / r[0])
    let inverse = Semidefinite.inverse 2 term.Transform
    let inner = Semidefinite.congruence 2 inverse relative
    let lambda = Semidefinite.factor 2 inner

    let marginal =
        match likelihood.Method with
        | LikelihoodMethod.Whitened engine -> engine.Model.Marginal
        | _ -> invalidOp "The equations are expected."

    let tau =
        marginal.Residual.Parameters.Unconstrained [| sqrt (r[3] / r[0]); r[1] / sqrt (r[0] * r[3]) |]
        |> Option.get

    ImmutableArray.CreateRange(Array.append (RelativeFactor.ofMatrix lambda term.Factor) tau)

/// Henderson's equations of all rows, dense: solutions and the inverse, sexes within traits first, then traits within animals.
let private henderson =
    lazy
        (let animals = pedigree.Animals
         let n = 2 * calves.Length
         let x = Matrix<float>.Build.Dense(n, 4)
         let z = Matrix<float>.Build.Dense(n, 2 * animals.Length)
         let y = Vector<float>.Build.Dense n

         calves
         |> List.iteri (fun k (animal, sex, before, after) ->
             for t in 0..1 do
                 x[2 * k + t, 2 * t + (if sex = "female" then 0 else 1)] <- 1.0
                 z[2 * k + t, 2 * animals.IndexOf animal + t] <- 1.0
                 y[2 * k + t] <- if t = 0 then before else after)

         let r = Matrix<float>.Build.Dense(2, 2, r).Inverse()

         let precision = Matrix<float>.Build.DenseIdentity(calves.Length).KroneckerProduct r

         let a = DenseRelationship.create relationship
         let w = x.Append z
         let left = w.Transpose() * precision * w

         let prior =
             a.Inverse().KroneckerProduct(Matrix<float>.Build.Dense(2, 2, g).Inverse())

         for i in 0 .. prior.RowCount - 1 do
             for j in 0 .. prior.RowCount - 1 do
                 left[4 + i, 4 + j] <- left[4 + i, 4 + j] + prior[i, j]

         let inverse = left.Inverse()
         inverse * (w.Transpose() * (precision * y)), inverse)

let private byNumber (values: float seq) =
    let values = Array.ofSeq values

    [
        for t in 0..1 do
            for animal in 1..8 -> values[2 * pedigree.Animals.IndexOf(string animal) + t]
    ]

/// A pedigree of several generations with two traits of every animal.
let private simulated =
    lazy
        (let random = Random 11

         let normal () =
             sqrt (-2.0 * log (1.0 - random.NextDouble()))
             * cos (2.0 * Math.PI * random.NextDouble())

         let animals = 240

         let rows = [
             for k in 0 .. animals - 1 ->
                 if k < 40 then
                     $"a{k}", "", ""
                 else
                     let generation = k / 40

                     let parent sex =
                         (generation - 1) * 40 + 2 * random.Next 20 + sex

                     $"a{k}", $"a{parent 0}", $"a{parent 1}"
         ]

         let pedigree = Pedigree.ofRows rows |> ok
         let values = Array2D.zeroCreate animals 2

         for k in 0 .. animals - 1 do
             let first, second = normal (), normal ()
             let sire, dam = pedigree.Sires[k], pedigree.Dams[k]

             for t in 0..1 do
                 let half parent =
                     if parent < 0 then 0.0 else 0.5 * values[parent, t]

                 let own = if t = 0 then first else 0.6 * first + 0.8 * second
                 values[k, t] <- half sire + half dam + (if sire < 0 then 1.0 else sqrt 0.5) * own

         let rows = [
             for k in 0 .. animals - 1 do
                 let shared = normal ()

                 for t in 0..1 do
                     if random.NextDouble() < 0.9 then
                         k, t, 2.0 + float t + values[k, t] + 0.5 * shared + normal ()
         ]

         let frame =
             TestFrame.ofColumns [
                 "y", rows |> List.map (fun (_, _, y) -> y) |> TestFrame.numbers
                 "trait", rows |> List.map (fun (_, t, _) -> $"t{t}") |> TestFrame.texts
                 "animal", rows |> List.map (fun (k, _, _) -> pedigree.Animals[k]) |> TestFrame.texts
             ]

         let options = {
             FitOptions.defaults with
                 Known = Map [ "A", Relationship.ofPedigree pedigree ]
         }

         let text =
             "y ~ 0 + trait + kron(us(0 + trait), known(A) | animal); residual = us(trait | animal)"

         Lmm.fitFormula options frame text |> ok)

let private crossedFrame =
    lazy
        (let random = Random 3

         let normal () =
             sqrt (-2.0 * log (1.0 - random.NextDouble()))
             * cos (2.0 * Math.PI * random.NextDouble())

         let items = Array.init 12 (fun _ -> 0.7 * normal ())

         let rows = [
             for subject in 0..39 do
                 let own = normal ()
                 let mutable noise = normal ()

                 for trial in 1..10 do
                     noise <- 0.5 * noise + sqrt 0.75 * normal ()
                     let item = random.Next 12
                     subject, trial, item, 1.0 + own + items[item] + noise
         ]

         TestFrame.ofColumns [
             "y", rows |> List.map (fun (_, _, _, y) -> y) |> TestFrame.numbers
             "subject", rows |> List.map (fun (subject, _, _, _) -> $"s{subject}") |> TestFrame.texts
             "trial", rows |> List.map (fun (_, trial, _, _) -> float trial) |> TestFrame.numbers
             "item", rows |> List.map (fun (_, _, item, _) -> $"i{item}") |> TestFrame.texts
         ])

let private crossed =
    "y ~ trial + (1 | item) + (1 | subject); residual = ar1(trial | subject)"

let private crossedFit =
    lazy (Lmm.fitFormula FitOptions.defaults crossedFrame.Value crossed |> ok)

[<Tests>]
let tests =
    testList "WhitenedFitTests" [
        // Mrode (2014), example 5.1: G and R known, two traits of five calves. The solutions are those printed there.
        testCase "two traits of Mrode's calves" (fun () ->
            let likelihood = likelihood.Value
            let solution = Solution.at likelihood (known likelihood)
            let expected, inverse = henderson.Value
            let effects = solution.Effects.Value[0]
            let s = r[0]

            let errors =
                Array.init effects.Length (fun at ->
                    let level, i = at / 2, at % 2
                    s * solution.PredictionCovariances.Value[0].[level * 4 + 3 * i])

            let printed = [
                0.151
                -0.015
                -0.078
                -0.010
                -0.270
                0.276
                -0.316
                0.244
                0.280
                -0.008
                -0.170
                -0.013
                -0.478
                0.517
                -0.479
                0.392
            ]

            Law.assertHolds [
                yield! Law.nearAll "Henderson's animals" 1e-10 (expected.SubVector(4, effects.Length)) effects
                yield! Law.nearAll "Henderson's errors" 1e-9 (inverse.Diagonal().SubVector(4, effects.Length)) errors
                // Half a unit of the last printed digit.
                yield! Law.nearAll "Mrode's animals" 5.1e-4 printed (byNumber effects)

                yield! Law.nearAll "Mrode's sexes" 5.1e-4 [ 3.397; 4.361; 5.880; 6.800 ] (expected.SubVector(0, 4))
            ])

        testCase "known covariances of both traits are held by their names" (fun () ->
            let held = [
                "animal.traita", g[0]
                "animal.traita.traitb", g[1]
                "animal.traitb", g[3]
                "Residual", r[0]
                "Residual.sd(b)", sqrt (r[3] / r[0])
                "Residual.cor(a,b)", r[1] / sqrt (r[0] * r[3])
            ]

            let fit =
                Lmm.fit
                    {
                        FitOptions.defaults with
                            Known = Map [ "A", relationship ]
                            Held = Map held
                    }
                    records
                    (TestFrame.formula twoTraits)
                |> ok

            let expected, inverse = henderson.Value
            let effects = (Fit.randomEffects fit).Head
            let count = 2 * pedigree.Animals.Length

            // Level after level, trait after trait.
            let byLevel (values: Matrix) = [ for at in 0 .. count - 1 -> values[at / 2, at % 2] ]

            Law.assertHolds [
                yield! Law.nearAll "animals" 1e-9 (expected.SubVector(4, count)) (byLevel effects.Modes)

                yield!
                    Law.nearAll
                        "errors"
                        1e-8
                        (inverse.Diagonal().SubVector(4, count))
                        (byLevel effects.PredictionErrors |> List.map (fun error -> error * error))

                yield! Law.isTrue $"{fit.DegreesOfFreedom}" (fit.DegreesOfFreedom = 4)
                yield! Law.isTrue $"{fit.Certificate.Verdict}" (fit.Certificate.Verdict = Verdict.Optimum)
            ])

        testCase "a model of two traits is fitted to where no derivative is left" (fun () ->
            let fit = simulated.Value
            let last = List.last (List.ofSeq fit.Iterations)
            let theta = (List.last fit.Path).Theta
            let dense = DenseMarginal(fit.Model, theta)

            Law.assertHolds [
                yield! Law.isTrue $"{fit.Certificate.Verdict}" (fit.Certificate.Verdict = Verdict.Optimum)
                yield! Law.nearAll "gradient" 1e-4 (Seq.replicate last.Gradient.Length 0.0) last.Gradient
                yield! Law.relative "criterion" 1e-9 dense.Criterion fit.CriterionValue
                yield! Law.nearAll "dense gradient" 1e-4 (Seq.replicate theta.Length 0.0) dense.Gradient
            ])

        testCase "tests of fixed effects have degrees of freedom" (fun () ->
            let fit = simulated.Value

            for method in
                [
                    DegreesOfFreedomMethod.Satterthwaite Convention.sas
                    DegreesOfFreedomMethod.KenwardRoger Convention.sas
                ] do
                let inference = Inference.create method fit |> ok
                let estimate = Inference.estimate 0.95 "first" [| 1.0; 0.0 |] inference |> ok
                Check.isWithin 2.0 480.0 estimate.Df)

        // One dense block of 400 rows would take six times the operations.
        testCases
            "equations are taken where they cost less than blocks"
            [
                "y ~ trial + (1 | item) + (1 | subject); residual = ar1(trial | subject)", "whitened"
                "y ~ trial + (1 | subject); residual = ar1(trial | subject)", "marginal"
                "y ~ trial; residual = ar1(trial | subject)", "marginal"
            ]
            (fun (text: string, engine: string) ->
                let plan = Lmm.plan crossedFrame.Value (TestFrame.formula text) |> ok
                Check.equal engine plan.Chosen.Engine
                Check.isTrue (plan.Candidates |> List.contains plan.Chosen))

        testCase "a crossed model is fitted to where no derivative is left" (fun () ->
            let fit = crossedFit.Value
            let last = List.last (List.ofSeq fit.Iterations)

            Law.assertHolds [
                yield! Law.isTrue $"{fit.Certificate.Verdict}" (fit.Certificate.Verdict = Verdict.Optimum)
                yield! Law.nearAll "gradient" 1e-4 (Seq.replicate last.Gradient.Length 0.0) last.Gradient
            ])

        testCase "a refit of a drawn response is the fit from scratch" (fun () ->
            let fit = crossedFit.Value
            let response = Simulation.simulate 5 fit |> Result.defaultValue [||]
            let again = DerivedLikelihood.withResponse response fit.Model |> ok

            let scratch =
                Design.build (TestFrame.formula crossed) crossedFrame.Value
                |> ok
                |> fun design -> LogLikelihood.create Criterion.Reml { design with Response = response } |> ok

            let theta = again.Objective.Start

            match again.Method with
            | LikelihoodMethod.Whitened _ -> ()
            | _ -> failtest "the refit is expected to take the same way"

            let found, expected =
                again.Objective.Evaluate theta Order.Gradient, scratch.Objective.Evaluate theta Order.Gradient

            Law.assertHolds [
                yield! Law.relative "criterion" 1e-12 expected.Value found.Value
                yield! Law.nearAll "gradient" 1e-9 expected.Gradient found.Gradient
            ])

        // Ranks of [X Z], whatever the residuals.
        testCase "containment has the degrees of freedom of independent residuals" (fun () ->
            let df (fit: Fit) =
                let inference = Inference.create DegreesOfFreedomMethod.Containment fit |> ok
                (Inference.estimate 0.95 "trial" [| 0.0; 1.0 |] inference |> ok).Df

            let plain =
                Lmm.fitFormula FitOptions.defaults crossedFrame.Value "y ~ trial + (1 | item) + (1 | subject)"
                |> ok

            // 400 rows less 2 coefficients, 11 items and 39 subjects.
            Check.equal 348.0 (df plain)
            Check.equal 348.0 (df crossedFit.Value))

        // V of some rows, from the estimates.
        testCase "the covariance of rows has random effects and residuals" (fun () ->
            let fit = crossedFit.Value
            let rows = [| 0; 1; 4; 10; 57 |]
            let found = RowCovariance.ofFit fit rows
            let design = fit.Design
            let variance = fit.Sigma ** 2.0

            let parameter name =
                (fit.CovarianceParameters |> List.find (fun own -> own.Name = name)).Estimate

            let rho = parameter "rho"

            let expected a b =
                let own =
                    List.zip design.Random fit.RandomCovariances
                    |> List.sumBy (fun (term, (_, covariance)) ->
                        if term.Codes[a] = term.Codes[b] then
                            covariance[0, 0]
                        else
                            0.0)

                own
                + (if a / 10 = b / 10 then
                       variance * rho ** float (abs (a - b))
                   else
                       0.0)

            Law.assertHolds (
                Law.nearAll
                    "V"
                    1e-10
                    [
                        for a in rows do
                            for b in rows -> expected a b
                    ]
                    (found.ToRowMajorArray())
            ))

        // R 4.2.2, nlme 3.1-162; the random effects are those of the subjects, so that both ways apply.
        testCases
            "the equations reach nlme's criterion"
            [
                "ovary", "ovary-ar1", "ar1(1 | Mare)"
                "ovary", "ovary-arma11", "arma(1,1)(1 | Mare)"
            ]
            (fun (file: string, id: string, residual: string) ->
                let text =
                    "follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time) + (1 + sin(2 * pi * Time) || Mare)"
                    + $"; residual = {residual}"

                let frame = Csv.read (TestData.csv file) |> ok
                let design = Design.build (TestFrame.formula text) frame |> ok
                let likelihood = LogLikelihood.create Criterion.Reml design |> ok
                let equations = WhitenedModels.whitened likelihood

                let path =
                    Solver.iterations SolverOptions.defaults equations.Objective |> List.ofSeq

                let criterion = Lmer.number "criterion" (NlmeTests.Case id)

                Law.assertHolds [
                    yield! Law.atMost "criterion" (criterion + 1e-4) (List.last path).Criterion
                    yield! Law.atMost "nlme's criterion" ((List.last path).Criterion + 1e-3) criterion
                ])

        // R 4.2.2, nlme 3.1-162: lme with one group of all rows, random = list(one = pdBlocked(list(pdIdent(~ item - 1),
        // pdIdent(~ subject - 1)))), correlation = corCAR1(form = ~ trial | one/subject), tolerance 1e-9.
        testCase "a crossed model with missing trials is nlme's" (fun () ->
            let frame = Csv.read (TestData.csv "crossed_trials") |> ok

            let text =
                "response ~ arm * trial + (1 | item) + (1 | subject); residual = ar1(trial | subject)"

            let fit = Lmm.fitFormula FitOptions.defaults frame text |> ok

            match fit.Model.Method with
            | LikelihoodMethod.Whitened _ -> ()
            | _ -> failtest "the equations are expected"

            let deviations =
                fit.RandomCovariances |> List.map (fun (_, covariance) -> sqrt covariance[0, 0])

            let residual =
                fit.CovarianceParameters
                |> List.filter (fun own -> own.Group = "Residual")
                |> List.map _.Estimate

            Law.assertHolds [
                yield! Law.near "criterion" 1e-7 1528.46157738 fit.CriterionValue

                // nlme stops within a hundred-thousandth.
                yield! Law.relativeAll "deviations" 1e-5 [ 0.5697838; 1.1081163 ] deviations
                yield! Law.relativeAll "residual" 1e-5 [ 1.0083161; 0.5345465 ] residual

                yield!
                    Law.relativeAll
                        "coefficients"
                        1e-5
                        [ 1.004116941; 0.433912631; 0.071317785; -0.091748199 ]
                        (fit.Coefficients |> List.map _.Estimate)

                yield!
                    Law.relativeAll
                        "standard errors"
                        1e-5
                        [ 0.318914353; 0.384912882; 0.028330847; 0.039748246 ]
                        (fit.Coefficients |> List.map _.StandardError)
            ])
    ]
