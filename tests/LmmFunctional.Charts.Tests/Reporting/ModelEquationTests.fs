/// <summary>Models as equations, in LaTeX and MathML.</summary>
module LmmFunctional.Charts.Tests.ModelEquationTests

open System.Xml.Linq
open Expecto
open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Tests

let private spec text = Formula.parse text |> Models.orFail

let private latex text = ModelEquation.toLatex (spec text)

let private formulas = [
    "y ~ 1"
    "y ~ x + (x | g)"
    "y ~ x + (x || g) + (1 | h)"
    "log(y) ~ a * b + poly(x, 2) + (1 | g/h); weights = w"
    "y ~ 0 + a + offset(z) + (0 + x | g)"
    "y ~ x + (1 | a) + (1 | b) + (1 | c) + (x | d)"
    "y ~ x + ar1(0 + t | g)"
    "y ~ x; residual = ar1(t | g)"
    "y ~ x; residual = cs(1 | g) * ident(arm)"
    "y ~ x; residual = sp_exp(a + b | g) + nugget"
    "y ~ x; residual = kron(ar1(row), ar1(col))"
    "y ~ x + known(A | animal)"
    "y ~ x; residual = toep(t | g)"
    "y ~ x; residual = us(t | g) per arm"
    "y ~ x; residual = arma(1,1)(t | g)"
    "y ~ x; residual = sp_mat(a | g)"
    "y ~ x; residual = car1(t | g)"
    "y ~ x + fa(1)(0 + t | g)"
]

/// Braces and environments of LaTeX close.
let private isBalanced (text: string) =
    let unescaped = text.Replace("\\{", "").Replace("\\}", "")

    let count (letter: char) =
        unescaped |> Seq.filter ((=) letter) |> Seq.length

    let pairs (first: string) (second: string) =
        text.Split(first).Length = text.Split(second).Length

    count '{' = count '}' && pairs "\\begin{" "\\end{" && pairs "\\left(" "\\right)"

[<Tests>]
let tests =
    testList "ModelEquationTests" [
        testCase "random slopes" (fun () ->
            Check.equal
                ([
                    "\\begin{align*}"
                    "  \\mathrm{Reaction}_{i} &= \\beta_{0} + \\beta_{1} \\cdot \\mathrm{Days}_{i} + u_{0,\\, \\mathrm{Subject}[i]} + u_{1,\\, \\mathrm{Subject}[i]} \\cdot \\mathrm{Days}_{i} + \\varepsilon_{i} \\\\"
                    "  \\boldsymbol{u}_{l} &\\sim N\\left(\\boldsymbol{0},\\, \\boldsymbol{G}_{1}\\right),\\, \\boldsymbol{G}_{1} = \\begin{pmatrix} \\sigma_{u0}^{2} & \\sigma_{u01} \\\\ \\sigma_{u01} & \\sigma_{u1}^{2} \\end{pmatrix} \\\\"
                    "  \\varepsilon_{i} &\\sim N\\left(0,\\, \\sigma^{2}\\right)"
                    "\\end{align*}"
                    ""
                 ]
                 |> String.concat "\n")
                (latex "Reaction ~ Days + (Days | Subject)"))

        testCase "correlated residuals and weights" (fun () ->
            Check.contains
                "\\left(\\boldsymbol{R}\\right)_{ij} &= \\sigma^{2}\\rho^{ | i - j | }"
                (latex "y ~ x; residual = ar1(t | g)")

            Check.contains "\\frac{\\sigma^{2}}{\\mathrm{w}_{i}}" (latex "y ~ x + (1 | g); weights = w"))

        testList "every model has equations that are whole" [
            for text in formulas ->
                testCase text (fun () ->
                    match Formula.parse text with
                    | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat " ")
                    | Ok spec ->
                        if not (isBalanced (ModelEquation.toLatex spec)) then
                            failtest (ModelEquation.toLatex spec)

                        // Well-formed XML, one element for each line.
                        let xml = XElement.Parse $"<all>{ModelEquation.toMathMl spec}</all>"
                        Check.equal (ModelEquation.ofSpec spec).Lines.Length (xml.Elements() |> Seq.length)
                        // The mean, each random term, the residuals.
                        Check.isTrue ((ModelEquation.ofSpec spec).Lines.Length >= 2 + spec.Random.Length))
        ]

        testCase "a word of LaTeX ends before a letter" (fun () ->
            Check.equal "\\sigma x" (MathText.toLatex (MathText.Row [ MathText.Letter "σ"; MathText.Letter "x" ])))
    ]
