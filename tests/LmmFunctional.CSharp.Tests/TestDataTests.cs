using NUnit.Framework;

namespace LmmFunctional.CSharp.Tests;

public class TestDataTests
{
    [Test]
    public void SleepstudyHas180RowsBelowItsHeader() =>
        Assert.That(File.ReadAllLines(TestData.Csv("sleepstudy")).Length - 1, Is.EqualTo(180));
}
