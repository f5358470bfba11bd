/// <summary>Structures of random terms and residuals as text. That every model reads back is in the laws.</summary>
module LmmFunctional.Tests.StructureTextTests

open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

let private prints text (expected: string) =
    Check.equal (Ok expected) (Formula.parse text |> Result.map Formula.print)

let private explains text position (words: string) =
    Check.equal (Error [ LmmError.FormulaSyntax(text, position, words) ]) (Formula.parse text)

[<Tests>]
let tests =
    testList "StructureTextTests" [
        testCases
            "random terms"
            [
                "us(1 + x | g)", "(1 + x | g)"
                "diag(0 + visit | g)", "(0 + visit || g)"
                "ar1(0 + visit | g)", "ar1(0 + visit | g)"
                "cs(0 + Machine | Worker)", "cs(0 + Machine | Worker)"
                "toep(3)(0+visit|g)", "toep(3)(0 + visit | g)"
                "known(A | animal)", "known(A | animal)"
                "kron(us(1), known(A) | animal)", "known(A | animal)"
                "kron(us(0 + trait), known(A) | animal)", "kron(us(0 + trait), known(A) | animal)"
                "kron(known(`A 1`), us(x) | animal)", "kron(us(1 + x), known(`A 1`) | animal)"
                "kron(us(0 + trait), ar1(0 + visit) | subject)", "kron(us(0 + trait), ar1(0 + visit) | subject)"
                "us(1 + x | g per arm)", "(1 + x | g per arm)"
                "(1 | a/b per arm)", "(1 | a per arm) + (1 | a:b per arm)"
                "(1 | per)", "(1 | per)"
            ]
            (fun (text: string, expected: string) -> prints $"y ~ {text}" $"y ~ 1 + {expected}")

        // The examples of the issue that set the grammar, and its synonyms.
        testCases
            "residuals"
            [
                "us(visit | subject) per arm", ""
                "ar1(week | subject)", ""
                "ar1(1 | Mare)", ""
                "arma(1,1)(1 | Mare)", ""
                "ar1(1 | Subject) * varpower(pressure)", ""
                "sp_exp(latitude + longitude) + nugget", ""
                "sp_exp(Time | Cow) + nugget", ""
                "kron(ar1(row), ar1(col)) + nugget", ""
                "ident(Sex)", ""
                "sp_mat(1.5)(x | site:year) + nugget per arm", ""
                "varpower(fitted()) * cs(1 | s)", "cs(1 | s) * varpower(fitted())"
                "power(x) * exp(fitted()) * constpower(z)", "varpower(x) * varexp(fitted()) * varconstpower(z)"
            ]
            (fun (text: string, expected: string) ->
                let expected = if expected = "" then text else expected
                prints $"y ~ x; residual = {text}" $"y ~ 1 + x; residual = {expected}"
                Check.equal (Ok expected) (Formula.parseResidual text |> Result.map ResidualText.deparse))

        testCase "independent residuals go without saying" (fun () ->
            prints "y ~ x; residual = independent" "y ~ 1 + x"
            Check.equal (Ok "independent") (Formula.parseResidual "independent" |> Result.map ResidualText.deparse))

        testCase "a product of effects is their crossing" (fun () ->
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

            Check.equal (Ok [ expected ]) random)

        // Problems

        testCases
            "random terms with mistakes"
            [
                "ar(0 + v | g)", 4, "the structure 'ar' is not known; did you mean 'ar1'?"
                "ar1(2)(0 + v | g)", 4, "'ar1' takes no arguments"
                "us(1 || g)", 10, "expected a term"
                "us(1 + x | g", 16, "expected an operator or ')', but the text ends here"
                "us(. | g)", 4, "'.' cannot be used in a random term; name the columns"
                "us(x | g) * z", 4, "a random term can only be added with '+'"
                "kron(us(1) | g)", 9, "'kron' takes two parts or more: kron(us(0 + trait), known(A) | g)"
                "kron(us(1), ar1(0 + v) | g)",
                9,
                "each part of 'kron' runs along one variable, without intercept: us(0 + trait)"
                "kron(us(0 + v), ar1(0 + v) | g)", 9, "the parts of 'kron' run along different variables"
                "kron(known(A), known(B) | g)", 19, "a random term has at most one known matrix"
                "kron(us(0 + a), kron(ar1(0 + b), cs(0 + c)) | g)",
                20,
                "'kron' cannot stand inside 'kron'; list all parts in one"
            ]
            (fun (text: string, position, words) -> explains $"y ~ {text}" position words)

        testCases
            "residuals with mistakes"
            [
                "ar1(x) * cs(y)", 18, "at most one correlation; the product of two is kron(ar1(row), ar1(col))"
                "us(visit | subject) pr arm", 38, "expected an operator, ';', 'per' or the end of the formula"
                "un(visit | s)", 18, "the structure 'un' is not known; did you mean 'us'?"
                "varpowr(x)", 18, "the structure 'varpowr' is not known; did you mean 'varpower'?"
                "known(A)", 18, "'known' relates the levels of a random term; residuals have no known matrix"
                "ar1(2 | s)", 22, "expected a column, or 1 for the order of the rows"
                "ar1(x | s/t)", 27, "expected ')' or ':'"
                "ar1(x | s", 27, "expected ')' or ':', but the text ends here"
                "ar1(x) + nuget", 27, "expected 'nugget'"
                "kron(ar1(row))", 23, "'kron' takes two parts or more: kron(ar1(row), ar1(col))"
            ]
            (fun (text: string, position, words) -> explains $"y ~ x; residual = {text}" position words)

        testCase "two residuals are one too many" (fun () ->
            Check.equal
                (Error [ LmmError.TwoResiduals ])
                (Formula.parse "y ~ x; residual = ar1(t | g); residual = ident(s)"))
    ]
