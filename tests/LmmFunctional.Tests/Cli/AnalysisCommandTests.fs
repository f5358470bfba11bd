/// <summary>The commands on a fit: predict, ranef, residuals, influence, outliers, check, simulate, power.</summary>
module LmmFunctional.Tests.AnalysisCommandTests

open System
open System.IO
open System.Text.Json
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Cli

let private run arguments =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Cli.run (Array.ofList arguments) output error
    code, output.ToString().Replace("\r", ""), error.ToString().Replace("\r", "")

let private sleepstudy = TestData.csv "sleepstudy"

let private slopes = "Reaction ~ Days + (Days | Subject)"

let private fit = lazy (Models.reml "sleepstudy" slopes)

// A file that lasts as long as the test.
let private withFile (text: string) (test: string -> unit) =
    let path = Path.GetTempFileName()

    try
        File.WriteAllText(path, text)
        test path
    finally
        File.Delete path

let private numbers (text: string) (key: string) (name: string) =
    use json = JsonDocument.Parse text

    [
        for row in json.RootElement.GetProperty(key).EnumerateArray() do
            row.GetProperty(name).GetDouble()
    ]

let private matches name (expected: float seq) (found: float seq) = [
    yield! Law.isTrue $"{name}: as many rows" (Seq.length expected = Seq.length found)

    for expected, found in Seq.zip expected found do
        yield! Law.relative name 1e-12 expected found
]

