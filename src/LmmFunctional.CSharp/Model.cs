namespace LmmFunctional.CSharp;

/// <summary>The entry points of the library for C#.</summary>
public static class Model
{
    /// <summary>The version of the library.</summary>
    public static string Version => Lmm.version;
}
