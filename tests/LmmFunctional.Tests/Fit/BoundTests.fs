/// <summary>Fits with bounds on covariance parameters.</summary>
module LmmFunctional.Tests.BoundTests

open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private fitWith held bounds file formula =
    Lmm.fitFormula
        {
            FitOptions.defaults with
                Held = Map held
                Bounds = Map bounds
        }
        (TestFrame.read file)
        formula

let private orRaise result =
    match result with
    | Ok value -> value
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

let private fitted bounds file formula =
    fitWith [] bounds file formula |> orRaise

let private words held bounds file formula =
    match fitWith held bounds file formula with
    | Ok _ -> []
    | Error problems -> problems |> List.map LmmError.describe

let private sleep =
    "Reaction ~ Days + (1 | Subject); residual = ar1(Days | Subject)"

let private value name (fit: Fit) =
    ParameterValue.at fit.Model (LogLikelihood.pointAt fit.Model (List.last fit.Iterations).Theta) name

/// Bounds around or beside the estimates of a fit by a few factors.
let private boundsBy (factors: (float * float) list) names fit =
    List.map2
        (fun (low, high) name ->
            let own = value name fit
            name, Bound.between (own * low) (own * high))
        factors
        names

let private names = [ "Residual"; "Residual.rho"; "Subject.(Intercept)" ]

let private free = lazy (fitted [] "sleepstudy" sleep)

