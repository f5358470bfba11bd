namespace LmmFunctional.Charts

open System.IO
open System.Reflection

/// <summary>The scripts and styles that this assembly carries: vega, vega-lite, vega-embed, and those of its pages.</summary>
[<RequireQualifiedAccess>]
module internal WebFiles =

    /// <summary>The text of a file of the folder Web.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such file.</exception>
    let text (name: string) : string =
        match Assembly.GetExecutingAssembly().GetManifestResourceStream name with
        | null -> invalidArg (nameof name) $"The assembly carries no file '{name}'."
        | stream ->
            use reader = new StreamReader(stream)
            reader.ReadToEnd()

    /// The scripts that draw, in the order in which a page must have them.
    let scripts = [ "vega.min.js"; "vega-lite.min.js"; "vega-embed.min.js" ]
