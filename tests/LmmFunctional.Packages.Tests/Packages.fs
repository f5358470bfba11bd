namespace LmmFunctional.Packages.Tests

open System
open System.IO
open System.IO.Compression
open System.Xml.Linq
open Expecto
open LmmFunctional.Tests

/// <summary>The packages of this build, packed once into a folder of their own, and folders of users who install them.</summary>
[<RequireQualifiedAccess>]
module Packages =

    /// What the tests leave behind goes when they end.
    let private workspace =
        lazy
            (let folder = Directory.CreateTempSubdirectory "lmm-packages-"
             AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> folder.Delete true)
             folder.FullName)

    /// <summary>An empty folder with the data of the examples.</summary>
    let emptyFolder name =
        let folder = Directory.CreateDirectory(Path.Combine(workspace.Value, name)).FullName
        File.Copy(TestData.csv "sleepstudy", Path.Combine(folder, "sleepstudy.csv"))
        folder

    /// The packages of this build.
    let folder =
        lazy
            (let folder = Path.Combine(workspace.Value, "feed")

             Command.succeed TestData.root [] "dotnet" [ "fsi"; "build.fsx"; "pack"; "--built"; folder ]
             |> ignore

             folder)

    /// <summary>A cache of packages of its own, so that no test sees packages of an earlier build.</summary>
    let environment () = [
        "NUGET_PACKAGES", Path.Combine(workspace.Value, "cache")
        "RestoreAdditionalProjectSources", folder.Value
    ]

    /// The path of a package.
    let file (name: string) =
        let found =
            Directory.GetFiles(folder.Value, "*.nupkg")
            |> Array.filter (fun path ->
                let own = FileInfo(path).Name

                own.StartsWith(name + ".", StringComparison.Ordinal)
                && Char.IsDigit own[name.Length + 1])

        match found with
        | [| path |] -> path
        | _ -> failtest $"{found.Length} packages are called {name}."

    /// The names of all packages.
    let names () =
        Directory.GetFiles(folder.Value, "*.nupkg")
        |> Array.map (fun path -> FileInfo(path).Name.Split ".0." |> Array.head)
        |> Array.sort
        |> Array.toList

    /// The files in a package.
    let entries (path: string) =
        use archive = ZipFile.OpenRead path
        [ for entry in archive.Entries -> entry.FullName ]

    /// <summary>What a package says of itself: the members of its nuspec by name.</summary>
    let metadata (path: string) =
        use archive = ZipFile.OpenRead path

        let entry =
            archive.Entries |> Seq.find (fun entry -> entry.FullName.EndsWith ".nuspec")

        use stream = entry.Open()
        let nuspec = XDocument.Load stream

        let named name =
            nuspec.Descendants() |> Seq.filter (fun node -> node.Name.LocalName = name)

        let attribute name (node: XElement) =
            match node.Attribute(XName.Get name) with
            | null -> ""
            | own -> own.Value

        let texts =
            Map [
                for name in [ "license"; "readme"; "icon"; "description"; "authors"; "tags" ] do
                    for node in named name do
                        name, node.Value
            ]

        texts,
        Map [
            for node in named "dependency" -> attribute "id" node, attribute "version" node
        ]
