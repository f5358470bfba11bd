module LmmFunctional.Tests.DesignTests

open Expecto
open LmmFunctional.Language
open LmmFunctional.Estimation

let private names (design: Design) = List.ofSeq design.Fixed.Names

let private small = [
    "y", TestFrame.numbers [ 1.0; 3.0; 2.0; 5.0; 4.0; 7.0; 6.0; 9.0 ]
    "x", TestFrame.numbers [ 1.0; 2.0; nan; 4.0; 5.0; 6.0; 7.0; 8.0 ]
    "w", TestFrame.numbers [ 1.0; 2.0; nan; 0.0; 1.0; 2.0; 1.0; 0.5 ]
    "g", TestFrame.texts [ "b"; "b"; "a"; "a"; "c"; "c"; "b"; "a" ]
    "h", TestFrame.numbers [ 10.0; 9.5; 10.0; 9.5; 10.0; 9.5; 10.0; 9.5 ]
    "Flow Rate", TestFrame.numbers [ 1.0; 1.0; 2.0; 2.0; 3.0; 3.0; 4.0; 4.0 ]
]

let private frame = TestFrame.ofColumns small

[<Tests>]
let tests =
    testList "DesignTests" [
        testCase "a design shows its model and its sizes" (fun () ->
            let design = TestFrame.design "y ~ x + (1 | g)" frame
            let expected = "y ~ 1 + x + (1 | g): 7 rows, 2 fixed effects, 1 random term"
            Check.equal [ expected; expected ] [ string design; $"%A{design}" ])

        // Rows

        testCase "rows with a missing value in a used column are dropped and counted" (fun () ->
            let design = TestFrame.design "y ~ x + (1 | g)" frame
            Check.equal [| 0; 1; 3; 4; 5; 6; 7 |] design.Rows
            Check.equal 1 design.MissingRows
            Check.equal 0 (TestFrame.design "y ~ h" frame).MissingRows)

        testCase
            "rows of weight zero are dropped and counted apart; a missing weight in a dropped row is no problem"
            (fun () ->
                let design = TestFrame.design "y ~ x; weights = w" frame
                Check.equal [| 0; 1; 4; 5; 6; 7 |] design.Rows
                Check.equal (1, 1) (design.MissingRows, design.ZeroWeightRows)
                Check.equal (Some [| 1.0; 2.0; 1.0; 2.0; 1.0; 0.5 |]) design.Weights)

        testCase "levels that occur only in dropped rows are no levels" (fun () ->
            let frame =
                TestFrame.ofColumns [
                    "y", TestFrame.numbers [ 1.0; 2.0; 4.0; 3.0; nan ]
                    "g", TestFrame.texts [ "b"; "c"; "b"; "c"; "a" ]
                ]

            Check.equal [ "(Intercept)"; "gc" ] (TestFrame.design "y ~ g" frame |> names))

        testCase "offsets are added up and kept apart from the response" (fun () ->
            let design = TestFrame.design "y ~ h + offset(2 * h) + offset(y)" frame
            Check.equal (Some [| 21.0; 22.0; 22.0; 24.0; 24.0; 26.0; 26.0; 28.0 |]) design.Offset
            Check.equal 9.0 design.Response[7])

        testCase "the response may be a function" (fun () ->
            let design = TestFrame.design "log(y) ~ 1" frame
            Check.equal (log 9.0) design.Response[7])

        // Columns

        testCase "names with blanks stand in back-ticks" (fun () ->
            let design = TestFrame.design "y ~ `Flow Rate` + factor(`Flow Rate`)" frame

            Check.equal [ "(Intercept)"; "`Flow Rate`"; "factor(`Flow Rate`)2"; "factor(`Flow Rate`)3" ] (names design)

            Check.equal [ "factor(`Flow Rate`)4" ] (List.ofSeq design.Fixed.Dropped))

        testCase "a dot is every column that the model does not name elsewhere" (fun () ->
            let design = TestFrame.design "log(y) ~ . - x + offset(w) + (1 | g)" frame
            Check.equal [ "(Intercept)"; "h"; "`Flow Rate`" ] (names design))

        testCase "a dot may be crossed" (fun () ->
            let terms text =
                (TestFrame.design text (TestFrame.ofColumns small[..1])).Fixed.Terms
                |> Seq.map TermText.deparse
                |> List.ofSeq

            Check.equal [ "1"; "x" ] (terms "y ~ .^2")

            let design =
                TestFrame.design
                    "y ~ 0 + (.)^2; weights = w"
                    (TestFrame.ofColumns [ small[0]; small[1]; small[2]; small[4] ])

            Check.equal [ "x"; "h"; "x:h" ] (names design))

        testCase "pi is the number until a column has its name" (fun () ->
            let design = TestFrame.design "y ~ 0 + I(pi * h)" frame
            Check.equal (System.Math.PI * 9.5) design.Fixed.Matrix[1, 0]
            let other = TestFrame.ofColumns (("pi", TestFrame.numbers [ 1.0 .. 8.0 ]) :: small)
            Check.equal 19.0 (TestFrame.design "y ~ 0 + I(pi * h)" other).Fixed.Matrix[1, 0])

        testCase "truth as text is coded as R codes logicals" (fun () ->
            let lines = [ "TRUE"; "FALSE"; "TRUE"; "FALSE"; "TRUE"; "TRUE"; "FALSE"; "TRUE" ]
            let frame = TestFrame.ofColumns [ small[0]; "late", TestFrame.texts lines ]
            Check.equal [ "(Intercept)"; "lateTRUE" ] (TestFrame.design "y ~ late" frame |> names)
            Check.equal [ "lateFALSE"; "lateTRUE" ] (TestFrame.design "y ~ 0 + late" frame |> names))

        testCase "scale without centring divides by the root mean square, as in R" (fun () ->
            let design =
                TestFrame.design "y ~ 0 + scale(h, center = FALSE) + scale(y, FALSE, FALSE)" frame
            // R: scale(rep(c(10, 9.5), 4), center = FALSE)[1]
            Law.assertHolds (
                Law.near "design.Fixed.Matrix[0, 0]" (1e-14) 0.9590841009767529 (design.Fixed.Matrix[0, 0])
            )

            Check.equal 9.0 design.Fixed.Matrix[7, 1])

        testCase "the constant is the intercept, or the indicators of all levels" (fun () ->
            Check.equal (Some [| 1.0; 0.0 |]) (TestFrame.design "y ~ h" frame).Fixed.ConstantCoefficients

            Check.equal
                (Some [| 1.0; 1.0; 1.0; 0.0 |])
                (TestFrame.design "y ~ 0 + g + h" frame).Fixed.ConstantCoefficients

            Check.equal None (TestFrame.design "y ~ 0 + h" frame).Fixed.Constant)

        testCase "no fixed effects at all are an empty matrix" (fun () ->
            let design = TestFrame.design "y ~ 0 + (1 | g)" frame
            Check.equal (8, 0) (design.Fixed.Matrix.Rows, design.Fixed.Matrix.Columns))

        // Random terms

        testCase "text levels are in ordinal order, numbers in numeric order" (fun () ->
            let design = TestFrame.design "y ~ 1 + (1 | g) + (1 | h)" frame

            let levels =
                design.Random
                |> List.map (fun term -> List.ofSeq term.Levels, List.ofArray term.Codes)

            Check.equal
                [
                    [ "a"; "b"; "c" ], [ 1; 1; 0; 0; 2; 2; 1; 0 ]
                    [ "9.5"; "10" ], [ 1; 0; 1; 0; 1; 0; 1; 0 ]
                ]
                levels)

        testCase "of an interaction only the levels that occur, the second part fastest" (fun () ->
            let design = TestFrame.design "y ~ 1 + (1 | g:h)" frame
            let term = design.Random.Head
            Check.equal "g:h" term.Group
            Check.equal [ "a:9.5"; "a:10"; "b:9.5"; "b:10"; "c:9.5"; "c:10" ] (List.ofSeq term.Levels)
            Check.equal [| 3; 2; 1; 0; 5; 4; 3; 0 |] term.Codes)

        testCase "nested groups are the outer factor and their interaction" (fun () ->
            let design =
                TestFrame.design "strength ~ 1 + (1 | batch/cask)" (TestFrame.read "pastes")

            Check.equal
                [ "batch", 10; "batch:cask", 30 ]
                (design.Random |> List.map (fun term -> term.Group, term.Levels.Length)))

        testCase "effects are coded as by a model matrix of their own" (fun () ->
            let effects text =
                let term = (TestFrame.design text (TestFrame.read "machines")).Random.Head
                List.ofSeq term.Names, term.InterceptAt

            let machines = [ "A"; "B"; "C" ] |> List.map (fun level -> "Machine" + level)
            Check.equal (machines, None) (effects "score ~ 1 + (0 + Machine | Worker)")
            Check.equal ("(Intercept)" :: machines.Tail, Some 0) (effects "score ~ 1 + (Machine | Worker)"))

        testCase "the columns of the effects are on the user's scale" (fun () ->
            let design =
                TestFrame.design "Reaction ~ Days + (Days | Subject)" (TestFrame.read "sleepstudy")

            let term = design.Random.Head
            Check.equal 2 term.Columns.Length
            Check.equal (Array.create 180 1.0) term.Columns[0]
            Check.equal (design.Fixed.Matrix.Column 1) term.Columns[1]
            Check.equal ("308", "372") (term.Levels[0], term.Levels[17]))
    ]
