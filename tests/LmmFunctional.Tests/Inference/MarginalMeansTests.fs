/// What marginal means are on balanced data, how they are weighted, compared and told in other units.
module LmmFunctional.Tests.MarginalMeansTests

open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private oats =
    lazy (Inferred.reml "oats" "yield ~ Variety * nitroF + (1 | Block/Variety)")

let private logOats =
    lazy (Inferred.reml "oats" "log(yield) ~ Variety * nitroF + (1 | Block/Variety)")

let private sleep =
    lazy (Inferred.reml "sleepstudy" "Reaction ~ poly(Days, 2) + (Days | Subject)")

let private satterthwaite fit =
    Inferred.inference DegreesOfFreedomMethod.satterthwaite fit

let private over options text fit =
    MarginalMeans.over options text (satterthwaite fit) |> Inferred.orRaise

let private estimate (found: Result<Estimate, LmmError>) =
    found |> Result.mapError List.singleton |> Inferred.orRaise

let private estimates (means: MarginalMeans) =
    means.Means |> List.map (fun mean -> (estimate mean.Estimate).Estimate)

let private contrasts kind adjustment means =
    (MarginalContrasts.create kind adjustment means |> Inferred.orRaise).Contrasts

let private defaults = MarginalOptions.defaults

let private column name =
    match (TestFrame.read "oats").TryColumn name with
    | Some(Column.Categorical(levels, codes)) -> Array.init codes.Length (fun row -> levels[codes[row]])
    | _ -> invalidOp name

let private unbalanced =
    lazy
        (let a = [ "p"; "p"; "p"; "q"; "q"; "q"; "q"; "q"; "p"; "q"; "p"; "q" ]
         let b = [ "u"; "u"; "v"; "u"; "v"; "v"; "v"; "v"; "u"; "u"; "v"; "v" ]
         let g = [ "1"; "2"; "3"; "1"; "2"; "3"; "1"; "2"; "3"; "1"; "2"; "3" ]
         let y = [ 3.1; 2.7; 5.2; 4.4; 7.9; 8.3; 7.1; 6.8; 2.2; 4.9; 5.8; 7.4 ]

         let frame =
             TestFrame.ofColumns [
                 "a", TestFrame.texts a
                 "b", TestFrame.texts b
                 "g", TestFrame.texts g
                 "y", TestFrame.numbers y
             ]

         Inferred.fit Criterion.Reml frame "y ~ a * b + (1 | g)")

