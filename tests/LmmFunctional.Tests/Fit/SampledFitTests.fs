/// <summary>Fits within a budget: sampled where an exact one would take longer, with their error in the certificate.</summary>
module LmmFunctional.Tests.SampledFitTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private ok (result: Result<'ok, LmmError list>) : 'ok =
    match result with
    | Ok value -> value
    | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat " ")

/// Ratings of 60 items by 150 users, with a covariate.
let private frame =
    lazy
        (let random = Random 5

         let normal () =
             sqrt (-2.0 * log (1.0 - random.NextDouble()))
             * cos (2.0 * Math.PI * random.NextDouble())

         let rows, users, items = 4000, 150, 60
         let u = Array.init rows (fun row -> if row < users then row else random.Next users)
         let m = Array.init rows (fun row -> if row < items then row else random.Next items)
         let x = Array.init rows (fun _ -> normal ())
         let ofUsers = Array.init users (fun _ -> 0.5 * normal ())
         let slopes = Array.init items (fun _ -> 0.3 * normal ())
         let ofItems = Array.init items (fun _ -> 0.6 * normal ())

         let y =
             Array.init rows (fun row ->
                 3.0
                 + 0.2 * x[row]
                 + ofUsers[u[row]]
                 + ofItems[m[row]]
                 + slopes[m[row]] * x[row]
                 + normal ())

         TestFrame.ofColumns [
             "y", TestFrame.numbers y
             "x", TestFrame.numbers x
             "u", TestFrame.texts (u |> Seq.map (fun code -> $"u{code}"))
             "m", TestFrame.texts (m |> Seq.map (fun code -> $"m{code}"))
         ])

let private scalar = "y ~ x + (1 | u) + (1 | m)"
let private vector = "y ~ x + (1 | u) + (x | m)"

// No exact fit keeps to it.
let private tiny = 1e-9

let private fitted budget criterion formula =
    Lmm.fitFormula
        {
            FitOptions.defaults with
                Budget = budget
                Criterion = criterion
        }
        frame.Value
        formula
    |> ok

let private error (fit: Fit) = fit.Certificate.MonteCarlo.Value

/// Room for one evaluation, not for a fit.
let private roomForOne =
    lazy
        (Patience.ofFit (Lmm.plan frame.Value (TestFrame.formula scalar) |> ok).Chosen
         * 0.5)

let private both = [
    scalar, Criterion.Reml
    scalar, Criterion.Ml
    vector, Criterion.Reml
    vector, Criterion.Ml
]

