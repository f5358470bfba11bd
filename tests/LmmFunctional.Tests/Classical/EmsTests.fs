/// <summary>Expected mean squares: the tabular rules against synthesis, and against textbooks.</summary>
module LmmFunctional.Tests.EmsTests

open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional.Classical

let private describe (table: ExpectedMeanSquare list) =
    table
    |> List.map (fun row -> $"{row.Source} {row.Df} {row.Expected}")
    |> String.concat "\n"

let private rows form text random levels replicates =
    let design = BalancedData.parse (text, random, levels, replicates)
    let table = ExpectedMeanSquares.table form design

    [
        for term in design.Terms do
            let ratio =
                MeanSquareRatio.find QuasiF.Sums table term.Name
                |> Option.map MeanSquareRatio.describe
                |> Option.defaultValue "none"

            $"{term.Name} {term.Df}: {EmsText.symbolic form design term}; {ratio}"
    ]

let private refused text random levels replicates =
    BalancedDesign.parse text random levels replicates |> BalancedData.problems

[<Tests>]
let tests =
    testList "EmsTests" [
        testPropertyWithConfig (Law.tries 40) "the rules equal synthesis" (fun () ->
            Prop.forAll (Arb.fromGen BalancedData.designs) (fun case ->
                let design = BalancedData.parse case

                Law.holds [
                    for form in [ InteractionForm.Unrestricted; InteractionForm.Restricted ] do
                        let rules, synthesis =
                            ExpectedMeanSquares.table form design, EmsSynthesis.table form design

                        yield!
                            Law.isTrue $"{case} {form}:\n{describe rules}\n{describe synthesis}" (rules = synthesis)
                ]))

        testPropertyWithConfig
            (Law.tries 60)
            "both sides of every ratio have the same expectation without the effect"
            (fun () ->
                Prop.forAll (Arb.fromGen BalancedData.designs) (fun case ->
                    let design = BalancedData.parse case

                    let expected table (side: (string * float) list) =
                        let parts =
                            side
                            |> List.map (fun (name, c) ->
                                c,
                                table
                                |> List.find (fun (row: ExpectedMeanSquare) -> row.Source = name)
                                |> _.Expected)

                        let sources = table |> List.map _.Source

                        (parts |> List.sumBy (fun (c, e) -> c * e.Error))
                        :: [
                            for source in sources ->
                                parts |> List.sumBy (fun (c, e) -> c * Expectation.coefficient source e)
                        ]

                    Law.holds [
                        for form in [ InteractionForm.Unrestricted; InteractionForm.Restricted ] do
                            let table = ExpectedMeanSquares.table form design

                            for row in table do
                                for quasi in [ QuasiF.Sums; QuasiF.Differences ] do
                                    match MeanSquareRatio.find quasi table row.Source with
                                    | None ->
                                        yield! Law.isTrue $"{case}: {row.Source} has no test" (row.Source = "Error")
                                    | Some ratio ->
                                        let own =
                                            0.0
                                            :: [
                                                for other in table ->
                                                    if other.Source = row.Source then
                                                        Expectation.coefficient row.Source row.Expected
                                                    else
                                                        0.0
                                            ]

                                        let above = List.map2 (-) (expected table ratio.Numerator) own

                                        yield!
                                            Law.nearAll
                                                $"{case}: {row.Source}"
                                                1e-9
                                                (expected table ratio.Denominator)
                                                above
                    ]))

        testCase "two factors, both random" (fun () ->
            rows InteractionForm.Unrestricted "A*B" [ "A"; "B" ] [ "A", 4; "B", 5 ] 2
            |> Texts.equal [
                "A 3: σ² + nσ²_AB + bnσ²_A; MS(A) / MS(AB)"
                "B 4: σ² + nσ²_AB + anσ²_B; MS(B) / MS(AB)"
                "AB 12: σ² + nσ²_AB; MS(AB) / MS(Error)"
            ])

        testCase "two factors, A fixed and B random, restricted" (fun () ->
            rows InteractionForm.Restricted "A*B" [ "B" ] [ "A", 4; "B", 5 ] 2
            |> Texts.equal [
                "A 3: σ² + nσ²_AB + bnΣA²/(a−1); MS(A) / MS(AB)"
                "B 4: σ² + anσ²_B; MS(B) / MS(Error)"
                "AB 12: σ² + nσ²_AB; MS(AB) / MS(Error)"
            ])

        testCase "two fixed factors" (fun () ->
            rows InteractionForm.Restricted "A*B" [] [ "A", 4; "B", 5 ] 2
            |> Texts.equal [
                "A 3: σ² + bnΣA²/(a−1); MS(A) / MS(Error)"
                "B 4: σ² + anΣB²/(b−1); MS(B) / MS(Error)"
                "AB 12: σ² + nΣ(AB)²/[(a−1)(b−1)]; MS(AB) / MS(Error)"
            ])

        testCase "three random factors need a quasi-F" (fun () ->
            rows InteractionForm.Unrestricted "A*B*C" [ "A"; "B"; "C" ] [ "A", 2; "B", 3; "C", 4 ] 2
            |> List.head
            |> fun row ->
                Check.equal
                    "A 1: σ² + nσ²_ABC + cnσ²_AB + bnσ²_AC + bcnσ²_A; (MS(A) + MS(ABC)) / (MS(AB) + MS(AC))"
                    row)

        testCase "nested factors and long names" (fun () ->
            rows InteractionForm.Unrestricted "batch/cask" [ "batch"; "cask" ] [ "batch", 10; "cask", 3 ] 2
            |> Texts.equal [
                "batch 9: σ² + nσ²_cask(batch) + cnσ²_batch; MS(batch) / MS(cask(batch))"
                "cask(batch) 20: σ² + nσ²_cask(batch); MS(cask(batch)) / MS(Error)"
            ])

        testCase "every problem at once" (fun () ->
            refused "alpha*B" [ "alpa" ] [ "alpha", 1; "C", 2 ] 0
            |> Texts.equal [
                "Factor 'alpa' is not in the model; did you mean 'alpha'?"
                "Factor 'alpha' has a single level; remove it from the model."
                "Factor 'C' is not in the model."
                "Factor 'B' has no number of levels; give one, as in B=4."
                "The design is not complete: 0 observations in each cell are too few; give one or more."
            ])

        testCase "terms without their margins" (fun () ->
            refused "A + B + A:B:C" [ "A" ] [ "A", 2; "B", 2; "C", 2 ] 2
            |> Texts.equal [ "The design is not complete: term 'A:B:C' is there without 'A:B'; add it." ])

        testCase "factors that occur only together" (fun () ->
            refused "A:B" [] [ "A", 2; "B", 2 ] 2
            |> Texts.equal [
                "The design is not complete: factors 'A' and 'B' occur only together; write one factor for their combinations."
            ])

        testCase "nothing left for the error" (fun () ->
            refused "A*B" [] [ "A", 2; "B", 2 ] 1
            |> Texts.equal [
                "The design is not complete: no degrees of freedom are left for the error; leave out the highest interaction or give more observations in each cell."
            ])
    ]
