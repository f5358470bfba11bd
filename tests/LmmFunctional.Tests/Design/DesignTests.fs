namespace LmmFunctional.Tests

open NUnit.Framework
open LmmFunctional

[<TestFixture>]
module DesignTests =

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

    [<Test>]
    let ``a design shows its model and its sizes`` () =
        let design = TestFrame.design "y ~ x + (1 | g)" frame
        let expected = "y ~ 1 + x + (1 | g): 7 rows, 2 fixed effects, 1 random term"
        TestFrame.same [ expected; expected ] [ string design; $"%A{design}" ]

    // Rows

    [<Test>]
    let ``rows with a missing value in a used column are dropped and counted`` () =
        let design = TestFrame.design "y ~ x + (1 | g)" frame
        TestFrame.same [| 0; 1; 3; 4; 5; 6; 7 |] design.Rows
        TestFrame.same 1 design.MissingRows
        TestFrame.same 0 (TestFrame.design "y ~ h" frame).MissingRows

    [<Test>]
    let ``rows of weight zero are dropped and counted apart; a missing weight in a dropped row is no problem`` () =
        let design = TestFrame.design "y ~ x; weights = w" frame
        TestFrame.same [| 0; 1; 4; 5; 6; 7 |] design.Rows
        TestFrame.same (1, 1) (design.MissingRows, design.ZeroWeightRows)
        TestFrame.same (Some [| 1.0; 2.0; 1.0; 2.0; 1.0; 0.5 |]) design.Weights

    [<Test>]
    let ``levels that occur only in dropped rows are no levels`` () =
        let frame =
            TestFrame.ofColumns [
                "y", TestFrame.numbers [ 1.0; 2.0; 4.0; 3.0; nan ]
                "g", TestFrame.texts [ "b"; "c"; "b"; "c"; "a" ]
            ]

        TestFrame.same [ "(Intercept)"; "gc" ] (TestFrame.design "y ~ g" frame |> names)

    [<Test>]
    let ``offsets are added up and kept apart from the response`` () =
        let design = TestFrame.design "y ~ h + offset(2 * h) + offset(y)" frame
        TestFrame.same (Some [| 21.0; 22.0; 22.0; 24.0; 24.0; 26.0; 26.0; 28.0 |]) design.Offset
        TestFrame.same 9.0 design.Response[7]

    [<Test>]
    let ``the response may be a function`` () =
        let design = TestFrame.design "log(y) ~ 1" frame
        TestFrame.same (log 9.0) design.Response[7]

    // Columns

    [<Test>]
    let ``names with blanks stand in back-ticks`` () =
        let design = TestFrame.design "y ~ `Flow Rate` + factor(`Flow Rate`)" frame

        TestFrame.same [ "(Intercept)"; "`Flow Rate`"; "factor(`Flow Rate`)2"; "factor(`Flow Rate`)3" ] (names design)

        TestFrame.same [ "factor(`Flow Rate`)4" ] (List.ofSeq design.Fixed.Dropped)

    [<Test>]
    let ``a dot is every column that the model does not name elsewhere`` () =
        let design = TestFrame.design "log(y) ~ . - x + offset(w) + (1 | g)" frame
        TestFrame.same [ "(Intercept)"; "h"; "`Flow Rate`" ] (names design)

    [<Test>]
    let ``a dot may be crossed`` () =
        let terms text =
            (TestFrame.design text (TestFrame.ofColumns small[..1])).Fixed.Terms
            |> Seq.map TermText.deparse
            |> List.ofSeq

        TestFrame.same [ "1"; "x" ] (terms "y ~ .^2")

        let design =
            TestFrame.design
                "y ~ 0 + (.)^2; weights = w"
                (TestFrame.ofColumns [ small[0]; small[1]; small[2]; small[4] ])

        TestFrame.same [ "x"; "h"; "x:h" ] (names design)

    [<Test>]
    let ``pi is the number until a column has its name`` () =
        let design = TestFrame.design "y ~ 0 + I(pi * h)" frame
        TestFrame.same (System.Math.PI * 9.5) design.Fixed.Matrix[1, 0]
        let other = TestFrame.ofColumns (("pi", TestFrame.numbers [ 1.0 .. 8.0 ]) :: small)
        TestFrame.same 19.0 (TestFrame.design "y ~ 0 + I(pi * h)" other).Fixed.Matrix[1, 0]

    [<Test>]
    let ``truth as text is coded as R codes logicals`` () =
        let lines = [ "TRUE"; "FALSE"; "TRUE"; "FALSE"; "TRUE"; "TRUE"; "FALSE"; "TRUE" ]
        let frame = TestFrame.ofColumns [ small[0]; "late", TestFrame.texts lines ]
        TestFrame.same [ "(Intercept)"; "lateTRUE" ] (TestFrame.design "y ~ late" frame |> names)
        TestFrame.same [ "lateFALSE"; "lateTRUE" ] (TestFrame.design "y ~ 0 + late" frame |> names)

    [<Test>]
    let ``scale without centring divides by the root mean square, as in R`` () =
        let design =
            TestFrame.design "y ~ 0 + scale(h, center = FALSE) + scale(y, FALSE, FALSE)" frame
        // R: scale(rep(c(10, 9.5), 4), center = FALSE)[1]
        Assert.That(design.Fixed.Matrix[0, 0], Is.EqualTo(0.9590841009767529).Within 1e-14)
        TestFrame.same 9.0 design.Fixed.Matrix[7, 1]

    [<Test>]
    let ``the constant is the intercept, or the indicators of all levels`` () =
        TestFrame.same (Some [| 1.0; 0.0 |]) (TestFrame.design "y ~ h" frame).Fixed.Constant
        TestFrame.same (Some [| 1.0; 1.0; 1.0; 0.0 |]) (TestFrame.design "y ~ 0 + g + h" frame).Fixed.Constant
        TestFrame.same None (TestFrame.design "y ~ 0 + h" frame).Fixed.Constant

    [<Test>]
    let ``no fixed effects at all are an empty matrix`` () =
        let design = TestFrame.design "y ~ 0 + (1 | g)" frame
        TestFrame.same (8, 0) (design.Fixed.Matrix.Rows, design.Fixed.Matrix.Columns)

    // Random terms

    [<Test>]
    let ``text levels are in ordinal order, numbers in numeric order`` () =
        let design = TestFrame.design "y ~ 1 + (1 | g) + (1 | h)" frame

        let levels =
            design.Random
            |> List.map (fun term -> List.ofSeq term.Levels, List.ofArray term.Codes)

        TestFrame.same
            [
                [ "a"; "b"; "c" ], [ 1; 1; 0; 0; 2; 2; 1; 0 ]
                [ "9.5"; "10" ], [ 1; 0; 1; 0; 1; 0; 1; 0 ]
            ]
            levels

    [<Test>]
    let ``of an interaction only the levels that occur, the second part fastest`` () =
        let design = TestFrame.design "y ~ 1 + (1 | g:h)" frame
        let term = design.Random.Head
        TestFrame.same "g:h" term.Group
        TestFrame.same [ "a:9.5"; "a:10"; "b:9.5"; "b:10"; "c:9.5"; "c:10" ] (List.ofSeq term.Levels)
        TestFrame.same [| 3; 2; 1; 0; 5; 4; 3; 0 |] term.Codes

    [<Test>]
    let ``nested groups are the outer factor and their interaction`` () =
        let design =
            TestFrame.design "strength ~ 1 + (1 | batch/cask)" (TestFrame.read "pastes")

        TestFrame.same
            [ "batch", 10; "batch:cask", 30 ]
            (design.Random |> List.map (fun term -> term.Group, term.Levels.Length))

    [<Test>]
    let ``effects are coded as by a model matrix of their own`` () =
        let effects text =
            let term = (TestFrame.design text (TestFrame.read "machines")).Random.Head
            List.ofSeq term.Names, term.InterceptAt

        let machines = [ "A"; "B"; "C" ] |> List.map (fun level -> "Machine" + level)
        TestFrame.same (machines, None) (effects "score ~ 1 + (0 + Machine | Worker)")
        TestFrame.same ("(Intercept)" :: machines.Tail, Some 0) (effects "score ~ 1 + (Machine | Worker)")

    [<Test>]
    let ``the columns of the effects are on the user's scale`` () =
        let design =
            TestFrame.design "Reaction ~ Days + (Days | Subject)" (TestFrame.read "sleepstudy")

        let term = design.Random.Head
        TestFrame.same 2 term.Columns.Length
        TestFrame.same (Array.create 180 1.0) term.Columns[0]
        TestFrame.same (design.Fixed.Matrix.Column 1) term.Columns[1]
        TestFrame.same ("308", "372") (term.Levels[0], term.Levels[17])