[<Tests>]
let tests =
    testList "SampledFitTests" [
        testCases
            "estimates are within the error of the certificate of the exact ones"
            both
            (fun (formula, criterion) ->
                let exact, sampled =
                    fitted None criterion formula, fitted (Some tiny) criterion formula

                Check.equal None exact.Certificate.MonteCarlo
                Check.equal Verdict.Optimum sampled.Certificate.Verdict
                let own = error sampled
                Check.isWithin 1e-6 0.1 own.Share
                Check.equal None own.Exact
                // Of −2 log likelihood, six of its errors.
                Check.isWithin
                    (-6.0 * own.Criterion)
                    (6.0 * own.Criterion)
                    (exact.CriterionValue - sampled.CriterionValue)

                let a, b = (List.last exact.Iterations), (List.last sampled.Iterations)

                for k in 0 .. a.Theta.Length - 1 do
                    // At least the standard error with all else known.
                    let se = sqrt (2.0 / a.Curvature[k, k])
                    Check.isWithin -0.6 0.6 ((a.Theta[k] - b.Theta[k]) / se)

                for one, other in List.zip exact.Coefficients sampled.Coefficients do
                    Check.isWithin -0.05 0.05 ((one.Estimate - other.Estimate) / one.StandardError)
                    Check.isWithin 0.98 1.02 (one.StandardError / other.StandardError)

                for one, other in List.zip (Fit.randomEffects exact) (Fit.randomEffects sampled) do
                    for level in 0 .. one.Levels.Length - 1 do
                        for effect in 0 .. one.Effects.Length - 1 do
                            let sd = one.StandardDeviations[level, effect]
                            Check.isWithin -0.1 0.1 ((one.Modes[level, effect] - other.Modes[level, effect]) / sd)
                            Check.isWithin 0.9 1.1 (other.StandardDeviations[level, effect] / sd))

        testCase "the same bits again" (fun () ->
            let one, other =
                fitted (Some tiny) Criterion.Reml scalar, fitted (Some tiny) Criterion.Reml scalar

            Check.equal (one.Theta, one.CriterionValue, error one) (other.Theta, other.CriterionValue, error other))

        testCase "where one exact evaluation is affordable, criterion and gradient are exact" (fun () ->
            let fit = fitted (Some roomForOne.Value) Criterion.Ml scalar
            let exact = fitted None Criterion.Ml scalar
            Check.equal (Some fit.CriterionValue) (error fit).Exact
            // Above the minimum by less than the Monte-Carlo error of a tenth of a standard error in each of two parameters.
            Check.isWithin 0.0 0.1 (fit.CriterionValue - exact.CriterionValue)
            Check.isWithin 0.0 0.1 fit.Certificate.NewtonDecrement
            Check.isTrue fit.Certificate.IsConverged)

        testCase "a budget that an exact fit keeps to changes nothing" (fun () ->
            let one, other =
                fitted None Criterion.Reml scalar, fitted (Some 3600.0) Criterion.Reml scalar

            Check.equal (one.Theta, one.CriterionValue) (other.Theta, other.CriterionValue))

        testCase "the plan says that it samples, and why" (fun () ->
            let options = {
                FitOptions.defaults with
                    Budget = Some tiny
            }

            let plan = Lmm.planFor options frame.Value (TestFrame.formula scalar) |> ok
            Check.equal "iterative" plan.Chosen.Engine
            Check.equal (Some "u") plan.Chosen.Lead
            let text = PlanReport.render SummaryFormat.Text plan
            Check.contains "log determinants sampled" text
            Check.contains "the budget is 1E-09 s" text
            Check.contains "\"sampled\":" (PlanReport.toJson plan)
            Check.equal None (Lmm.plan frame.Value (TestFrame.formula scalar) |> ok).Sampled)

        testCase "summary and JSON tell the error" (fun () ->
            let fit = fitted (Some tiny) Criterion.Reml scalar
            let text = Summary.render SummaryFormat.Text fit
            Check.contains $"Log determinants sampled by {(error fit).Probes} probes" text
            Check.contains "Monte-Carlo standard errors: -2 log likelihood" text
            Check.contains "\"monteCarlo\":{\"probes\":" (FitJson.render TimeSpan.Zero fit))

        testCase
            "degrees of freedom that need exact traces are refused, Satterthwaite's are those of average information"
            (fun () ->
                let fit = fitted (Some tiny) Criterion.Reml scalar

                let problems name =
                    match
                        DegreesOfFreedomMethod.ofName name None
                        |> Result.bind (fun how -> Inference.create how fit)
                    with
                    | Ok _ -> []
                    | Error problems -> problems

                let feature = "log determinants that were sampled"
                Check.equal [ LmmError.NoMoments(feature, true) ] (problems "kenward-roger")
                Check.equal [ LmmError.NoMoments(feature, true) ] (problems "containment")
                Check.isEmpty (problems "satterthwaite")

                let how = DegreesOfFreedomMethod.ofName "satterthwaite" None |> ok
                let inference = Inference.create how fit |> ok
                Check.contains "average information" (DegreesOfFreedomMethod.describe inference.Method))

        testCase "what needs a factor that does not fit into memory is refused in words" (fun () ->
            let sampled = fitted (Some tiny) Criterion.Reml scalar

            match SampledError.factorableWithin 1000.0 sampled with
            | Error [ LmmError.TooLarge(_, bytes, 1000.0) ] -> Check.equal (8.0 * 60.0 * 60.0) bytes
            | other -> failtest $"{other}"

            Check.isTrue (SampledError.factorable sampled).IsOk
            Check.isTrue (SampledError.factorableWithin 0.0 (fitted None Criterion.Reml scalar)).IsOk)

        testCase "a budget is positive" (fun () ->
            let isRefused =
                try
                    fitted (Some 0.0) Criterion.Reml scalar |> ignore
                    false
                with :? ArgumentException ->
                    true

            Check.isTrue isRefused)
    ]