[<Tests>]
let tests =
    testList "AnalysisCommandTests" [
        testCase "predict in JSON has the numbers of the library" (fun () ->
            let code, text, _ = run [ "predict"; sleepstudy; slopes; "--json" ]

            let expected = Lmm.predict PredictionOptions.defaults fit.Value |> Models.value

            Law.assertHolds [
                yield! Law.isTrue "exit code" (code = 0)
                yield!
                    numbers text "predictions" "estimate"
                    |> matches "estimate" (expected |> List.map _.Estimate)
                yield!
                    numbers text "predictions" "se"
                    |> matches "se" (expected |> List.map _.StandardError)
                yield!
                    numbers text "predictions" "upper"
                    |> matches "upper" (expected |> List.map _.Upper)
            ])

        testCase "predict takes new data, known levels and new ones" (fun () ->
            withFile "Days,Subject\n10,308\n10,999\n" (fun path ->
                let code, text, _ =
                    run [ "predict"; sleepstudy; slopes; "--new"; path; "--df"; "residual" ]

                Check.equal
                    (0,
                     "Predictions of Reaction\n"
                     + "Formula: Reaction ~ 1 + Days + (1 + Days | Subject)\n"
                     + "Random effects included: all\n"
                     + "Intervals: 95 % confidence, df residual, uncertainty of covariance parameters none\n"
                     + "\n"
                     + "row estimate     se  df  lower  upper newLevels  \n"
                     + "  1   450.33 15.851 178 419.05 481.61            \n"
                     + "  2   356.08 67.586 178 222.71 489.45 Subject 999\n")
                    (code, text)))

        testCase "every problem of new data is told at once" (fun () ->
            withFile "Day,Subject\n10,308\n10,\n" (fun path ->
                let code, _, error = run [ "predict"; sleepstudy; slopes; "--new"; path ]

                Check.equal
                    (2,
                     "Column 'Days' is not in the data; did you mean 'Day'?\n"
                     + "Column 'Subject' is missing in 1 row of the new data (2); fill it in or leave these rows out.\n")
                    (code, error)))

        testCase "ranef in CSV has a line for each effect of each level" (fun () ->
            let code, text, _ = run [ "ranef"; sleepstudy; slopes; "--csv" ]
            let lines = text.TrimEnd().Split '\n'
            let subject = Lmm.randomEffects fit.Value |> List.head

            Law.assertHolds [
                yield! Law.isTrue "exit code" (code = 0)
                yield! Law.isTrue "lines" (lines.Length = 37)
                yield! Law.isTrue "header" (lines[0] = "group,level,effect,mode,sd,pev,reliability")

                yield! Law.relative "mode" 1e-12 subject.Modes[0, 0] (float (lines[1].Split(',')[3]))
            ])

        testCase "residuals are written to a file" (fun () ->
            withFile "" (fun path ->
                let code, text, _ = run [ "residuals"; sleepstudy; slopes; "--json"; "-o"; path ]

                let table = Lmm.residuals fit.Value
                let written = File.ReadAllText path

                Law.assertHolds [
                    yield! Law.isTrue "exit code" (code = 0)
                    yield! Law.isTrue "nothing else is printed" (text = "")
                    yield! numbers written "residuals" "deletedT" |> matches "deletedT" table.DeletedT
                    yield! numbers written "residuals" "leverage" |> matches "leverage" table.Leverage
                ]))

        testCase "predict combines rows of new data and effects by name" (fun () ->

            withFile "Subject,Days\n308,0\n308,5\n" (fun path ->
                let code, text, _ =
                    run [
                        "predict"
                        sleepstudy
                        slopes
                        "--new"
                        path
                        "--combine"
                        "change: row2 - row1; row1/2 + row2/2"
                        "--json"
                    ]

                let functions =
                    "change: 5 Days + 5 Subject[308].Days; (Intercept) + 2.5 Days + Subject[308].(Intercept) + 2.5 Subject[308].Days"

                let ofEffects, byName, _ =
                    run [ "predict"; sleepstudy; slopes; "--functions"; functions; "--json" ]

                let expected =
                    LinearCombination.parse functions fit.Value
                    |> Result.bind (fun read -> Predictions.ofCombinations PredictionOptions.defaults read fit.Value)
                    |> Models.value
                    |> _.Predictions

                Law.assertHolds [
                    yield! Law.isTrue "exit code" (code = 0 && ofEffects = 0)

                    for text in [ text; byName ] do
                        yield!
                            numbers text "predictions" "estimate"
                            |> matches "estimate" (expected |> List.map _.Estimate)

                        yield!
                            numbers text "predictions" "se"
                            |> matches "se" (expected |> List.map _.StandardError)

                        yield! numbers text "predictions" "df" |> matches "df" (expected |> List.map _.Df)
                ]))

        testCases
            "functions that predict cannot read are told"
            [
                [ "--functions"; "Dais" ], "There is no effect 'Dais'; choose one of Days."
                [ "--functions"; "Days + 1" ], "a function has no constant and no '='"
                [ "--functions"; "Days"; "--effects"; "all" ],
                "--functions name their effects themselves, without --effects, --interval and --new-levels."
                [ "--functions"; "Days"; "--combine"; "row1" ], "give one of --combine and --functions."
                [ "--combine"; "row2 - row1" ], "--combine needs --new with the rows that it combines."
            ]
            (fun (options, expected) ->
                let code, _, error = run ([ "predict"; sleepstudy; slopes ] @ options)
                Check.equal 2 code
                Check.contains expected error)

        testCase "a saved model predicts as its data do" (fun () ->
            withFile "" (fun path ->
                let code, text, error = run [ "save"; sleepstudy; slopes; "--ml"; "-o"; path ]
                let _, direct, _ = run [ "predict"; sleepstudy; slopes; "--ml"; "--rows"; "3" ]
                let loaded, ofModel, _ = run [ "predict"; "--saved"; path; "--rows"; "3" ]

                Law.assertHolds [
                    yield! Law.isTrue "exit codes" (code = 0 && loaded = 0)
                    yield! Law.isTrue error (error = "")
                    yield! Law.isTrue "nothing else is printed" (text = "")
                    yield! Law.isTrue ofModel (ofModel = direct)
                ]

                let refused, _, problem = run [ "predict"; "--saved"; path; "--ml" ]

                Check.equal
                    (2, "lmm: --ml says what the model is, and the file of --saved has it.")
                    (refused, (problem.Split '\n')[0])))

        testCase "a model that is not there, and a file that is none, are told" (fun () ->
            let code, _, error = run [ "ranef"; "--saved"; "no-such-model.json" ]
            Check.equal (2, "File 'no-such-model.json' does not exist; check the path.\n") (code, error)
            let code, _, error = run [ "ranef"; "--saved"; sleepstudy ]
            Check.equal (2, $"{sleepstudy} is not a model saved by LmmFunctional.\n") (code, error)
            let code, _, error = run [ "save"; sleepstudy; slopes ]
            Check.equal 2 code
            Check.contains "-o is missing; name the file of the model, such as -o model.json." error)

        testCase "outliers lists the most conspicuous row first" (fun () ->
            let code, text, _ = run [ "outliers"; sleepstudy; slopes; "--rows"; "2" ]

            Check.equal
                (0,
                 "Mean shift of each row, p adjusted by bonferroni\n"
                 + "Formula: Reaction ~ 1 + Days + (1 + Days | Subject)\n"
                 + "\n"
                 + "unit   shift    se       t externalT          p  pAdjusted\n"
                 + "  57  150.94 27.31  5.5270    6.0555 8.1757e-09 1.4716e-06\n"
                 + "  60 -139.12 30.44 -4.5704   -4.8511 2.6797e-06 4.8234e-04\n"
                 + "... and 178 more rows\n")
                (code, text))

        testCase "outliers by variance shifts scans levels" (fun () ->
            let code, text, _ =
                run [
                    "outliers"
                    sleepstudy
                    slopes
                    "--by"
                    "Subject"
                    "--model"
                    "variance"
                    "--refits"
                    "1"
                    "--json"
                ]

            use json = JsonDocument.Parse text
            let first = json.RootElement.GetProperty("units").[0]

            Law.assertHolds [
                yield! Law.isTrue "exit code" (code = 0)
                yield! Law.isTrue "unit" (first.GetProperty("unit").GetString() = "332")
                yield! Law.isTrue "refitted" (first.GetProperty("refitted").GetString() = "yes")
            ])

        testCase "what is wrong with the options is told in words, with exit code 2" (fun () ->
            let refused = [
                [ "predict"; sleepstudy; slopes; "--level"; "95" ],
                "lmm: --level must lie between 0 and 1, such as 0.95, not '95'.\n"
                [ "predict"; sleepstudy; slopes; "--interval"; "tolerance" ],
                "lmm: there is no --interval 'tolerance'; choose one of confidence, prediction.\n"
                [ "predict"; sleepstudy; slopes; "--effects"; "Item" ],
                "There is no random term 'Item'; choose one of Subject.\n"
                [ "predict"; sleepstudy; slopes; "--df"; "containment" ],
                "There is no method for the degrees of freedom of predictions 'containment'; choose one of asymptotic, residual, satterthwaite, kenward-roger.\n"
                [ "ranef"; sleepstudy; slopes; "--group"; "Item" ],
                "There is no grouping factor 'Item'; choose one of Subject.\n"
                [ "ranef"; sleepstudy; slopes; "--robust"; "cr2" ],
                "lmm: '--robust' means nothing to 'lmm ranef'; 'lmm fit' takes it.\n"
                [ "ranef"; sleepstudy; slopes; "--json"; "--csv" ], "lmm: give one of --json and --csv.\n"
                [ "ranef"; sleepstudy; slopes; "-o" ],
                "lmm: argument '-o' must be followed by <FILE>; 'lmm ranef --help' lists the arguments.\n"
                [ "residuals"; sleepstudy; slopes; "--rows"; "-1" ],
                "lmm: --rows takes a whole number, 0 or more, such as 60, not '-1'.\n"
                [ "outliers"; sleepstudy; slopes; "--refits"; "3" ], "lmm: --refits belongs to --model variance.\n"
                [ "outliers"; sleepstudy; slopes; "--model"; "variance"; "--adjust"; "holm" ],
                "lmm: --adjust belongs to --model mean.\n"
                [ "outliers"; sleepstudy; slopes; "--model"; "variance"; "--effect"; "Days" ],
                "lmm: --effect needs --by with the grouping factor of the effect.\n"
                [ "outliers"; sleepstudy; slopes; "--by"; "Item" ],
                "'Item' is neither a factor of the model nor a column of the data; clusters can be those of Subject, or of a column that holds their levels whole.\n"
                [ "influence"; sleepstudy; slopes; "--how"; "two-step" ],
                "lmm: there is no --how 'two-step'; choose one of fixed, one-step, exact.\n"
                [ "check"; sleepstudy; slopes; "--significance"; "5" ],
                "lmm: --significance must lie between 0 and 1, such as 0.05, not '5'.\n"
                [ "predict"; sleepstudy; slopes; "--seed"; "3" ],
                "lmm: --replicates and --seed belong to --uncertainty bootstrap.\n"
                [ "predict"; sleepstudy; slopes; "--mean-correction" ],
                "lmm: --mean-correction goes with --response.\n"
                [ "simulate"; sleepstudy; slopes; "--count"; "0" ],
                "lmm: --count takes a whole number, 1 or more, such as 1, not '0'.\n"
                [ "power"; sleepstudy; slopes ],
                "lmm: --hypothesis or --term is missing; write for instance --hypothesis Days.\n"
                [ "power"; sleepstudy; slopes; "--term"; "Days"; "--sizes"; "10,20" ],
                "lmm: --sizes needs --levels-of or --rows-of with a factor.\n"
                [
                    "power"
                    sleepstudy
                    slopes
                    "--term"
                    "Days"
                    "--levels-of"
                    "Subject"
                    "--sizes"
                    "10,x"
                ],
                "lmm: --sizes takes a whole number, 1 or more, such as 10, not 'x'.\n"
                [ "outliers"; sleepstudy; slopes; "--bye"; "Subject" ],
                "lmm: unrecognized argument: '--bye'; did you mean '--by'? 'lmm outliers --help' lists the arguments.\n"
                [ "predcit"; sleepstudy; slopes ],
                "lmm: there is no command 'predcit'; did you mean 'predict'? 'lmm --help' lists the commands.\n"
            ]

            for arguments, problem in refused do
                let code, _, error = run arguments
                Check.equal (2, problem) (code, error))

        testCase "influence in JSON has the numbers of the library" (fun () ->
            for how, method in [ "fixed", InfluenceMethod.Fixed; "exact", InfluenceMethod.Exact ] do
                let code, text, _ =
                    run [ "influence"; sleepstudy; slopes; "--by"; "Subject"; "--how"; how; "--json" ]

                let expected =
                    Lmm.influence
                        {
                            InfluenceOptions.defaults with
                                How = method
                                Units = DiagnosticUnits.Levels "Subject"
                        }
                        fit.Value
                    |> Models.value

                Law.assertHolds [
                    yield! Law.isTrue "exit code" (code = 0)
                    yield!
                        numbers text "units" "cookD"
                        |> matches "cookD" (expected.Units |> List.map _.CookD)
                    yield!
                        numbers text "units" "likelihoodDistance"
                        |> matches "distance" (expected.Units |> List.map _.LikelihoodDistance)
                ])

        testCase "check prints every check with its finding" (fun () ->
            let code, text, _ = run [ "check"; sleepstudy; slopes ]
            let checks = Lmm.check CheckOptions.defaults fit.Value |> Models.value
            Check.equal 0 code

            for check in checks do
                Check.contains check.Finding text

            let _, json, _ = run [ "check"; sleepstudy; slopes; "--json" ]
            use document = JsonDocument.Parse json
            Check.equal checks.Length (document.RootElement.GetProperty("checks").GetArrayLength()))

        testCase "simulate draws the responses of the library" (fun () ->
            let code, text, _ =
                run [ "simulate"; sleepstudy; slopes; "--count"; "2"; "--seed"; "7"; "--json" ]

            let expected = Lmm.simulate 7 2 fit.Value |> Models.value

            Law.assertHolds [
                yield! Law.isTrue "exit code" (code = 0)
                yield! numbers text "responses" "response2" |> matches "response" expected[1]
            ])

        testCase "power has a row for each size" (fun () ->
            let code, text, _ =
                run [
                    "power"
                    sleepstudy
                    slopes
                    "--hypothesis"
                    "Days"
                    "--set"
                    "Days=3"
                    "--simulations"
                    "40"
                    "--levels-of"
                    "Subject"
                    "--sizes"
                    "6,12"
                    "--json"
                ]

            let expected =
                Lmm.powerCurve
                    {
                        PowerOptions.ofTest (PowerTest.Hypothesis "Days") with
                            Simulations = 40
                    }
                    (DesignGrowth.Levels "Subject")
                    [ 6; 12 ]
                    (Map [ "Days", 3.0 ])
                    fit.Value
                |> Models.value

            Law.assertHolds [
                yield! Law.isTrue "exit code" (code = 0)
                yield! numbers text "power" "rows" |> matches "rows" [ 60.0; 120.0 ]
                yield! numbers text "power" "power" |> matches "power" (expected |> List.map _.Power)
            ])

        testCase "outliers by a bootstrap has thresholds" (fun () ->
            let code, text, _ =
                run [
                    "outliers"
                    sleepstudy
                    slopes
                    "--by"
                    "Subject"
                    "--model"
                    "variance"
                    "--effect"
                    "Days"
                    "--refits"
                    "0"
                    "--bootstrap"
                    "20"
                    "--json"
                ]

            Law.assertHolds [
                yield! Law.isTrue "exit code" (code = 0)
                yield! Law.isTrue "units" ((numbers text "units" "pAdjusted").Length = 18)
                yield! Law.isTrue "thresholds" ((numbers text "thresholds" "threshold").Length = 2)
            ])

        testCase "a file that cannot be written is told" (fun () ->
            let folder = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString())
            let path = Path.Combine(folder, "effects.csv")
            let code, _, error = run [ "ranef"; sleepstudy; slopes; "-o"; path ]

            Check.equal
                (2, $"File '{path}' cannot be written: Could not find a part of the path '{path}'.\n")
                (code, error))

        testCase "help shows each command with its example and its options" (fun () ->
            let _, all, _ = run [ "--help" ]

            for analysis in
                [
                    "predict"
                    "ranef"
                    "residuals"
                    "influence"
                    "outliers"
                    "check"
                    "simulate"
                    "power"
                    "save"
                ] do
                let code, text, _ = run [ analysis; "--help" ]
                Check.equal 0 code
                Check.contains $"    lmm {analysis} " text
                Check.contains "    --csv                 print the table as CSV, all rows.\n" text
                Check.contains "    --subset <CONDITION>" text
                Check.contains $"    {analysis}" all)
    ]
