// Builds, tests and shows LmmFunctional: dotnet fsi build.fsx TARGET
// A plain script without package references, so that it starts quickly and needs only the SDK.

open System
open System.Diagnostics
open System.IO
open System.Runtime.InteropServices
open System.Text.RegularExpressions
open System.Xml.Linq

// Each step returns a witness that later steps ask for, so that the compiler checks their order.
type HaveFeed = HaveFeed
type HaveTools = HaveTools
type HaveRestored = HaveRestored
type HaveBuilt = HaveBuilt
type HavePublished = HavePublished of program: string
type HaveCheckedFormat = HaveCheckedFormat
type HaveCheckedLock = HaveCheckedLock
type HaveTested = HaveTested of passed: int * failed: int

exception StepFailed of message: string

let root = __SOURCE_DIRECTORY__

let testProgram name =
    $"tests/{name}/bin/Release/net10.0/{name}.dll"

let fsharpTests = testProgram "LmmFunctional.Tests"
let chartTests = testProgram "LmmFunctional.Charts.Tests"
let dataTests = testProgram "LmmFunctional.Data.Tests"
let packageTests = testProgram "LmmFunctional.Packages.Tests"

let formatted = "src tests build.fsx"

// Processes

let start redirect (command: string) =
    Process.Start(ProcessStartInfo("dotnet", command, WorkingDirectory = root, RedirectStandardOutput = redirect))

let exitCode command =
    use dotnet = start false command
    dotnet.WaitForExit()
    dotnet.ExitCode

let run command =
    match exitCode command with
    | 0 -> ()
    | code -> raise (StepFailed $"'dotnet {command}' ended with exit code {code}.")

let quoted (argument: string) = $"\"{argument}\""

let outputLines command =
    use dotnet = start true command

    let lines =
        dotnet.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.TrimEntries)

    dotnet.WaitForExit()
    lines

// Steps

/// A line reads "E address" or "D address"; M (machine-wide) and O (official) may follow the first letter.
let feedOfLine (line: string) =
    match line.Split(' ', 2) with
    | [| flags; address |] when Seq.contains flags [ "E"; "EM"; "EO"; "EMO" ] -> Some address
    | _ -> None

/// The lock names no registry, because each machine has its own: Paket reads the address from the environment.
let findFeed () =
    let sources = outputLines "nuget list source --format Short"

    match Array.tryPick feedOfLine sources with
    | Some address ->
        Environment.SetEnvironmentVariable("NUGET_FEED", address)
        HaveFeed
    | None -> raise (StepFailed "No package feed is enabled: see 'dotnet nuget list source'.")

let restoreTools (HaveFeed: HaveFeed) =
    run "tool restore"
    HaveTools

let restore (HaveTools: HaveTools) =
    run "paket restore"
    HaveRestored

let build (HaveRestored: HaveRestored) =
    run "build LmmFunctional.sln -c Release -v q --nologo"
    HaveBuilt

let demo (HaveBuilt: HaveBuilt) =
    let formula = quoted "Reaction ~ Days + (Days | Subject)"
    run $"src/LmmFunctional.Cli/bin/Release/net10.0/lmm.dll fit tests/data/sleepstudy.csv {formula}"

/// Compiled for this machine into a folder; the compiler for that comes from the feed, as part of the SDK, not by Paket.
let publishInto folder properties =
    let path = Path.Combine(root, folder)

    if Directory.Exists path then
        Directory.Delete(path, true)

    let identifier = RuntimeInformation.RuntimeIdentifier
    run $"publish src/LmmFunctional.Cli -c Release -r {identifier} {properties} -o {folder} -v q --nologo"
    path

/// Compiled ahead of time as far as .NET can do it, which it then still needs.
let publish (HaveRestored: HaveRestored) =
    publishInto "src/LmmFunctional.Cli/bin/publish" "--self-contained false"

/// Native code is linked by clang or gcc; elsewhere than on Linux the SDK finds a linker itself.
let linker () =
    let folders =
        (string (Environment.GetEnvironmentVariable "PATH")).Split Path.PathSeparator

    let isThere name =
        folders |> Array.exists (fun folder -> File.Exists(Path.Combine(folder, name)))

    match [ "clang"; "gcc" ] |> List.tryFind isThere with
    | Some linker -> $"-p:CppCompilerAndLinker={linker}"
    | None when OperatingSystem.IsLinux() ->
        raise (StepFailed "Native code cannot be linked here: there is no clang and no gcc.")
    | None -> ""

/// The program in native code.
let publishNative (HaveRestored: HaveRestored) =
    let folder =
        publishInto "src/LmmFunctional.Cli/bin/native" $"-p:LmmNative=true {linker ()}"

    HavePublished(Path.Combine(folder, (if OperatingSystem.IsWindows() then "lmm.exe" else "lmm")))

