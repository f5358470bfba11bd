namespace LmmFunctional.CSharp.Tests;

/// <summary>The data files that the tests read.</summary>
internal static class TestData
{
    private static readonly string Root = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>The path of a data file: <c>TestData.Csv("sleepstudy")</c>.</summary>
    public static string Csv(string name) => Path.Combine(Root, "tests", "data", name + ".csv");

    private static string FindRoot(DirectoryInfo? folder) =>
        folder is null ? throw new DirectoryNotFoundException("No folder above the tests holds LmmFunctional.sln.")
        : File.Exists(Path.Combine(folder.FullName, "LmmFunctional.sln")) ? folder.FullName
        : FindRoot(folder.Parent);
}
