/// <summary>Fits with covariance parameters held at known values.</summary>
module LmmFunctional.Tests.HeldTests

open System
open System.IO
open System.Text.Json
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private optionsOf criterion held = {
    FitOptions.defaults with
        Criterion = criterion
        Held = Map held
}

let private fitWith options file formula =
    Lmm.fitFormula options (TestFrame.read file) formula

let private fitted file formula held =
    match fitWith (optionsOf Criterion.Reml held) file formula with
    | Ok fit -> fit
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

let private words file formula held =
    match fitWith (optionsOf Criterion.Reml held) file formula with
    | Ok _ -> []
    | Error problems -> problems |> List.map LmmError.describe

let private orthodont = "distance ~ age * Sex"

let private ovary = "follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time)"

let private body = "weight ~ Time * factor(Diet)"

/// Cases of held.json as models of ours.
let private cases = [
    "orthodont-ar1", $"{orthodont}; residual = ar1(1 | Subject)", [ "Residual.rho", 0.3 ]
    "orthodont-cs", $"{orthodont}; residual = cs(age | Subject)", [ "Residual.rho", 0.3 ]
    "orthodont-ident", $"{orthodont} + (1 | Subject); residual = ident(Sex)", [ "Residual.sd(Male)", 2.0 ]
    "orthodont-power", $"{orthodont} + (1 | Subject); residual = varpower(age)", [ "Residual.power", 0.4 ]
    "ovary-ar1", $"{ovary}; residual = ar1(1 | Mare)", [ "Residual.rho", 0.5 ]
    "ovary-ar1-intercept", $"{ovary} + (1 | Mare); residual = ar1(1 | Mare)", [ "Residual.rho", 0.4 ]
    "ovary-arma", $"{ovary}; residual = arma(1,1)(1 | Mare)", [ "Residual.Phi1", 0.8; "Residual.Theta1", -0.3 ]
    "bodyweight-exp-nugget",
    $"{body}; residual = sp_exp(Time | Rat) + nugget",
    [ "Residual.range", 20.0; "Residual.nugget", 0.1 ]
    "bodyweight-gaus", $"{body}; residual = sp_gau(Time | Rat)", [ "Residual.range", 10.0 ]
    "orthodont-ar1-sigma-ml", $"{orthodont}; residual = ar1(1 | Subject)", [ "Residual", 4.0 ]
]

let private ids = cases |> List.map (fun (id, _, _) -> id)

let private references =
    lazy
        [
            for case in JsonDocument.Parse(File.ReadAllText(TestData.reference "held")).RootElement.EnumerateArray() ->
                string (case.GetProperty("id").GetString()), case
        ]

// nlme's optimiser stops at about this in −2ℓ; where nothing is left to optimise both are exact.
let private criterionTolerance = 1e-5

/// A fit without held parameters, and all its parameters by name.
let private free file formula =
    let fit = fitted file formula []
    let point = LogLikelihood.pointAt fit.Model (List.last fit.Iterations).Theta

    fit,
    [
        for name in ParameterNames.names fit.Model.Parameters do
            if name <> NamedParameters.deviationName then
                name, ParameterValue.at fit.Model point name
    ]

let private whole = [
    "sleepstudy", "Reaction ~ Days + (Days | Subject)"
    "sleepstudy", "Reaction ~ Days + (1 | Subject); residual = ar1(Days | Subject)"
    "sleepstudy", "Reaction ~ Days + ar1(0 + factor(Days) | Subject)"
    "orthodont", $"{orthodont}; residual = us(age | Subject)"
    "orthodont", $"{orthodont}; residual = toep(age | Subject)"
    "orthodont", $"{orthodont} + (1 | Subject); residual = ident(Sex)"
    "machines", "score ~ Machine + kron(us(0 + Machine), ar1(0 + factor(Worker)) | Worker)"
    "fev", "FEV1 ~ ARMCD * AVISIT; residual = fa(1)(AVISIT | USUBJID)"
    "ovary", $"{ovary}; residual = arma(2,1)(1 | Mare)"
    "wheat2", "yield ~ variety; residual = kron(ar1(latitude), ar1(longitude)) + nugget"
]

