module LmmFunctional.Tests.FormulaTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Model

[<Tests>]
let tests =
    testList "FormulaTests" [
        testCases
            "formulas print canonically"
            [
                "y~x", "y ~ 1 + x"
                "Reaction ~ Days + (Days | Subject)", "Reaction ~ 1 + Days + (1 + Days | Subject)"
                "y ~ (0 + x | g)", "y ~ 1 + (0 + x | g)"
                "y ~ (x || g)", "y ~ 1 + (1 + x || g)"
                "y ~ (1 || g)", "y ~ 1 + (1 || g)"
                "y ~ (1 | a/b)", "y ~ 1 + (1 | a) + (1 | a:b)"
                "y ~ (1 | a/b/c)", "y ~ 1 + (1 | a) + (1 | a:b) + (1 | a:b:c)"
                "y ~ (1 | a/(b:c))", "y ~ 1 + (1 | a) + (1 | a:b:c)"
                "y ~ (1 | b:a)", "y ~ 1 + (1 | b:a)"
                "y ~ (1 | factor(x))", "y ~ 1 + (1 | factor(x))"
                "y ~ ((1 | g))", "y ~ 1 + (1 | g)"
                "y ~ (1 | g) + x", "y ~ 1 + x + (1 | g)"
                "log(y) ~ .", "log(y) ~ 1 + ."
                "y ~ . - x - 1", "y ~ 0 + . - x"
                "y ~ (.)^2 - x:z", "y ~ 1 + . + .:. - x:z"
                "y ~ b + a + a:b", "y ~ 1 + b + a + b:a"
                "y ~ a * b - a", "y ~ 1 - a + b + a:b"
                "y ~ (a + b):(c + d)", "y ~ 1 - a - b + a:c + a:d + b:c + b:d"
                "y ~ . - x + x", "y ~ 1 + . + x"
                "y ~ - x + .", "y ~ 1 + ."
                "y/2 ~ offset(log(t)) + x; weights = `n n`", "y/2 ~ 1 + x + offset(log(t)); weights = `n n`"
                "y ~ x; residual = independent; weights = w", "y ~ 1 + x; weights = w"
                "größe ~ Δt + x_1 + .d", "größe ~ 1 + Δt + x_1 + .d"
                "y ~ `a b`:_id", "y ~ 1 + `a b`:`_id`"
                "y ~ bs(x, knots = 'auto', intercept = TRUE)", "y ~ 1 + bs(x, knots = \"auto\", intercept = TRUE)"
                "y ~ C(x, helmert) + poly(x, 2L)", "y ~ 1 + C(x, helmert) + poly(x, 2)"
            ]
            (fun (text: string, expected: string) ->
                Check.equal
                    (Ok expected: Result<string, LmmError list>)
                    (Formula.parse text |> Result.map Formula.print))

        testCase "a double bar makes one term of independent effects" (fun () ->
            let expected = {
                Effects = Terms.ofList [ Term.intercept; Term.ofExpr (Expr.Column "x") ]
                Group = Term.ofExpr (Expr.Column "g")
                Structure = Structure.Diagonal
                Relationship = None
                PerLevelOf = None
            }

            Check.equal
                (Ok [ expected ]: Result<RandomTerm list, LmmError list>)
                (Formula.parse "y ~ (x || g)" |> Result.map _.Random))

        // Problems: the place of the caret, and the words.

        testCases
            "problems have a place and plain words"
            [
                "", 0, "expected a response, but the text ends here"
                "~ x", 0, "expected a response"
                "y", 1, "expected an operator or '~', but the text ends here"
                "y ~", 3, "expected a term, but the text ends here"
                "y = x", 2, "expected an operator or '~'"
                "y == x", 2, "comparisons are not supported; compute this into a column of the data"
                "y ~ x>0", 5, "comparisons are not supported; compute this into a column of the data"
                "y ~ I(x != 0)", 8, "comparisons are not supported; compute this into a column of the data"
                "y ~ I(x==0)", 7, "comparisons are not supported; compute this into a column of the data"
                "y ~ (1 | g <= 2)", 11, "comparisons are not supported; compute this into a column of the data"
                "1 ~ x", 0, "the response must name a column"
                "y ~ x ~ z", 6, "a formula has only one '~'"
                "y ~ x +", 7, "expected a term, but the text ends here"
                "y ~ (x + z", 10, "expected an operator, '|' or ')', but the text ends here"
                "y ~ x)", 5, "expected an operator, ';' or the end of the formula"
                "y ~ x y", 6, "expected an operator, ';' or the end of the formula"
                "y ~ x $ z", 6, "expected an operator, ';' or the end of the formula"
                "y ~ ()", 5, "expected a term"
                "y ~ x\n  + $", 10, "expected a term"
                "y ~ log(x", 9, "expected an operator, ',' or ')', but the text ends here"
                "y ~ log(x, )", 11, "expected an expression"
                "y ~ log(.)", 8, "'.' stands for all other columns only outside of functions"
                "y ~ `ab", 7, "expected a closing `, but the text ends here"
                "y ~ ``", 4, "a name in back-ticks cannot be empty"
                "y ~ f(\"a", 8, "expected a closing \", but the text ends here"
                "y ~ I(1e999 * x)", 6, "the number is too large"
                "y ~ 2*x", 4, "expected a term; a number can only be 0 or 1 (write arithmetic inside I(...))"
                "y ~ x^2.5", 6, "expected a whole number, 1 or more (write arithmetic inside I(...))"
                "y ~ x^a", 6, "expected a whole number (write arithmetic inside I(...))"
                "y ~ x | g", 6, "a random term needs parentheses around it: (1 | g)"
                "y ~ (x | g | h)", 11, "expected an operator or ')'"
                "y ~ (1 | a + b)", 13, "expected one grouping factor; write one random term for each: (1 | a) + (1 | b)"
                "y ~ (1 | a * b)", 13, "expected one grouping factor; write one random term for each: (1 | a) + (1 | b)"
                "y ~ (1 | 1)", 9, "the grouping factor must be a column, as in (1 | g)"
                "y ~ (1 | .)", 9, "the grouping factor must be a column, as in (1 | g)"
                "y ~ (1 | a:2)", 11, "the grouping factor must be a column, as in (1 | g)"
                "y ~ (1 | (a/b):c)", 15, "a nest cannot be part of an interaction; write the random terms one by one"
                "y ~ (. | g)", 4, "'.' cannot be used in a random term; name the columns"
                "y ~ (offset(x) | g)", 4, "a random term cannot hold an offset"
                "y ~ x * (1 | g)", 8, "a random term can only be added with '+'"
                "y ~ x + (1 | g)*2", 8, "a random term can only be added with '+'"
                "y ~ a:offset(x)", 6, "an offset can only be added with '+'"
                "y ~ z + offset(x):a", 8, "an offset can only be added with '+'"
                "y ~ a %in% .", 11, "nothing can be nested in '.'; name the columns"
                "y ~ offset(x, z)", 4, "offset takes one expression: offset(x)"
                "y ~ a - .", 8, "'.' cannot be removed"
                "y ~ ./a", 4, "nothing can be nested in '.'; name the columns"
                "y ~ x; wieghts = w", 7, "expected 'residual' or 'weights'"
                "y ~ x; weights w", 15, "expected '='"
                "y ~ x; weights = w; weights = v", 20, "expected only one 'weights' clause"
                "y ~ x; residual = ar1", 21, "expected '(', but the text ends here"
            ]
            (fun (text: string, position: int, words: string) ->
                let expected = LmmError.FormulaSyntax(text.Replace('\n', ' '), position, words)
                Check.equal (Error [ expected ]: Result<LmmSpec, LmmError list>) (Formula.parse text))

        testCase "all problems of meaning come at once" (fun () ->
            let found =
                match Formula.parse "y ~ 2 + x^0.5 + (0 | g); residual = independent; residual = independent" with
                | Ok _ -> []
                | Error problems ->
                    problems
                    |> List.map (LmmError.describe >> _.Split(Environment.NewLine) >> Array.last)

            Check.equal
                ([
                    "      ^ expected a term; a number can only be 0 or 1 (write arithmetic inside I(...))"
                    "            ^ expected a whole number, 1 or more (write arithmetic inside I(...))"
                    "Random term '(0 | g)' has no effects; write (1 | g) for a random intercept."
                    "The model has two residual structures; keep exactly one 'residual'."
                ])
                found)

        testCase "the caret stands under the place, also on the second line" (fun () ->
            let words =
                match Formula.parse "  y ~ x +\n  )  " with
                | Ok _ -> ""
                | Error problems -> problems |> List.map LmmError.describe |> String.concat "; "

            let expected = [
                "The formula cannot be read:"
                "  y ~ x +   )"
                "            ^ expected a term"
            ]

            Check.equal (String.Join(Environment.NewLine, expected)) words)

        testCase "a product may not explode" (fun () ->
            let text = "y ~ (a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s)^9"

            Check.equal
                (Error [ LmmError.FormulaSyntax(text, 44, "this product has more than 2000 terms") ]
                : Result<LmmSpec, LmmError list>)
                (Formula.parse text))
    ]
