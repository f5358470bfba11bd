using System.Reflection;
using NUnit.Framework;

namespace LmmFunctional.CSharp.Tests;

/// <summary>What C# users see of the facade.</summary>
public class SurfaceTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    private static readonly Type[] Facade = typeof(Model).Assembly.GetExportedTypes();

    private static bool IsVisible(MethodBase method) =>
        method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    private static IEnumerable<Type> Signature(MemberInfo member) => member switch
    {
        MethodInfo method when IsVisible(method) =>
        [
            method.ReturnType,
            .. method.GetGenericArguments(),
            .. method.GetParameters().Select(parameter => parameter.ParameterType),
        ],
        ConstructorInfo constructor when IsVisible(constructor) =>
            constructor.GetParameters().Select(parameter => parameter.ParameterType),
        FieldInfo field when IsVisible(field) => [field.FieldType],
        PropertyInfo property when property.GetAccessors(true).Any(IsVisible) => [property.PropertyType],
        _ => [],
    };

    private static IEnumerable<Type> Parts(Type type) =>
    [
        type,
        .. type.HasElementType ? Parts(type.GetElementType()!) : [],
        .. type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts) : [],
        .. type.IsGenericParameter ? type.GetGenericParameterConstraints().SelectMany(Parts) : [],
    ];

    private static bool IsFSharp(Type type) =>
        type.Namespace?.StartsWith("Microsoft.FSharp", StringComparison.Ordinal) ?? false;

    [Test]
    public void NoSignatureHasATypeOfFSharpCore()
    {
        var found =
            from type in Facade
            let inherited = type.GetInterfaces().Append(type.BaseType ?? typeof(object)).SelectMany(Parts)
            let members =
                from member in type.GetMembers(Declared)
                from part in Signature(member).SelectMany(Parts)
                select (Name: $"{type.Name}.{member.Name}", Part: part)
            from use in members.Concat(inherited.Select(part => (type.Name, Part: part)))
            where IsFSharp(use.Part)
            select $"{use.Name}: {use.Part}";

        Assert.That(found, Is.Empty);
    }

    [Test]
    public void TheSearchFindsATypeOfFSharpCoreInsideOthers() =>
        Assert.That(
            Parts(typeof(IReadOnlyList<Microsoft.FSharp.Core.FSharpOption<string>[]>)).Any(IsFSharp),
            Is.True);

    // Both namespaces are opened together: the data types come from one and everything else from the other.
    [Test]
    public void NoNameOfTheFacadeHidesOneOfTheLibrary() =>
        Assert.That(
            Facade.Select(type => type.Name).Intersect(
                from type in typeof(Frame).Assembly.GetExportedTypes()
                where type.Namespace == "LmmFunctional"
                select type.Name),
            Is.Empty);

    [Test]
    public void EveryResultIsImmutable() =>
        Assert.That(
            from type in Facade
            from property in type.GetProperties(Declared)
            let setter = property.SetMethod
            where setter is { IsPublic: true }
                && !setter.ReturnParameter.GetRequiredCustomModifiers().Any(part => part.Name == "IsExternalInit")
            select $"{type.Name}.{property.Name}",
            Is.Empty);
}
