namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Estimation

/// <summary>The matrices that a command names, read from their files.</summary>
[<RequireQualifiedAccess>]
module KnownMatrices =

    /// <summary>Every matrix by its name; a pedigree gives its relationship matrix.</summary>
    /// <param name="options">How the files are written.</param>
    /// <param name="known">Names and files of matrices.</param>
    /// <param name="pedigrees">Names and files of pedigrees.</param>
    /// <returns>The matrices, or the problems of all files.</returns>
    let read
        (options: CsvOptions)
        (known: (string * string) list)
        (pedigrees: (string * string) list)
        : Result<Map<string, Relationship>, LmmError list> =
        Results.all [
            for name, path in known ->
                RelationshipTable.readWith options path
                |> Result.map (fun matrix -> name, matrix)

            for name, path in pedigrees ->
                Pedigree.readWith options path
                |> Result.map (fun pedigree -> name, Relationship.ofPedigree pedigree)
        ]
        |> Result.map Map.ofList
