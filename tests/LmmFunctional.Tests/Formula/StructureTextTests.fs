namespace LmmFunctional.Tests

open NUnit.Framework
open LmmFunctional

/// <summary>Structures of random terms and residuals as text. That every model reads back is in the laws.</summary>
[<TestFixture>]
module StructureTextTests =

    let private prints text (expected: string) =
        TestFrame.same (Ok expected) (Formula.parse text |> Result.map Formula.print)

    [<TestCase("us(1 + x | g)", "(1 + x | g)")>]
    [<TestCase("diag(0 + visit | g)", "(0 + visit || g)")>]
    [<TestCase("ar1(0 + visit | g)", "ar1(0 + visit | g)")>]
    [<TestCase("cs(0 + Machine | Worker)", "cs(0 + Machine | Worker)")>]
    [<TestCase("toep(3)(0+visit|g)", "toep(3)(0 + visit | g)")>]
    [<TestCase("known(A | animal)", "known(A | animal)")>]
    [<TestCase("kron(us(1), known(A) | animal)", "known(A | animal)")>]
    [<TestCase("kron(us(0 + trait), known(A) | animal)", "kron(us(0 + trait), known(A) | animal)")>]
    [<TestCase("kron(known(`A 1`), us(x) | animal)", "kron(us(1 + x), known(`A 1`) | animal)")>]
    [<TestCase("kron(us(0 + trait), ar1(0 + visit) | subject)", "kron(us(0 + trait), ar1(0 + visit) | subject)")>]
    [<TestCase("us(1 + x | g per arm)", "(1 + x | g per arm)")>]
    [<TestCase("(1 | a/b per arm)", "(1 | a per arm) + (1 | a:b per arm)")>]
    [<TestCase("(1 | per)", "(1 | per)")>]
    let ``random terms`` (text: string) (expected: string) =
        prints $"y ~ {text}" $"y ~ 1 + {expected}"

    // The examples of the issue that set the grammar, and its synonyms.
    [<TestCase("us(visit | subject) per arm", "")>]
    [<TestCase("ar1(week | subject)", "")>]
    [<TestCase("ar1(1 | Mare)", "")>]
    [<TestCase("arma(1,1)(1 | Mare)", "")>]
    [<TestCase("ar1(1 | Subject) * varpower(pressure)", "")>]
    [<TestCase("sp_exp(latitude + longitude) + nugget", "")>]
    [<TestCase("sp_exp(Time | Cow) + nugget", "")>]
    [<TestCase("kron(ar1(row), ar1(col)) + nugget", "")>]
    [<TestCase("ident(Sex)", "")>]
    [<TestCase("sp_mat(1.5)(x | site:year) + nugget per arm", "")>]
    [<TestCase("varpower(fitted()) * cs(1 | s)", "cs(1 | s) * varpower(fitted())")>]
    [<TestCase("power(x) * exp(fitted()) * constpower(z)", "varpower(x) * varexp(fitted()) * varconstpower(z)")>]
    let ``residuals`` (text: string) (expected: string) =
        let expected = if expected = "" then text else expected
        prints $"y ~ x; residual = {text}" $"y ~ 1 + x; residual = {expected}"
        TestFrame.same (Ok expected) (Formula.parseResidual text |> Result.map ResidualText.deparse)

    [<Test>]
    let ``independent residuals go without saying`` () =
        prints "y ~ x; residual = independent" "y ~ 1 + x"
        TestFrame.same (Ok "independent") (Formula.parseResidual "independent" |> Result.map ResidualText.deparse)

    [<Test>]
    let ``a product of effects is their crossing`` () =
        let random =
            Formula.parse "y ~ kron(us(0 + trait), ar1(0 + visit) | subject)"
            |> Result.map _.Random

        let expected = {
            Effects =
                Terms.ofList [
                    {
                        Factors = [ Expr.Column "trait"; Expr.Column "visit" ]
                    }
                ]
            Group = Term.ofExpr (Expr.Column "subject")
            Structure = Structure.Kronecker(Structure.Unstructured, Structure.Autoregressive)
            Relationship = None
            PerLevelOf = None
        }

        TestFrame.same (Ok [ expected ]) random

    // Problems

    let private explains text position (words: string) =
        TestFrame.same (Error [ LmmError.FormulaSyntax(text, position, words) ]) (Formula.parse text)

    [<TestCase("ar(0 + v | g)", 4, "the structure 'ar' is not known; did you mean 'ar1'?")>]
    [<TestCase("ar1(2)(0 + v | g)", 4, "'ar1' takes no arguments")>]
    [<TestCase("us(1 || g)", 10, "expected a term")>]
    [<TestCase("us(1 + x | g", 16, "expected an operator or ')', but the text ends here")>]
    [<TestCase("us(. | g)", 4, "'.' cannot be used in a random term; name the columns")>]
    [<TestCase("us(x | g) * z", 4, "a random term can only be added with '+'")>]
    [<TestCase("kron(us(1) | g)", 9, "'kron' takes two parts or more: kron(us(0 + trait), known(A) | g)")>]
    [<TestCase("kron(us(1), ar1(0 + v) | g)",
               9,
               "each part of 'kron' runs along one variable, without intercept: us(0 + trait)")>]
    [<TestCase("kron(us(0 + v), ar1(0 + v) | g)", 9, "the parts of 'kron' run along different variables")>]
    [<TestCase("kron(known(A), known(B) | g)", 19, "a random term has at most one known matrix")>]
    [<TestCase("kron(us(0 + a), kron(ar1(0 + b), cs(0 + c)) | g)",
               20,
               "'kron' cannot stand inside 'kron'; list all parts in one")>]
    let ``random terms with mistakes`` (text: string) position words = explains $"y ~ {text}" position words

    [<TestCase("ar1(x) * cs(y)", 18, "at most one correlation; the product of two is kron(ar1(row), ar1(col))")>]
    [<TestCase("us(visit | subject) pr arm", 38, "expected an operator, ';', 'per' or the end of the formula")>]
    [<TestCase("un(visit | s)", 18, "the structure 'un' is not known; did you mean 'us'?")>]
    [<TestCase("varpowr(x)", 18, "the structure 'varpowr' is not known; did you mean 'varpower'?")>]
    [<TestCase("known(A)", 18, "'known' relates the levels of a random term; residuals have no known matrix")>]
    [<TestCase("ar1(2 | s)", 22, "expected a column, or 1 for the order of the rows")>]
    [<TestCase("ar1(x | s/t)", 27, "expected ')' or ':'")>]
    [<TestCase("ar1(x | s", 27, "expected ')' or ':', but the text ends here")>]
    [<TestCase("ar1(x) + nuget", 27, "expected 'nugget'")>]
    [<TestCase("kron(ar1(row))", 23, "'kron' takes two parts or more: kron(ar1(row), ar1(col))")>]
    let ``residuals with mistakes`` (text: string) position words =
        explains $"y ~ x; residual = {text}" position words

    [<Test>]
    let ``two residuals are one too many`` () =
        TestFrame.same
            (Error [ LmmError.TwoResiduals ])
            (Formula.parse "y ~ x; residual = ar1(t | g); residual = ident(s)")
