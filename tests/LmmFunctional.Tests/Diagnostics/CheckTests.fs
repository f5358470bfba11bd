/// <summary>Checks of models: on every model, against brute force, on data with a fault that was put in, and in words.</summary>
module LmmFunctional.Tests.CheckTests

open System
open System.Text.Json
open Expecto
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Verification
open LmmFunctional.Properties

let private ran options fit =
    match Checks.run options fit with
    | Ok checks -> checks
    | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; ")

let private run fit = ran CheckOptions.defaults fit

/// The check of a name, of something whose description begins so.
let private named name (subject: string) (checks: ModelCheck list) =
    match
        checks
        |> List.tryFind (fun check -> check.Name = name && check.Of.StartsWith(subject, StringComparison.Ordinal))
    with
    | Some check -> check
    | None -> failtest $"there is no check '{name}' of '{subject}'"

let private numberOf name (check: ModelCheck) =
    check.Numbers |> List.find (fst >> (=) name) |> snd

/// What holds of the checks of every model.
let private sound (fit: Fit) = [
    let checks = run fit

    for check in checks do
        let name = $"{check.Name} of {check.Of}"
        yield! Law.isTrue $"{name} ends in a period" (check.Finding.EndsWith('.'))

        yield!
            Law.isTrue
                $"{name} has advice where it is notable"
                (check.Advice.IsSome = (check.Outcome = CheckOutcome.Notable))

        yield!
            Law.isTrue
                $"{name} has numbers where it applies"
                (check.Numbers.IsEmpty = (check.Outcome = CheckOutcome.NotApplicable))

        for number, value in check.Numbers do
            if (number = "p" || number = "pAdjusted") && not (Double.IsNaN value) then
                yield! Law.isTrue $"{name}: {number} = {value}" (value >= 0.0 && value <= 1.0)

    // JSON that is no JSON raises.
    use json = JsonDocument.Parse(CheckReport.toJson checks)

    yield!
        Law.near
            "checks in JSON"
            0.0
            (float checks.Length)
            (float (json.RootElement.GetProperty("checks").GetArrayLength()))

    yield!
        Law.isTrue
            "the report names all"
            (checks
             |> List.forall (fun check -> (CheckReport.render SummaryFormat.Text checks).Contains check.Finding))
]

/// The means of the variogram by two loops over all rows.
let private variogram (fit: Fit) = [
    match SubjectSeries.find CheckOptions.defaults fit with
    | Ok(Some({ Coordinates = Some coordinates } as series)) ->
        let residuals = ResidualTable.create fit
        let check = VariogramCheck.create CheckOptions.defaults fit series residuals
        let setting = Setting.ofFit fit

        let v =
            Marginal.timesV setting.Model (Matrix<float>.Build.DenseIdentity fit.Observations)

        match check.Table.TryColumn "distance", check.Table.TryColumn "variogram", check.Table.TryColumn "model" with
        | Some(Column.Numeric distances), Some(Column.Numeric found), Some(Column.Numeric model) ->
            // Only where each distance is a class of its own.
            let all = [|
                for rows in series.Rows do
                    for i in rows do
                        for j in rows do
                            if i < j then
                                let d =
                                    sqrt (
                                        Array.fold2
                                            (fun sum a b -> sum + (a - b) ** 2.0)
                                            0.0
                                            coordinates[i]
                                            coordinates[j]
                                    )

                                let r = residuals.PearsonMarginal
                                d, 0.5 * (r[i] - r[j]) ** 2.0, 1.0 - v[i, j] / sqrt (v[i, i] * v[j, j])
            |]

            if Array.length (Array.distinctBy (fun (d, _, _) -> d) all) = distances.Length then
                for k in 0 .. distances.Length - 1 do
                    let own = all |> Array.filter (fun (d, _, _) -> abs (d - distances[k]) <= 1e-9 * d)
                    yield! Law.near $"variogram {k}" 1e-8 (own |> Array.averageBy (fun (_, half, _) -> half)) found[k]
                    yield! Law.near $"model {k}" 1e-7 (own |> Array.averageBy (fun (_, _, m) -> m)) model[k]
        | _ -> ()
    | _ -> ()
]

let private said law (model: RandomModel) =
    let fit = RandomModel.fit model

    if (Setting.ofFit fit).Rounding > 1e-9 then [] else law fit
    |> List.map (fun failure -> $"{RandomModel.formula model}: {failure}")
    |> Law.holds

let private structured = {
    Law.config with
        arbitrary = [ typeof<StructuredSmallModels> ]
        maxTest = 60
}

let private plain = {
    Law.config with
        arbitrary = [ typeof<SmallModels> ]
        maxTest = 40
}

let private subjects, visits = 30, 6

