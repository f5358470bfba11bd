/// Every case of lmerTest's and pbkrtest's results: Satterthwaite, Kenward-Roger and the tables of types I and III.
module LmmFunctional.Tests.LmerInferenceTests

open Expecto
open LmmFunctional
open LmmFunctional.Analysis

// lmerTest differentiates numerically and lme4 stops about 1e-5 from the optimum; see published.md, 3.9.
let private tolerance = 1e-5

let private find id =
    Lmer.cases () |> List.find (fun case -> case.Id = id)

let private hasInference (case: Lmer.Case) =
    not (Lmer.items "satterthwaite" case.Root).IsEmpty

/// p-values by their digits, the more the smaller they are.
let private nearP what (expected: float) actual =
    Law.near what (tolerance * expected * max 1.0 (-log expected)) expected actual

let private coefficients name method (case: Lmer.Case) fit = [
    let expected = Lmer.items name case.Root

    if not expected.IsEmpty then
        let found = Inferred.coefficients method fit
        yield! Law.isTrue $"{name}: other coefficients" (found.Length = expected.Length)

        for own, reference in List.zip found expected do
            let what = $"{name}, {own.Name}"
            let t = Lmer.number "t" reference
            yield! Law.relative $"{what}, df" tolerance (Lmer.number "df" reference) own.Df
            // A t near zero is all rounding.
            yield! Law.near $"{what}, t" (tolerance * max 1.0 (abs t)) t own.Statistic
            yield! nearP $"{what}, p" (Lmer.number "p" reference) own.P

            if name = "kenward_roger" then
                yield! Law.relative $"{what}, se" tolerance (Lmer.number "se" reference) own.StandardError
]

let private table name kind method (case: Lmer.Case) fit = [
    let expected = Lmer.items name case.Root

    if not expected.IsEmpty then
        let found = (Inferred.anova kind method fit).Tests
        let terms = expected |> List.map (Lmer.text "term" >> Option.get)
        let own = found |> List.map _.Name
        yield! Law.isTrue $"{name}: terms %A{own}" (own = terms)

        for test, reference in List.zip found expected do
            let what = $"{name}, {test.Name}"
            yield! Law.near $"{what}, numerator" 0.0 (Lmer.number "numDF" reference) (float test.NumeratorDf)
            yield! Law.relative $"{what}, df" tolerance (Lmer.number "denDF" reference) test.DenominatorDf
            yield! Law.near $"{what}, F" (tolerance * max 1.0 test.F) (Lmer.number "F" reference) test.F
            yield! nearP $"{what}, p" (Lmer.number "p" reference) test.P
]

let Ids = Lmer.cases () |> List.filter hasInference |> List.map _.Id

[<Tests>]
let tests =
    testList "LmerInferenceTests" [
        testCases "Tests and tables agree" Ids (fun (id: string) ->
            let case = find id
            let fit = Lmer.fit case
            let satterthwaite = DegreesOfFreedomMethod.satterthwaite
            let kr = Inferred.kr Convention.pbkrtest

            Law.assertHolds [
                yield! coefficients "satterthwaite" satterthwaite case fit
                yield! coefficients "kenward_roger" kr case fit
                yield! table "type1_satterthwaite" HypothesisType.I satterthwaite case fit
                yield! table "type3_satterthwaite" HypothesisType.III satterthwaite case fit
                yield! table "type3_kenward_roger" HypothesisType.III kr case fit
            ])
    ]
