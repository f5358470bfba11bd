/// Reading hypotheses, refusing what cannot be estimated, and what tests of one and of several functions share.
module LmmFunctional.Tests.HypothesisTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<RandomModels> ]
        maxTest = 25
}

let private cake =
    lazy (Inferred.reml "cake" "angle ~ recipe * temperature + (1 | recipe:replicate)")

let private weights text =
    let design = cake.Value.Design

    match LinearHypothesis.parse design text with
    | Ok hypothesis -> [
        for i in 0 .. hypothesis.Matrix.Rows - 1 ->
            [
                for j in 0 .. hypothesis.Matrix.Columns - 1 do
                    if hypothesis.Matrix[i, j] <> 0.0 then
                        design.Fixed.AllNames[j], hypothesis.Matrix[i, j]
            ],
            hypothesis.Values[i]
      ]
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "\n")

let private problem text =
    LinearHypothesis.parse cake.Value.Design text
    |> Inferred.describe
    |> fun words -> words.Replace(Environment.NewLine, "\n")

// Two factors whose cell (b2, a2) is empty: its coefficient cannot be estimated.
let private withEmptyCell =
    lazy
        (let random = Random 7
         let cells = [ "a1", "b1"; "a1", "b2"; "a2", "b1" ]
         let rows = [ for i in 0..59 -> cells[i % 3], $"g{i % 10}" ]

         TestFrame.ofColumns [
             "a", TestFrame.texts (rows |> List.map (fst >> fst))
             "b", TestFrame.texts (rows |> List.map (fst >> snd))
             "g", TestFrame.texts (rows |> List.map snd)
             "y", TestFrame.numbers (rows |> List.map (fun _ -> random.NextDouble()))
         ])

let private methods = [
    DegreesOfFreedomMethod.Asymptotic
    DegreesOfFreedomMethod.Residual
    DegreesOfFreedomMethod.satterthwaite
    Inferred.kr Convention.sas
    Inferred.kr Convention.pbkrtest
]

/// One function alone: its t, F, p and interval agree whatever the method.
let private oneFunction model = [
    let fit =
        RandomModel.fit {
            model with
                Criterion = Criterion.Reml
        }

    for method in methods do
        let inference = Inferred.inference method fit

        for j, own in List.indexed (Inference.coefficients 0.9 inference) do
            let contrast = Array.init fit.FixedCount (fun i -> if i = j then 1.0 else 0.0)
            let joint = Inference.jointOfKept "" [| contrast |] [| 0.0 |] inference
            let atEnd = Inference.ofKept 0.9 "" contrast own.Upper inference

            let where =
                $"{RandomModel.formula model}, {DegreesOfFreedomMethod.describe method}, {own.Name}"

            yield! Law.relative $"{where}, F" 1e-9 (own.Statistic ** 2.0) joint.F
            yield! Law.near $"{where}, p" 1e-9 own.P joint.P
            yield! Law.relative $"{where}, df" 1e-7 own.Df joint.DenominatorDf

            // With hardly any df (0.0033 for 90 %) the end is beyond the largest number: nothing is excluded.
            if Double.IsFinite own.Upper then
                yield! Law.near $"{where}, p at the end" 1e-9 0.1 atEnd.P
            else
                yield! Law.atMost $"{where}, df of an infinite interval" 0.0034 own.Df
]

