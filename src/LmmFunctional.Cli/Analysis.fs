namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>How tables are written.</summary>
[<RequireQualifiedAccess>]
type TableFormat =
    | Text
    | Csv
    | Json

/// <summary>What a command on a fit has found.</summary>
type AnalysisResult = {
    /// Lines above the table.
    Heading: string list
    /// Texts of the JSON object before its tables.
    Members: (string * string) list
    /// Tables by their keys in JSON; the first is that of text and CSV.
    Tables: (string * Frame) list
    /// Sentences below the table.
    Notes: string list
}

/// <summary>A command on a fit as asked for: the fit, and what is done with it.</summary>
[<ReferenceEquality>]
type AnalysisRequest = {
    Fit: FitRequest
    Format: TableFormat
    /// The file to write instead of standard output.
    File: string option
    /// Rows of the table that text shows.
    MostRows: int
    Run: Fit -> Result<AnalysisResult, LmmError list>
}

/// <summary>A command that fits a model and then does something with the fit.</summary>
[<ReferenceEquality>]
type Analysis = {
    /// Such as predict.
    Name: string
    /// What it does, as the list of commands says it.
    Purpose: string
    /// What follows the name in the example of its help.
    Example: string
    /// Options of its own.
    Options: CommandOption list
    /// Options of lmm fit that mean something here besides those of the model: --df, --convention.
    FitOptions: string list
    /// What is done with the fit, or what is wrong with an option.
    Read: OptionValues -> FitRequest -> Result<Fit -> Result<AnalysisResult, LmmError list>, string>
}