[<Tests>]
let tests =
    testList "MarginalMeansTests" [
        testCase "means of balanced data are the means of the cells" (fun () ->
            let fit = oats.Value
            let variety, nitro = column "Variety", column "nitroF"

            let mean keep =
                Array.indexed fit.Design.Response
                |> Array.filter (fst >> keep)
                |> Array.averageBy snd

            let cells = over defaults "nitroF:Variety" fit
            let apart = over defaults "nitroF | Variety" fit
            let alone = over defaults "Variety" fit

            Law.assertHolds [
                for own in cells.Means do
                    let level name =
                        own.Levels |> List.find (fst >> (=) name) |> snd

                    let expected =
                        mean (fun row -> variety[row] = level "Variety" && nitro[row] = level "nitroF")

                    yield! Law.relative $"%A{own.Levels}" 1e-10 expected (estimate own.Estimate).Estimate

                for own in alone.Means do
                    let expected = mean (fun row -> variety[row] = snd own.Levels.Head)
                    yield! Law.relative $"%A{own.Levels}" 1e-10 expected (estimate own.Estimate).Estimate

                yield! Law.nearAll "by groups" 0.0 (estimates cells) (estimates apart)
            ]

            Check.equal [ "Variety" ] apart.By
            Check.equal [ "nitroF" ] alone.AveragedOver)

        testCase "on balanced data all weights are equal" (fun () ->
            let equal = over defaults "Variety" oats.Value |> estimates

            Law.assertHolds [
                for weights in [ MarginalWeights.Proportional; MarginalWeights.Outer; MarginalWeights.Cells ] do
                    let own = over { defaults with Weights = weights } "Variety" oats.Value
                    yield! Law.relativeAll (MarginalWeights.name weights) 1e-12 equal (estimates own)
            ])

        testCase "weights are those of the rows" (fun () ->
            let cells = over defaults "a:b" unbalanced.Value |> estimates |> Array.ofList
            // p: u 3, v 2; q: u 2, v 5. The cells run p u, q u, p v, q v.
            let find weights =
                over { defaults with Weights = weights } "a" unbalanced.Value |> estimates

            let expect u v u' v' = [
                (u * cells[0] + v * cells[2]) / (u + v)
                (u' * cells[1] + v' * cells[3]) / (u' + v')
            ]

            Law.assertHolds [
                yield! Law.nearAll "equal" 1e-12 (expect 1.0 1.0 1.0 1.0) (find MarginalWeights.Equal)
                yield! Law.nearAll "proportional" 1e-12 (expect 5.0 7.0 5.0 7.0) (find MarginalWeights.Proportional)
                yield! Law.nearAll "outer" 1e-12 (expect 5.0 7.0 5.0 7.0) (find MarginalWeights.Outer)
                yield! Law.nearAll "cells" 1e-12 (expect 3.0 2.0 2.0 5.0) (find MarginalWeights.Cells)
            ])

        testCase "a contrast's t squared is its F, and its p is raw without adjustment" (fun () ->
            let inference = satterthwaite oats.Value
            let means = MarginalMeans.over defaults "nitroF" inference |> Inferred.orRaise
            let own = contrasts MeanContrast.Pairwise (Some Adjustment.None) means

            Law.assertHolds [
                for contrast, (i, j) in List.zip own [ 0, 1; 0, 2; 0, 3; 1, 2; 1, 3; 2, 3 ] do
                    let row k =
                        means.Basis.Functions.Rows[k].Coefficients
                        |> Result.mapError List.singleton
                        |> Inferred.orRaise

                    let difference = Array.map2 (-) (row i) (row j)
                    let joint = Inference.jointOfKept contrast.Name [| difference |] [| 0.0 |] inference
                    let found = estimate contrast.Estimate
                    yield! Law.relative contrast.Name 1e-9 joint.F (found.Statistic * found.Statistic)
                    yield! Law.relative contrast.Name 1e-7 joint.P found.P
                    yield! Law.near contrast.Name 0.0 contrast.RawP.Value found.P
            ])

        testCase "Tukey of two means is raw" (fun () ->
            let means = over defaults "a | b" unbalanced.Value

            Law.assertHolds [
                for own in contrasts MeanContrast.Pairwise None means do
                    yield! Law.relative own.Name 1e-12 own.RawP.Value (estimate own.Estimate).P
            ])

        testCase "contrasts by name and by weights" (fun () ->
            let means = over defaults "nitroF" oats.Value
            let mean = estimates means |> Array.ofList

            let values kind =
                contrasts kind (Some Adjustment.None) means
                |> List.map (fun own -> own.Name, (estimate own.Estimate).Estimate)

            let check kind (expected: (string * float) list) = [
                let found = values kind
                yield! Law.isTrue $"names %A{List.map fst found}" (List.map fst expected = List.map fst found)
                yield! Law.nearAll $"%A{kind}" 1e-9 (List.map snd expected) (List.map snd found)
            ]

            let total = Array.average mean

            Law.assertHolds [
                yield!
                    check (MeanContrast.Reference(Some "N0.4")) [
                        "N0 - N0.4", mean[0] - mean[2]
                        "N0.2 - N0.4", mean[1] - mean[2]
                        "N0.6 - N0.4", mean[3] - mean[2]
                    ]
                yield!
                    check MeanContrast.Consecutive [
                        "N0.2 - N0", mean[1] - mean[0]
                        "N0.4 - N0.2", mean[2] - mean[1]
                        "N0.6 - N0.4", mean[3] - mean[2]
                    ]
                yield!
                    check MeanContrast.Polynomial [
                        "linear", -3.0 * mean[0] - mean[1] + mean[2] + 3.0 * mean[3]
                        "quadratic", mean[0] - mean[1] - mean[2] + mean[3]
                        "cubic", -mean[0] + 3.0 * mean[1] - 3.0 * mean[2] + mean[3]
                    ]
                yield!
                    check MeanContrast.Effects [
                        "N0 effect", mean[0] - total
                        "N0.2 effect", mean[1] - total
                        "N0.4 effect", mean[2] - total
                        "N0.6 effect", mean[3] - total
                    ]
                yield!
                    check (MeanContrast.Custom [ "none against some", [ 1.0; 0.0; -0.5; -0.5 ] ]) [
                        "none against some", mean[0] - 0.5 * (mean[2] + mean[3])
                    ]
            ])

        testCase "polynomials are the tables' whole numbers" (fun () ->
            let weights k =
                MeanContrast.weights (Array.init k string) MeanContrast.Polynomial
                |> Inferred.orRaise
                |> List.map (fun own -> List.ofArray own.Weights)

            Check.equal [ [ -2.0; -1.0; 0.0; 1.0; 2.0 ]; [ 2.0; -1.0; -2.0; -1.0; 2.0 ] ] (List.truncate 2 (weights 5))
            Check.equal [ 5.0; 0.0; -3.0; -4.0; -3.0; 0.0; 5.0 ] (List.item 1 (weights 7))
            Check.equal [ -1.0; 5.0; -10.0; 10.0; -5.0; 1.0 ] (List.item 4 (weights 6)))

        testCase "means after a logarithm go back, differences become ratios" (fun () ->
            let logs = over defaults "nitroF" logOats.Value
            let back = over { defaults with OnResponse = true } "nitroF" logOats.Value
            let logPairs = contrasts MeanContrast.Pairwise None logs
            let pairs = contrasts MeanContrast.Pairwise None back

            Law.assertHolds [
                for log, own in List.zip logs.Means back.Means do
                    let log, own = estimate log.Estimate, estimate own.Estimate
                    yield! Law.relative "mean" 1e-12 (exp log.Estimate) own.Estimate
                    yield! Law.relative "error" 1e-12 (exp log.Estimate * log.StandardError) own.StandardError
                    yield! Law.relative "lower" 1e-12 (exp log.Lower) own.Lower
                    yield! Law.relative "upper" 1e-12 (exp log.Upper) own.Upper

                for log, own in List.zip logPairs pairs do
                    let log, own = estimate log.Estimate, estimate own.Estimate
                    yield! Law.relative "ratio" 1e-12 (exp log.Estimate) own.Estimate
                    yield! Law.relative "p" 1e-12 log.P own.P
            ]

            Check.equal "the mean of yield" back.Quantity
            Check.equal "N0 / N0.2" pairs.Head.Name)

        testCases
            "the way back is the inverse, with its derivative"
            [
                "sqrt(yield)", 2.0
                "log10(yield + 3)", 1.5
                "log1p(yield)", 1.5
                "log2(yield/10)", 0.5
                "I(2 - yield^0.5)", -7.0
            ]
            (fun (response: string, eta: float) ->
                let design =
                    TestFrame.design $"{response} ~ nitroF + (1 | Block)" (TestFrame.read "oats")

                let scale = ResponseScale.ofDesign design |> Inferred.orRaise
                let struct (y, slope) = scale.Inverse eta
                let struct (above, _) = scale.Inverse(eta + 1e-5)
                let struct (below, _) = scale.Inverse(eta - 1e-5)
                let forward = NumericExpr.evaluate (fun _ -> [| y |]) 1 design.Schema.Response

                Law.assertHolds [
                    yield! Law.near "forward" 1e-10 eta forward[0]
                    yield! Law.relative "slope" 1e-6 ((above - below) / 2e-5) slope
                ])

        testCase "slopes of a polynomial are its derivatives" (fun () ->
            let at = {
                defaults with
                    At = [ "Days", [ 0.0; 4.5; 9.0 ] ]
            }

            let slopes =
                MarginalTrends.create at "Days" { Over = [ "Days" ]; By = [] } (satterthwaite sleep.Value)
                |> Inferred.orRaise
                |> estimates

            let means = over at "Days" sleep.Value |> estimates |> Array.ofList
            // A parabola's derivative from three points.
            let second = (means[2] - 2.0 * means[1] + means[0]) / (4.5 * 4.5)
            let middle = (means[2] - means[0]) / 9.0

            Law.assertHolds (Law.nearAll "slopes" 1e-8 [ middle - 4.5 * second; middle; middle + 4.5 * second ] slopes))

        testPropertyWithConfig
            (Law.tries 50)
            "means share a letter exactly where they do not differ"
            (fun (size: uint8) (bits: uint32) ->
                let count = 2 + int (size % 6uy)

                let pairs = [
                    for i in 0 .. count - 2 do
                        for j in i + 1 .. count - 1 -> i, j
                ]

                let differ =
                    pairs
                    |> List.indexed
                    |> List.filter (fun (k, _) -> (bits >>> k) &&& 1u = 1u)
                    |> List.map snd

                let sets = CompactLetters.sets count differ

                Law.holds [
                    for i, j in pairs do
                        let share = sets |> List.exists (fun own -> own.Contains i && own.Contains j)
                        yield! Law.isTrue $"{i} and {j} of {count}" (share <> List.contains (i, j) differ)
                ])

        testCase "letters of the rates of nitrogen" (fun () ->
            let letters =
                over defaults "nitroF" oats.Value
                |> CompactLetters.create 0.05 Adjustment.Tukey
                |> Inferred.orRaise

            Check.equal [ "a"; "b"; "c"; "c" ] letters)

        testCase "a mean that the data do not determine is told with the reason" (fun () ->
            let frame =
                TestFrame.ofColumns [
                    "a", TestFrame.texts [ "p"; "p"; "p"; "p"; "q"; "q"; "q"; "q"; "p"; "q" ]
                    "b", TestFrame.texts [ "u"; "u"; "v"; "v"; "u"; "u"; "u"; "u"; "v"; "u" ]
                    "g", TestFrame.texts [ "1"; "2"; "1"; "2"; "1"; "2"; "1"; "2"; "1"; "2" ]
                    "y", TestFrame.numbers [ 3.1; 2.7; 5.2; 4.4; 7.9; 8.3; 7.1; 6.8; 2.2; 4.9 ]
                ]

            let means =
                over defaults "a | b" (Inferred.fit Criterion.Reml frame "y ~ a * b + (1 | g)")

            let reasons = [
                for mean in means.Means do
                    match mean.Estimate with
                    | Error problem -> LmmError.describe problem
                    | Ok _ -> ""
            ]

            Texts.equal
                [
                    ""
                    ""
                    ""
                    "'q, v' cannot be estimated from these data: 'aq:bv' depends on other columns of the fixed effects, and its "
                    + "value would change with how that is resolved; test a combination that the data determine."
                ]
                reasons

            let compared = contrasts MeanContrast.Pairwise None means
            Check.isTrue (compared[0].RawP.IsSome)
            Check.isTrue (compared[1].RawP.IsNone))

        testCase "what cannot be answered" (fun () ->
            let problem options text =
                MarginalMeans.over options text (satterthwaite oats.Value) |> Inferred.describe

            Texts.equal [
                "The 'by' variable 'nitro' is not in the fixed effects; did you mean 'nitroF'? "
                + "Otherwise choose from Variety, nitroF."
                "The variable 'Block' is not in the fixed effects; choose from Variety, nitroF."
                "In 'Variety | nitroF | Block': there is more than one bar; name all 'by' variables after the first."
                "In 'Variety:Variety': 'Variety' stands twice; name each variable once."
                "In 'Variety |': a variable is missing; write such as 'variety | nitro'."
                "The variable 'x' is not in the fixed effects; choose from Variety, nitroF."
                "There is no weighting 'cell'; choose one of equal, proportional, outer, cells."
                "There is no contrast 'pairs'; choose one of pairwise, reference, poly, consec, eff."
                "The adjustment 'tukey' is for all pairwise comparisons; take sidak or holm, which hold for any comparisons."
                "There is no level 'N1'; choose one of N0, N0.2, N0.4, N0.6."
                "In '1, -1': 4 means need as many weights, not all zero, not 2: N0, N0.2, N0.4, N0.6."
                "The response 'sin(yield)' has no inverse, so that means cannot be told in its units; leave them on the "
                + "scale of the model."
            ] [
                problem defaults "Variety | nitro"
                problem defaults "Block"
                problem defaults "Variety | nitroF | Block"
                problem defaults "Variety:Variety"
                problem defaults "Variety |"
                problem { defaults with At = [ "x", [ 1.0 ] ] } "Variety"
                Inferred.describe (MarginalWeights.ofName "cell")
                Inferred.describe (MeanContrast.ofName "pairs")
                let means = over defaults "nitroF" oats.Value

                Inferred.describe (MarginalContrasts.create MeanContrast.Effects (Some Adjustment.Tukey) means)
                Inferred.describe (MarginalContrasts.create (MeanContrast.Reference(Some "N1")) None means)

                Inferred.describe (
                    MarginalContrasts.create (MeanContrast.Custom [ "1, -1", [ 1.0; -1.0 ] ]) None means
                )

                TestFrame.design "sin(yield) ~ nitroF + (1 | Block)" (TestFrame.read "oats")
                |> ResponseScale.ofDesign
                |> Inferred.describe
            ])
    ]
