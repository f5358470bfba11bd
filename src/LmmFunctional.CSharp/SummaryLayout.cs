namespace LmmFunctional.CSharp;

/// <summary>How a summary is written.</summary>
public enum SummaryLayout
{
    /// <summary>Plain text of fixed width, as R prints it.</summary>
    Text,

    /// <summary>Markdown with pipe tables.</summary>
    Markdown,
}
