/// <summary>Profiles along which other parameters come to an end of their range, against fits with the parameter held.
/// </summary>
module LmmFunctional.Tests.ProfileCornerTests

open Expecto
open LmmFunctional
open LmmFunctional.Analysis

let private fitWith held file formula =
    match
        Lmm.fitFormula
            {
                FitOptions.defaults with
                    Held = Map held
            }
            (TestFrame.read $"cases/{file}")
            formula
    with
    | Ok fit -> fit
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

let private parameter name (fit: Fit) =
    VarianceParameters.ofFit fit
    |> List.find (fun parameter -> VarianceParameters.nameIn fit.Design parameter = name)

let private interval name (fit: Fit) =
    match Profile.interval 0.95 (ProfileTarget.Parameter(parameter name fit)) fit with
    | Ok interval -> interval
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

/// The value between two where the criterion, all else fitted again, has risen by χ²(0.95; 1): by bisection.
let private brute (fit: Fit) file formula name inside outside =
    let rise value =
        let held = fitWith [ $"Residual.{name}", value ] file formula
        Expect.isTrue held.Certificate.IsConverged ($"{name} = {value}: {held.Certificate.Verdict}")
        held.CriterionValue - fit.CriterionValue - 3.841458820694124

    let rec halve inside outside count =
        let middle = 0.5 * (inside + outside)

        if count = 0 then middle
        elif rise middle < 0.0 then halve middle outside (count - 1)
        else halve inside middle (count - 1)

    Expect.isLessThan (rise inside) 0.0 "rise inside"
    Expect.isGreaterThan (rise outside) 0.0 "rise outside"
    halve inside outside 24

let private field =
    "yield ~ 1 + (1 | geno); residual = kron(ar1(row), ar1(col)) + nugget"

[<Tests>]
let tests =
    testList "ProfileCornerTests" [
        testCase "the lower end of a correlation beyond the corner where the nugget is zero" (fun () ->
            let fit = fitWith [] "25-field-profile" field
            let found = interval "rho.1" fit
            let lower = brute fit "25-field-profile" field "rho.1" 0.5 0.25
            Expect.isTrue found.Lower.IsSome ($"{found.Note}")
            Law.assertHolds (Law.near "found.Lower.Value" (1e-5) lower found.Lower.Value))

        testCase "an end at which the likelihood still has not fallen far enough is the bound itself" (fun () ->
            let found = fitWith [] "25-field-profile" field |> interval "nugget"
            Check.equal (Some 0.0) found.Lower)

        testCase "a parameter at an end of its range has that end and another by the profile" (fun () ->
            let series = "y ~ times; residual = ar1(times | group) + nugget"
            let fit = fitWith [] "16-one-series" series
            let found = interval "nugget" fit
            Check.equal 0.0 found.Estimate
            Check.equal (Some 0.0) found.Lower

            match found.Upper with
            | Some upper when upper < 1.0 ->
                let brute = brute fit "16-one-series" series "nugget" 1e-3 0.999
                Law.assertHolds (Law.near "upper" (1e-5) brute upper)
            | upper -> Check.equal (Some 1.0) upper)
    ]
