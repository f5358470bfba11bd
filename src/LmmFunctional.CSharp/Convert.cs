using System.Diagnostics.CodeAnalysis;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Microsoft.FSharp.Reflection;

namespace LmmFunctional.CSharp;

/// <summary>Between the types of F# and those that C# users know; the only place where they meet.</summary>
internal static partial class Convert
{
    // Results

    public static bool TryValue<T>(
        FSharpResult<T, FSharpList<LmmError>> result,
        [NotNullWhen(true)] out T? value,
        out IReadOnlyList<LmmIssue> issues)
        where T : class
    {
        value = result.IsOk ? result.ResultValue : null;
        issues = result.IsOk ? [] : List(result.ErrorValue, Issue);
        return value is not null;
    }

    public static T ValueOrThrow<T>(FSharpResult<T, FSharpList<LmmError>> result)
        where T : class =>
        TryValue(result, out var value, out var issues) ? value : throw new LmmException(issues);

    /// <summary>Throws the problems of what has no value; F#'s unit is null.</summary>
    public static void Throw(FSharpResult<Unit, FSharpList<LmmError>> result)
    {
        if (result.IsError)
        {
            throw new LmmException(List(result.ErrorValue, Issue));
        }
    }

    private static LmmIssue Issue(LmmError problem) =>
        new(FSharpValue.GetUnionFields(problem, typeof(LmmError), null).Item1.Name, LmmErrorModule.describe(problem));

    // Containers and functions

    public static IReadOnlyList<T> List<T>(IEnumerable<T> items) => [.. items];

    public static IReadOnlyList<TResult> List<T, TResult>(IEnumerable<T> items, Func<T, TResult> convert) =>
        [.. items.Select(convert)];

    public static FSharpList<T> FSharpList<T>(IEnumerable<T> items) => ListModule.OfSeq(items);

    public static FSharpOption<T>? Option<T>(T? value)
        where T : class =>
        value is null ? FSharpOption<T>.None : FSharpOption<T>.Some(value);

    public static T? OrNull<T>(FSharpOption<T>? option)
        where T : class => option?.Value;

    public static FSharpFunc<T, TResult> Function<T, TResult>(Func<T, TResult> function) =>
        FuncConvert.FromFunc(function);
}