/// Whether the native program prints what the one from the build prints.
let compareNative (HaveBuilt: HaveBuilt) (HavePublished program) =
    let codes =
        [ fsharpTests; dataTests ]
        |> List.map (fun tests -> exitCode $"{tests} native {quoted program}")

    List.max codes

// Packages

/// Code for one kind of machine is compiled by a project that holds nothing else, from the library as it was built.
let readyToRunProject library =
    let references = Path.Combine(Path.GetDirectoryName(library: string), "*.dll")

    let others =
        Directory.GetFiles(Path.GetDirectoryName library, "*.dll")
        |> Array.map Path.GetFileName
        |> Array.filter (fun name -> name <> Path.GetFileName library)
        |> String.concat ";"

    $"""<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <PublishReadyToRun>true</PublishReadyToRun>
    <SelfContained>false</SelfContained>
    <EnableDefaultItems>false</EnableDefaultItems>
  </PropertyGroup>
  <ItemGroup>
    <Reference Include="{references}" />
    <PublishReadyToRunExclude Include="ReadyToRun.dll;{others}" />
  </ItemGroup>
</Project>
"""

/// The library's ReadyToRun code lies where its project looks for it when it is packed.
let compileAhead (HaveBuilt: HaveBuilt) identifiers =
    let own = Path.Combine(root, "src/LmmFunctional/bin")
    let library = Path.Combine(own, "Release/net10.0/LmmFunctional.dll")
    let target = Path.Combine(own, "runtimes")

    if Directory.Exists target then
        Directory.Delete(target, true)

    for identifier in identifiers do
        let folder = Directory.CreateTempSubdirectory "lmm-ahead-"
        let project = Path.Combine(folder.FullName, "ReadyToRun.csproj")
        let output = Path.Combine(folder.FullName, "out")
        File.WriteAllText(project, readyToRunProject library)

        match exitCode $"publish {quoted project} -c Release -r {identifier} -o {quoted output} -v q --nologo" with
        | 0 ->
            let place = Path.Combine(target, identifier, "lib/net10.0")
            Directory.CreateDirectory place |> ignore
            File.Copy(Path.Combine(output, "LmmFunctional.dll"), Path.Combine(place, "LmmFunctional.dll"))
        | _ -> eprintfn $"The package has no ReadyToRun code for {identifier}: the feed does not serve its compiler."

        folder.Delete true

/// Every package with its symbols into a folder.
let pack (built: HaveBuilt) identifiers folder =
    compileAhead built identifiers
    let folder = Path.GetFullPath(folder, root)
    Directory.CreateDirectory folder |> ignore

    run $"pack LmmFunctional.sln -c Release --no-build -o {quoted folder} -v q --nologo"

/// The public members of every assembly, as text that a test compares: after a change that is meant.
let writeApi (HaveBuilt: HaveBuilt) = run $"{packageTests} write-api"

/// The site of the documentation, every page evaluated, into docs/bin.
let docs (HaveBuilt: HaveBuilt) = exitCode "fsi docs/site/site.fsx"

let bench (HaveBuilt: HaveBuilt) arguments =
    let passed = arguments |> List.map quoted |> String.concat " "
    run $"run --project tests/LmmFunctional.Benchmarks -c Release --no-build -- {passed}"

let format (HaveTools: HaveTools) = run $"fantomas {formatted}"

let checkFormat (HaveTools: HaveTools) =
    match exitCode $"fantomas --check {formatted}" with
    | 0 -> HaveCheckedFormat
    | _ -> raise (StepFailed "Some files are not formatted: run 'dotnet fsi build.fsx format'.")

let checkLock () =
    for file in [ "paket.lock"; "paket.dependencies" ] do
        if File.ReadAllText(Path.Combine(root, file)).Contains "://" then
            raise (StepFailed $"{file} names a registry: run 'dotnet fsi build.fsx lock'.")

    HaveCheckedLock

/// Paket writes the feed's address into the lock of every group; the variable's name goes back in its place.
let lock (HaveTools: HaveTools) =
    run "paket install"
    let path = Path.Combine(root, "paket.lock")

    let anonymous =
        Regex.Replace(File.ReadAllText path, "(?m)(?<=^ *remote: ).*$", "%NUGET_FEED%")

    File.WriteAllText(path, anonymous)

// Tests

type Counts = { Passed: int; Failed: int }

/// A program that runs no test, or stops early, counts as one failure: silence must not look like success.
let countsOf code passed failed = {
    Passed = passed
    Failed = if code <> 0 || passed = 0 then max 1 failed else failed
}

let attribute name (node: XElement) =
    int (node.Attribute(XName.Get name).Value)

