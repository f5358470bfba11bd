module LmmFunctional.Tests.OptionRangeTests

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Classical
open Expecto

let private fit = lazy (Models.reml "sleepstudy" "Reaction ~ Days + (1 | Subject)")

let private inference =
    lazy (Inferred.inference DegreesOfFreedomMethod.satterthwaite fit.Value)

let private levels = [ 95.0; 1.0; 0.0; -1.0; nan; infinity; -infinity ]

let private spec = { Over = [ "recipe" ]; By = [] }

let private cake =
    lazy
        (Models.reml "cake" "angle ~ recipe + temperature + (1 | recipe:replicate)"
         |> Inferred.inference DegreesOfFreedomMethod.kenwardRoger)

let private meanSquares = [
    {
        Source = "a"
        Coefficient = 0.5
        MeanSquare = 4.0
        Df = 5
    }
]

/// Every function that takes a level, by name.
let private withLevel: (string * (float -> unit)) list = [
    "Inference.coefficients", (fun level -> Inference.coefficients level inference.Value |> ignore)
    "Inference.estimate", (fun level -> Inference.estimate level "Days" [| 0.0; 1.0 |] inference.Value |> ignore)
    "Inference.test",
    (fun level ->
        let hypothesis = LinearHypothesis.parse fit.Value.Design "Days" |> Models.value
        Inference.test level hypothesis inference.Value |> ignore)
    "Profile.interval", (fun level -> Profile.interval level (ProfileTarget.Coefficient "Days") fit.Value |> ignore)
    "Profile.intervals", (fun level -> Profile.intervals level fit.Value |> ignore)
    "CovarianceInference.intervals",
    (fun level ->
        CovarianceInference.intervals CovarianceIntervalMethod.Wald level fit.Value
        |> ignore)
    "CovarianceInference.coefficientIntervals",
    (fun level -> CovarianceInference.coefficientIntervals level fit.Value |> ignore)
    "Bootstrap.intervals",
    (fun level ->
        Bootstrap.run
            {
                BootstrapOptions.defaults with
                    Replicates = 2
            }
            fit.Value
        |> Models.value
        |> Bootstrap.intervals BootstrapInterval.Percentile level
        |> ignore)
    "RobustCovariance.coefficients",
    (fun level ->
        RobustCovariance.ofSubjects RobustKind.Cr0 fit.Value
        |> Models.value
        |> RobustCovariance.coefficients level
        |> ignore)
    "MarginalMeans.create",
    (fun level ->
        MarginalMeans.create
            {
                MarginalOptions.defaults with
                    Level = level
            }
            spec
            cake.Value
        |> ignore)
    "MarginalTrends.create",
    (fun level ->
        MarginalTrends.create
            {
                MarginalOptions.defaults with
                    Level = level
            }
            "temp"
            spec
            cake.Value
        |> ignore)
    "MeanSquareCombination.satterthwaite",
    (fun level -> MeanSquareCombination.satterthwaite level meanSquares |> ignore)
    "VarianceIntervals.modifiedLargeSample",
    (fun level -> VarianceIntervals.modifiedLargeSample level meanSquares |> ignore)
    "VarianceIntervals.ratio", (fun level -> VarianceIntervals.ratio level meanSquares meanSquares |> ignore)
    "VarianceIntervals.generalised",
    (fun level -> VarianceIntervals.generalised level 1 100 meanSquares List.head |> ignore)
]

let private solver change =
    Lmm.fitFormula
        {
            FitOptions.defaults with
                Solver = change SolverOptions.defaults
        }
        (TestFrame.read "sleepstudy")
        "Reaction ~ Days + (1 | Subject)"
    |> ignore

let private replicates count = {
    BootstrapOptions.defaults with
        Replicates = count
}

let private varianceTest options =
    VarianceTest.run options (VarianceParameter.EffectVariance(0, 0)) fit.Value
    |> ignore