let private wholeFormulas =
    whole |> List.map snd |> List.filter (fun text -> not (text.Contains "kron"))

[<Tests>]
let tests =
    testList "HeldTests" [
        // Golden numbers

        testCases "criterion and estimates are nlme's" ids (fun (id: string) ->
            let _, formula, held = cases |> List.find (fun (own, _, _) -> own = id)
            let case = references.Value |> List.find (fun (own, _) -> own = id) |> snd
            let number (name: string) = case.GetProperty(name).GetDouble()

            let numbers (name: string) = [ for value in case.GetProperty(name).EnumerateArray() -> value.GetDouble() ]

            let isMl = id.EndsWith("-ml", StringComparison.Ordinal)
            let options = optionsOf (if isMl then Criterion.Ml else Criterion.Reml) held

            let fit =
                match fitWith options (string (case.GetProperty("data").GetString())) formula with
                | Ok fit -> fit
                | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

            Law.assertHolds [
                yield! Law.isTrue $"{fit.Certificate.Verdict}" fit.Certificate.IsConverged
                yield! Law.near "logLik" criterionTolerance (number "logLik") fit.LogLikelihood
                yield! Law.relative "sigma" 1e-4 (number "sigma") fit.Sigma

                yield! Law.relativeAll "estimates" 1e-4 (numbers "estimates") (fit.Coefficients |> List.map _.Estimate)

                // gls of nlme scales errors by n/(n − p) under ML.
                if not isMl then
                    yield!
                        Law.relativeAll "errors" 1e-4 (numbers "errors") (fit.Coefficients |> List.map _.StandardError)
            ])

        // Laws

        testCases
            "parameters held at their estimates change nothing but what is known"
            wholeFormulas
            (fun (formula: string) ->
                let file = whole |> List.find (fun (_, own) -> own = formula) |> fst
                let free, values = free file formula

                let some =
                    values
                    |> List.filter (fun (name, _) -> name = "Residual" || name.StartsWith "Subject.")

                Law.assertHolds [
                    for held in [ values; some; values |> List.filter (fst >> (<>) "Residual") ] do
                        let fit = fitted file formula held
                        let what = held |> List.map fst |> String.concat ", "
                        yield! Law.near $"{what}: criterion" 1e-6 free.CriterionValue fit.CriterionValue
                        yield! Law.relative $"{what}: sigma" 1e-6 free.Sigma fit.Sigma

                        yield!
                            Law.relativeAll
                                $"{what}: standard errors"
                                1e-6
                                (free.Coefficients |> List.map _.StandardError)
                                (fit.Coefficients |> List.map _.StandardError)

                        yield!
                            Law.isTrue
                                $"{what}: {fit.DegreesOfFreedom}"
                                (fit.DegreesOfFreedom = free.DegreesOfFreedom - held.Length)

                        for parameter in fit.CovarianceParameters do
                            let name =
                                if parameter.Name = "sigma" then
                                    "Residual"
                                else
                                    $"{parameter.Group}.{parameter.Name}"

                            if List.exists (fst >> (=) name) held then
                                yield! Law.isTrue $"{what}: error of {name}" parameter.StandardError.IsNone
                ])

        testCase "a whole covariance matrix is held with its elements named either way" (fun () ->
            let formula = "Reaction ~ Days + (Days | Subject)"
            let variances = [ "Subject.(Intercept)", 600.0; "Subject.Days", 35.0 ]

            for name in [ "Subject.Days.(Intercept)"; "Subject.(Intercept).Days" ] do
                let fit = fitted "sleepstudy" formula ((name, 10.0) :: variances)
                Check.equal 3 fit.DegreesOfFreedom

                Law.assertHolds [
                    yield!
                        Law.nearAll
                            "covariance"
                            1e-10
                            [ 600.0; 10.0; 10.0; 35.0 ]
                            (snd fit.RandomCovariances.Head).Values
                ])

        testCase "what is profiled along is what is held" (fun () ->
            let formula = "Reaction ~ Days + (1 | Subject); residual = ar1(Days | Subject)"
            let fit = fitted "sleepstudy" formula []

            let curve =
                Profile.curve 2.0 (ProfileTarget.Parameter(VarianceParameter.ResidualStructure 0)) fit
                |> Result.defaultWith (fun _ -> invalidOp "no profile")

            Law.assertHolds [
                for point in curve.Points do
                    let held = fitted "sleepstudy" formula [ "Residual.rho", point.Value ]

                    yield!
                        Law.near
                            $"rho = {point.Value}"
                            1e-6
                            (fit.CriterionValue + point.Zeta * point.Zeta)
                            held.CriterionValue
            ])

        testCase "an exponent of the fitted values is held through all fits" (fun () ->
            let formula = "weight ~ Time * Diet + (Time | Rat); residual = varpower(fitted())"
            let fit = fitted "bodyweight" formula [ "Residual.power", 1.0 ]
            let power = fit.CovarianceParameters |> List.find (fun own -> own.Name = "power")
            Check.equal 1.0 power.Estimate
            Check.isTrue fit.Certificate.IsConverged)

        testCase "coefficients are profiled with what is held" (fun () ->
            let formula = "Reaction ~ Days + (1 | Subject)"

            let fit =
                fitted "sleepstudy" formula [ "Residual", 1500.0; "Subject.(Intercept)", 1000.0 ]

            // Nothing but β is left: the profile is quadratic, and its interval Wald's.
            match Profile.interval 0.95 (ProfileTarget.Coefficient "Days") fit with
            | Error _ -> failtest "no interval"
            | Ok interval ->
                let own = fit.Coefficients[1]
                let reach = 1.959963984540054 * own.StandardError

                Law.assertHolds [
                    yield! Law.near "lower" 1e-4 (own.Estimate - reach) (Option.defaultValue nan interval.Lower)
                    yield! Law.near "upper" 1e-4 (own.Estimate + reach) (Option.defaultValue nan interval.Upper)
                ])

        // Words

        testCase "what cannot be held is told in words, all at once" (fun () ->
            Check.equal
                [
                    "Parameter 'Residual' cannot be NaN; give it a positive number."
                    "The model has no covariance parameter 'Residual.rh'; did you mean 'Residual.rho'?"
                    "Parameter 'Residual.rho' cannot be -0.5; give it a number between -0.3333333333333333 and 1."
                ]
                (words "orthodont" $"{orthodont}; residual = cs(age | Subject)" [
                    "Residual", nan
                    "Residual.rh", 0.1
                    "Residual.rho", -0.5
                ])

            Check.equal
                [
                    "'Residual' and 'Residual.sigma' are the same parameter; leave out one of them."
                ]
                (words "orthodont" orthodont [ "Residual", 4.0; "Residual.sigma", 2.0 ])

            Check.equal
                [
                    "'Subject.Days.(Intercept)' and 'Subject.(Intercept).Days' are the same parameter; leave out one of them."
                ]
                (words "sleepstudy" "Reaction ~ Days + (Days | Subject)" [
                    "Subject.Days.(Intercept)", 4.0
                    "Subject.(Intercept).Days", 2.0
                 ]
                 |> List.map (fun text ->
                     // Names come in the order of a map.
                     text.Replace(
                         "'Subject.(Intercept).Days' and 'Subject.Days.(Intercept)'",
                         "'Subject.Days.(Intercept)' and 'Subject.(Intercept).Days'"
                     )))

            Check.equal
                [
                    "'Residual.sd(10)' cannot be held without 'Residual.cor(8,10)', which belongs to the same matrix; hold them all, or none."
                ]
                (words "orthodont" $"{orthodont}; residual = us(age | Subject)" [ "Residual.sd(10)", 1.0 ])

            Check.equal
                [
                    "'Residual.rho1', 'Residual.rho2' cannot be held at these values: no positive definite matrix has them."
                ]
                (words "orthodont" $"{orthodont}; residual = toep(age | Subject)" [
                    "Residual.rho1", 0.9
                    "Residual.rho2", 0.1
                ])

            Check.equal
                [
                    "Several random terms have a parameter 'Subject.sd'; leave it free, or give each term a grouping factor of its own."
                ]
                (words
                    "sleepstudy"
                    "Reaction ~ Days + cs(0 + factor(Days) | Subject) + ar1(0 + factor(Days) | Subject)"
                    [ "Subject.sd", 1.0 ]))
    ]
