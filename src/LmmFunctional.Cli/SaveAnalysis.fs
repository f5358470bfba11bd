namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>The command <c>lmm save</c>.</summary>
[<RequireQualifiedAccess>]
module internal SaveAnalysis =

    let private result (fit: Fit) =
        let table = Frame.ofColumns [ "rows", Column.ofInts [ fit.Observations ] ]

        table
        |> Result.map (fun table -> {
            CommandResult.ofTables [] [] [ "saved", table ] [] with
                Save = Some(fun path -> Lmm.save path fit)
        })

    let private read (arguments: Arguments) _ : Result<AnalysisRun, string> =
        let values = arguments.Options

        match OptionValues.contains "-o" values, (OptionValues.tryAny [ "--json"; "--csv" ] values).IsSome with
        | false, _ -> Error "-o is missing; name the file of the model, such as -o model.json."
        | true, true -> Error "'lmm save' writes a model; leave out --json and --csv."
        | true, false -> Ok(fun _ fitted -> result fitted.Fit)

    /// Saves a fit, for commands with --saved.
    let analysis: Analysis = {
        Name = "save"
        First = None
        Purpose = "save the fitted model with its data in a file, for commands with --saved."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" -o model.json"
        Options = []
        Methods = None
        Weights = ModelOptions.weights
        OfSums = false
        Check = fun _ -> []
        Read = read
    }
