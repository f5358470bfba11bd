namespace LmmFunctional

/// <summary>How a summary is written.</summary>
[<RequireQualifiedAccess>]
type SummaryFormat =
    /// Plain text of fixed width, as R prints it.
    | Text
    /// Markdown with pipe tables.
    | Markdown
