namespace LmmFunctional.Tests

open System.IO
open NUnit.Framework
open LmmFunctional

/// <summary>The catalogue as it is documented and reported.</summary>
module CatalogueTests =

    [<Test>]
    let ``names are unique`` () =
        let names = Identities.all |> List.map _.Name
        TestFrame.same names (List.distinct names)

    [<Test>]
    let ``docs/identities.md has the table of the catalogue`` () =
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
        TestFrame.same (Table.toMarkdown table) shown

    [<Test>]
    let ``a report tells what holds and what does not apply`` () =
        let fit = Fitted.ml "dyestuff" "Yield ~ 1 + (1 | Batch)"

        let lines =
            (IdentityReport.render SummaryFormat.Text fit (Identities.check fit)).Split '\n'

        Law.assertHolds [
            yield! Law.isTrue "verdict" (lines |> Array.contains "35 identities hold.")

            yield!
                Law.isTrue
                    "reason"
                    (lines
                     |> Array.exists (fun line ->
                         line.Contains "likelihood by C"
                         && line.EndsWith "the fit is by maximum likelihood"))
        ]

    [<Test>]
    let ``a report names the identities that fail`` () =
        let fit = Fitted.ml "dyestuff" "Yield ~ 1 + (1 | Batch)"

        let wrong (claims: Claims) = {
            claims with
                Deviance = claims.Deviance + 1.0
        }

        let checks = Identities.checkIn (Setting.ofChanged Setting.denseRows wrong fit)
        let text = IdentityReport.render SummaryFormat.Text fit checks

        Assert.That(text, Does.Contain "1 of 35 identities fail: 'likelihood with u integrated out'.")
        Assert.That(IdentityReport.toJson fit checks, Does.Contain "\"holds\":false")

    [<TestCase("dyestuff", "Yield ~ 0 + (1 | Batch)", "the model has no fixed effects")>]
    [<TestCase("sleepstudy",
               "Reaction ~ Days + ar1(0 + Days | Subject)",
               "the covariance of a random term has a structure")>]
    let ``models that the catalogue does not cover are told apart`` data formula (reason: string) =
        let checks = Identities.check (Fitted.reml data formula)

        Assert.That(checks |> List.choose _.Holds, Is.Empty)
        Assert.That(checks[0].Outcome, Is.EqualTo(IdentityOutcome.NotApplicable reason))

    [<Test>]
    let ``least squares without random effects is checked too`` () =
        let fit = Fitted.reml "dyestuff" "Yield ~ 1"
        Law.assertHolds [ for check in Identities.failures (Identities.check fit) -> check.Name ]
