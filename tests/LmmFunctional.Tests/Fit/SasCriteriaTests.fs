namespace LmmFunctional.Tests

open NUnit.Framework
open LmmFunctional

/// SAS/STAT User's Guide, The MIXED Procedure, Getting Started: heights of 18 people of four families.
[<TestFixture>]
type SasCriteriaTests() =

    static let heights = [
        1, "F", 67.0
        1, "F", 66.0
        1, "F", 64.0
        1, "M", 71.0
        1, "M", 72.0
        2, "F", 63.0
        2, "F", 63.0
        2, "F", 67.0
        2, "M", 69.0
        2, "M", 68.0
        2, "M", 70.0
        3, "F", 63.0
        3, "M", 64.0
        4, "F", 67.0
        4, "F", 66.0
        4, "M", 67.0
        4, "M", 67.0
        4, "M", 69.0
    ]

    static let fit =
        lazy
            (let family = heights |> List.map (fun (f, _, _) -> $"{f}") |> Column.ofStrings
             let gender = heights |> List.map (fun (_, g, _) -> g) |> Column.ofStrings
             let height = heights |> List.map (fun (_, _, h) -> h) |> Column.ofFloats

             Frame.ofColumns [ "Family", family; "Gender", gender; "Height", height ]
             |> Result.bind (fun frame ->
                 Lmm.fitFormula FitOptions.defaults frame "Height ~ Gender + (1 | Family) + (1 | Family:Gender)"))

    static let ofSas () =
        match fit.Value with
        | Ok fit -> fit, SasCriteria.create fit
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    [<Test>]
    member _.``The objective is the one SAS prints``() =
        let fit, _ = ofSas ()
        Assert.That(fit.CriterionValue, Is.EqualTo(71.02245869).Within(5e-8))

    [<Test>]
    member _.``The criteria are the ones SAS prints``() =
        let _, criteria = ofSas ()
        Assert.That(criteria.Aic, Is.EqualTo(77.0).Within(0.05))
        Assert.That(criteria.Aicc.Value, Is.EqualTo(79.0).Within(0.05))
        Assert.That(criteria.Bic, Is.EqualTo(75.2).Within(0.05))
