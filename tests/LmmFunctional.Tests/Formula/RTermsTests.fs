/// What R's terms() makes of a formula.
module LmmFunctional.Tests.RTermsTests

open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

// R 4.2.2, for each formula f:
// t <- terms(as.formula(f)); attr(t, "intercept"); attr(t, "term.labels")
let private table: (string * int * string list) list = [
    "y ~ a", 1, [ "a" ]
    "y ~ a + b", 1, [ "a"; "b" ]
    "y ~ a - 1", 0, [ "a" ]
    "y ~ 0 + a", 0, [ "a" ]
    "y ~ -1 + a", 0, [ "a" ]
    "y ~ a + 0 + 1", 1, [ "a" ]
    "y ~ 0 + a + 1", 1, [ "a" ]
    "y ~ a - 0", 1, [ "a" ]
    "y ~ a + -1", 0, [ "a" ]
    "y ~ 1", 1, []
    "y ~ 0", 0, []
    "y ~ a:b", 1, [ "a:b" ]
    "y ~ a * b", 1, [ "a"; "b"; "a:b" ]
    "y ~ a * b * c", 1, [ "a"; "b"; "c"; "a:b"; "a:c"; "b:c"; "a:b:c" ]
    "y ~ a/b", 1, [ "a"; "a:b" ]
    "y ~ a/b/c", 1, [ "a"; "a:b"; "a:b:c" ]
    "y ~ (a + b)/c", 1, [ "a"; "b"; "a:b:c" ]
    "y ~ a/(b + c)", 1, [ "a"; "a:b"; "a:c" ]
    "y ~ (a + b)/(c + d)", 1, [ "a"; "b"; "a:b:c"; "a:b:d" ]
    "y ~ a/(b * c)", 1, [ "a"; "a:b"; "a:c"; "a:b:c" ]
    "y ~ (a * b)/c", 1, [ "a"; "b"; "a:b"; "a:b:c" ]
    "y ~ a %in% b", 1, [ "a:b" ]
    "y ~ (a + b) %in% (c + d)", 1, [ "a:c:d"; "b:c:d" ]
    "y ~ a * b %in% c", 1, [ "a"; "b:c"; "a:b:c" ]
    "y ~ a:b %in% c", 1, [ "a:b:c" ]
    "y ~ (a + b)^2", 1, [ "a"; "b"; "a:b" ]
    "y ~ (a + b + c)^2", 1, [ "a"; "b"; "c"; "a:b"; "a:c"; "b:c" ]
    "y ~ (a + b + c)^3", 1, [ "a"; "b"; "c"; "a:b"; "a:c"; "b:c"; "a:b:c" ]
    "y ~ a^2", 1, [ "a" ]
    "y ~ (a + b + c)^2 - a:b", 1, [ "a"; "b"; "c"; "a:c"; "b:c" ]
    "y ~ a * b * c - a:b:c", 1, [ "a"; "b"; "c"; "a:b"; "a:c"; "b:c" ]
    "y ~ a - (1 + a)", 0, []
    "y ~ (a - 1)^2", 0, [ "a" ]
    "y ~ (0 + a):b", 0, [ "a:b" ]
    "y ~ a:a", 1, [ "a" ]
    "y ~ a:1", 1, []
    "y ~ a * 1", 1, [ "a" ]
    "y ~ (a + 1):b", 1, [ "a:b" ]
    "y ~ b + a + a:b", 1, [ "b"; "a"; "b:a" ]
    "y ~ c:b + a:c + b", 1, [ "b"; "c:b"; "c:a" ]
    "y ~ a * b - a", 1, [ "b"; "a:b" ]
    "y ~ a:b + b", 1, [ "b"; "a:b" ]
    "y ~ 1 - a + b + a:b", 1, [ "b"; "a:b" ]
    "y ~ a:x + b:x", 1, [ "a:x"; "x:b" ]
    "y ~ (a + b + c)^2 - a", 1, [ "b"; "c"; "a:b"; "a:c"; "b:c" ]
    "y ~ b + a %in% b", 1, [ "b"; "b:a" ]
    "y ~ 1 - a - b + a:c + a:d + b:c + b:d", 1, [ "a:c"; "a:d"; "b:c"; "b:d" ]
    "y ~ a:b + c", 1, [ "c"; "a:b" ]
    "y ~ (a + b):(c + d)", 1, [ "a:c"; "a:d"; "b:c"; "b:d" ]
    "y ~ a + offset(z) + b", 1, [ "a"; "b" ]
    "log(y) ~ log(a) * poly(b, 2)", 1, [ "log(a)"; "poly(b, 2)"; "log(a):poly(b, 2)" ]
    "y ~ I(a^2) + I(a^2):b", 1, [ "I(a^2)"; "I(a^2):b" ]
    "y ~ sin(2*pi*a) + ns(b, df=3)", 1, [ "sin(2 * pi * a)"; "ns(b, df = 3)" ]
    "y ~ I((a+b)/2) + I(-a) + I(a^-b^2)", 1, [ "I((a + b)/2)"; "I(-a)"; "I(a^-b^2)" ]
    "y ~ `a b` * .c", 1, [ "`a b`"; ".c"; "`a b`:.c" ]
    "y ~ a + b + a", 1, [ "a"; "b" ]
    "y ~ b:a + a:b", 1, [ "b:a" ]
    "y ~ a*b + a*c", 1, [ "a"; "b"; "c"; "a:b"; "a:c" ]
    "y ~ scale(a, scale = FALSE) + C(b, sum)", 1, [ "scale(a, scale = FALSE)"; "C(b, sum)" ]
    "y ~ a - b", 1, [ "a" ]
    "y ~ f(1e5, 123456, 0.0001, 1e-15, 2.50, 'x')", 1, [ "f(1e+05, 123456, 1e-04, 1e-15, 2.5, \"x\")" ]
]

let private labels spec =
    spec.Fixed.Items
    |> List.filter (fun term -> term <> Term.intercept)
    |> List.map TermText.deparse

[<Tests>]
let tests =
    testList "RTermsTests" [
        for text, intercept, expected in table do
            testCase $"terms are those of R, in R's order({text})" (fun () ->
                match Formula.parse text with
                | Ok spec ->
                    Check.equal expected (labels spec)
                    Check.equal (intercept = 1) spec.Fixed.HasIntercept
                | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; "))
    ]
