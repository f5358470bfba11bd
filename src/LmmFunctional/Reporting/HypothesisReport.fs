namespace LmmFunctional.Analysis


/// <summary>Tests of linear functions of the fixed effects in reports: each function, and those of one hypothesis
/// together.</summary>
[<RequireQualifiedAccess>]
module HypothesisReport =

    /// <summary>The parts of a report: estimates of all functions, then joint tests of hypotheses of several.</summary>
    let blocks (tests: HypothesisTest list) : Block list =
        let functions = tests |> List.collect _.Estimates

        let together =
            tests |> List.filter (fun test -> test.Estimates.Length > 1) |> List.map _.Joint

        [
            if not functions.IsEmpty then
                Block.Heading "Linear functions of the fixed effects"
                Block.Grid(InferenceTables.estimates functions)

                for reason in InferenceTables.notTestable functions do
                    Block.Line reason

            if not together.IsEmpty then
                Block.Heading "Several at once"
                Block.Grid(InferenceTables.joint together)

                for reason in InferenceTables.notTestableJointly together do
                    Block.Line reason
        ]
