namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>The command <c>lmm compare</c>.</summary>
[<RequireQualifiedAccess>]
module internal ComparisonCommand =

    let private result (table: ModelTable) =
        CommandResult.create
            (fun () -> ComparisonReport.render SummaryFormat.Text table)
            (fun () -> ComparisonReport.toJson table)
            (fun () -> CommandTables.models table)

    let private compare (model: ModelRequest) formulas fitting report =
        ModelSource.readAll formulas model
        |> Result.bind (fun sources ->
            let first = List.head sources

            sources
            |> List.map _.Spec
            |> Lmm.compare (ModelSource.options report fitting first) first.Frame)
        |> Result.map result

    let private read (arguments: Arguments) : Result<CommandRun, string> =
        match arguments.Words with
        | data :: (formula :: _ :: _ as formulas) ->
            match
                ModelOptions.model ModelOptions.weights data formula arguments.Options,
                ModelOptions.fittingOf arguments.Options
            with
            | Error problem, _
            | _, Error problem -> Error problem
            | Ok model, Ok fitting -> Ok(compare model formulas fitting)
        | _ -> Error "compare needs a data file and two formulas or more."

    /// Criteria, weights and tests of nested neighbours.
    let command: Command = {
        Name = "compare"
        Purpose = "compare models of the same data: AIC, BIC, likelihood ratio tests."
        Example = "sleepstudy.csv \"Reaction ~ Days + (1 | Subject)\" \"Reaction ~ Days + (Days | Subject)\""
        Words = [
            Command.data
            {
                Command.formula with
                    MayRepeat = true
                    Help =
                        "two models or more, the options about structures and parameters hold for all of them; by REML, and by ML where the fixed effects differ."
            }
        ]
        Meanings = []
        Groups = [ "MODEL", ModelOptions.table; "DATA", DataOptions.table ]
        Read = read
    }
