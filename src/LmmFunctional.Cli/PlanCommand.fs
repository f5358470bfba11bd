namespace LmmFunctional.Cli

open System.Text.Json.Nodes
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Data

/// <summary>The command <c>lmm plan</c>.</summary>
[<RequireQualifiedAccess>]
module internal PlanCommand =

    // Sums

    let private names (names: string list) =
        let array = JsonArray()

        for name in names do
            array.Add(JsonValue.Create name)

        array

    let private sumsToJson (cost: SumCost) =
        let node = JsonObject()
        node["engine"] <- JsonValue.Create cost.Engine
        node["rows"] <- JsonValue.Create cost.Rows
        node["cells"] <- JsonValue.Create cost.Cells
        node["keys"] <- names cost.Keys
        node["summed"] <- names cost.Summed
        node["bytes"] <- JsonValue.Create cost.Bytes
        node["bytesOfRows"] <- JsonValue.Create cost.BytesOfRows
        node

    let private sumsTable (cost: SumCost) =
        CommandTables.frame [
            "engine", Column.ofStrings [ cost.Engine ]
            "rows", Column.ofFloats [ float cost.Rows ]
            "cells", Column.ofFloats [ float cost.Cells ]
            "bytes", Column.ofFloats [ cost.Bytes ]
            "bytesOfRows", Column.ofFloats [ cost.BytesOfRows ]
        ]

    let private ofSums (model: ModelRequest) =
        ModelSource.spec model
        |> Result.bind (fun spec ->
            SumSource.cost model.Reading spec
            |> Result.map (fun cost ->
                let formula = Formula.print spec

                CommandResult.create
                    (fun () ->
                        CommandResult.lines [
                            "Plan of a fit from sums"
                            $"Formula: {formula}"
                            yield! SumCost.describe cost
                            SumCost.time cost
                        ])
                    (fun () ->
                        let node = sumsToJson cost
                        node.Insert(0, "formula", JsonValue.Create formula)
                        node["seconds"] <- JsonValue.Create cost.Seconds
                        node.ToJsonString())
                    (fun () -> sumsTable cost)))

    // Rows

    // What sums of these rows would be.
    let private sumsOf engine (source: ModelSource) =
        Partial.collect source.Spec source.Frame |> Result.map (SumSource.costOf engine)

    let private dataLines (frame: Frame) sums = [
        let rows = SumCost.counted (int64 frame.Rows) "row"
        let columns = SumCost.counted (int64 frame.Columns.Length) "column"
        ""
        "Data:"
        $"{rows} of {columns} are read into memory, {SumCost.size (8.0 * float frame.Rows * float frame.Columns.Length)}."

        match sums with
        | Ok cost ->
            for line in SumCost.describe cost do
                line.Replace("Sums: ", "With --sums ")
        | Error(problem :: _) -> LmmError.describe problem
        | Error [] -> ()
    ]

    let private dataJson (plan: ModelPlan) sums =
        match JsonNode.Parse(PlanReport.toJson plan), sums with
        | :? JsonObject as node, Ok cost ->
            node["sums"] <- sumsToJson cost
            node.ToJsonString()
        | _ -> PlanReport.toJson plan

    let private ofRows budget (model: ModelRequest) =
        ModelSource.read model
        |> Result.bind (fun source ->
            let options = {
                FitOptions.defaults with
                    Known = source.Known
                    Budget = budget
            }

            Lmm.planFor options source.Frame source.Spec
            |> Result.map (fun plan ->
                let sums = sumsOf (SumSource.engine model.Reading) source

                CommandResult.create
                    (fun () ->
                        PlanReport.render SummaryFormat.Text plan
                        + CommandResult.lines (dataLines source.Frame sums))
                    (fun () -> dataJson plan sums)
                    (fun () -> CommandTables.plan plan)))

    let private read (arguments: Arguments) : Result<CommandRun, string> =
        ModelOptions.model ModelOptions.weights arguments.Words[0] arguments.Words[1] arguments.Options
        |> Result.bind (fun model ->
            ModelOptions.budgetOf arguments.Options
            |> Result.map (fun budget _ ->
                if SumSource.isAsked model.Reading arguments.Options then
                    ofSums model
                else
                    ofRows budget model))

    /// How a model would be fitted.
    let command: Command = {
        Name = "plan"
        Purpose = "tell how a model would be fitted and what that would cost."
        Example = "insteval.csv \"y ~ 1 + service + (1 | s) + (1 | d)\""
        Words = [ Command.data; Command.formula ]
        Meanings = []
        Groups = [
            "MODEL", ModelOptions.structures
            "DATA", DataOptions.table @ [ SumSource.option ]
        ]
        Read = read
    }
