namespace LmmFunctional.Cli

open System.IO
open LmmFunctional

/// <summary>The command <c>lmm save</c>.</summary>
[<RequireQualifiedAccess>]
module internal SaveAnalysis =

    let private result path (fit: Fit) =
        let formula = Formula.print fit.Spec

        let table =
            Frame.ofColumns [
                "file", Column.ofStrings [ path ]
                "bytes", Column.ofFloats [ float (FileInfo path).Length ]
                "rows", Column.ofInts [ fit.Observations ]
            ]

        table
        |> Result.map (fun table ->
            AnalysisResult.ofTables [ "Saved model"; $"Formula: {formula}" ] [ "formula", formula ] [ "saved", table ] [])

    let private read values (_: FitRequest) =
        match OptionValues.tryFind "--to" values with
        | None -> Error "--to is missing; name the file, such as --to model.json."
        | Some path -> Ok(fun _ fit -> Lmm.save path fit |> Result.bind (fun () -> result path fit))

    /// Saves a fit, for commands with --saved.
    let analysis: Analysis = {
        Name = "save"
        Purpose = "save the fitted model with its data in a file, for commands with --saved."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --to model.json"
        Options = [ OptionTable.value "--to" "FILE" "the file; one that is there is replaced." ]
        FitOptions = []
        Read = read
    }
