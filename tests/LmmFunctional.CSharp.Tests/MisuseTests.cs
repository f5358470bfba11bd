using System.Data;
using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests;

/// <summary>A mistake of the program is an ArgumentException that names the argument.</summary>
public class MisuseTests
{
    private static readonly LmmModel Y = Response("y").Fixed(Intercept);

    private static readonly FittedLmm Fit = Parse("Reaction ~ 1 + (1 | Subject)").Fit(TestData.Sleepstudy);

    private static IEnumerable<TestCaseData> Nulls()
    {
        TestCaseData Null(string argument, Action call, string member) =>
            new TestCaseData(argument, call).SetArgDisplayNames($"{member}: {argument}");

        yield return Null("name", () => Response(null!), "Response");
        yield return Null("text", () => ResponseExpression(null!), "ResponseExpression");
        yield return Null("name", () => Col(null!), "Col");
        yield return Null("name", () => Factor(null!), "Factor");
        yield return Null("a", () => Interaction(null!, Intercept), "Interaction");
        yield return Null("b", () => Interaction(Intercept, null!), "Interaction");
        yield return Null("text", () => Expression(null!), "Expression");
        yield return Null("name", () => Offset(null!), "Offset");
        yield return Null("formula", () => Parse(null!), "Parse");
        yield return Null("formula", () => TryParse(null!, out _, out _), "TryParse");
        yield return Null("terms", () => Y.Fixed(null!), "Fixed");
        yield return Null("terms", () => Y.WithFixed(null!), "WithFixed");
        yield return Null("effects", () => Y.Random(null!, "g"), "Random");
        yield return Null("effects", () => Y.Random(null!, ["a", "b"]), "Random of several");
        yield return Null("by", () => Y.Random(Intercept, (string)null!), "Random");
        yield return Null("by", () => Y.Random(Intercept, (IReadOnlyList<string>)null!), "Random of several");
        yield return Null("column", () => Y.Weights(null!), "Weights");
        yield return Null("frame", () => Y.Fit(null!), "Fit");
        yield return Null("frame", () => Y.TryFit(null!, out _, out _), "TryFit");
        yield return Null("group", () => Fit.RandomEffectsBy(null!), "RandomEffectsBy");
        yield return Null("path", () => Data.ReadCsv(null!), "ReadCsv");
        yield return Null("path", () => Data.TryReadCsv(null!, out _, out _), "TryReadCsv");
        yield return Null("reader", () => Data.ParseCsv(null!), "ParseCsv");
        yield return Null("source", () => Data.ParseCsv(TextReader.Null, null!), "ParseCsv");
        yield return Null("rows", () => Data.FromObjects<LmmIssue>(null!), "FromObjects");
        yield return Null("columns", () => Data.FromColumns(((string, Column)[])null!), "FromColumns");
        yield return Null("reader", () => Data.FromReader((IDataReader)null!), "FromReader");
        yield return Null("values", () => Columns.Numbers(null!), "Numbers");
        yield return Null("values", () => Columns.Categories(null!), "Categories");
        yield return Null("levels", () => Columns.Factor(null!, []), "Columns.Factor");
        yield return Null("codes", () => Columns.Factor([], null!), "Columns.Factor");
        yield return Null("column", () => Columns.Relevel(null!, "a"), "Relevel");
        yield return Null("level", () => Columns.Numbers([1.0]).Relevel(null!), "Relevel");
        yield return Null("frame", () => FrameExtensions.Where(null!, _ => true), "Where");
        yield return Null("keep", () => TestData.Sleepstudy.Where(null!), "Where");
        yield return Null("column", () => TestData.Sleepstudy.WithColumn("x", null!), "WithColumn");
        yield return Null("name", () => TestData.Sleepstudy.WithColumn(null!, Columns.Numbers([])), "WithColumn");
        yield return Null("name", () => TestData.Sleepstudy.TryGetColumn(null!, out _), "TryGetColumn");
    }

    [TestCaseSource(nameof(Nulls))]
    public void ANullIsRefusedByName(string argument, Action call) =>
        Assert.That(Assert.Throws<ArgumentNullException>(call)?.ParamName, Is.EqualTo(argument));

    private static IEnumerable<TestCaseData> Mistakes()
    {
        TestCaseData Mistake(Action call, string what) => new TestCaseData(call).SetArgDisplayNames(what);

        yield return Mistake(() => Response(""), "no name of the response");
        yield return Mistake(() => Y.Random(Intercept, by: ""), "no name of the group");
        yield return Mistake(() => Y.Random(Intercept, by: []), "no group");
        yield return Mistake(() => Y.Random(Intercept, by: ["a", null!]), "a group that is null");
        yield return Mistake(() => Y.Fit(TestData.Sleepstudy, (FitBy)9), "no such criterion");
        yield return Mistake(() => Y.Fit(TestData.Sleepstudy, algorithm: (SolverAlgorithm)9), "no such algorithm");
        yield return Mistake(() => Y.Fit(TestData.Sleepstudy, maxIterations: -1), "fewer than no iterations");
        yield return Mistake(() => Fit.Summary((SummaryLayout)9), "no such layout");
        yield return Mistake(() => Data.FromColumns(("y", null!)), "a column that is null");
        yield return Mistake(() => Data.FromObjects([1.0, 2.0]), "numbers without a name");
        yield return Mistake(() => Columns.Factor(["a", "a"], [0]), "a level twice");
        yield return Mistake(() => Columns.Numbers([1.0]).Relevel("a"), "a number without levels");
    }

    [TestCaseSource(nameof(Mistakes))]
    public void AMistakeIsAnArgumentException(Action call) =>
        Assert.That(Assert.Catch(call), Is.InstanceOf<ArgumentException>());
}