/// Runs a test command that leaves its results in a file, and counts them there.
let counted (command: string -> string) (count: XDocument -> int * int) =
    let folder = Directory.CreateTempSubdirectory "lmm-tests-"
    let results = Path.Combine(folder.FullName, "results.xml")
    let code = exitCode (command results)

    let passed, failed =
        if File.Exists results then
            count (XDocument.Load results)
        else
            0, 0

    folder.Delete true
    countsOf code passed failed

/// The F# tests are programs, each of which runs its tests in parallel.
let testFSharp program =
    let command results =
        $"{program} --junit-summary {quoted results}"

    // A test that passed has nothing inside.
    counted command (fun results ->
        let tests = results.Descendants(XName.Get "testcase") |> List.ofSeq

        let holds name (test: XElement) =
            not (isNull (test.Element(XName.Get name)))

        let failed =
            tests |> List.filter (fun test -> holds "failure" test || holds "error" test)

        let skipped = tests |> List.filter (holds "skipped")
        tests.Length - failed.Length - skipped.Length, failed.Length)

let testCSharp () =
    let command results =
        let logger = quoted $"trx;LogFileName={results}"
        $"test tests/LmmFunctional.CSharp.Tests --no-build -c Release --nologo --logger {logger}"

    counted command (fun results ->
        let isCounters (node: XElement) = node.Name.LocalName = "Counters"
        let counters = results.Descendants() |> Seq.find isCounters
        attribute "passed" counters, attribute "failed" counters)

let test (HaveBuilt: HaveBuilt) (HaveCheckedFormat: HaveCheckedFormat) (HaveCheckedLock: HaveCheckedLock) =
    let counts = [
        testFSharp fsharpTests
        testFSharp chartTests
        testFSharp dataTests
        testCSharp ()
        testFSharp packageTests
    ]

    HaveTested(counts |> List.sumBy _.Passed, counts |> List.sumBy _.Failed)

/// The last line of the run is what machines read.
let report (HaveTested(passed, failed)) =
    printfn $"{passed} passed, {failed} failed"
    if failed > 0 then 1 else 0

/// Properties on fresh random values, for some minutes.
let explore (HaveBuilt: HaveBuilt) minutes filter =
    exitCode $"{fsharpTests} explore {quoted minutes} {quoted filter}"

/// One property on the random values that failed: the line that explore prints.
let replay (HaveBuilt: HaveBuilt) arguments =
    let passed = arguments |> List.map quoted |> String.concat " "
    exitCode $"{fsharpTests} replay {passed}"

// Targets

let usage =
    "dotnet fsi build.fsx restore|build|demo|test|explore [MINUTES] [FILTER]|docs|publish|aot|pack [FOLDER]|api|format|bench|lock"

/// Those that packages carry ReadyToRun code for.
let machines = [ "linux-x64"; "win-x64"; "osx-arm64" ]

let tools () = findFeed () |> restoreTools

let runTests () =
    let tools = tools ()
    let checkedLock = checkLock ()
    let checkedFormat = checkFormat tools
    let built = tools |> restore |> build
    test built checkedFormat checkedLock |> report

let runTarget target =
    let succeed () = 0

    match target with
    | [ "restore" ] -> tools () |> restore |> ignore |> succeed
    | [ "build" ] -> tools () |> restore |> build |> ignore |> succeed
    | [ "demo" ] -> tools () |> restore |> build |> demo |> succeed
    | [ "test" ] -> runTests ()
    | [ "explore" ] -> explore (tools () |> restore |> build) "10" ""
    | [ "explore"; minutes ] -> explore (tools () |> restore |> build) minutes ""
    | [ "explore"; minutes; filter ] -> explore (tools () |> restore |> build) minutes filter
    | "replay" :: arguments -> replay (tools () |> restore |> build) arguments
    | [ "docs" ] -> tools () |> restore |> build |> docs
    | [ "publish" ] -> tools () |> restore |> publish |> ignore |> succeed
    | [ "aot" ] ->
        let restored = tools () |> restore
        compareNative (build restored) (publishNative restored)
    | [ "pack" ] -> pack (tools () |> restore |> build) machines "output/packages" |> succeed
    // What is built already, for this machine: the tests of packages ask for it.
    | [ "pack"; "--built"; folder ] -> pack HaveBuilt [ RuntimeInformation.RuntimeIdentifier ] folder |> succeed
    | [ "pack"; folder ] -> pack (tools () |> restore |> build) machines folder |> succeed
    | [ "api" ] -> tools () |> restore |> build |> writeApi |> succeed
    | [ "format" ] -> tools () |> format |> succeed
    | "bench" :: arguments -> bench (tools () |> restore |> build) arguments |> succeed
    | [ "lock" ] -> tools () |> lock |> succeed
    | _ -> raise (StepFailed $"Usage: {usage}")

let main arguments =
    try
        runTarget arguments
    with StepFailed message ->
        eprintfn $"{message}"
        1

fsi.CommandLineArgs |> Array.toList |> List.tail |> main |> exit