/// Functions with other numbers out of range, and the words of the refusal.
let private refused: (string * (unit -> unit)) list = [
    "The largest number of iterations must be 0 or more; -1 is less.",
    (fun () -> solver (fun own -> { own with MaxIterations = -1 }))
    "The tolerance must be a positive number; 0 is not.",
    (fun () -> solver (fun own -> { own with Tolerance = Some 0.0 }))
    "The tolerance must be a positive number; NaN is not.",
    (fun () -> solver (fun own -> { own with Tolerance = Some nan }))
    "The number of replicates of a bootstrap must be 2 or more; 1 is less.",
    (fun () -> Bootstrap.run (replicates 1) fit.Value |> ignore)
    "The number of replicates of a bootstrap must be 2 or more; -5 is less.",
    (fun () -> BootstrapTest.run (replicates -5) fit.Value fit.Value |> ignore)
    "The number of replicates of a bootstrap must be 2 or more; 0 is less.",
    (fun () ->
        varianceTest {
            VarianceTest.defaults with
                Bootstrap = Some(replicates 0)
        })
    "The number of draws must be 2 or more; 0 is less.",
    (fun () -> varianceTest { VarianceTest.defaults with Draws = 0 })
    "The number of draws must be 100 or more; 99 is less.",
    (fun () -> VarianceIntervals.generalised 0.95 1 99 meanSquares List.head |> ignore)
    "The number of replicates must be 0 or more; -1 is less.",
    (fun () -> Simulation.simulateMany 1 -1 fit.Value |> ignore)
    "The largest ζ of a curve lies between 0 and 38, where the normal tail ends; 0 does not.",
    (fun () -> Profile.curve 0.0 (ProfileTarget.Coefficient "Days") fit.Value |> ignore)
    "The largest ζ of a curve lies between 0 and 38, where the normal tail ends; Infinity does not.",
    (fun () -> Profile.curve infinity (ProfileTarget.Coefficient "Days") fit.Value |> ignore)
    "A weight of a contrast must be finite; NaN is not.",
    (fun () ->
        Profile.interval 0.95 (ProfileTarget.Contrast("d", [ "Days", nan ])) fit.Value
        |> ignore)
    "A level of significance lies between 0 and 1, such as 0.05; 5 does not.",
    (fun () ->
        MarginalMeans.create MarginalOptions.defaults spec cake.Value
        |> Models.value
        |> CompactLetters.create 5.0 Adjustment.Tukey
        |> ignore)
    "A value of a covariate must be finite; NaN is not.",
    (fun () ->
        MarginalMeans.create
            {
                MarginalOptions.defaults with
                    At = [ "temp", [ nan ] ]
            }
            spec
            cake.Value
        |> ignore)
    "A coefficient must be finite; NaN is not.",
    (fun () -> Inference.estimate 0.95 "Days" [| 0.0; nan |] inference.Value |> ignore)
    "A function of this model has 2 coefficients, one for each column of X, not 1.",
    (fun () -> Inference.estimate 0.95 "Days" [| 0.0 |] inference.Value |> ignore)
    "A coefficient must be finite; Infinity is not.",
    (fun () ->
        LinearHypothesis.ofMatrix [ "h" ] (Matrix.init 1 2 (fun _ _ -> infinity))
        |> ignore)
    "The number of decimals must be 0 or more; -1 is less.", (fun () -> NumberText.fixedPoint -1 1.0 |> ignore)
    "The number of significant digits must be 1 or more; 0 is less.", (fun () -> NumberText.significant 0 1.0 |> ignore)
]

[<Tests>]
let tests =
    testList "OptionRangeTests" [
        // Every option that is a number is checked where it enters: what is out of range is misuse, refused before any work.

        testCase "A level of confidence outside of 0 to 1 is refused by every function" (fun () ->
            for name, work in withLevel do
                for level in levels do
                    Expect.stringStarts
                        (Texts.ofMistake (fun () -> work level))
                        $"A level of confidence lies between 0 and 1, such as 0.95; {level} does not."
                        name)

        testCase "Numbers out of range are refused where they enter, in words" (fun () ->
            for words, work in refused do
                Check.startsWith words (Texts.ofMistake work))

        testCase "A number too large for a double is no number of a hypothesis" (fun () ->
            Check.isFalse ((LinearHypothesis.parse fit.Value.Design "1e999*Days = 0" |> Models.words).IsEmpty))
    ]
