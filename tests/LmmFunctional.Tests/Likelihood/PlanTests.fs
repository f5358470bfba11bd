/// <summary>The plan: what is chosen is what the engine does, and the report says so.</summary>
module LmmFunctional.Tests.PlanTests

open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private orRaise result =
    match result with
    | Ok value -> value
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat " ")

let private design name formula =
    let frame = Csv.read (TestData.csv name) |> orRaise

    Formula.parse formula
    |> orRaise
    |> (fun spec -> Design.build spec frame)
    |> orRaise

let private penicillin = "diameter ~ 1 + (1 | plate) + (1 | sample)"

[<Tests>]
let tests =
    testList "PlanTests" [
        testCases
            "the chosen leading factor is that of the cross-products"
            [
                "penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"
                "penicillin", "diameter ~ 1 + (1 | sample) + (1 | plate)"
                "pastes", "strength ~ 1 + (1 | batch/cask)"
            ]
            (fun (name: string, formula: string) ->
                let model = design name formula |> Standardised.ofDesign
                let cross = CrossProducts.create model
                let chosen = (Plan.create model |> orRaise).Chosen
                Check.equal (Some model.Terms[cross.LeadTerms[0]].Group) chosen.Lead
                Check.equal (40.0 * float cross.Tail * float cross.Tail) chosen.Bytes)

        testCases
            "terms of one grouping factor are compressed"
            [
                "machines", "score ~ Machine + (1 | Worker) + (0 + Machine | Worker)"
                "sleepstudy", "Reaction ~ Days + (Days | Subject)"
            ]
            (fun (name: string, formula: string) ->
                let plan = design name formula |> ModelPlan.ofDesign |> orRaise
                Check.equal "compressed" plan.Chosen.Engine
                Check.isTrue (plan.Candidates |> List.contains plan.Chosen))

        testCase "a nest whose dense tail would be large is taken by supernodes" (fun () ->
            // 5000 parents of two children of two rows: the tail of the parents is above what is worth keeping dense.
            let parents = [
                for parent in 0..4999 do
                    for _ in 1..4 -> $"p{parent}"
            ]

            let children = [
                for _ in 0..4999 do
                    yield! [ "a"; "a"; "b"; "b" ]
            ]

            let response = [ for row in 0..19999 -> float (row * 7919 % 1009) ]

            let frame =
                Frame.ofColumns [
                    "parent", Column.ofStrings parents
                    "child", Column.ofStrings children
                    "y", Column.ofFloats response
                ]
                |> orRaise

            let plan =
                Formula.parse "y ~ 1 + (1 | parent/child)"
                |> Result.bind (fun spec -> Design.build spec frame)
                |> Result.bind ModelPlan.ofDesign
                |> orRaise

            Check.equal "supernodal" plan.Chosen.Engine)

        testCase "each grouping factor is a candidate, and the least memory is chosen" (fun () ->
            let plan = design "penicillin" penicillin |> ModelPlan.ofDesign |> orRaise
            plan.Candidates |> List.choose _.Lead |> Texts.equal [ "plate"; "sample" ]
            Check.equal (plan.Candidates |> List.minBy _.Bytes) plan.Chosen)

        testCase "without random terms nothing is left to choose" (fun () ->
            let plan = design "penicillin" "diameter ~ 1" |> ModelPlan.ofDesign |> orRaise
            Check.equal 1 plan.Candidates.Length
            Check.equal None plan.Chosen.Lead)

        // 24 plates, 6 samples, each plate with one row of each sample: 6³ + 3·24·(36 + 6 + 1) and 24³ + 3·6·(576 + 24 + 1).
        testCase "the report" (fun () ->
            design "penicillin" penicillin
            |> ModelPlan.ofDesign
            |> orRaise
            |> PlanReport.render SummaryFormat.Text
            |> _.Split('\n')
            |> List.ofArray
            |> Texts.equal [
                "Plan of a linear mixed model"
                "Formula: diameter ~ 1 + (1 | plate) + (1 | sample)"
                "144 rows, 1 fixed effect, 30 random effects, 2 covariance parameters"
                ""
                "Engines, with predicted operations of one evaluation and its gradient:"
                " Engine Leading factor Operations     Memory"
                " block  plate              3.3e+3 under 1 MB chosen"
                " block  sample             2.5e+4 under 1 MB"
                ""
                "Exact second derivatives add 432 operations."
                "Up to 60 starts: the criterion at each, a descent from those that lead to no optimum found before."
                ""
            ])

        testCase "the report as JSON" (fun () ->
            let json =
                design "penicillin" penicillin
                |> ModelPlan.ofDesign
                |> orRaise
                |> PlanReport.toJson

            let plate =
                "\"engine\":\"block\",\"lead\":\"plate\",\"operations\":3312,\"bytes\":1440"

            let sample =
                "\"engine\":\"block\",\"lead\":\"sample\",\"operations\":24642,\"bytes\":23040"

            Texts.equal [
                "{\"formula\":\"diameter ~ 1 + (1 | plate) + (1 | sample)\",\"n\":144,\"p\":1,\"q\":30,\"parameters\":2,"
                + plate
                + ",\"curvatureOperations\":432,\"starts\":60,\"candidates\":[{"
                + plate
                + "},{"
                + sample
                + "}]}"
            ] [ json ])
    ]
