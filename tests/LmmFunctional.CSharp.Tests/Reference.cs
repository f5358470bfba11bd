using System.Text.Json;

namespace LmmFunctional.CSharp.Tests;

/// <summary>What lme4 gives: the cases of <c>lmer.json</c>.</summary>
internal static class Reference
{
    private static readonly Lazy<JsonElement[]> Cases = new(() =>
        [.. JsonDocument.Parse(File.ReadAllText(TestData.Reference("lmer"))).RootElement.EnumerateArray()]);

    /// <summary>The case of a name: <c>Reference.Case("sleepstudy-reml")</c>.</summary>
    public static JsonElement Case(string id) =>
        Cases.Value.Single(item => item.GetProperty("id").GetString() == id);

    /// <summary>A number of a case or of a part of one.</summary>
    public static double Number(this JsonElement element, string property) => element.GetProperty(property).GetDouble();

    /// <summary>A text; null where the reference has null.</summary>
    public static string? Text(this JsonElement element, string property) => element.GetProperty(property).GetString();

    /// <summary>The items of an array.</summary>
    public static JsonElement[] Items(this JsonElement element, string property) =>
        [.. element.GetProperty(property).EnumerateArray()];
}
