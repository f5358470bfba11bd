namespace LmmFunctional.Cli

/// <summary>All commands.</summary>
[<RequireQualifiedAccess>]
module CommandList =

    let private onFit =
        [
            FitAnalysis.analysis
            FixedTestAnalysis.analysis
            EmmeansAnalysis.analysis
            IntervalAnalysis.analysis
            VarianceAnalyses.shares
            VarianceAnalyses.tests
            VarianceAnalyses.verify
            PredictAnalysis.analysis
            RandomEffectsAnalysis.analysis
            DiagnosticAnalyses.residuals
            DiagnosticAnalyses.influence
            OutlierAnalysis.outliers
            CheckAnalysis.analysis
            SimulationAnalyses.simulate
            SimulationAnalyses.power
            PlotAnalysis.analysis
            ReportAnalysis.analysis
            ExportAnalysis.analysis
            SaveAnalysis.analysis
        ]
        |> List.map Analysis.toCommand

    let private others = [
        ComparisonCommand.command
        PlanCommand.command
        SumsCommand.command
        ClassicalCommands.ems
        ClassicalCommands.anovaTable
    ]

    /// All commands, in the order of the help.
    let all: Command list =
        let own = onFit @ others
        own @ [ CompletionCommand.create own ]

    /// The command of a name.
    let tryFind name =
        all |> List.tryFind (fun command -> command.Name = name)
