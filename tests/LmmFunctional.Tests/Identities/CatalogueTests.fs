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
            yield! Law.isTrue "verdict" (lines |> Array.contains "37 identities hold.")

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

        Assert.That(text, Does.Contain "1 of 37 identities fail: 'likelihood with u integrated out'.")
        Assert.That(IdentityReport.toJson fit checks, Does.Contain "\"holds\":false")

    let private isNotCovered (reason: string) fit =
        let checks = Identities.check fit
        Assert.That(checks |> List.choose _.Holds, Is.Empty)
        Assert.That(checks[0].Outcome, Is.EqualTo(IdentityOutcome.NotApplicable reason))

    [<Test>]
    let ``a model without fixed effects is not covered`` () =
        Fitted.reml "dyestuff" "Yield ~ 0 + (1 | Batch)"
        |> isNotCovered "the model has no fixed effects"

    let private orRaise result =
        match result with
        | Ok value -> value
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    [<Test>]
    let ``known matrices of many levels are not covered`` () =
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
        |> isNotCovered "a known matrix relates 1200 levels; the limit is 1000"

    [<Test>]
    let ``many correlated rows are not covered`` () =
        let rows = 1100

        let frame =
            TestFrame.ofColumns [
                "y", TestFrame.numbers [ for k in 0 .. rows - 1 -> sin (float (k * k)) ]
                "r", TestFrame.numbers [ for k in 0 .. rows - 1 -> float (k / 50) ]
                "c", TestFrame.numbers [ for k in 0 .. rows - 1 -> float (k % 50) ]
            ]

        Lmm.fitFormula FitOptions.defaults frame "y ~ 1; residual = kron(ar1(r), ar1(c))"
        |> orRaise
        |> isNotCovered "the residuals of 1100 rows are correlated; the limit is 1000"

    [<Test>]
    let ``least squares without random effects is checked too`` () =
        let fit = Fitted.reml "dyestuff" "Yield ~ 1"
        Law.assertHolds [ for check in Identities.failures (Identities.check fit) -> check.Name ]
