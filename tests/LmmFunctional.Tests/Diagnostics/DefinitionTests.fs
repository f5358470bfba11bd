/// <summary>Residuals, leverages and influence against R and against the definitions of SAS PROC MIXED and HLMdiag worked out
/// with dense matrices in R.</summary>
module LmmFunctional.Tests.DefinitionTests

open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private sleep =
    lazy Fitted.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)"

let private oats =
    lazy Fitted.reml "oats" "yield ~ Variety + nitro + (1 | Block) + (1 | Block:Variety)"

let private plates =
    lazy Fitted.ml "penicillin" "diameter ~ 1 + (1 | plate) + (1 | sample)"

let private orthodont =
    lazy Fitted.reml "orthodont" "distance ~ age * Sex; residual = ar1(1 | Subject)"

// R's optimisers leave this much of the covariance parameters.
let private tolerance = 1e-5

let private near name path (found: float seq) =
    let expected = Reference.numbers path
    let size = expected |> Array.fold (fun most x -> max most (abs x)) 0.0
    Law.nearAll name (tolerance * size) expected found

/// All columns of the dense formulas.
let private definitions (fit: Fit) name group = [
    let residuals = ResidualTable.create fit

    let of' member' =
        near $"{name} {member'}" [ "dense"; name; member' ]

    yield! of' "marginal" residuals.Marginal
    yield! of' "conditional" residuals.Conditional
    yield! of' "pearsonMarginal" residuals.PearsonMarginal
    yield! of' "pearsonConditional" residuals.PearsonConditional
    yield! of' "studentizedMarginal" residuals.StudentizedMarginal
    yield! of' "studentizedConditional" residuals.StudentizedConditional
    yield! of' "deleted" residuals.Deleted
    yield! of' "deletedT" residuals.DeletedT
    yield! of' "decorrelated" residuals.Decorrelated
    yield! of' "leverage" residuals.Leverage
    yield! of' "leverageFixed" residuals.LeverageFixed

    for part, units in [ "rows", DiagnosticUnits.Rows; "groups", DiagnosticUnits.Levels group ] do
        match DiagnosticUnits.find units fit with
        | Error problems -> yield! problems |> List.map LmmError.describe
        | Ok found ->
            let table = FixedInfluence.table (MixedModelEquations fit) (Array.ofList found)

            let column member' values =
                near $"{name} {part} {member'}" [ "dense"; name; part; member' ] values

            yield! column "cookD" (table.Units |> Seq.map _.CookD)
            yield! column "mdffits" (table.Units |> Seq.map _.Mdffits)
            yield! column "covtrace" (table.Units |> Seq.map _.CovTrace)
            yield! column "covratio" (table.Units |> Seq.map _.CovRatio)
]

let private deviations (fit: Fit) group =
    let effects =
        Fit.randomEffects fit |> List.find (fun effects -> effects.Group = group)

    [
        for level in 0 .. effects.Levels.Length - 1 do
            for effect in 0 .. effects.Effects.Length - 1 do
                effects.StandardDeviations[level, effect]
    ]

[<Tests>]
let tests =
    testList "DefinitionTests" [
        testCase "conditional standard deviations are lme4's condVar" (fun () ->
            Law.assertHolds [
                yield! near "Subject" [ "condSd"; "sleepstudy" ] (deviations sleep.Value "Subject")
                yield! near "plate" [ "condSd"; "penicillinPlate" ] (deviations plates.Value "plate")
                yield! near "sample" [ "condSd"; "penicillinSample" ] (deviations plates.Value "sample")
                yield! near "Block" [ "condSd"; "oatsBlock" ] (deviations oats.Value "Block")
            ])

        testCase "leverages are lme4's hatvalues" (fun () ->
            Law.assertHolds [
                for name, fit in [ "sleepstudy", sleep; "oats", oats; "penicillin", plates ] do
                    yield! near name [ "hatvalues"; name ] (ResidualTable.create fit.Value).Leverage
            ])

        testCase "definitions of SAS and HLMdiag: random slopes" (fun () ->
            definitions sleep.Value "sleepstudy" "Subject" |> Law.assertHolds)

        testCase "definitions of SAS and HLMdiag: nested terms" (fun () ->
            definitions oats.Value "oats" "Block" |> Law.assertHolds)

        testCase "definitions of SAS and HLMdiag: autoregressive residuals" (fun () ->
            definitions orthodont.Value "orthodontAr1" "Subject" |> Law.assertHolds)

        testCase "principal components are lme4's rePCA" (fun () ->
            let cake =
                Fitted.reml "cake" "angle ~ recipe * temperature + (1 | recipe:replicate)"

            let components (fit: Fit) =
                EffectRankCheck.deviations (snd fit.RandomCovariances.Head)

            Law.assertHolds [
                yield! near "sleepstudy" [ "rePCA"; "sleepstudy" ] (components sleep.Value)
                yield! near "cake" [ "rePCA"; "cake" ] (components cake)
            ])

        testCase "variance inflation is car's vif" (fun () ->
            let fit = Fitted.reml "oats" "yield ~ Variety * nitro + (1 | Block)"
            let check = CollinearityCheck.create CheckOptions.defaults fit

            let column name =
                match check.Table.TryColumn name with
                | Some(Column.Numeric values) -> Seq.toList values
                | _ -> failtest $"no column {name}"

            Law.assertHolds [
                yield! near "gvif" [ "vif"; "gvif" ] (column "gvif")
                yield! near "df" [ "vif"; "df" ] (column "df")
                yield! near "per column" [ "vif"; "perColumn" ] (column "perColumn")
            ])

        testCase "autocorrelations of Pearson residuals are nlme's ACF" (fun () ->
            let residuals = ResidualTable.create sleep.Value

            match SubjectSeries.find CheckOptions.defaults sleep.Value with
            | Ok(Some series) ->
                let check = SerialCheck.autocorrelation CheckOptions.defaults series residuals

                match check.Table.TryColumn "conditional" with
                | Some(Column.Numeric values) ->
                    near "ACF" [ "acf"; "acf" ] (Seq.append [ 1.0 ] values) |> Law.assertHolds
                | _ -> failtest "no column conditional"
            | other -> failtest $"{other}")

        testCase "standard errors of predictions are glmmTMB's with covariance parameters known" (fun () ->
            let fit = Fitted.ml "sleepstudy" "Reaction ~ Days + (Days | Subject)"

            let options = {
                PredictionOptions.defaults with
                    Method = DegreesOfFreedomMethod.Asymptotic
            }

            let fresh =
                TestFrame.ofColumns [
                    "Days", TestFrame.numbers [ 0.0; 4.5; 12.0; 3.0 ]
                    "Subject", TestFrame.texts [ "308"; "370"; "372"; "new" ]
                ]

            match Predictions.ofFrame options fresh fit, Predictions.ofFit options fit with
            | Ok predicted, Ok ofData ->
                Law.assertHolds [
                    yield! near "fit" [ "glmmTMB"; "fit" ] (predicted |> List.map _.Estimate)
                    yield! near "se" [ "glmmTMB"; "se" ] (predicted |> List.map _.StandardError)
                    yield! near "data" [ "glmmTMB"; "dataFit" ] (ofData |> List.map _.Estimate)
                    yield! near "data, se" [ "glmmTMB"; "dataSe" ] (ofData |> List.map _.StandardError)
                ]
            | Error problems, _
            | _, Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; "))
    ]
