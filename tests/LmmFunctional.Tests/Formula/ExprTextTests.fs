module LmmFunctional.Tests.ExprTextTests

open Expecto
open FsCheck
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

let private config = {
    Law.config with
        arbitrary = [ typeof<ModelGenerators> ]
        maxTest = 300
}

[<Tests>]
let tests =
    testList "ExprTextTests" [
        testPropertyWithConfig config "an expression reads back from its text" (fun (PrintableExpr expr) ->
            Formula.parseExpression (ExprText.deparse expr) = Ok expr)

        testPropertyWithConfig config "a number reads back from its text" (fun (NormalFloat value) ->
            Formula.parseExpression (ExprText.deparse (Expr.Number(abs value))) = Ok(Expr.Number(abs value)))

        // Expected by R 4.2.2: deparse(quote(...)) of each line.
        testCases
            "expressions print as R deparses them"
            [
                "sin(2*pi*Time)", "sin(2 * pi * Time)"
                "I( Days ^ 2 )", "I(Days^2)"
                "a / b", "a/b"
                "-a*b", "-a * b"
                "-(a*b)", "-(a * b)"
                "-(a/b)", "-(a/b)"
                "(-a)^b", "(-a)^b"
                "-a^b", "-a^b"
                "a^-b", "a^-b"
                "a^b^c", "a^b^c"
                "(a^b)^c", "(a^b)^c"
                "a - -b", "a - -b"
                "--x", "--x"
                "a*-b", "a * -b"
                "a-(b-c)", "a - (b - c)"
                "a/(b*c)", "a/(b * c)"
                "(a+b)^2", "(a + b)^2"
                "poly(x,degree=2,raw=TRUE)", "poly(x, degree = 2, raw = TRUE)"
                "f(`a b`,\"q\\\"'\\\\\",'x')", "f(`a b`, \"q\\\"'\\\\\", \"x\")"
                "f(`if`,`_a`,`.1a`,`a\\`b`)", "f(`if`, `_a`, `.1a`, `a\\`b`)"
                "`my f`(x)", "`my f`(x)"
                "f(1e6,100000,123456,0.0001,0.00012)", "f(1e+06, 1e+05, 123456, 1e-04, 0.00012)"
                "f(0.1,.5,5.,1e15,1234567.5,1e-15,1e100)", "f(0.1, 0.5, 5, 1e+15, 1234567.5, 1e-15, 1e+100)"
            ]
            (fun (text: string, expected: string) ->
                let printed = Formula.parseExpression text |> Result.map ExprText.deparse
                Check.equal (Ok expected: Result<string, LmmError list>) printed)

        testCase "a variable that is arithmetic is protected in a term" (fun () ->
            let sum = Expr.Binary(Operator.Add, Expr.Column "a", Expr.Number 1.0)
            Check.equal "I(a + 1):b" (TermText.deparse { Factors = [ sum; Expr.Column "b" ] }))
    ]
