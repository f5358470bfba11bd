namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>What a command has found, in every form.</summary>
[<NoComparison; NoEquality>]
type CommandResult = {
    /// For people, tables with so many rows at most; it ends with a line end.
    Text: int -> string
    /// The table of CSV, or why there is none.
    Table: unit -> Result<Frame, LmmError list>
    /// One line.
    Json: unit -> string
    /// Sentences below the text, and on standard error with CSV.
    Notes: string list
    /// What <c>-o FILE</c> writes where it is not the text: a chart, a page.
    Save: (string -> Result<unit, LmmError list>) option
    Code: int
}

/// <summary>What commands have found.</summary>
[<RequireQualifiedAccess>]
module internal CommandResult =

    /// Lines as text.
    let lines (lines: string list) =
        lines |> List.map (fun line -> line + "\n") |> String.concat ""

    /// <summary>A result with a text of its own.</summary>
    /// <param name="text">The text, which ends with a line end.</param>
    /// <param name="json">The line of JSON.</param>
    /// <param name="table">The table of CSV.</param>
    let create (text: unit -> string) (json: unit -> string) (table: unit -> Frame) = {
        Text = fun _ -> text ()
        Table = table >> Ok
        Json = json
        Notes = []
        Save = None
        Code = ExitCode.success
    }

    /// <summary>A result that is tables.</summary>
    /// <param name="heading">Lines above the first table.</param>
    /// <param name="members">Texts of the JSON object before its tables.</param>
    /// <param name="tables">Tables by their keys in JSON; the first is that of text and CSV.</param>
    /// <param name="notes">Sentences below the table.</param>
    let ofTables heading members (tables: (string * Frame) list) notes = {
        Text = fun most -> lines (heading @ [ "" ] @ FrameText.toTable most (snd tables.Head))
        Table = fun () -> Ok(snd tables.Head)
        Json = fun () -> FrameText.toJson members tables
        Notes = notes
        Save = None
        Code = ExitCode.success
    }
