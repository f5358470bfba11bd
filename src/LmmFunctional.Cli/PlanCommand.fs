namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>The command <c>lmm plan</c>.</summary>
[<RequireQualifiedAccess>]
module internal PlanCommand =

    let private result (plan: ModelPlan) =
        CommandResult.create
            (fun () -> PlanReport.render SummaryFormat.Text plan)
            (fun () -> PlanReport.toJson plan)
            (fun () -> CommandTables.plan plan)

    let private read (arguments: Arguments) : Result<CommandRun, string> =
        ModelOptions.model ModelOptions.weights arguments.Words[0] arguments.Words[1] arguments.Options
        |> Result.bind (fun model ->
            ModelOptions.budgetOf arguments.Options
            |> Result.map (fun budget -> model, budget))
        |> Result.map (fun (model, budget) _ ->
            ModelSource.read model
            |> Result.bind (fun source ->
                let options = {
                    FitOptions.defaults with
                        Known = source.Known
                        Budget = budget
                }

                Lmm.planFor options source.Frame source.Spec)
            |> Result.map result)

    /// How a model would be fitted.
    let command: Command = {
        Name = "plan"
        Purpose = "tell how a model would be fitted and what that would cost."
        Example = "insteval.csv \"y ~ 1 + service + (1 | s) + (1 | d)\""
        Words = [ Command.data; Command.formula ]
        Meanings = []
        Groups = [ "MODEL", ModelOptions.structures; "DATA", DataOptions.table ]
        Read = read
    }
