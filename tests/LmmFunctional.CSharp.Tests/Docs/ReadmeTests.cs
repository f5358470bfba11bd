using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests.Docs;

/// <summary>The C# example of README.md.</summary>
public class ReadmeTests
{
    [Test]
    public void TheExampleFitsTheFormulaOfTheReadme()
    {
        var data = Data.ReadCsv(TestData.Csv("sleepstudy"));

        var fit = Response("Reaction")
            .Fixed(Intercept + Col("Days"))
            .Random(Intercept + Col("Days"), by: "Subject")
            .Fit(data);

        Assert.That(fit.Summary(), Does.StartWith(
            "Linear mixed model fit by REML\nFormula: Reaction ~ 1 + Days + (1 + Days | Subject)\n"));
    }
}
