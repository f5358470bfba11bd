// Makes the site from docs with fsdocs: dotnet fsi docs/site/site.fsx, or dotnet fsi build.fsx docs.
// Pages are copied to the folder output, where fsdocs reads them, so that scripts find the library by the same relative
// path; the site is written to docs/bin. It is opened from the disk and makes no request to any host.
#load "pages.fsx"

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions

let root = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, "..", ".."))
let docs = Path.Combine(root, "docs")
let staged = Path.Combine(root, "output")
let site = Path.Combine(docs, "bin")

exception PageFailed of problems: string list

let stopIfAny (problems: string list) =
    if not problems.IsEmpty then
        raise (PageFailed problems)

let slashes (path: string) = path.Replace('\\', '/')

let replace (pattern: string) (replacement: string) (text: string) =
    Regex.Replace(text, pattern, replacement, RegexOptions.Multiline)

// Copies

let private isPage (path: string) =
    path.EndsWith ".md" || path.EndsWith ".fsx"

/// The files of docs, relative, without what is built from them.
let files = [
    for path in Directory.GetFiles(docs, "*", SearchOption.AllDirectories) do
        let relative = slashes (Path.GetRelativePath(docs, path))

        if not (Regex.IsMatch(relative, "^(bin|obj|site)/")) then
            relative
]

let withoutEnding (path: string) = Regex.Replace(path, @"\.(md|fsx)$", "")

/// What fsdocs puts into the menu.
let frontMatter path title =
    let position, (section, pages) =
        Pages.sections
        |> List.indexed
        |> List.find (fun (_, (_, pages)) -> List.contains path pages)

    let index = 1 + List.findIndex ((=) path) pages
    $"---\ntitle: {title}\ncategory: {section}\ncategoryindex: {position + 1}\nindex: {index}\n---\n"

let titleOf (text: string) =
    Regex.Match(text, "^# (.+)$", RegexOptions.Multiline).Groups[1].Value.Trim()

/// Blocks without a language are commands and what they print; fsdocs would take them for F#.
let private plainBlocks (text: string) =
    let mutable isOpen = false

    [
        for line in text.Split '\n' do
            if line.StartsWith "```" then
                isOpen <- not isOpen
                if isOpen && line.Trim() = "```" then "```text" else line
            else
                line
    ]
    |> String.concat "\n"

let stagePage (path: string) (text: string) =
    let own = withoutEnding path
    let target = Path.Combine(staged, path)
    Directory.CreateDirectory(Path.GetDirectoryName target) |> ignore

    let text = text.ReplaceLineEndings "\n"

    let whole =
        if not (Pages.sections |> List.exists (fun (_, pages) -> List.contains own pages)) then
            text
        elif path.EndsWith ".md" then
            frontMatter own (titleOf text) + plainBlocks text
        else
            text |> replace @"\A\(\*\*\n" ("(**\n" + frontMatter own (titleOf text))

    File.WriteAllText(target, whole)

let stage () =
    for folder in [ staged; site ] do
        if Directory.Exists folder then
            Directory.Delete(folder, true)

    let pages = files |> List.filter isPage |> List.filter (Pages.isNoPage >> not)
    let listed = Pages.sections |> List.collect snd
    let there = "index" :: List.map withoutEnding pages

    stopIfAny [
        for page in List.except listed there do
            $"docs/{page} is not in the menu: name it in docs/site/pages.fsx."
        for page in List.except there listed do
            $"The menu names docs/{page}, which is not there."
    ]

    for path in files do
        if isPage path then
            // What other scripts load is there for them; fsdocs makes a page of it, which is deleted.
            if not (Pages.isNoPage path) || path.EndsWith "common.fsx" then
                stagePage path (File.ReadAllText(Path.Combine(docs, path)))
        // fsdocs would take notebooks for pages.
        elif not (path.EndsWith ".R" || path.EndsWith ".ipynb") then
            let target = Path.Combine(staged, path)
            Directory.CreateDirectory(Path.GetDirectoryName target) |> ignore
            File.Copy(Path.Combine(docs, path), target)

    // The first page is the README, seen from docs.
    File.ReadAllText(Path.Combine(root, "README.md")).Replace("](docs/", "](")
    |> stagePage "index.md"

    File.Copy(Path.Combine(root, "LICENSE"), Path.Combine(staged, "LICENSE"))
    let content = Path.Combine(staged, "site")
    Directory.CreateDirectory content |> ignore

    for name in [ "site.css"; "site.js"; "temml.min.js"; "temml.LICENSE" ] do
        File.Copy(Path.Combine(__SOURCE_DIRECTORY__, name), Path.Combine(content, name))

    File.Copy(Path.Combine(__SOURCE_DIRECTORY__, "template.html"), Path.Combine(staged, "_template.html"))

// fsdocs

/// Stands for the way to the top of the site, which depends on the page.
let top = "/top-of-site/"

let projects = [
    "LmmFunctional"
    "LmmFunctional.Charts"
    "LmmFunctional.Data"
    "LmmFunctional.Properties"
]

let runFsdocs () =
    let arguments = [
        "fsdocs"
        "build"
        "--input"
        "output"
        "--output"
        "docs/bin"
        "--strict"
        "--eval"
        "--nodefaultcontent"
        "--ignoreuncategorized"
        "--properties"
        "Configuration=Release"
        "--projects"
        for name in projects do
            $"src/{name}/{name}.fsproj"
        "--parameters"
        "root"
        top
    ]

    use running =
        Process.Start(ProcessStartInfo("dotnet", arguments, WorkingDirectory = root))

    running.WaitForExit()

    if running.ExitCode <> 0 then
        stopIfAny [
            $"fsdocs ended with exit code {running.ExitCode}; what it printed says at which page."
        ]

