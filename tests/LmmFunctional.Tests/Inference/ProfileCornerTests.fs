namespace LmmFunctional.Tests

open NUnit.Framework
open LmmFunctional

/// <summary>Profiles along which other parameters come to an end of their range, against fits with the parameter held.
/// </summary>
[<TestFixture>]
module ProfileCornerTests =

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
            Assert.That(held.Certificate.IsConverged, $"{name} = {value}: {held.Certificate.Verdict}")
            held.CriterionValue - fit.CriterionValue - 3.841458820694124

        let rec halve inside outside count =
            let middle = 0.5 * (inside + outside)

            if count = 0 then middle
            elif rise middle < 0.0 then halve middle outside (count - 1)
            else halve inside middle (count - 1)

        Assert.That(rise inside, Is.LessThan 0.0)
        Assert.That(rise outside, Is.GreaterThan 0.0)
        halve inside outside 24

    let private field =
        "yield ~ 1 + (1 | geno); residual = kron(ar1(row), ar1(col)) + nugget"

    [<Test>]
    let ``the lower end of a correlation beyond the corner where the nugget is zero`` () =
        let fit = fitWith [] "25-field-profile" field
        let found = interval "rho.1" fit
        let lower = brute fit "25-field-profile" field "rho.1" 0.5 0.25
        Assert.That(found.Lower.IsSome, $"{found.Note}")
        Assert.That(found.Lower.Value, Is.EqualTo(lower).Within 1e-5)

    [<Test>]
    let ``a parameter at an end of its range has that end and another by the profile`` () =
        let series = "y ~ times; residual = ar1(times | group) + nugget"
        let fit = fitWith [] "16-one-series" series
        let found = interval "nugget" fit
        Assert.That(found.Estimate, Is.EqualTo 0.0)
        Assert.That(found.Lower, Is.EqualTo(Some 0.0))

        match found.Upper with
        | Some upper when upper < 1.0 ->
            let brute = brute fit "16-one-series" series "nugget" 1e-3 0.999
            Assert.That(upper, Is.EqualTo(brute).Within 1e-5)
        | upper -> Assert.That(upper, Is.EqualTo(Some 1.0))