/// y of 30 subjects at 6 visits from random intercepts and residuals that a function makes of normal deviates.
let private planted seed (residuals: int -> float[] -> float[]) formula =
    let stream = RandomStream(uint64 (seed: int), 0)

    let rows = [
        for subject in 0 .. subjects - 1 do
            let effect = 2.0 * stream.NextNormal()
            let own = residuals subject (Array.init visits (fun _ -> stream.NextNormal()))

            for visit in 0 .. visits - 1 do
                subject, visit, 10.0 + 0.5 * float visit + effect + own[visit]
    ]

    let frame =
        TestFrame.ofColumns [
            "id", rows |> Seq.map (fun (subject, _, _) -> $"s{subject + 10}") |> TestFrame.texts
            "arm",
            rows
            |> Seq.map (fun (subject, _, _) -> if subject % 2 = 0 then "A" else "B")
            |> TestFrame.texts
            "time", rows |> Seq.map (fun (_, visit, _) -> float visit) |> TestFrame.numbers
            "later",
            rows
            |> Seq.map (fun (_, visit, _) -> float (visit * visit) + 30.0)
            |> TestFrame.numbers
            "y", rows |> Seq.map (fun (_, _, y) -> y) |> TestFrame.numbers
        ]

    match Lmm.fitFormula FitOptions.defaults frame formula with
    | Ok fit -> fit
    | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; ")

let private clean = fun _ (e: float[]) -> e

let private notable name subject checks =
    let check = named name subject checks

    if check.Outcome <> CheckOutcome.Notable then
        failtest $"{name} of {check.Of} is not notable: {check.Finding}"

