using System.Text.RegularExpressions;
using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests.Docs;

/// <summary>The C# example of README.md.</summary>
[NonParallelizable]
public class ReadmeTests
{
    // Times differ from run to run, what is rounding and no more from machine to machine.
    private static string Masked(string text) =>
        Regex.Replace(
            Regex.Replace(text, @"\bin \d+\.\d+ s\b", "in T s"),
            @"(gradient|Newton decrement) [0-9][0-9.e+-]*",
            "$1 E");

    [Test]
    public void TheExamplePrintsTheSummaryOfTheReadme()
    {
        var before = Directory.GetCurrentDirectory();
        var output = Console.Out;
        var written = new StringWriter();

        try
        {
            Directory.SetCurrentDirectory(TestData.Root);
            Console.SetOut(written);

            var data = Data.ReadCsv("tests/data/sleepstudy.csv");

            var fit = Response("Reaction")
                .Fixed(Intercept + Col("Days"))
                .Random(Intercept + Col("Days"), by: "Subject")
                .Fit(data);

            Console.WriteLine(fit.Summary());
        }
        finally
        {
            Console.SetOut(output);
            Directory.SetCurrentDirectory(before);
        }

        var readme = File.ReadAllText(Path.Combine(TestData.Root, "README.md")).ReplaceLineEndings("\n");
        var shown = Regex.Match(readme, "^```\n(Linear mixed model fit by.*?)^```$",
            RegexOptions.Multiline | RegexOptions.Singleline).Groups[1].Value;

        Assert.That(Masked(written.ToString().Trim()), Is.EqualTo(Masked(shown.Trim())));
    }
}
