/// <summary>Tables as LaTeX and HTML, and several models side by side.</summary>
module LmmFunctional.Charts.Tests.TableFormatTests

open System
open Expecto
open LmmFunctional.Analysis
open LmmFunctional.Tests

let private table =
    Table.create [ "name", Alignment.Left; "50 %", Alignment.Right ] [
        [ "a_b & c"; "-1.5" ]
        [ ""; "" ]
        [ "x < y"; "12.0" ]
    ]

let private text (lines: string list) =
    lines |> List.map (fun line -> line + "\n") |> String.concat ""

[<Tests>]
let tests =
    testList "TableFormatTests" [
        testCase "LaTeX with the rules of booktabs" (fun () ->
            Check.equal
                (text [
                    "\\begin{tabular}{lr}"
                    "\\toprule"
                    "name & 50 \\% \\\\"
                    "\\midrule"
                    "a\\_b \\& c & $-$1.5 \\\\"
                    "\\midrule"
                    "x \\textless{} y & 12.0 \\\\"
                    "\\bottomrule"
                    "\\end{tabular}"
                ])
                (FrameTable.write TableStyle.Latex table))

        testCase "HTML" (fun () ->
            Check.equal
                (text [
                    "<table>"
                    "<thead><tr><th>name</th><th class=\"r\">50 %</th></tr></thead>"
                    "<tbody>"
                    "<tr><td>a_b &amp; c</td><td class=\"r\">-1.5</td></tr>"
                    "<tr><td></td><td class=\"r\"></td></tr>"
                    "<tr><td>x &lt; y</td><td class=\"r\">12.0</td></tr>"
                    "</tbody>"
                    "</table>"
                ])
                (FrameTable.write TableStyle.Html table))

        testProperty "no text breaks out of its cell" (fun (letters: char list) ->
            let own = String(Array.ofList letters)
            let html = TableHtml.escape own
            let latex = TableLatex.escape own

            not (html.Contains '<' || html.Contains '"')
            && not (latex.Replace("\\&", "").Contains '&')
            && not (latex.Replace("\\%", "").Contains '%'))

        testCase "two models side by side" (fun () ->
            let other = (Models.fit "sleepstudy" "Reaction ~ Days + (1 | Subject)").Value

            Check.equal
                (text [
                    "                                        slopes       intercepts"
                    "(Intercept)                    251.405 (6.825)  251.405 (9.747)"
                    "Days                            10.467 (1.546) 10.4673 (0.8042)"
                    ""
                    "sd(Subject (Intercept))                  24.74            37.12"
                    "sd(Subject Days)                         5.922"
                    "cor(Subject (Intercept), Days)           0.066"
                    "sigma                                    25.59            30.99"
                    ""
                    "Criterion                                 REML             REML"
                    "Rows                                       180              180"
                    "Levels of Subject                           18               18"
                    "Log likelihood                         -871.81          -893.23"
                    "AIC                                     1755.6           1794.5"
                    "BIC                                     1774.8           1807.2"
                    "R² marginal                              0.279            0.280"
                    "R² conditional                           0.799            0.704"
                ])
                (SideBySide.create [
                    "slopes", Models.inference Models.sleepstudy.Value
                    "intercepts", Models.inference other
                 ]
                 |> FrameTable.write TableStyle.Text))

        testCase "no model is no table" (fun () ->
            Expect.throwsT<ArgumentException> (fun () -> SideBySide.create [] |> ignore) "no model")
    ]
