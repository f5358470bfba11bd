module LmmFunctional.Packages.Tests.InstallationTests

open System.IO
open System.Text.RegularExpressions
open Expecto
open LmmFunctional.Tests

/// The page that every package shows, whose examples a user copies.
let private page = File.ReadAllText(Command.inRoot "docs/package.md")

/// The first block of code in a language.
let private block language =
    let found =
        Regex.Match(page, $"```{Regex.Escape language}\n(.*?)```", RegexOptions.Singleline)

    Expect.isTrue found.Success $"docs/package.md has code in {language}"
    found.Groups[1].Value

/// The summary that README.md shows, without what differs from run to run.
let private timeless (text: string) =
    Regex.Replace(text.Trim(), @"in [\d.]+ m?s", "in a moment")

let private expected =
    let readme = File.ReadAllText(Command.inRoot "README.md")

    let found =
        Regex.Match(readme, "```\n(Linear mixed model fit by REML.*?)```", RegexOptions.Singleline)

    timeless found.Groups[1].Value

let private isExpected output =
    Expect.equal (timeless output) expected "the summary in README.md"

let private script () =
    let folder = Packages.emptyFolder "script"
    let path = Path.Combine(folder, "sleep.fsx")
    let feed = $"#i \"nuget: {Packages.folder.Value}\"\n"
    File.WriteAllText(path, feed + block "fsharp")

    Command.succeed folder (Packages.environment ()) "dotnet" [ "fsi"; path ]
    |> isExpected

let private project =
    """<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <InvariantGlobalization>true</InvariantGlobalization>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="LmmFunctional.CSharp" Version="*" />
  </ItemGroup>
</Project>
"""

let private program () =
    let folder = Packages.emptyFolder "program"
    File.WriteAllText(Path.Combine(folder, "Sleep.csproj"), project)
    File.WriteAllText(Path.Combine(folder, "Program.cs"), block "csharp")

    Command.succeed folder (Packages.environment ()) "dotnet" [ "run" ]
    |> isExpected

let private tool () =
    let folder = Packages.emptyFolder "tool"
    let feed = Packages.folder.Value
    let install = [ "tool"; "install"; "lmm"; "--tool-path"; folder; "--source"; feed ]
    Command.succeed folder (Packages.environment ()) "dotnet" install |> ignore

    Command.succeed folder [] (Path.Combine(folder, "lmm")) [
        "fit"
        "sleepstudy.csv"
        "Reaction ~ Days + (Days | Subject)"
    ]
    |> isExpected

[<Tests>]
let tests =
    testList "Installation" [
        testCase "scriptOfThePageGivesTheSummary" script
        testCase "programOfThePageGivesTheSummary" program
        testCase "toolGivesTheSummary" tool
    ]
