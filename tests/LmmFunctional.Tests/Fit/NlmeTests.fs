/// Every case of nlme's results (R 4.2.2, nlme 3.1-162): criterion no higher, estimates the same.
module LmmFunctional.Tests.NlmeTests

open System.Collections.Immutable
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Expecto
open LmmFunctional
open LmmFunctional.Estimation

// nlme stops where its own optimiser is content: at 1e-4 in −2ℓ, which leaves parameters within a thousandth.
let private criterionTolerance = 1e-4

let private parameterTolerance = 1e-3

let private references = Nlme.references

let private fit = Nlme.fit

/// Numbers of a list or an object, in their order.
let private numbers (element: JsonElement) = [
    match element.ValueKind with
    | JsonValueKind.Array ->
        for value in element.EnumerateArray() do
            value.GetDouble()
    | JsonValueKind.Object ->
        for property in element.EnumerateObject() do
            property.Value.GetDouble()
    | _ -> ()
]

/// Standard deviations of the random effects, as nlme prints them: effect, variance, standard deviation.
let private deviations (case: JsonElement) = [
    match case.TryGetProperty "varcorr_text" with
    | true, lines ->
        for line in lines.EnumerateArray() do
            let found =
                Regex.Match(string (line.GetString()), @"^(.+?)\s+([\d.e+-]+)\s+([\d.e+-]+)(\s+\S+)?\s*$")

            if found.Success && found.Groups[1].Value <> "Residual" then
                System.Double.Parse(found.Groups[3].Value, System.Globalization.CultureInfo.InvariantCulture)
    | _ -> ()
]

let private residual (fit: Fit) =
    fit.CovarianceParameters
    |> List.filter (fun parameter -> parameter.Group = "Residual")
    |> List.map _.Estimate

/// One of nlme's results.
let Case (id: string) =
    references.Value |> List.find (fun (own, _) -> own = id) |> snd

let Ids = Nlme.cases |> List.map (fun (id, _, _) -> id)

[<Tests>]
let tests =
    testList "NlmeTests" [
        testCases "Criterion, estimates and standard errors are nlme's" Ids (fun (id: string) ->
            let _, formula, order = Nlme.cases |> List.find (fun (own, _, _) -> own = id)
            let case = Case id

            let file =
                Path.GetFileNameWithoutExtension(string (case.GetProperty("data").GetString()))

            let fit = fit file formula
            let criterion = Lmer.number "criterion" case

            let sorted (name: string) = numbers (case.GetProperty name)

            let expected = Lmer.number "sigma" case :: List.collect sorted order

            Law.assertHolds [
                yield! Law.isTrue $"{fit.Certificate.Verdict}" fit.Certificate.IsConverged

                if formula.Contains "fitted()" then
                    // A fixed point and no maximum: either side.
                    yield! Law.near "criterion" 1e-3 criterion fit.CriterionValue
                else
                    yield! Law.atMost "criterion" (criterion + criterionTolerance) fit.CriterionValue
                    yield! Law.atMost "nlme's criterion" (fit.CriterionValue + 1e-3) criterion

                for reference in Lmer.items "fixef" case do
                    let name = string (reference.GetProperty("name").GetString())
                    let estimate, se = Lmer.number "estimate" reference, Lmer.number "se" reference

                    match fit.Coefficients |> List.tryFind (fun own -> own.Name = name) with
                    | None -> $"no coefficient {name}"
                    | Some own ->
                        yield! Law.near name (parameterTolerance * max (abs estimate) se) estimate own.Estimate
                        yield! Law.relative $"standard error of {name}" parameterTolerance se own.StandardError

                let found = residual fit
                yield! Law.near "residual parameters" 0.0 (float expected.Length) (float found.Length)

                for i, (reference, own) in List.indexed (List.zip expected found) do
                    yield! Law.relative $"residual parameter {i}" parameterTolerance reference own

                let own =
                    fit.VarianceComponents
                    |> List.filter (fun part -> part.Second.IsNone && part.Group <> "Residual")
                    |> List.map _.StandardDeviation

                for reference, own in List.zip (deviations case) own do
                    yield! Law.relative "standard deviation of an effect" parameterTolerance reference own
            ])

        // nlme stops at a range of 906, and with spherical correlation at a local optimum: on a ridge that falls on and on to a
        // correlation of one, with variances in proportion.
        testCases
            "A range that grows without end is called a flat direction"
            [ "wheat2-exp", "sp_exp"; "wheat2-sph", "sp_sph" ]
            (fun (id: string, structure: string) ->
                let case = Case id

                let fit =
                    fit "wheat2" $"yield ~ variety; residual = {structure}(latitude + longitude) + nugget"

                Expect.isLessThan fit.CriterionValue (Lmer.number "criterion" case) "fit.CriterionValue"

                match fit.Certificate.Verdict with
                | Verdict.FlatDirection names ->
                    Check.equal "Residual.range, Residual.nugget" (String.concat ", " names)
                | other -> failtest $"{other}")

        // The local optimum, from the start that is not the best.
        testCase "The local optimum of the spherical correlation is nlme's" (fun () ->
            let case = references.Value |> List.find (fun (own, _) -> own = "wheat2-sph") |> snd

            let likelihood =
                StructuredModel.likelihoodOf
                    Criterion.Reml
                    (TestFrame.formula "yield ~ variety; residual = sp_sph(latitude + longitude) + nugget")
                    (TestFrame.read "wheat2")

            let start = ImmutableArray.Create(log 27.5, log (0.21 / 0.79))

            let fit =
                Solver.iterations SolverOptions.defaults (LogLikelihood.startingAt start likelihood).Objective
                |> Seq.last
                |> Fit.ofIteration likelihood

            let expected = Lmer.number "sigma" case :: numbers (case.GetProperty "corStruct")

            Law.assertHolds [
                yield! Law.near "criterion" criterionTolerance (Lmer.number "criterion" case) fit.CriterionValue

                for reference, own in List.zip expected (residual fit) do
                    yield! Law.relative "residual parameter" parameterTolerance reference own

                for reference, own in List.zip (Lmer.items "fixef" case) fit.Coefficients do
                    let se = Lmer.number "se" reference
                    yield! Law.near own.Name (parameterTolerance * se) (Lmer.number "estimate" reference) own.Estimate
                    yield! Law.relative $"standard error of {own.Name}" parameterTolerance se own.StandardError
            ])
    ]
