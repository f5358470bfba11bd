/// <summary>Marginal means of models with nested factors, and levels that are chosen.</summary>
module LmmFunctional.Tests.NestedFactorTests

open System
open Expecto
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Analysis

let private kenwardRoger fit =
    Inferred.inference (Inferred.kr Convention.pbkrtest) fit

let private over options text inference =
    MarginalMeans.over options text inference |> Inferred.orRaise

let private defaults = MarginalOptions.defaults

let private label (mean: MarginalMean) =
    mean.Levels @ mean.Group |> List.map snd |> String.concat " "

let private found (mean: MarginalMean) =
    mean.Estimate |> Result.mapError List.singleton |> Inferred.orRaise

let private estimates (means: MarginalMeans) =
    means.Means |> List.map (fun mean -> label mean, (found mean).Estimate)

let private values text inference =
    over defaults text inference |> estimates |> Map.ofList

// What emmeans 1.8 with pbkrtest prints for the nested factors: mean, standard error, df.
let private expected = [
    "ctrl", "control", (42.35, 2.62468208, 22.03422546)
    "ctrl", "trt", (47.9680556, 1.71638635, 5.40409271)
    "Form", "Control control", (42.35, 2.62468208, 22.0342255)
    "Form", "F35 trt", (45.5341667, 2.12677495, 12.0295679)
    "Form", "F68 trt", (50.9433333, 2.12677495, 12.0295679)
    "Conc | ctrl", "0 control", (42.35, 2.62468208, 22.03422546)
    "Conc | ctrl", "10 trt", (46.7261111, 1.93250534, 8.54273933)
    "Form | Conc", "F68 20 trt", (53.3, 2.62468208, 22.0342255)
]

let private nested =
    lazy
        (Inferred.reml "cases/21-nested-factors" "Fruit ~ ctrl/(Form*factor(Conc)) + (1 | Block)"
         |> kenwardRoger)

/// A balanced experiment in blocks: a, b within a (as many as there are), t crossed with them.
let private balanced seed =
    let random = Random seed

    // With one level of b in each level of a, both would be the same factor.
    let sizes =
        Array.init (2 + random.Next 2) (fun a -> (if a = 0 then 2 else 1) + random.Next 3)

    [
        for block in 1..3 do
            let shift = random.NextDouble()

            for a in 0 .. sizes.Length - 1 do
                for b in 1 .. sizes[a] do
                    for t in 1..2 do
                        [ $"a{a}"; $"a{a}b{b}"; $"t{t}"; $"k{block}" ], shift + 3.0 * random.NextDouble()
    ]

let private frameOf rows =
    let column index =
        rows
        |> List.map (fun (cells: string list, _) -> cells[index])
        |> TestFrame.texts

    TestFrame.ofColumns [
        "a", column 0
        "b", column 1
        "t", column 2
        "block", column 3
        "y", TestFrame.numbers (rows |> List.map snd)
    ]

let private model = "y ~ a/b*t + (1 | block)"

let private infer rows =
    Inferred.fit Criterion.Reml (frameOf rows) model
    |> Inferred.inference DegreesOfFreedomMethod.satterthwaite

let private cellMeans rows key =
    rows
    |> List.groupBy (fst >> key)
    |> List.map (fun (name, own) -> name, own |> List.averageBy snd)
    |> Map.ofList

let private source =
    lazy
        (Inferred.reml "cases/12-at-factor" "log(conc) ~ source * factor(percent) + (1 | farm)"
         |> kenwardRoger)

