namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>How tables are written.</summary>
[<RequireQualifiedAccess>]
type TableFormat =
    | Text
    | Csv
    | Json

/// <summary>What a command on a fit has found, in every form.</summary>
[<NoComparison; NoEquality>]
type AnalysisResult = {
    /// The lines of the text, tables with so many rows at most.
    Text: int -> string list
    /// The table of CSV.
    Table: Frame
    /// One line.
    Json: unit -> string
    /// Sentences below the text, and on standard error with CSV.
    Notes: string list
    /// What <c>-o FILE</c> writes where it is not the text: a chart, a page.
    Save: (string -> Result<unit, LmmError list>) option
}

/// <summary>What commands have found.</summary>
[<RequireQualifiedAccess>]
module internal AnalysisResult =

    /// <summary>A result that is tables.</summary>
    /// <param name="heading">Lines above the first table.</param>
    /// <param name="members">Texts of the JSON object before its tables.</param>
    /// <param name="tables">Tables by their keys in JSON; the first is that of text and CSV.</param>
    /// <param name="notes">Sentences below the table.</param>
    let ofTables heading members (tables: (string * Frame) list) notes = {
        Text = fun most -> heading @ [ "" ] @ FrameText.toTable most (snd tables.Head)
        Table = snd tables.Head
        Json = fun () -> FrameText.toJson members tables
        Notes = notes
        Save = None
    }

/// <summary>A command on a fit as asked for: the fit, and what is done with it.</summary>
[<ReferenceEquality>]
type AnalysisRequest = {
    Fit: FitRequest
    Format: TableFormat
    /// The file to write instead of standard output.
    File: string option
    /// Rows of a table that text shows.
    MostRows: int
    Run: Fit -> Result<AnalysisResult, LmmError list>
}

/// <summary>A command that fits a model and then does something with the fit.</summary>
[<ReferenceEquality>]
type Analysis = {
    /// Such as predict.
    Name: string
    /// A word before the data, such as KIND, with the words that it may be and what they mean; it is among the options by its name.
    First: (string * (string * string) list) option
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
