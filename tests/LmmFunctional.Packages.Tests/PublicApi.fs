namespace LmmFunctional.Packages.Tests

open System.IO
open System.Reflection
open PublicApiGenerator

/// <summary>The public members of every assembly that is shipped, as text that reviewers read: <c>docs/api</c>.</summary>
[<RequireQualifiedAccess>]
module PublicApi =

    /// The assemblies of the packages, but the command line's.
    let names = [
        "LmmFunctional"
        "LmmFunctional.CSharp"
        "LmmFunctional.Charts"
        "LmmFunctional.CSharp.Charts"
        "LmmFunctional.CSharp.Data"
        "LmmFunctional.Data"
        "LmmFunctional.DuckDb"
        "LmmFunctional.Interactive"
        "LmmFunctional.Postgres"
        "LmmFunctional.Properties"
    ]

    /// The file of an assembly.
    let file (name: string) =
        Command.inRoot (Path.Combine("docs", "api", $"{name}.txt"))

    // What compilers write for themselves says nothing of what users may call.
    let private options =
        ApiGeneratorOptions(
            IncludeAssemblyAttributes = false,
            ExcludeAttributes = [|
                "Microsoft.FSharp.Core.CompilationMappingAttribute"
                "Microsoft.FSharp.Core.CompilationRepresentationAttribute"
                "Microsoft.FSharp.Core.CompilationArgumentCountsAttribute"
                "Microsoft.FSharp.Core.StructuredFormatDisplayAttribute"
                "Microsoft.FSharp.Core.CompilerMessageAttribute"
                "System.Diagnostics.DebuggerDisplayAttribute"
                "System.Diagnostics.DebuggerNonUserCodeAttribute"
                "System.Diagnostics.DebuggerBrowsableAttribute"
                "System.Runtime.CompilerServices.CompilerGeneratedAttribute"
                "System.Runtime.CompilerServices.NullableAttribute"
                "System.Runtime.CompilerServices.NullableContextAttribute"
                "System.SerializableAttribute"
            |]
        )

    /// The public members of an assembly.
    let text (name: string) =
        Assembly.Load(name).GeneratePublicApi(options).ReplaceLineEndings("\n").TrimEnd()
        + "\n"

    /// Writes the files anew.
    let write () =
        for name in names do
            let path = file name
            Directory.CreateDirectory(Path.GetDirectoryName path |> nonNull) |> ignore
            File.WriteAllText(path, text name)
