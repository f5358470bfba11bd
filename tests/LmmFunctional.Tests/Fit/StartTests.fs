/// <summary>Fits that start from given values of covariance parameters, and fits that are stopped.</summary>
module LmmFunctional.Tests.StartTests

open System.Threading
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private fitWith options file formula =
    Lmm.fitFormula options (TestFrame.read file) formula

let private starting file formula (start: (string * float) list) =
    fitWith
        {
            FitOptions.defaults with
                Start = Map start
        }
        file
        formula

let private cases = [
    "sleepstudy",
    "Reaction ~ Days + (Days | Subject)",
    [
        "Subject.(Intercept)", 400.0
        "Subject.Days", 50.0
        "Subject.Days.(Intercept)", -20.0
    ]
    // The covariance follows the variances, so that the correlation stays.
    "sleepstudy", "Reaction ~ Days + (Days | Subject)", [ "Subject.(Intercept)", 1.0; "Subject.Days", 200.0 ]
    "sleepstudy", "Reaction ~ Days + (Days || Subject)", [ "Subject.Days", 80.0; "Residual", 300.0 ]
    "sleepstudy",
    "Reaction ~ Days + (1 | Subject); residual = ar1(Days | Subject)",
    [ "Residual.rho", -0.3; "Residual.sigma", 40.0 ]
    "sleepstudy", "Reaction ~ Days + (1 | Subject); residual = ar1(Days | Subject)", [ "Subject.(Intercept)", 100.0 ]
    "orthodont", "distance ~ age * Sex + (1 | Subject); residual = ident(Sex)", [ "Residual.sd(Male)", 3.0 ]
    // Such that a residual variance is left: the diagonal of the structure takes its place.
    "orthodont", "distance ~ age * Sex + cs(0 + factor(age) | Subject)", [ "Subject.sd", 1.9; "Subject.rho", 0.8 ]
    "wheat2",
    "yield ~ variety; residual = sp_exp(latitude + longitude) + nugget",
    [ "Residual.range", 5.0; "Residual.nugget", 0.5 ]
]

let private numbers = [ 0 .. cases.Length - 1 ]

let private isCancelled (action: unit -> unit) =
    try
        action ()
        false
    with :? System.OperationCanceledException ->
        true

