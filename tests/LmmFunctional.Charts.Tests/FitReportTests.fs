/// <summary>The report: its parts, its sentences, and that it is alone.</summary>
module LmmFunctional.Charts.Tests.FitReportTests

open System
open System.Text.RegularExpressions
open Expecto
open LmmFunctional
open LmmFunctional.Charts
open LmmFunctional.Tests

let private page (fit: Lazy<Fit>) =
    FitReport.toHtml ReportOptions.defaults (Models.inference fit.Value)

let private whole = lazy (page Models.sleepstudy)
let private sleepstudy = lazy (PageText.ofPage whole.Value)

let private headings (text: string) =
    Regex.Matches(PageText.ofPage text, "<h2>(.*?)</h2>")
    |> Seq.map (fun own -> own.Groups[1].Value)
    |> List.ofSeq

[<Tests>]
let tests =
    testList "FitReportTests" [
        testCase "its parts" (fun () ->
            Check.equal
                [
                    "Model"
                    "Data"
                    "Fixed effects"
                    "Variance components"
                    "Is it the optimum?"
                    "Means and predictions"
                    "Diagnostics"
                    "Identities"
                    "What to look at next"
                    "Reproducibility"
                ]
                (headings sleepstudy.Value))

        testCase "links lead to its parts" (fun () ->
            for link in Regex.Matches(sleepstudy.Value, "href=\"#(.*?)\"") do
                Check.contains $"<section id=\"{link.Groups[1].Value}\">" sleepstudy.Value)

        testCase "findings are sentences with their numbers" (fun () ->
            for sentence in
                [
                    "The data have 180 rows; all of them are used."
                    "One unit more of Days goes with 10.5 more of Reaction (95 % interval 7.21 to 13.7)."
                    "There is very strong evidence for an effect of Days on Reaction: F(1, 17) = 45.9, p &lt; 0.0001."
                    "The fit is at an optimum: no parameter can move and raise the likelihood."
                    "Of the variance of the response the fixed effects explain 27.9 % (marginal R²), fixed and random effects together 79.9 % (conditional R²)."
                ] do
                Check.contains sentence sleepstudy.Value)

        testCase "identities hold" (fun () ->
            Check.isTrue (Regex.IsMatch(sleepstudy.Value, "The estimates satisfy all \\d+ equations of the textbooks")))

        testCase "it is alone" (fun () ->
            for part in [ "src="; "href=\"http"; "@import"; "url("; "<link"; "<img" ] do
                Check.lacks part sleepstudy.Value)

        testCase "equal fits have equal reports, unless the time is told" (fun () ->
            Check.isTrue ((whole.Value = page Models.sleepstudy))

            let told =
                FitReport.toHtml
                    {
                        ReportOptions.defaults with
                            Made = Some(DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.Zero))
                            Source = Some "data.csv"
                            Command = Some "lmm report data.csv"
                            Title = Some "A title of <one's> own"
                    }
                    (Models.inference Models.sleepstudy.Value)
                |> PageText.ofPage

            Check.contains "<dd><code>2026-11-30 12:00 +00:00</code></dd>" told
            Check.contains "<title>A title of &lt;one&#39;s&gt; own</title>" told)

        testCase "a singular fit says so, and what to do" (fun () ->
            let text = PageText.ofPage (page Models.dyestuff2)
            Check.contains "on the boundary" text
            Check.contains "A variance of zero or a correlation of ±1" text

            Check.contains
                "The fit is singular: compare it with the model without the effects whose variance is zero"
                text)

        testCase "models without random effects or covariates have a report" (fun () ->
            for fit in [ Models.orthodont; Models.penicillin; Models.oats ] do
                Check.isTrue ((headings (page fit)).Length >= 9))

        testCase "the fingerprint is that of the columns used, whatever the file" (fun () ->
            let fit frame =
                Lmm.fitFormula FitOptions.defaults frame "Reaction ~ Days + (Days | Subject)"
                |> Models.orFail

            let frame = Csv.read (TestData.csv "sleepstudy") |> Models.orFail

            let more =
                Frame.withColumn "other" (Column.ofFloats (Seq.replicate frame.Rows 1.0)) frame
                |> Models.orFail

            let changed =
                match frame.TryColumn "Reaction" with
                | Some(Column.Numeric values) ->
                    Frame.withColumn "Reaction" (Column.ofFloats (values.SetItem(0, values[0] + 1e-9))) frame
                    |> Models.orFail
                | _ -> failtest "Reaction is not numeric"

            let own = DataSummary.fingerprint (fit frame)
            Check.equal 64 own.Length
            Check.equal own (DataSummary.fingerprint (fit more))
            Check.isFalse ((own = DataSummary.fingerprint (fit changed))))
    ]
