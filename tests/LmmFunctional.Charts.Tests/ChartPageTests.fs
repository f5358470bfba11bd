/// <summary>Pages hold everything they need, and files are what they should be.</summary>
module LmmFunctional.Charts.Tests.ChartPageTests

open System
open System.IO
open System.Security.Cryptography
open System.Text.RegularExpressions
open Expecto
open LmmFunctional
open LmmFunctional.Charts
open LmmFunctional.Tests

let private fit = Models.sleepstudy
let private chart = lazy (Chart.residuals fit.Value |> Models.orFail)
let private panel = lazy (Chart.panel fit.Value |> Models.orFail)

let private isAlone page =
    let own = PageText.ofPage page

    for part in [ "src="; "href=\"http"; "@import"; "url("; "<link"; "<iframe"; "<img" ] do
        Check.lacks part own

    // Identifiers of formats are no addresses that anything asks.
    let addresses =
        Regex.Matches(own, "https?://[^\"\\s<]*")
        |> Seq.map _.Value
        |> Seq.filter (fun address ->
            not (
                address.Contains "vega.github.io/schema"
                || address.Contains "www.w3.org/1998/Math"
            ))

    Check.isEmpty addresses
    Check.contains "default-src 'none'" own

let private inFolder test =
    let folder = Directory.CreateTempSubdirectory "lmm-charts-"

    try
        test folder.FullName
    finally
        folder.Delete true

let private refused expected result =
    match result with
    | Ok _ -> failtest "it should have been refused"
    | Error problems -> Check.equal [ expected ] (problems |> List.map LmmError.describe)

[<Tests>]
let tests =
    testList "ChartPageTests" [
        testCase "the page of a chart is alone" (fun () -> isAlone (Chart.toHtml chart.Value))
        testCase "the page of a panel is alone" (fun () -> isAlone (Chart.toHtml panel.Value))

        testCase "the scripts are embedded once, whatever the number of charts" (fun () ->
            let page = Chart.toHtml panel.Value

            let count (text: string) page =
                Regex.Matches(page, Regex.Escape text).Count

            Check.equal 1 (count (WebFiles.text("vega.min.js").Substring(0, 200)) page)
            Check.equal 7 (count "class=\"spec\"" (PageText.ofPage page))
            Check.isWithin 800_000.0 1_200_000.0 (float page.Length))

        testCase "every chart of a page has words for those who cannot see it" (fun () ->
            let page = Chart.toHtml panel.Value

            for own in AllCharts.parts panel.Value do
                Check.contains (Html.escape own.Description) page
                Check.contains (Html.escape own.Title) page)

        testCase "names of levels cannot break a page" (fun () ->
            let evil = "</script><script>alert(1)</script>"
            let page = chart.Value |> Chart.withTitle evil |> Chart.toHtml
            Check.lacks evil page)

        testCase "the scripts are those that are pinned" (fun () ->
            let sums =
                WebFiles.text("SHA256SUMS").Trim().Split '\n'
                |> Array.map (fun line -> line.Split("  ", 2) |> fun parts -> parts[1].Trim(), parts[0])

            Check.equal WebFiles.scripts (sums |> Array.map fst |> List.ofArray)

            for name, sum in sums do
                use stream =
                    File.OpenRead(Path.Combine(TestData.root, "src", "LmmFunctional.Charts", "Web", name))

                Check.equal sum (Convert.ToHexStringLower(SHA256.HashData stream)))

        testCase "files: page, specification, drawing" (fun () ->
            inFolder (fun folder ->
                let path name = Path.Combine(folder, name)
                Chart.save (path "a.html") chart.Value |> Models.orFail
                Check.equal (Chart.toHtml chart.Value) (File.ReadAllText(path "a.html"))
                let drawing = path "a.svg"
                Chart.save (path "a.json") chart.Value |> Models.orFail
                Check.equal (Chart.spec chart.Value) (Json.parse (File.ReadAllText(path "a.json")))

                match Chart.save drawing panel.Value with
                | Ok() -> Check.startsWith "<svg" (File.ReadAllText drawing)
                | Error problems ->
                    Check.equal
                        [
                            $"File '{drawing}' cannot be written: an SVG is drawn by Node.js, which is not on this machine; save as .html or .json, or install Node.js."
                        ]
                        (problems |> List.map LmmError.describe)))

        testCase "another ending is refused" (fun () ->
            Chart.save "chart.png" chart.Value
            |> refused "File 'chart.png' cannot be written: the name must end in .html, .json or .svg.")

        testCase "members of the specification can be replaced" (fun () ->
            let spec =
                chart.Value
                |> Chart.restyle """{"config": {"axis": {"grid": false}}, "height": 111}"""
                |> Chart.spec

            let axis = spec |> Json.tryFind "config" |> Option.bind (Json.tryFind "axis")
            Check.equal (Some(Json.Bool false)) (axis |> Option.bind (Json.tryFind "grid"))
            Check.equal (Some(Json.Number 111.0)) (Json.tryFind "height" spec)
            // What is not named stays.
            Check.isTrue (axis |> Option.bind (Json.tryFind "titleFontSize") |> Option.isSome))

        testCase "a size and a title of one's own" (fun () ->
            let own = chart.Value |> Chart.withSize 300 200 |> Chart.withTitle "Mine"
            Check.equal (Some(Json.Number 300.0)) (Json.tryFind "width" (Chart.spec own))
            Expect.throwsT<ArgumentException> (fun () -> Chart.withSize 0 10 own |> ignore) "no width"
            Check.equal "Mine (residuals: residuals 180 rows, smoother 180 rows)" (string own))
    ]