[<Tests>]
let tests =
    testList "StartTests" [
        testCases "a fit begins where it is told" numbers (fun (number: int) ->
            let file, formula, start = cases[number]
            let fit = starting file formula start |> Inferred.orRaise
            // A fit whose columns are conditioned afterwards goes on from there, so that its path begins elsewhere.
            let started =
                LogLikelihood.create Criterion.Reml fit.Design
                |> Result.bind (Start.apply (Map.ofList start) Map.empty)
                |> Inferred.orRaise

            let first = LogLikelihood.pointAt started started.Objective.Start

            Law.assertHolds [
                for name, value in start do
                    // σ² is profiled out: what is given beside it is the ratio of the others to it.
                    if not (name.StartsWith "Residual" && (name = "Residual" || name = "Residual.sigma")) then
                        let given =
                            match start |> List.tryFind (fst >> (=) "Residual") with
                            | Some(_, variance) when not (name.StartsWith "Residual") ->
                                value / variance * ParameterValue.at started first "Residual"
                            | _ -> value

                        yield! Law.relative $"{formula}: {name}" 1e-5 given (ParameterValue.at started first name)
            ])

        testCases "a start in the same basin leads to the same optimum" numbers (fun (number: int) ->
            let file, formula, start = cases[number]

            if file <> "wheat2" then
                let fit = starting file formula start |> Inferred.orRaise
                let usual = Inferred.reml file formula
                Law.assertHolds (Law.near formula 1e-7 usual.CriterionValue fit.CriterionValue))

        // nlme stops at a local optimum; the default start finds a lower criterion.
        testCase "nlme's published local optimum of wheat2 can be reached" (fun () ->
            let formula = "yield ~ variety; residual = sp_sph(latitude + longitude) + nugget"

            let local =
                starting "wheat2" formula [ "Residual.range", 27.5; "Residual.nugget", 0.21 ]
                |> Inferred.orRaise

            let usual = Inferred.reml "wheat2" formula

            let reference =
                Nlme.references.Value |> List.find (fun (own, _) -> own = "wheat2-sph") |> snd

            Law.assertHolds [
                yield! Law.near "criterion" 1e-5 (Lmer.number "criterion" reference) local.CriterionValue
                yield! Law.isTrue "the usual fit is lower" (usual.CriterionValue < local.CriterionValue - 0.1)
                yield! Law.isTrue $"{local.Certificate}" local.Certificate.IsConverged
            ])

        testCase "a start beside held and bounded parameters" (fun () ->
            let formula = "Reaction ~ Days + (1 | Subject); residual = ar1(Days | Subject)"

            let options = {
                FitOptions.defaults with
                    Held = Map [ "Subject.(Intercept)", 900.0 ]
                    Bounds = Map [ "Residual.rho", Bound.between 0.0 0.6 ]
            }

            let usual = fitWith options "sleepstudy" formula |> Inferred.orRaise

            let other =
                fitWith
                    {
                        options with
                            Start = Map [ "Residual.rho", 0.55; "Residual.sigma", 20.0 ]
                    }
                    "sleepstudy"
                    formula
                |> Inferred.orRaise

            Law.assertHolds (Law.near "criterion" 1e-7 usual.CriterionValue other.CriterionValue))

        testCase "starts that cannot be" (fun () ->
            let formula = "Reaction ~ Days + (Days | Subject)"

            let problem start =
                starting "sleepstudy" formula start |> Inferred.describe

            Texts.equal [
                "The model has no covariance parameter 'Subject.days'; did you mean 'Subject.Days'?"
                "Parameter 'Subject.Days' cannot be -1; give it a positive number."
                "The fit cannot start at these values of 'Subject.(Intercept)', 'Subject.Days.(Intercept)', "
                + "'Subject.Days': no positive definite matrix has them."
                "'Residual' and 'Residual.sigma' are the same parameter; leave out one of them."
            ] [
                problem [ "Subject.days", 1.0 ]
                problem [ "Subject.Days", -1.0 ]
                problem [
                    "Subject.Days", 1.0
                    "Subject.(Intercept)", 1.0
                    "Subject.Days.(Intercept)", 2.0
                ]
                problem [ "Residual", 4.0; "Residual.sigma", 2.0 ]
            ]

            let options = {
                FitOptions.defaults with
                    Held = Map [ "Residual", 900.0 ]
                    Bounds = Map [ "Subject.Days", Bound.atMost 50.0 ]
                    Start = Map [ "Residual.sigma", 20.0; "Subject.Days", 60.0 ]
            }

            fitWith options "sleepstudy" "Reaction ~ Days + (Days || Subject)"
            |> Inferred.describe
            |> fun found ->
                Texts.equal
                    [
                        "Parameter 'Residual.sigma' is held, so that it has no start; leave out one of the two."
                        "Parameter 'Subject.Days' cannot start at 60, which is outside its bounds; start between them."
                    ]
                    (found.Split '\n' |> List.ofArray))

        // Cancellation

        testCase "a fit stops between two iterations" (fun () ->
            use source = new CancellationTokenSource()

            let options = {
                FitOptions.defaults with
                    Cancellation = source.Token
                    Progress =
                        Some(fun iteration ->
                            if iteration.Number = 1 then
                                source.Cancel())
            }

            let last = ref -1

            let counting = {
                options with
                    Progress =
                        Some(fun iteration ->
                            last.Value <- iteration.Number
                            options.Progress.Value iteration)
            }

            Check.isTrue (
                isCancelled (fun () -> fitWith counting "sleepstudy" "Reaction ~ Days + (Days | Subject)" |> ignore)
            )

            Check.equal 1 last.Value)

        testCase "profiles and bootstraps stop" (fun () ->
            let fit = Inferred.reml "dyestuff" "Yield ~ 1 + (1 | Batch)"
            use source = new CancellationTokenSource()
            let finished = ref 0

            let options = {
                BootstrapOptions.defaults with
                    Replicates = 400
                    Cancellation = source.Token
                    Progress =
                        Some(fun count ->
                            finished.Value <- count
                            source.Cancel())
            }

            Check.isTrue (isCancelled (fun () -> Bootstrap.run options fit |> ignore))

            Expect.isLessThan finished.Value 400 "finished.Value"

            Check.isTrue (isCancelled (fun () -> Profile.intervalsUntil source.Token 0.95 fit |> ignore)))
    ]
