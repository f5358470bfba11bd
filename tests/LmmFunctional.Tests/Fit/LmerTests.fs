namespace LmmFunctional.Tests

open NUnit.Framework
open LmmFunctional

/// Every case of lme4's results: criterion no higher, estimates the same.
[<TestFixture>]
type LmerTests() =

    // R's optimiser stops about 1e-5 (relative, in standard deviations) from the exact optimum; see published.md, 3.9.
    static let sdTolerance = 1e-4
    static let modeTolerance = 1e-4

    static let fits = System.Collections.Generic.Dictionary<string, Fit>()

    static let fitOf (case: Lmer.Case) =
        lock fits (fun () ->
            match fits.TryGetValue case.Id with
            | true, fit -> fit
            | _ ->
                let fit = Lmer.fit case
                fits[case.Id] <- fit
                fit)

    static let isNear tolerance (expected: float) (actual: float) (what: string) =
        let allowed = tolerance * max (abs expected) 1e-12
        Assert.That(actual, Is.EqualTo(expected).Within(allowed), what)

    static member Ids = Lmer.cases () |> List.map _.Id

    static member private Find id =
        Lmer.cases () |> List.find (fun case -> case.Id = id)

    [<TestCaseSource("Ids")>]
    member _.``The criterion is not above lme4's``(id: string) =
        let case = LmerTests.Find id
        let fit = fitOf case
        Assert.That(fit.CriterionValue, Is.LessThanOrEqualTo(Lmer.number "criterion" case.Root + 1e-6))
        Assert.That(fit.CriterionValue, Is.GreaterThan(Lmer.number "criterion" case.Root - 1e-3))
        Assert.That(fit.Certificate.IsConverged, Is.True, string fit.Certificate.Verdict)
        Assert.That(fit.DegreesOfFreedom, Is.EqualTo(int (Lmer.number "df" case.Root)))
        isNear 1e-9 (Lmer.number "AIC" case.Root) fit.InformationCriteria.Aic "AIC"
        isNear 1e-9 (Lmer.number "BIC" case.Root) fit.InformationCriteria.Bic "BIC"

    [<TestCaseSource("Ids")>]
    member _.``Fixed effects and their standard errors agree``(id: string) =
        let case = LmerTests.Find id
        let fit = fitOf case
        let expected = Lmer.items "fixef" case.Root
        let names = expected |> List.map (Lmer.text "name" >> Option.get)
        Assert.That(fit.Coefficients |> List.map _.Name |> String.concat " ", Is.EqualTo(String.concat " " names))

        for coefficient, reference in List.zip fit.Coefficients expected do
            let estimate, se = Lmer.number "estimate" reference, Lmer.number "se" reference
            let allowed = 1e-5 * max (abs estimate) se
            Assert.That(coefficient.Estimate, Is.EqualTo(estimate).Within(allowed), coefficient.Name)
            isNear 1e-5 se coefficient.StandardError $"standard error of {coefficient.Name}"

    [<TestCaseSource("Ids")>]
    member _.``Variance components agree``(id: string) =
        let case = LmerTests.Find id
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
                Assert.That(ours[k], Is.Zero)
            else
                isNear sdTolerance expected ours[k] $"%A{k}"

    [<TestCaseSource("Ids")>]
    member _.``Conditional modes and their standard deviations agree``(id: string) =
        let case = LmerTests.Find id

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

                    Assert.That(
                        mode,
                        Is.EqualTo(value).Within(modeTolerance * max (abs value) (1e-3 * scale)),
                        $"{level} {name}"
                    )

            match Lmer.table "condSd" reference with
            | Some rows when rows.Length = levels.Length ->
                for row, level in List.zip rows levels do
                    for value, name in List.zip row terms do
                        isNear modeTolerance value (snd ours[group, name, level]) $"SD of {level} {name}"
            | Some [ row ] when row.Length = levels.Length ->
                for value, level in List.zip row levels do
                    isNear modeTolerance value (snd ours[group, terms.Head, level]) $"SD of {level}"
            | _ -> ()

    [<TestCaseSource("Ids")>]
    member _.``Fitted values and residuals agree``(id: string) =
        let case = LmerTests.Find id
        let heads name = [ for value in Lmer.items name case.Root -> value.GetDouble() ]
        let fit = fitOf case

        for expected, actual in Seq.zip (heads "fitted_head") (Fit.fitted fit) do
            isNear 1e-5 expected actual "fitted"

        for expected, actual in Seq.zip (heads "resid_head") (Fit.residuals fit) do
            Assert.That(actual, Is.EqualTo(expected).Within(1e-4 * fit.Sigma), "residual")
