namespace LmmFunctional

/// <summary>Tests of linear functions of the fixed effects in reports: each function, and those of one hypothesis
/// together.</summary>
[<RequireQualifiedAccess>]
module HypothesisReport =

    /// <summary>The parts of a report: estimates of all functions, then joint tests of hypotheses of several.</summary>
    let blocks (tests: HypothesisTest list) : Block list = [
        if not tests.IsEmpty then
            Block.Heading "Linear functions of the fixed effects"
            Block.Grid(InferenceTables.estimates (tests |> List.collect _.Estimates))

        match tests |> List.filter (fun test -> test.Estimates.Length > 1) with
        | [] -> ()
        | several ->
            Block.Heading "Several at once"
            Block.Grid(InferenceTables.joint (several |> List.map _.Joint))
    ]