[<Tests>]
let tests =
    testList "NestedFactorTests" [
        testCase "nested factors are found, and only cells that occur count" (fun () ->
            Law.assertHolds [
                for text, name, (mean, error, df) in expected do
                    let own =
                        (over defaults text nested.Value).Means
                        |> List.find (fun own -> label own = name)
                        |> found

                    yield! Law.relative $"{text}: mean of {name}" 1e-7 mean own.Estimate
                    yield! Law.relative $"{text}: error of {name}" 1e-6 error own.StandardError
                    yield! Law.relative $"{text}: df of {name}" 1e-4 df own.Df
            ])

        testCase "a level of a nested factor is shown with what it is nested in, once" (fun () ->
            let forms = over defaults "Form" nested.Value
            Check.equal [ "Form"; "ctrl" ] forms.Over
            Check.equal [ "Control control"; "F35 trt"; "F63 trt"; "F68 trt" ] (forms.Means |> List.map label)
            Check.equal [ "Conc" ] forms.AveragedOver

            let families = over defaults "Form | Conc" nested.Value
            Check.equal [ "Conc"; "ctrl" ] families.By
            Check.equal 7 families.Means.Length)

        testCase "the control less the treated" (fun () ->
            let pairs =
                MarginalContrasts.create MeanContrast.Pairwise None (over defaults "ctrl" nested.Value)
                |> Inferred.orRaise

            let own =
                pairs.Contrasts.Head.Estimate
                |> Result.mapError List.singleton
                |> Inferred.orRaise

            Law.assertHolds [
                yield! Law.relative "estimate" 1e-7 -5.61805556 own.Estimate
                yield! Law.relative "error" 1e-6 2.34950281 own.StandardError
                yield! Law.relative "p" 1e-5 0.0232699904 own.P
            ])

        // emmeans on the same file: each b weighs alike in its a, however many c it has.
        testCase "a chain of nested factors is averaged from the inside outwards" (fun () ->
            let inference =
                Inferred.reml "nested_chain" "y ~ a/b/cc + (1 | blk)" |> kenwardRoger

            let a, b = values "a" inference, values "b" inference

            Law.assertHolds [
                yield! Law.near "a1" 1e-9 0.93125 a["a1"]
                yield! Law.near "a2" 1e-8 2.23833333333 a["a2"]
                yield! Law.near "a2b2" 1e-9 1.91 b["a2b2 a2"]
                yield! Law.near "a2b3" 1e-9 2.97625 b["a2b3 a2"]
                yield! Law.isTrue "nine cells" ((values "cc" inference).Count = 9)
            ])

        // Laws

        testPropertyWithConfig
            (Law.tries 20)
            "means of a balanced nested experiment are means of cells"
            (fun (seed: int) ->
                let rows = balanced (abs (seed % 10000))
                let inference = infer rows
                let cells = cellMeans rows (fun names -> names[0], names[1], names[2])

                let averageOf keep =
                    cells |> Map.toList |> List.filter (fst >> keep) |> List.averageBy snd

                let expectedOverall t =
                    cells
                    |> Map.toList
                    |> List.filter (fun ((_, _, own), _) -> own = t)
                    |> List.groupBy (fun ((a, _, _), _) -> a)
                    |> List.averageBy (snd >> List.averageBy snd)

                Law.holds [
                    for KeyValue(name, mean) in values "a" inference do
                        yield! Law.near name 1e-9 (averageOf (fun (a, _, _) -> a = name)) mean

                    for KeyValue(name, mean) in values "b" inference do
                        yield! Law.near name 1e-9 (averageOf (fun (a, b, _) -> $"{b} {a}" = name)) mean

                    for KeyValue(name, mean) in values "b:t" inference do
                        yield! Law.near name 1e-9 (averageOf (fun (a, b, t) -> $"{b} {t} {a}" = name)) mean

                    for KeyValue(name, mean) in values "t" inference do
                        yield! Law.near name 1e-9 (expectedOverall name) mean
                ])

        testPropertyWithConfig
            (Law.tries 10)
            "means do not change with the order of rows or the names of levels"
            (fun (seed: int) ->
                let random = Random(abs (seed % 10000))

                // Unbalanced: some rows are missing, but no cell.
                let rows =
                    balanced (abs (seed % 10000))
                    |> List.filter (fun (names, _) -> names[3] <> "k2" || random.Next 3 > 0)

                let suffix = random.Next 1000
                // In the opposite order of the alphabet.
                let renamed (name: string) =
                    String.map
                        (fun c ->
                            if Char.IsAsciiDigit c then
                                char (int '9' - int c + int '0')
                            else
                                c)
                        name
                    + $"x{suffix}"

                let others =
                    rows
                    |> List.map (fun (names, y) -> List.map renamed names, y)
                    |> List.sortBy (fun _ -> random.Next())

                let first, second = infer rows, infer others

                Law.holds [
                    for text in [ "a"; "b"; "t | a"; "b | t" ] do
                        let own, other = over defaults text first, over defaults text second

                        let byName =
                            other.Means |> List.map (fun mean -> label mean, found mean) |> Map.ofList

                        yield! Law.isTrue $"{text}: as many" (own.Means.Length = other.Means.Length)

                        for mean in own.Means do
                            let name = (label mean).Split ' ' |> Array.map renamed |> String.concat " "
                            let a, b = found mean, byName[name]
                            yield! Law.near $"{text}, {name}" 1e-6 a.Estimate b.Estimate
                            yield! Law.relative $"{text}, error of {name}" 1e-5 a.StandardError b.StandardError
                ])

        // Levels

        // emmeans 1.8, at = list(percent = c(9, 18)).
        testCase "levels of a factor of numbers" (fun () ->
            for options in
                [
                    {
                        defaults with
                            At = [ "percent", [ 9.0; 18.0 ] ]
                    }
                    {
                        defaults with
                            AtLevels = [ "percent", [ "9"; "18" ] ]
                    }
                    {
                        defaults with
                            AtLevels = [ "factor(percent)", [ "9.0"; "18" ] ]
                    }
                ] do
                let means = over options "percent" source.Value
                Check.equal [ "9"; "18" ] (means.Means |> List.map label)
                let own = means.Means |> List.map found

                Law.assertHolds [
                    yield! Law.nearAll "means" 1e-8 [ 3.70365308; 3.96466525 ] (own |> List.map _.Estimate)
                    // lme4 stops a little beside its optimum: three algorithms agree here on 0.026976668546.
                    yield!
                        Law.relativeAll "errors" 1e-6 [ 0.0269766884; 0.0269766884 ] (own |> List.map _.StandardError)
                    yield! Law.nearAll "df" 1e-4 [ 7.99605134; 7.99605134 ] (own |> List.map _.Df)
                ]

                let averaged = over options "source" source.Value
                Check.equal [ "percent" ] averaged.AveragedOver

                Law.assertHolds (
                    Law.nearAll
                        "averages"
                        1e-8
                        [ 3.76844019; 3.97684411; 3.75719319 ]
                        (averaged.Means |> List.map (found >> _.Estimate))
                ))

        testCase "levels in the order that is given, and one level alone" (fun () ->
            let means =
                over
                    {
                        defaults with
                            AtLevels = [ "percent", [ "18"; "9" ] ]
                    }
                    "percent"
                    source.Value

            Check.equal [ "18"; "9" ] (means.Means |> List.map label)

            let one =
                over
                    {
                        defaults with
                            AtLevels = [ "source", [ "soy" ] ]
                    }
                    "percent"
                    source.Value

            Check.equal [ "source", "soy" ] one.HeldAt)

        testCase "weights are of the rows of the chosen levels" (fun () ->
            let weighted weights =
                over
                    {
                        defaults with
                            AtLevels = [ "percent", [ "9" ] ]
                            Weights = weights
                    }
                    "source"
                    source.Value
                |> estimates

            let plain = weighted MarginalWeights.Equal

            for weights in [ MarginalWeights.Proportional; MarginalWeights.Outer; MarginalWeights.Cells ] do
                Law.assertHolds (Law.nearAll $"{weights}" 1e-12 (List.map snd plain) (List.map snd (weighted weights))))

        testCase "levels that there are not" (fun () ->
            let problem at =
                MarginalMeans.over { defaults with AtLevels = at } "source" source.Value
                |> Inferred.describe

            Texts.equal [
                "There is no level of percent '10'; choose one of 9, 12, 15, 18."
                "There is no level of source 'beef'; choose one of fish, skim, soy."
                "In 'source': a level stands twice; give each once."
                "In 'source': give a level, at least one."
                "The variable 'Percent' is not in the fixed effects; did you mean 'percent'? Otherwise choose from source, percent."
                "In 'percent': its values are given twice; give them once."
            ] [
                problem [ "percent", [ "10" ] ]
                problem [ "source", [ "beef" ] ]
                problem [ "source", [ "soy"; "soy" ] ]
                problem [ "source", [] ]
                problem [ "Percent", [ "9" ] ]
                problem [ "percent", [ "9" ]; "percent", [ "12" ] ]
            ])

        testCase "values of covariates as text" (fun () ->
            let inference =
                Inferred.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)"
                |> Inferred.inference DegreesOfFreedomMethod.satterthwaite

            let means text =
                over
                    {
                        defaults with
                            AtLevels = [ "Days", text ]
                    }
                    "Days"
                    inference
                |> estimates

            Check.equal
                (over
                    {
                        defaults with
                            At = [ "Days", [ 1.5; 3.0 ] ]
                    }
                    "Days"
                    inference
                 |> estimates)
                (means [ "1.5"; "3" ])

            MarginalMeans.over
                {
                    defaults with
                        AtLevels = [ "Days", [ "two" ] ]
                }
                "Days"
                inference
            |> Inferred.describe
            |> fun found -> Texts.equal [ "In 'Days': give finite values, at least one, such as 1,2." ] [ found ])
    ]
