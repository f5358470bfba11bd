namespace LmmFunctional.Tests

open NUnit.Framework
open FsCheck
open FsCheck.NUnit
open LmmFunctional

[<TestFixture; Properties(Arbitrary = [| typeof<ModelGenerators> |], MaxTest = 300)>]
module ExprTextTests =

    [<Property>]
    let ``an expression reads back from its text`` (PrintableExpr expr) =
        Formula.parseExpression (ExprText.deparse expr) = Ok expr

    [<Property>]
    let ``a number reads back from its text`` (NormalFloat value) =
        Formula.parseExpression (ExprText.deparse (Expr.Number(abs value))) = Ok(Expr.Number(abs value))

    // Expected by R 4.2.2: deparse(quote(...)) of each line.
    [<TestCase("sin(2*pi*Time)", "sin(2 * pi * Time)")>]
    [<TestCase("I( Days ^ 2 )", "I(Days^2)")>]
    [<TestCase("a / b", "a/b")>]
    [<TestCase("-a*b", "-a * b")>]
    [<TestCase("-(a*b)", "-(a * b)")>]
    [<TestCase("-(a/b)", "-(a/b)")>]
    [<TestCase("(-a)^b", "(-a)^b")>]
    [<TestCase("-a^b", "-a^b")>]
    [<TestCase("a^-b", "a^-b")>]
    [<TestCase("a^b^c", "a^b^c")>]
    [<TestCase("(a^b)^c", "(a^b)^c")>]
    [<TestCase("a - -b", "a - -b")>]
    [<TestCase("--x", "--x")>]
    [<TestCase("a*-b", "a * -b")>]
    [<TestCase("a-(b-c)", "a - (b - c)")>]
    [<TestCase("a/(b*c)", "a/(b * c)")>]
    [<TestCase("(a+b)^2", "(a + b)^2")>]
    [<TestCase("poly(x,degree=2,raw=TRUE)", "poly(x, degree = 2, raw = TRUE)")>]
    [<TestCase("f(`a b`,\"q\\\"'\\\\\",'x')", "f(`a b`, \"q\\\"'\\\\\", \"x\")")>]
    [<TestCase("f(`if`,`_a`,`.1a`,`a\\`b`)", "f(`if`, `_a`, `.1a`, `a\\`b`)")>]
    [<TestCase("`my f`(x)", "`my f`(x)")>]
    [<TestCase("f(1e6,100000,123456,0.0001,0.00012)", "f(1e+06, 1e+05, 123456, 1e-04, 0.00012)")>]
    [<TestCase("f(0.1,.5,5.,1e15,1234567.5,1e-15,1e100)", "f(0.1, 0.5, 5, 1e+15, 1234567.5, 1e-15, 1e+100)")>]
    let ``expressions print as R deparses them`` (text: string) (expected: string) =
        let printed = Formula.parseExpression text |> Result.map ExprText.deparse
        Assert.That(printed, Is.EqualTo(Ok expected: Result<string, LmmError list>))

    [<Test>]
    let ``a variable that is arithmetic is protected in a term`` () =
        let sum = Expr.Binary(Operator.Add, Expr.Column "a", Expr.Number 1.0)
        Assert.That(TermText.deparse { Factors = [ sum; Expr.Column "b" ] }, Is.EqualTo "I(a + 1):b")
