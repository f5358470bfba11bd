namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>A part of a report: its heading, a name for links, and its HTML.</summary>
type internal ReportPart = {
    Heading: string
    Anchor: string
    Body: string list
}

/// <summary>Pieces that parts of a report are made of.</summary>
[<RequireQualifiedAccess>]
module internal ReportPart =

    let paragraph (text: string) = Html.text "p" text

    let soft (text: string) =
        $"<p class=\"soft\">{Html.escape text}</p>"

    let details (summary: string) body =
        [ $"<details class=\"values\"><summary>{Html.escape summary}</summary>" ]
        @ body
        @ [ "</details>" ]

    let code (text: string) =
        $"<pre><code>{Html.escape (text.TrimEnd())}</code></pre>"

    let create anchor heading body = {
        Heading = heading
        Anchor = anchor
        Body = body
    }

    let charts prefix (found: Result<ChartSpec, LmmError list> list) =
        match found |> List.choose Result.toOption with
        | [] -> []
        | charts -> [ ChartPage.figures prefix charts ]

    let quoted (name: string) =
        if
            name
            |> Seq.forall (fun letter -> Char.IsLetterOrDigit letter || letter = '_' || letter = '.')
        then
            name
        else
            $"`{name}`"
