using System.Text.RegularExpressions;
using NUnit.Framework;

namespace LmmFunctional.CSharp.Tests.Docs;

/// <summary>C# of the pages is C# that a test compiles and runs.</summary>
public class DocumentedCodeTests
{
    private static string Plain(string code) =>
        string.Join(
            '\n',
            code.Split('\n')
                .Select(line => line.Trim())
                .Where(line => line.Length > 0 && !line.StartsWith("using ", StringComparison.Ordinal)));

    private static string Source(string name) =>
        Plain(File.ReadAllText(
            Path.Combine(TestData.Root, "tests", "LmmFunctional.CSharp.Tests", "Docs", name)));

    [TestCase("README.md", "ReadmeTests.cs", 1)]
    [TestCase("docs/guides/csharp.md", "GuideTests.cs", 6)]
    [TestCase("docs/guides/six-tasks.md", "GuideTests.cs", 6)]
    public void EveryBlockOfThePageStandsInATest(string page, string test, int least)
    {
        var text = File.ReadAllText(Path.Combine(TestData.Root, page)).ReplaceLineEndings("\n");
        var blocks = Regex.Matches(text, "^```csharp\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline);
        var source = Source(test);

        Assert.That(blocks, Has.Count.GreaterThanOrEqualTo(least));

        Assert.Multiple(() =>
        {
            foreach (Match block in blocks)
                Assert.That(source, Does.Contain(Plain(block.Groups[1].Value)), page);
        });
    }
}