[<Tests>]
let tests =
    testList "BoundTests" [
        // Laws

        testCase "bounds that do not bite leave the fit as it is" (fun () ->
            let free = fitted [] "sleepstudy" sleep

            let fit =
                fitted
                    [
                        "Residual.rho", Bound.between 0.0 0.9
                        "Residual", Bound.atLeast 100.0
                        "Subject.(Intercept)", Bound.atLeast 0.0
                    ]
                    "sleepstudy"
                    sleep

            Check.equal Verdict.Optimum fit.Certificate.Verdict
            Check.equal free.CriterionValue fit.CriterionValue
            Check.isTrue (fit.Theta = free.Theta)
            Check.equal free.DegreesOfFreedom fit.DegreesOfFreedom)

        testCase "a bound in force is the fit that is held there, in words and with its multiplier" (fun () ->
            let held = fitWith [ "Residual.rho", 0.5 ] [] "sleepstudy" sleep |> orRaise
            let fit = fitted [ "Residual.rho", Bound.between 0.0 0.5 ] "sleepstudy" sleep
            let free = fitted [] "sleepstudy" sleep

            Check.equal (Verdict.BoundaryOptimum [ "Residual.rho at its upper bound 0.5" ]) fit.Certificate.Verdict

            let bound = List.exactlyOne fit.Certificate.BoundsInForce
            let step = 1e-4

            let away =
                (fitWith [ "Residual.rho", 0.5 - step ] [] "sleepstudy" sleep |> orRaise).CriterionValue

            Check.isTrue fit.Certificate.IsConverged
            Check.isFalse fit.Certificate.IsSingular

            Law.assertHolds [
                yield! Law.near "criterion" 1e-8 held.CriterionValue fit.CriterionValue
                yield! Law.relative "sigma" 1e-8 held.Sigma fit.Sigma
                yield! Law.atMost "free criterion" fit.CriterionValue free.CriterionValue
                yield! Law.relative "multiplier" 1e-3 ((away - fit.CriterionValue) / step) bound.Multiplier
                // The bound was no knowledge: the parameter still counts.
                yield! Law.isTrue "df" (fit.DegreesOfFreedom = free.DegreesOfFreedom)
            ])

        testPropertyWithConfig
            (Law.tries 15)
            "the optimum within bounds satisfies Kuhn and Tucker's conditions"
            (fun (seed: int) ->
                let random = System.Random(seed: int)

                let factors = [
                    for _ in names do
                        let a, b = 0.6 + 0.8 * random.NextDouble(), 0.6 + 0.8 * random.NextDouble()
                        min a b, max a b
                ]

                let bounds = boundsBy factors names free.Value
                let fit = fitted bounds "sleepstudy" sleep
                let reversed = fitted (List.rev bounds) "sleepstudy" sleep
                let active = fit.Certificate.BoundsInForce |> List.map _.Name

                Law.holds [
                    yield! Law.isTrue $"{bounds}: {fit.Certificate.Verdict}" fit.Certificate.IsConverged
                    yield! Law.atMost "free criterion" (fit.CriterionValue + 1e-8) free.Value.CriterionValue
                    yield! Law.isTrue "order of bounds" (fit.CriterionValue = reversed.CriterionValue)

                    for name, bound in bounds do
                        let own = value name fit
                        yield! Law.atMost $"{name}, lower" (own * (1.0 + 1e-9)) bound.Lower.Value
                        yield! Law.atMost $"{name}, upper" (bound.Upper.Value * (1.0 + 1e-9)) own

                    for bound in fit.Certificate.BoundsInForce do
                        yield!
                            Law.isTrue
                                $"{bounds}: multiplier {bound.Multiplier} of {bound.Name}"
                                (bound.Multiplier > -1e-6)

                    // Held where they are, and nowhere else, nothing changes.
                    let held = active |> List.map (fun name -> name, value name fit)
                    let same = fitWith held [] "sleepstudy" sleep |> orRaise
                    yield! Law.near "held" 1e-7 same.CriterionValue fit.CriterionValue
                ])

        // Oracle

        testCase "no point of a grid within the bounds is lower" (fun () ->
            let bounds = [
                "Residual", Bound.between 800.0 1100.0
                "Residual.rho", Bound.between 0.2 0.45
                "Subject.(Intercept)", Bound.between 900.0 1150.0
            ]

            let fit = fitted bounds "sleepstudy" sleep

            let grid (bound: Bound) = [
                for k in 0..6 -> bound.Lower.Value + float k / 6.0 * (bound.Upper.Value - bound.Lower.Value)
            ]

            let likelihood = free.Value.Model

            let lowest =
                [
                    for variance in grid (snd bounds[0]) do
                        for rho in grid (snd bounds[1]) do
                            for intercept in grid (snd bounds[2]) do
                                let held =
                                    LogLikelihood.holding
                                        (Map [
                                            "Residual", variance
                                            "Residual.rho", rho
                                            "Subject.(Intercept)", intercept
                                        ])
                                        likelihood
                                    |> orRaise

                                (held.Objective.Evaluate held.Objective.Start Order.Value).Value
                ]
                |> List.min

            Law.assertHolds [
                yield! Law.atMost "criterion" (lowest + 1e-9) fit.CriterionValue
                // The grid has the corners of the box.
                yield! Law.near "criterion" 0.05 lowest fit.CriterionValue
            ])

        testCase "a variance is kept from zero" (fun () ->
            let fit =
                fitted [ "Batch.(Intercept)", Bound.atLeast 1.0 ] "dyestuff2" "Yield ~ 1 + (1 | Batch)"

            let zero =
                fitted [ "Batch.(Intercept)", Bound.atLeast 0.0 ] "dyestuff2" "Yield ~ 1 + (1 | Batch)"

            Check.equal (Verdict.BoundaryOptimum [ "Batch.(Intercept) at its lower bound 1" ]) fit.Certificate.Verdict

            Law.assertHolds [ yield! Law.near "variance" 1e-10 1.0 fit.VarianceComponents.Head.Covariance ]
            Check.equal (Verdict.BoundaryOptimum [ "Batch (Intercept)" ]) zero.Certificate.Verdict
            Check.isTrue zero.Certificate.IsSingular)

        testCase "bounds without room hold the parameter" (fun () ->
            let fit = fitted [ "Residual.rho", Bound.between 0.4 0.4 ] "sleepstudy" sleep
            let held = fitWith [ "Residual.rho", 0.4 ] [] "sleepstudy" sleep |> orRaise
            Check.equal held.CriterionValue fit.CriterionValue
            Check.equal held.DegreesOfFreedom fit.DegreesOfFreedom
            Check.equal Verdict.Optimum fit.Certificate.Verdict)

        testCase "bounds and fitted values settle together" (fun () ->
            let fit =
                fitted
                    [ "Residual.power", Bound.atMost 0.3 ]
                    "bodyweight"
                    "weight ~ Time * Diet + (Time | Rat); residual = varpower(fitted())"

            Check.equal (Verdict.BoundaryOptimum [ "Residual.power at its upper bound 0.3" ]) fit.Certificate.Verdict)

        testCase "the summary tells the bound" (fun () ->
            let fit = fitted [ "Residual.rho", Bound.atMost 0.5 ] "sleepstudy" sleep

            Check.contains
                "optimum at a bound: Residual.rho at its upper bound 0.5"
                (Summary.render SummaryFormat.Text fit))

        // Words

        testCase "wrong bounds are told in words, all at once" (fun () ->
            Check.equal
                [
                    "Parameter 'Residual' has a bound without ends; give it a lower or an upper one."
                    "Parameter 'Residual.rho' cannot be above 0.9 and below 0.1; exchange its bounds."
                    "The model has no covariance parameter 'Residual.sigm'; did you mean 'Residual.sigma'?"
                    "Parameter 'Subject.(Intercept)' cannot have the bound -1; give it a positive number."
                    "Parameter 'Subject.(Intercept)' cannot have the bound NaN; give it a positive number."
                    "Parameter 'Subject.(Intercept)' is held and bounded; leave out one of the two."
                ]
                (words
                    [ "Subject.(Intercept)", 900.0 ]
                    [
                        "Residual", { Lower = None; Upper = None }
                        "Residual.rho", Bound.between 0.9 0.1
                        "Residual.sigm", Bound.atMost 3.0
                        "Subject.(Intercept)", Bound.between -1.0 nan
                    ]
                    "sleepstudy"
                    sleep)

            Check.equal
                [
                    "Parameter 'Residual.rho' cannot have the bound -0.5; give it a number between -0.3333333333333333 and 1."
                ]
                (words
                    []
                    [ "Residual.rho", Bound.atLeast -0.5 ]
                    "orthodont"
                    "distance ~ age; residual = cs(age | Subject)")

            Check.equal
                [
                    "Parameter 'Subject.Days' cannot be bounded: 'Subject.(Intercept)', 'Subject.Days.(Intercept)' belong to the same matrix; choose a structure without them."
                ]
                (words [] [ "Subject.Days", Bound.atMost 30.0 ] "sleepstudy" "Reaction ~ Days + (Days | Subject)")

            Check.equal
                [
                    "'Residual' and 'Residual.sigma' are the same parameter; leave out one of them."
                ]
                (words [] [ "Residual", Bound.atMost 900.0; "Residual.sigma", Bound.atMost 30.0 ] "sleepstudy" sleep)

            Check.equal
                [ "Parameter 'Residual.sigma' is held and bounded; leave out one of the two." ]
                (words [ "Residual", 900.0 ] [ "Residual.sigma", Bound.atMost 30.0 ] "sleepstudy" sleep))
    ]
