/// SAS/STAT User's Guide, The MIXED Procedure, Getting Started: heights of 18 people of four families.
module LmmFunctional.Tests.SasCriteriaTests

open Expecto
open LmmFunctional
open LmmFunctional.Estimation

let private heights = [
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

let private fit =
    lazy
        (let family = heights |> List.map (fun (f, _, _) -> $"{f}") |> Column.ofStrings
         let gender = heights |> List.map (fun (_, g, _) -> g) |> Column.ofStrings
         let height = heights |> List.map (fun (_, _, h) -> h) |> Column.ofFloats

         Frame.ofColumns [ "Family", family; "Gender", gender; "Height", height ]
         |> Result.bind (fun frame ->
             Lmm.fitFormula FitOptions.defaults frame "Height ~ Gender + (1 | Family) + (1 | Family:Gender)"))

let private ofSas () =
    match fit.Value with
    | Ok fit -> fit, SasCriteria.create fit
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

[<Tests>]
let tests =
    testList "SasCriteriaTests" [
        testCase "The objective is the one SAS prints" (fun () ->
            let fit, _ = ofSas ()
            Law.assertHolds (Law.near "fit.CriterionValue" (5e-8) 71.02245869 fit.CriterionValue))

        testCase "The criteria are the ones SAS prints" (fun () ->
            let _, criteria = ofSas ()
            Law.assertHolds (Law.near "criteria.Aic" (0.05) 77.0 criteria.Aic)
            Law.assertHolds (Law.near "criteria.Aicc.Value" (0.05) 79.0 criteria.Aicc.Value)
            Law.assertHolds (Law.near "criteria.Bic" (0.05) 75.2 criteria.Bic))
    ]
