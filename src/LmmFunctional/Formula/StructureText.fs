namespace LmmFunctional.Language

open LmmFunctional.Model

/// <summary>Names of structures as formula text.</summary>
[<RequireQualifiedAccess>]
module StructureText =

    /// The parts of a Kronecker product, the one whose index varies fastest first; a structure that is none is its own
    /// only part.
    let rec parts structure =
        match structure with
        | Structure.Kronecker(first, second) -> parts first @ parts second
        | single -> [ single ]

    /// <summary>The name with its arguments: <c>ar1</c>, <c>toep(3)</c>, <c>arma(1,1)</c>.</summary>
    /// <example><code>StructureText.name (Structure.Toeplitz(Some 3)) // "toep(3)"</code></example>
    let name structure : string =
        match StructureCatalogue.nameOf structure with
        | name, [] -> name
        | name, arguments ->
            let arguments = arguments |> List.map Lexeme.number |> String.concat ","
            $"{name}({arguments})"
