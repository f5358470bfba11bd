/// Every case of lme4's results: criterion no higher, estimates the same.
module LmmFunctional.Tests.LmerTests

open Expecto
open LmmFunctional
open LmmFunctional.Estimation

// R's optimiser stops about 1e-5 (relative, in standard deviations) from the exact optimum; see published.md, 3.9.
let private sdTolerance = 1e-4

let private modeTolerance = 1e-4

let private fits = System.Collections.Generic.Dictionary<string, Fit>()

let private fitOf (case: Lmer.Case) =
    lock fits (fun () ->
        match fits.TryGetValue case.Id with
        | true, fit -> fit
        | _ ->
            let fit = Lmer.fit case
            fits[case.Id] <- fit
            fit)

let private isNear tolerance (expected: float) (actual: float) (what: string) =
    let allowed = tolerance * max (abs expected) 1e-12
    Law.assertHolds (Law.near what (allowed) expected actual)

let Ids = Lmer.cases () |> List.map _.Id

let private Find id =
    Lmer.cases () |> List.find (fun case -> case.Id = id)

[<Tests>]
let tests =
    testList "LmerTests" [
        testCases "The criterion is not above lme4's" Ids (fun (id: string) ->
            let case = Find id
            let fit = fitOf case
            Expect.isLessThanOrEqual fit.CriterionValue (Lmer.number "criterion" case.Root + 1e-6) "fit.CriterionValue"
            Expect.isGreaterThan fit.CriterionValue (Lmer.number "criterion" case.Root - 1e-3) "fit.CriterionValue"
            Expect.isTrue fit.Certificate.IsConverged (string fit.Certificate.Verdict)
            Check.equal (int (Lmer.number "df" case.Root)) fit.DegreesOfFreedom
            isNear 1e-9 (Lmer.number "AIC" case.Root) fit.InformationCriteria.Aic "AIC"
            isNear 1e-9 (Lmer.number "BIC" case.Root) fit.InformationCriteria.Bic "BIC")

        testCases "Fixed effects and their standard errors agree" Ids (fun (id: string) ->
            let case = Find id
            let fit = fitOf case
            let expected = Lmer.items "fixef" case.Root
            let names = expected |> List.map (Lmer.text "name" >> Option.get)
            Check.equal (String.concat " " names) (fit.Coefficients |> List.map _.Name |> String.concat " ")

            for coefficient, reference in List.zip fit.Coefficients expected do
                let estimate, se = Lmer.number "estimate" reference, Lmer.number "se" reference
                let allowed = 1e-5 * max (abs estimate) se
                Law.assertHolds (Law.near coefficient.Name (allowed) estimate coefficient.Estimate)
                isNear 1e-5 se coefficient.StandardError $"standard error of {coefficient.Name}")

        testCases "Variance components agree" Ids (fun (id: string) ->
            let case = Find id
            let fit = fitOf case

            // lme4 writes nested groups inside out, and numbers terms of one group.
            let key (group: string) first second =
                let parts = (group.Split('.')[0]).Split(':') |> Array.sort |> String.concat ":"
                parts, first, second

            let ours =
                fit.VarianceComponents
                |> List.map (fun c -> key c.Group c.First c.Second, c.StandardDeviation)
                |> Map.ofList

            for reference in Lmer.items "varcorr" case.Root do
                let k =
                    key
                        (Lmer.text "group" reference |> Option.get)
                        (Lmer.text "var1" reference)
                        (Lmer.text "var2" reference)

                let expected = Lmer.number "sdcor" reference

                if expected = 0.0 then
                    Check.equal 0.0 ours[k]
                else
                    isNear sdTolerance expected ours[k] $"%A{k}")

        testCases "Conditional modes and their standard deviations agree" Ids (fun (id: string) ->
            let case = Find id

            let ours =
                Fit.randomEffects (fitOf case)
                |> List.collect (fun effects -> [
                    for i in 0 .. effects.Effects.Length - 1 do
                        for level in 0 .. effects.Levels.Length - 1 do
                            let name = effects.Levels[level].Split(':') |> Array.sort |> String.concat ":"
                            let group = effects.Group.Split(':') |> Array.sort |> String.concat ":"

                            (group, effects.Effects[i], name),
                            (effects.Modes[level, i], effects.StandardDeviations[level, i])
                ])
                |> Map.ofList

            for reference in Lmer.items "ranef" case.Root do
                let group =
                    (Lmer.text "group" reference |> Option.get).Split(':')
                    |> Array.sort
                    |> String.concat ":"

                let terms = reference.GetProperty "terms"

                let terms =
                    if terms.ValueKind = System.Text.Json.JsonValueKind.Array then
                        [ for t in terms.EnumerateArray() -> string (t.GetString()) ]
                    else
                        [ string (terms.GetString()) ]

                let levels = [
                    for l in (reference.GetProperty "levels").EnumerateArray() ->
                        (string (l.GetString())).Split(':') |> Array.sort |> String.concat ":"
                ]

                let values = Lmer.table "values" reference |> Option.get
                let scale = values |> List.concat |> List.map (abs: float -> float) |> List.max

                for row, level in List.zip values levels do
                    for value, name in List.zip row terms do
                        let mode, _ = ours[group, name, level]

                        Law.assertHolds (
                            Law.near ($"{level} {name}") (modeTolerance * max (abs value) (1e-3 * scale)) value mode
                        )

                match Lmer.table "condSd" reference with
                | Some rows when rows.Length = levels.Length ->
                    for row, level in List.zip rows levels do
                        for value, name in List.zip row terms do
                            isNear modeTolerance value (snd ours[group, name, level]) $"SD of {level} {name}"
                | Some [ row ] when row.Length = levels.Length ->
                    for value, level in List.zip row levels do
                        isNear modeTolerance value (snd ours[group, terms.Head, level]) $"SD of {level}"
                | _ -> ())

        testCases "Fitted values and residuals agree" Ids (fun (id: string) ->
            let case = Find id
            let heads name = [ for value in Lmer.items name case.Root -> value.GetDouble() ]
            let fit = fitOf case

            for expected, actual in Seq.zip (heads "fitted_head") (Fit.fitted fit) do
                isNear 1e-5 expected actual "fitted"

            for expected, actual in Seq.zip (heads "resid_head") (Fit.residuals fit) do
                Law.assertHolds (Law.near "residual" (1e-4 * fit.Sigma) expected actual))
    ]