[<Tests>]
let tests =
    testList "HypothesisTests" [
        testCase "sums of names with factors are read" (fun () ->
            Check.equal [ [ "recipeRB", 1.0; "recipeRC", -1.0 ], 0.0 ] (weights "recipeRB - recipeRC = 0")
            Check.equal [ [ "recipeRB", 1.0; "recipeRC", -1.0 ], 0.0 ] (weights "recipeRB = recipeRC")

            Check.equal
                [ [ "(Intercept)", 1.0; "temperatureT185", 200.0 ], 30.0 ]
                (weights "(Intercept) + 200 * temperatureT185 = 30")

            Check.equal [ [ "recipeRB", -2.5 ], -1.0 ] (weights " -2.5 `recipeRB` = - 1")
            Check.equal [ [ "temperatureT185", 1e-3 ], 0.0 ] (weights "1e-3*temperatureT185")
            Check.equal [ [ "recipeRB", 1.0 ], 2.0 ] (weights "recipeRB - 5 = -3"))

        testCase "the longest name is taken, and commas and semicolons part hypotheses" (fun () ->
            Check.equal
                [
                    [ "recipeRB", 1.0; "recipeRB:temperatureT185", -1.0 ], 0.0
                    [ "temperatureT185", 1.0 ], 1.0
                ]
                (weights "recipeRB - recipeRB:temperatureT185, temperatureT185 = 1")

            Check.equal [ [ "recipeRB", 1.0 ], 0.0; [ "recipeRC", 1.0 ], 0.0 ] (weights "recipeRB; recipeRC = 0"))

        testCase "what cannot be read is shown at its place" (fun () ->
            Check.equal
                "'recipeRD' is not a column of the fixed effects; did you mean 'recipeRB'?"
                (problem "recipeRD = 0")

            Check.equal "'oven' is not a column of the fixed effects." (problem "recipeRB - oven = 0")

            Check.equal
                "The hypothesis cannot be read:\n  recipeRB - = 0\n             ^ a column of X or a number is needed here"
                (problem "recipeRB - = 0")

            Check.equal
                "The hypothesis cannot be read:\n  recipeRB recipeRC\n           ^ a sign, '=' or ',' is needed here"
                (problem "recipeRB recipeRC")

            Check.equal "The hypothesis cannot be read:\n  3 = 2\n  ^ this names no column of X" (problem "3 = 2")

            Check.equal
                "The hypothesis cannot be read:\n  `recipeRB = 0\n  ^ the closing backquote is missing"
                (problem "`recipeRB = 0"))

        testCase "a function that is not estimable is refused with the reason" (fun () ->
            let fit = Inferred.fit Criterion.Reml withEmptyCell.Value "y ~ a * b + (1 | g)"

            let test text =
                LinearHypothesis.parse fit.Design text
                |> Result.bind (fun hypothesis ->
                    Inference.test 0.95 hypothesis (Inferred.inference DegreesOfFreedomMethod.satterthwaite fit))

            Check.equal
                ("'aa2:bb2 = 0' cannot be estimated from these data: 'aa2:bb2' depends on other columns of the fixed effects, "
                 + "and its value would change with how that is resolved; test a combination that the data determine.")
                (Inferred.describe (test "aa2:bb2 = 0"))

            Check.equal "no problem" (Inferred.describe (test "aa2, bb2 = 0")))

        testCase "methods that do not apply say so" (fun () ->
            let ml =
                Inferred.fit Criterion.Ml (TestFrame.read "sleepstudy") "Reaction ~ Days + (1 | Subject)"

            Check.equal
                "Kenward-Roger is derived for REML and this fit is by ML; fit by REML, or take satterthwaite."
                (Inferred.describe (Inference.create DegreesOfFreedomMethod.kenwardRoger ml))

            let crossed = Inferred.reml "penicillin" "diameter ~ 1 + (1 | plate) + (1 | sample)"

            Check.equal
                ("Between-within degrees of freedom need subjects, a grouping factor that holds all others; none of 'plate', "
                 + "'sample' does: take satterthwaite or kenward-roger.")
                (Inferred.describe (Inference.create DegreesOfFreedomMethod.BetweenWithin crossed))

            Check.equal
                "There is no convention 'stata'; choose one of sas, sas-linear, pbkrtest, lmertest, mmrm."
                (Inferred.describe (Convention.ofName "stata"))

            Check.equal
                ("There is no method for degrees of freedom 'fay'; choose one of asymptotic, residual, containment, "
                 + "between-within, satterthwaite, kenward-roger.")
                (Inferred.describe (DegreesOfFreedomMethod.ofName "fay" None))

            Check.equal
                ("The degrees of freedom 'residual' have no conventions; leave out 'SAS', or choose satterthwaite or "
                 + "kenward-roger.")
                (Inferred.describe (DegreesOfFreedomMethod.ofName "residual" (Some Convention.sas))))

        testCase "between-within and residual degrees of freedom count subjects and rows" (fun () ->
            // age changes within subjects, Sex does not: 27 − 2 subjects, and 108 − 27 − 2 rows (SAS, Pothoff and Roy).
            let fit = Inferred.reml "orthodont" "distance ~ age * Sex + (age | Subject)"

            let df method =
                Inferred.coefficients method fit |> List.map _.Df

            Check.equal [ 25.0; 79.0; 25.0; 79.0 ] (df DegreesOfFreedomMethod.BetweenWithin)
            Check.equal [ 104.0; 104.0; 104.0; 104.0 ] (df DegreesOfFreedomMethod.Residual))

        testCase "one function at two degrees of freedom, and at hardly any" (fun () ->
            let model = {
                Seed = 879577
                Rows = 78
                Fixed = "1"
                Random = "(1 | g)"
                Residual = ""
                Held = []
                Criterion = Criterion.Reml
                Size = 1.0
                HasWeights = false
                HasOffset = true
                IsBalanced = true
            }

            Law.assertHolds [
                // Kenward and Roger's scale and df are 0/0 at two df, and lose half their digits beside it.
                yield! oneFunction model

                // A 90 % interval of 1e155 to either side: its square is no number; and one without ends.
                for seed, rows, fixedPart, random in
                    [ 478, 68, "0 + f * copy", "(x | g/k)"; 96383, 77, "0 + f + z", "(x | g/k)" ] do
                    yield!
                        oneFunction {
                            model with
                                Seed = seed
                                Rows = rows
                                Fixed = fixedPart
                                Random = random
                                HasOffset = (seed = 96383)
                                IsBalanced = (seed = 96383)
                        }
            ])

        testPropertyWithConfig
            config
            "the square of t is F, and the interval ends where its test has the level"
            (fun (RegularModel model) -> Law.holds (oneFunction model))

        testPropertyWithConfig config "a redundant function adds nothing to a joint test" (fun (RegularModel model) ->
            let fit =
                RandomModel.fit {
                    model with
                        Criterion = Criterion.Reml
                }

            let p = fit.FixedCount

            let unit j =
                Array.init p (fun i -> if i = j then 1.0 else 0.0)

            let rows = [| for j in 0 .. min 1 (p - 1) -> unit j |]
            let sum = Array.init p (fun i -> rows |> Array.sumBy (fun row -> row[i]))

            Law.holds [
                for method in [ DegreesOfFreedomMethod.Residual; Inferred.kr Convention.sas ] do
                    let inference = Inferred.inference method fit

                    let test rows =
                        Inference.jointOfKept "" rows (Array.map (fun _ -> 0.0) rows) inference

                    let plain, redundant = test rows, test (Array.append rows [| sum |])
                    let where = $"{RandomModel.formula model}, {DegreesOfFreedomMethod.describe method}"

                    yield!
                        Law.isTrue $"{where}: {redundant.NumeratorDf} df" (plain.NumeratorDf = redundant.NumeratorDf)

                    yield! Law.isTrue $"{where}: {redundant.NotTestable}" (plain.NotTestable = redundant.NotTestable)

                    if plain.NotTestable.IsNone then
                        yield! Law.relative $"{where}, F" 1e-6 plain.F redundant.F
                        yield! Law.relative $"{where}, df" 1e-6 plain.DenominatorDf redundant.DenominatorDf
            ])
    ]
