namespace LmmFunctional.Tests

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions

/// <summary>The pages of the documentation and their blocks of code.</summary>
[<RequireQualifiedAccess>]
module DocumentationPages =

    let private docs = Path.Combine(TestData.root, "docs")

    /// <summary>README.md and the pages in Markdown, by their paths from the root. History is left out: it shows what was
    /// printed then.</summary>
    let all =
        "README.md"
        :: [
            for path in Directory.GetFiles(docs, "*.md", SearchOption.AllDirectories) |> Array.sort do
                let relative = Path.GetRelativePath(TestData.root, path).Replace('\\', '/')

                if
                    not (relative.StartsWith "docs/bin/")
                    && Path.GetFileName path <> "RELEASE_NOTES.md"
                then
                    relative
        ]

    let text (page: string) =
        File.ReadAllText(Path.Combine(TestData.root, page)).ReplaceLineEndings "\n"

    /// The code blocks of a text in order, with their languages.
    let blocksOf (text: string) = [
        for found in Regex.Matches(text, @"^```(\w*)\n(.*?)^```$", RegexOptions.Multiline ||| RegexOptions.Singleline) do
            found.Groups[1].Value, found.Groups[2].Value
    ]

    /// The code blocks of a page.
    let blocks page = blocksOf (text page)

    /// <summary>What is printed, without what differs from run to run: times, and numbers that are rounding and no more.
    /// </summary>
    let masked (text: string) =
        let text = Regex.Replace(text, @"\bin \d+\.\d+ s\b", "in T s")
        Regex.Replace(text, @"(gradient|Newton decrement) [0-9][0-9.e+-]*", "$1 E")

    /// What dotnet does with these arguments in a folder: exit code, output, errors.
    let dotnet (folder: string) (arguments: string list) =
        let start =
            ProcessStartInfo(
                "dotnet",
                arguments,
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true
            )

        use running = Process.Start start |> nonNull
        let errors = running.StandardError.ReadToEndAsync()
        let output = running.StandardOutput.ReadToEnd()
        running.WaitForExit()
        running.ExitCode, output.ReplaceLineEndings "\n", errors.Result

    /// <summary>What a script prints that stands in a folder of docs; its libraries are those next to the tests.</summary>
    let interactive (script: string) =
        let folder = Directory.CreateTempSubdirectory "lmm-docs-"
        let path = Path.Combine(folder.FullName, "script.fsx")

        try
            let here =
                Regex.Replace(
                    script,
                    @"#r ""[^""]*/(\w+(\.\w+)*\.dll)""",
                    fun found ->
                        let library = Path.Combine(AppContext.BaseDirectory, found.Groups[1].Value)
                        $"#r @\"{library}\""
                )

            File.WriteAllText(path, here)
            dotnet TestData.root [ "fsi"; "--nologo"; "--quiet"; path ]
        finally
            folder.Delete true
