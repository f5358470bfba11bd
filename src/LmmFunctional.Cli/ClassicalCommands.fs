namespace LmmFunctional.Cli

open System
open LmmFunctional
open LmmFunctional.Classical
open LmmFunctional.Analysis

/// <summary>The commands <c>lmm ems</c> and <c>lmm anova-table</c>.</summary>
[<RequireQualifiedAccess>]
module internal ClassicalCommands =

    let private differences =
        OptionTable.switch
            "--differences"
            "where no exact test exists, subtract in the denominator instead of adding to the numerator."

    /// How a test is made where no single mean square makes it.
    let private quasi (values: OptionValues) =
        if OptionValues.contains differences.Name values then
            QuasiF.Differences
        else
            QuasiF.Sums

    let private names name (values: OptionValues) =
        OptionValues.all name values |> List.collect OptionValues.words

    // Expected mean squares

    let private level (text: string) =
        match text.Split('=', StringSplitOptions.TrimEntries) with
        | [| name; count |] when name <> "" ->
            match Int32.TryParse count with
            | true, count -> Ok(name, count)
            | false, _ -> Error [ $"'{text}'" ]
        | _ -> Error [ $"'{text}'" ]

    let private levels values =
        names "--levels" values
        |> List.map level
        |> Results.all
        |> Result.mapError (fun wrong ->
            let wrong = String.concat ", " wrong
            $"--levels {wrong} cannot be read; write each factor with its number of levels, as in A=4,B=5.")

    let private emsResult terms form quasi (design: BalancedDesign) =
        let table () =
            EmsReport.expected form quasi design |> CommandTables.ems

        CommandResult.create
            (fun () -> EmsReport.render SummaryFormat.Text form quasi design)
            (fun () -> FrameText.toJson [ "terms", terms ] [ "sources", table () ])
            table

    let private readEms (arguments: Arguments) : Result<CommandRun, string> =
        let values = arguments.Options
        let terms = arguments.Words.Head

        let form =
            if OptionValues.contains "--restricted" values then
                InteractionForm.Restricted
            else
                InteractionForm.Unrestricted

        match levels values, OptionValues.tryCount "--reps" 1 2 values with
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok levels, Ok replicates ->
            Ok(fun _ ->
                BalancedDesign.parse terms (names "--random" values) levels (defaultArg replicates 1)
                |> Result.map (emsResult terms form (quasi values)))

    /// Expected mean squares of a balanced design.
    let ems: Command = {
        Name = "ems"
        Purpose = "print the expected mean squares of a balanced design."
        Example = "\"A*B\" --random B --levels A=4,B=5 --reps 2"
        Words = [
            {
                Name = "TERMS"
                Kind = ArgumentKind.Text("TERMS", [])
                MayRepeat = false
                Unless = None
                Help = "the terms of a balanced design, such as \"A*B\" or \"A/B + C\"."
            }
        ]
        Meanings = []
        Groups = [
            "DESIGN",
            [
                OptionTable.repeated
                    "--random"
                    "FACTORS"
                    "the random factors, separated by commas; all others are fixed."
                OptionTable.repeated "--levels" "LEVELS" "the number of levels of every factor, such as A=4,B=5."
                OptionTable.value "--reps" "COUNT" "observations in each cell; 1 is the default."
                OptionTable.switch "--restricted" "random interactions sum to zero over their fixed factors."
                differences
            ]
        ]
        Read = readEms
    }

    // Analysis of variance

    let private types = [
        "1", SumsOfSquares.TypeI
        "2", SumsOfSquares.TypeII
        "3", SumsOfSquares.TypeIII
    ]

    let private anovaResult negative (table: AnovaTable) =
        CommandResult.create
            (fun () -> AnovaReport.render SummaryFormat.Text negative table)
            (fun () -> AnovaJson.render negative table)
            (fun () -> CommandTables.anova table)

    let private readAnova (arguments: Arguments) : Result<CommandRun, string> =
        let values = arguments.Options
        let data = arguments.Words[0]

        let negative =
            if OptionValues.contains "--zero" values then
                NegativeEstimates.SetToZero
            else
                NegativeEstimates.Keep

        match OptionValues.choice "--type" types values, DataOptions.reading data values with
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok kind, Ok reading ->
            Ok(fun _ ->
                ModelSource.read (ModelRequest.plain arguments.Words[1] reading)
                |> Result.bind (fun source -> AnovaModel.create source.Spec (names "--random" values) source.Frame)
                |> Result.map (AnovaTable.create kind (quasi values) >> anovaResult negative))

    /// The analysis of variance of data.
    let anovaTable: Command = {
        Name = "anova-table"
        Purpose = "print the analysis of variance of data, with expected mean squares."
        Example = "pastry_dough.csv \"yield ~ process + blend\" --random blend"
        Words = [ Command.data; Command.formula ]
        Meanings = []
        Groups = [
            "TABLE",
            [
                OptionTable.repeated
                    "--random"
                    "FACTORS"
                    "the random factors, separated by commas, with every term they are in."
                OptionTable.choice "--type" types "of the sums of squares; 1 is the default, with fixed terms first."
                OptionTable.switch "--zero" "set negative variance estimates to zero; without it they are kept."
                differences
            ]
            "DATA", DataOptions.table
        ]
        Read = readAnova
    }