/// Notebooks stand beside the pages, for links to them.
let addNotebooks () =
    for path in files do
        if path.EndsWith ".ipynb" then
            let target = Path.Combine(site, path)
            Directory.CreateDirectory(Path.GetDirectoryName target) |> ignore
            File.Copy(Path.Combine(docs, path), target)

// The pages that it made

/// A link to a page by its source, with an anchor or without.
let private linkToPage (found: Match) =
    let target = found.Groups[1].Value

    if target.Contains "://" then
        found.Value
    else
        $"href=\"{withoutEnding target}.html{found.Groups[3].Value}\""

let finishPage (path: string) =
    let depth = (slashes (Path.GetRelativePath(site, path))).Split('/').Length - 1
    let upwards = String.replicate depth "../"
    let text = File.ReadAllText path

    let text =
        Regex.Replace(text, "href=\"([^\"#?]+?)\\.(md|fsx)(#[^\"]*)?\"", linkToPage).Replace(top, upwards)

    // In a table of Markdown a bar inside code is escaped.
    let text =
        Regex.Replace(text, "<code>[^<]*</code>", fun code -> code.Value.Replace("\\|", "|"))

    File.WriteAllText(path, text)

let pagesMade () =
    Directory.GetFiles(site, "*.html", SearchOption.AllDirectories) |> List.ofArray

let anchorsOf (text: string) =
    Regex.Matches(text, "(?:name|id)=\"([^\"]+)\"")
    |> Seq.map (fun found -> Uri.UnescapeDataString found.Groups[1].Value)
    |> Set.ofSeq

/// Headings have anchors by fsdocs' rule; links by GitHub's are led to them.
let anchorKey (anchor: string) =
    Regex.Replace(Uri.UnescapeDataString(anchor).ToLowerInvariant(), "[^\\p{L}\\p{N}]+", "-").Trim '-'

let leadAnchors () =
    let pages = pagesMade ()

    let texts =
        pages |> List.map (fun path -> path, File.ReadAllText path) |> Map.ofList

    let anchors =
        texts
        |> Map.map (fun _ text -> anchorsOf text |> Seq.map (fun a -> anchorKey a, a) |> Map.ofSeq)

    for path in pages do
        let led (found: Match) =
            let file, anchor = found.Groups[1].Value, found.Groups[2].Value

            let target =
                if file = "" then
                    path
                else
                    Path.GetFullPath(Path.Combine(Path.GetDirectoryName path, file))

            match anchors.TryFind target |> Option.bind (Map.tryFind (anchorKey anchor)) with
            | Some own -> $"href=\"{file}#{Uri.EscapeDataString own}\""
            | None -> found.Value

        File.WriteAllText(path, Regex.Replace(texts[path], "href=\"([^\"#:]*)#([^\"]+)\"", led))

/// The reference links to types that are internal, which have no page: their names stay without a link.
let unlinkInternal () =
    for path in pagesMade () do
        if (slashes (Path.GetRelativePath(site, path))).StartsWith "reference/" then
            let plain (found: Match) =
                let target = Path.Combine(Path.GetDirectoryName path, found.Groups[1].Value)

                if File.Exists target then
                    found.Value
                else
                    found.Groups[2].Value

            let text = File.ReadAllText path
            let pattern = "<a href=\"(\\.\\./reference/[^\"#]+\\.html)\"[^>]*>(.*?)</a>"
            File.WriteAllText(path, Regex.Replace(text, pattern, plain, RegexOptions.Singleline))

/// Everything that is wrong with a page: links, requests to other hosts, cells that failed.
let problemsOf (path: string) = [
    let text = File.ReadAllText path
    let page = slashes (Path.GetRelativePath(site, path))

    for found in Regex.Matches(text, "(href|src)=\"([^\"]*)\"") do
        let target = found.Groups[2].Value

        if target.Contains "://" then
            if found.Groups[1].Value = "src" || text.Contains $"<link href=\"{target}\"" then
                $"{page}: asks {target} of another host."
        elif not (target.StartsWith "mailto:" || target.StartsWith "data:") then
            let file, anchor =
                match target.IndexOf '#' with
                | -1 -> target, ""
                | at -> target.Substring(0, at), target.Substring(at + 1)

            let where =
                if file = "" then
                    path
                else
                    Path.GetFullPath(Path.Combine(Path.GetDirectoryName path, Uri.UnescapeDataString file))

            if not (File.Exists where) then
                $"{page}: the link {target} leads nowhere."
            elif anchor <> "" && where.EndsWith ".html" then
                if not ((anchorsOf (File.ReadAllText where)).Contains(Uri.UnescapeDataString anchor)) then
                    $"{page}: the link {target} has no such place."

    for sign in
        [
            "No output has been produced"
            "Unhandled exception"
            "System.Exception"
            "error FS"
        ] do
        if text.Contains sign then
            $"{page}: shows '{sign}'."
]

let main () =
    try
        stage ()
        runFsdocs ()
        addNotebooks ()
        // What is loaded by other pages is no page itself.
        for path in pagesMade () do
            if Path.GetFileName path = "common.html" then
                File.Delete path

        pagesMade () |> List.iter finishPage
        leadAnchors ()
        unlinkInternal ()
        pagesMade () |> List.collect problemsOf |> List.distinct |> stopIfAny
        printfn "%d pages: open docs/bin/index.html" (pagesMade ()).Length
        0
    with PageFailed problems ->
        problems |> List.iter (eprintfn "%s")
        1

exit (main ())
