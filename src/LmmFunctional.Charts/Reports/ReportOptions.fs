namespace LmmFunctional.Charts

open System

/// <summary>What a report says besides what the fit says.</summary>
type ReportOptions = {
    /// The heading; None for one from the response.
    Title: string option
    /// Where the data came from, such as the name of a file.
    Source: string option
    /// The command or the code that made it.
    Command: string option
    /// When it was made; None leaves the time out, so that equal fits have equal reports.
    Made: DateTimeOffset option
    /// Of all intervals, between 0 and 1.
    Level: float
    /// Whether identities of the estimates are checked, up to 2,000 rows.
    ChecksIdentities: bool
}

/// <summary>Options of reports.</summary>
[<RequireQualifiedAccess>]
module ReportOptions =

    /// Intervals at 95 per cent, identities checked, nothing else said.
    let defaults = {
        Title = None
        Source = None
        Command = None
        Made = None
        Level = 0.95
        ChecksIdentities = true
    }