[<Tests>]
let tests =
    testList "CheckTests" [
        testPropertyWithConfig plain "checks of every model are complete" (said sound)
        testPropertyWithConfig structured "checks of every structured model are complete" (said sound)
        testPropertyWithConfig plain "variograms are means over all pairs" (said variogram)
        testPropertyWithConfig structured "variograms of structured models are means over all pairs" (said variogram)

        testCase "residuals that are not normal are noticed" (fun () ->
            planted 1 (fun _ -> Array.map (fun z -> exp (1.2 * z))) "y ~ time + (1 | id)"
            |> run
            |> notable "normality" "residuals")

        testCase "unequal variances of groups are noticed" (fun () ->
            let checks =
                planted
                    2
                    (fun subject -> Array.map (fun z -> if subject % 2 = 0 then z else 3.0 * z))
                    "y ~ time + arm + (1 | id)"
                |> run

            notable "equal variances" "arm" checks)

        testCase "a variance that grows along the fit is noticed" (fun () ->
            // A trend much larger than the random effects: the fitted values go along with time.
            let grows _ =
                Array.mapi (fun visit z -> 10.0 * float visit + z * (0.2 + float visit))

            let fit = planted 3 grows "y ~ time + (1 | id)"
            notable "equal variances" "fitted values" (run fit))

        testCase "autocorrelation is noticed, and is gone when the model has it" (fun () ->
            let series _ (z: float[]) =
                z |> Array.scan (fun before z -> 0.8 * before + z) 0.0 |> Array.tail

            notable "autocorrelation" "residuals" (planted 4 series "y ~ time + (1 | id)" |> run)

            let modelled =
                planted 4 series "y ~ time + (1 | id); residual = ar1(time | id)"
                |> run
                |> named "autocorrelation" "residuals"

            Check.equal CheckOutcome.Unremarkable modelled.Outcome)

        testCase "a correlation that the model lacks shows in the variogram and by lag" (fun () ->
            let series _ (z: float[]) =
                z |> Array.scan (fun before z -> 0.95 * before + z) 0.0 |> Array.tail

            planted 5 series "y ~ time + (1 | id)" |> run |> notable "variogram" "responses"

            planted 5 clean "y ~ time"
            |> ran {
                CheckOptions.defaults with
                    Subjects = Some "id"
                    Along = Some "time"
            }
            |> notable "correlation by lag" "responses")

        testCase "covariates that depend on each other are noticed" (fun () ->
            planted 6 clean "y ~ time + later + (1 | id)"
            |> run
            |> notable "collinearity" "fixed")

        testCase "a random effect that carries nothing is noticed" (fun () ->
            let fit = planted 7 clean "y ~ time + (time | id)"
            let check = run fit |> named "random effects that carry nothing" "id"
            let isSingular = fit.Certificate.IsSingular
            Check.equal (isSingular, isSingular) (check.Outcome = CheckOutcome.Notable, numberOf "zero" check > 0.0)
            let dyestuff = Fitted.reml "dyestuff2" "Yield ~ 1 + (1 | Batch)"
            notable "random effects that carry nothing" "Batch" (run dyestuff))

        testCase "an outlier and its subject are named first" (fun () ->
            let one subject (z: float[]) =
                z |> Array.mapi (fun visit z -> if subject = 3 && visit = 2 then z + 9.0 else z)

            let checks = planted 8 one "y ~ time + (1 | id)" |> run
            let outlier = named "outliers" "rows" checks
            notable "outliers" "rows" checks

            match outlier.Table.TryColumn "unit" with
            | Some(Column.Categorical(levels, codes)) -> Check.equal $"{3 * visits + 2 + 1}" levels[codes[0]]
            | _ -> failtest "units have names")

        testCase "a row that moves the estimates is named as influential" (fun () ->
            let one subject (z: float[]) =
                z
                |> Array.mapi (fun visit z -> if subject = 0 && visit = 5 then z + 80.0 else z)

            planted 9 one "y ~ time + (1 | id)" |> run |> notable "influence" "rows")

        testCase "with a right model each check is notable about as often as its level says" (fun () ->
            let replicates = 150

            let all = [
                for seed in 100 .. 99 + replicates do
                    planted seed clean "y ~ time + arm + (1 | id)" |> run
            ]

            let most = 0.05 + 4.0 * sqrt (0.05 * 0.95 / float replicates)

            for name, subject in
                [
                    "normality", "residuals"
                    "normality", "id (Intercept)"
                    "equal variances", "arm"
                    "equal variances", "fitted values"
                    "autocorrelation", "residuals"
                    "correlation by lag", "responses"
                    "variogram", "responses"
                    "outliers", "rows"
                    "outliers", "levels of id"
                ] do
                let share =
                    all
                    |> List.averageBy (fun checks ->
                        if (named name subject checks).Outcome = CheckOutcome.Notable then
                            1.0
                        else
                            0.0)

                if share > most then
                    failtest $"{name} of {subject} is notable in {100.0 * share} %% of right models")

        testCase "a fit without residual variance and one without random effects are told in words" (fun () ->
            let fit = planted 10 clean "y ~ time"
            let words = run fit |> List.map _.Finding |> String.concat "\n"
            Check.contains "The model has no random effects." words
            Check.contains "The model has no subjects of several rows; name the factor" words

            let named' =
                ran
                    {
                        CheckOptions.defaults with
                            Subjects = Some "id"
                            Along = Some "time"
                    }
                    fit

            Check.equal CheckOutcome.Notable (named "autocorrelation" "residuals" named').Outcome)

        testCase "subjects and columns that are not there are told" (fun () ->
            let fit = planted 11 clean "y ~ time + (1 | id)"

            let words options =
                match Checks.run options fit with
                | Ok _ -> ""
                | Error problems -> problems |> List.map LmmError.describe |> String.concat "\n"

            Check.contains
                "'nobody' is neither a factor of the model nor a column of the data"
                (words {
                    CheckOptions.defaults with
                        Subjects = Some "nobody"
                })

            Check.contains
                "Column 'tim' is not in the data; did you mean 'time'?"
                (words {
                    CheckOptions.defaults with
                        Along = Some "tim"
                })

            Check.contains
                "Column 'arm' is text, but the order within subjects needs numbers"
                (words {
                    CheckOptions.defaults with
                        Along = Some "arm"
                }))

        testCase "options out of range raise" (fun () ->
            let fit = planted 12 clean "y ~ time + (1 | id)"

            for options in
                [
                    {
                        CheckOptions.defaults with
                            Significance = 1.0
                    }
                    { CheckOptions.defaults with Lags = 0 }
                    {
                        CheckOptions.defaults with
                            MaximumInflation = nan
                    }
                ] do
                Expect.throwsT<ArgumentException> (fun () -> Checks.run options fit |> ignore) "the option")

        testCase "the words of checks" (fun () ->
            let checks = Fitted.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)" |> run

            Check.equal
                "The 18 values look normal: W = 0.9502, p = 0.43, skewness -0.4633, excess kurtosis -0.6588; predictions look more normal than the effects are, the more so the lower their reliability, here 0.7196 on average."
                (named "normality" "Subject (Intercept)" checks).Finding

            Check.equal
                "3 of 180 are outliers: the largest shift is that of 57, 150.9, t = 5.527, p < 0.0001 (holm over 180)."
                (named "outliers" "rows" checks).Finding

            Check.equal
                "No unit matters much: the largest Cook's distance, 0.1485 of 309, moves the estimates to the edge of their 14 % confidence region; 0 of 18 are above 4/18."
                (named "influence" "levels of Subject" checks).Finding

            Check.equal
                "Each of the 2 components of the effects of Subject carries something, the first 0.9461 of their variance."
                (named "random effects that carry nothing" "Subject" checks).Finding

            let text = CheckReport.render SummaryFormat.Text checks
            Check.startsWith "Checks of the model\n5 of 14 checks are worth a look; 1 does not apply.\n" text)
    ]
