namespace LmmFunctional.CSharp.Tests;

/// <summary>The data files that the tests read.</summary>
internal static class TestData
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>The path of a data file: <c>TestData.Csv("sleepstudy")</c>.</summary>
    public static string Csv(string name) => Path.Combine(Root, "tests", "data", name + ".csv");

    /// <summary>The path of a file of reference values: <c>TestData.Reference("lmer")</c>.</summary>
    public static string Reference(string name) => Path.Combine(Root, "tests", "data", "reference", name + ".json");

    /// <summary>The sleep deprivation study of lme4: Reaction, Days, Subject.</summary>
    public static Frame Sleepstudy { get; } = Data.ReadCsv(Csv("sleepstudy"));

    private static string FindRoot(DirectoryInfo? folder) =>
        folder is null ? throw new DirectoryNotFoundException("No folder above the tests holds LmmFunctional.sln.")
        : File.Exists(Path.Combine(folder.FullName, "LmmFunctional.sln")) ? folder.FullName
        : FindRoot(folder.Parent);
}
