/// <summary>The catalogue as it is documented and reported.</summary>
module LmmFunctional.Tests.CatalogueTests

open System.IO
open Expecto
open LmmFunctional
open LmmFunctional.Verification
open LmmFunctional.Analysis

let private isNotCovered (reason: string) fit =
    let checks = Identities.check fit
    Check.isEmpty (checks |> List.choose _.Holds)
    Check.equal (IdentityOutcome.NotApplicable reason) (checks[0].Outcome)

let private orRaise result =
    match result with
    | Ok value -> value
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

[<Tests>]
let tests =
    testList "CatalogueTests" [
        testCase "names are unique" (fun () ->
            let names = Identities.all |> List.map _.Name
            Check.equal names (List.distinct names))

        testCase "docs/identities.md has the table of the catalogue" (fun () ->
            let table =
                Table.create [
                    "Identity", Alignment.Left
                    "Equation", Alignment.Left
                    "Source", Alignment.Left
                ] [
                    for identity in Identities.all -> [ identity.Name; identity.Equation; identity.Source ]
                ]

            let page =
                File.ReadAllLines(Path.Combine(TestData.root, "docs", "identities.md"))
                |> List.ofArray

            let shown = page |> List.filter (fun line -> line.StartsWith "| ")
            Check.equal (Table.toMarkdown table) shown)

        testCase "a report tells what holds and what does not apply" (fun () ->
            let fit = Fitted.ml "dyestuff" "Yield ~ 1 + (1 | Batch)"

            let lines =
                (IdentityReport.render SummaryFormat.Text fit (Identities.check fit)).Split '\n'

            Law.assertHolds [
                yield! Law.isTrue "verdict" (lines |> Array.contains "45 identities hold.")

                yield!
                    Law.isTrue
                        "reason"
                        (lines
                         |> Array.exists (fun line ->
                             line.Contains "likelihood by C"
                             && line.EndsWith "the fit is by maximum likelihood"))
            ])

        testCase "a report names the identities that fail" (fun () ->
            let fit = Fitted.ml "dyestuff" "Yield ~ 1 + (1 | Batch)"

            let wrong (claims: Claims) = {
                claims with
                    Deviance = claims.Deviance + 1.0
            }

            let checks = Identities.checkIn (Setting.ofChanged Setting.denseRows wrong fit)
            let text = IdentityReport.render SummaryFormat.Text fit checks

            Check.contains "1 of 45 identities fail: 'likelihood with u integrated out'." text
            Check.contains "\"holds\":false" (IdentityReport.toJson fit checks))

        testCase "a model without fixed effects is not covered" (fun () ->
            Fitted.reml "dyestuff" "Yield ~ 0 + (1 | Batch)"
            |> isNotCovered "the model has no fixed effects")

        testCase "known matrices of many levels are not covered" (fun () ->
            let animals = 1200

            let pedigree =
                Pedigree.ofRows [
                    for k in 0 .. animals - 1 do
                        if k < 10 then
                            $"a{k}", "", ""
                        else
                            $"a{k}", $"a{k / 2}", $"a{k / 3}"
                ]
                |> orRaise

            let frame =
                TestFrame.ofColumns [
                    "y", TestFrame.numbers [ for k in 0..49 -> sin (float k) ]
                    "animal", TestFrame.texts [ for k in 0..49 -> $"a{animals - 1 - k}" ]
                ]

            let options = {
                FitOptions.defaults with
                    Known = Map [ "A", Relationship.ofPedigree pedigree ]
            }

            Lmm.fitFormula options frame "y ~ 1 + known(A | animal)"
            |> orRaise
            |> isNotCovered "a known matrix relates 1200 levels; the limit is 1000")

        testCase "many correlated rows are not covered" (fun () ->
            let rows = 1100

            let frame =
                TestFrame.ofColumns [
                    "y", TestFrame.numbers [ for k in 0 .. rows - 1 -> sin (float (k * k)) ]
                    "r", TestFrame.numbers [ for k in 0 .. rows - 1 -> float (k / 50) ]
                    "c", TestFrame.numbers [ for k in 0 .. rows - 1 -> float (k % 50) ]
                ]

            Lmm.fitFormula FitOptions.defaults frame "y ~ 1; residual = kron(ar1(r), ar1(c))"
            |> orRaise
            |> isNotCovered "the residuals of 1100 rows are correlated; the limit is 1000")

        testCase "least squares without random effects is checked too" (fun () ->
            let fit = Fitted.reml "dyestuff" "Yield ~ 1"
            Law.assertHolds [ for check in Identities.failures (Identities.check fit) -> check.Name ])
    ]
