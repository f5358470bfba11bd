namespace LmmFunctional.Tests

open System
open System.IO

/// <summary>The data files and reference values that the tests read.</summary>
[<RequireQualifiedAccess>]
module TestData =

    let rec private rootAbove (folder: DirectoryInfo | null) =
        match folder with
        | null -> raise (DirectoryNotFoundException "No folder above the tests holds LmmFunctional.sln.")
        | folder when File.Exists(Path.Combine(folder.FullName, "LmmFunctional.sln")) -> folder.FullName
        | folder -> rootAbove folder.Parent

    /// <summary>The folder of the solution.</summary>
    let root = rootAbove (DirectoryInfo AppContext.BaseDirectory)

    /// <summary>The path of a data file: <c>TestData.csv "sleepstudy"</c>.</summary>
    let csv name =
        Path.Combine(root, "tests", "data", $"{name}.csv")

    /// <summary>The path of a file of reference values: <c>TestData.reference "lmer"</c>.</summary>
    let reference name =
        Path.Combine(root, "tests", "data", "reference", $"{name}.json")
