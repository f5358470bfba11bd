namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>A model as equations: its mean, the distribution of each vector of random effects, that of the residuals.</summary>
[<NoComparison>]
type ModelEquation = {
    /// One equation each.
    Lines: MathText list
    /// What the letters stand for.
    Notes: string list
}

/// <summary>Equations of models.</summary>
/// <remarks>i is a row of the data; Subject[i] is the level that it has of a factor (Gelman and Hill 2007), which serves nested and
/// crossed factors alike.</remarks>
[<RequireQualifiedAccess>]
module ModelEquation =

    let private letter text = MathText.Letter text
    let private operator text = MathText.Operator text
    let private row = MathText.Row

    let private residual (spec: LmmSpec) =
        let sigma2 = EquationParts.square (letter "σ")

        match spec.Residual with
        | ResidualTerm.Independent ->
            let variance =
                match spec.Weights with
                | Some weight -> MathText.Fraction(sigma2, MathText.Sub(MathText.Name weight, letter "i"))
                | None -> sigma2

            [
                row [
                    MathText.Sub(letter "ε", letter "i")
                    operator "∼"
                    EquationParts.normal (MathText.Number "0") variance
                ]
            ]
        | ResidualTerm.Structured structure -> [
            let epsilon =
                if structure.Within.IsSome then
                    MathText.Sub(MathText.Bold "ε", letter "s")
                else
                    MathText.Bold "ε"

            row [
                epsilon
                operator "∼"
                EquationParts.normal EquationParts.zero (MathText.Bold "R")
            ]

            match structure.Correlations with
            | [] -> ()
            | parts ->
                let whole =
                    parts
                    |> List.map _.Structure
                    |> List.reduce (fun a b -> Structure.Kronecker(a, b))

                row [
                    MathText.Sub(MathText.Brackets(MathText.Bold "R"), row [ letter "i"; letter "j" ])
                    operator "="
                    (Catalogue.modelOf whole).Element
                ]
          ]

    let private notes (spec: LmmSpec) = [
        let groups =
            spec.Random
            |> List.map (fun term -> TermText.deparse term.Group)
            |> List.distinct

        match groups with
        | [] -> "i is a row of the data."
        | groups ->
            let shown = groups |> List.map (fun group -> $"{group}[i]") |> String.concat ", "

            let verb =
                if groups.Length = 1 then
                    "is the level"
                else
                    "are the levels"

            $"i is a row of the data; {shown} {verb} that it has, and l any level."

        "A factor stands for its indicator columns, and its β or random effect for a vector."

        match spec.Residual with
        | ResidualTerm.Structured structure ->
            match structure.Within with
            | Some subject ->
                $"s is a level of {TermText.deparse subject}: residuals of different ones are independent."
            | None -> ()

            $"Residual structure: {ResidualText.deparseStructure structure}."
        | ResidualTerm.Independent -> ()

        for index, term in List.indexed spec.Random do
            match term.Structure with
            | Structure.AutoregressiveMovingAverage(p, q) ->
                $"γ is the autocovariance of a stationary ARMA({p}, {q}) process."
            | _ -> ()

            if term.PerLevelOf.IsSome then
                let words = TermText.deparseRandom term
                $"Term {index + 1}, {words}, has parameters of its own for each level."
    ]

    /// <summary>The equations of a model, whatever data it is to meet.</summary>
    /// <param name="spec">The model; a dot in it stays a dot.</param>
    let ofSpec (spec: LmmSpec) : ModelEquation =
        let mean =
            EquationParts.fixedPart spec
            @ (spec.Random |> List.mapi EquationParts.randomPart |> List.concat)

        {
            Lines = [
                row [
                    EquationParts.variable spec.Response
                    operator "="
                    EquationParts.sum (mean @ [ MathText.Sub(letter "ε", letter "i") ])
                ]
                yield! spec.Random |> List.mapi EquationParts.distribution
                yield! residual spec
            ]
            Notes = notes spec
        }

    /// <summary>The equations as LaTeX: an <c>align*</c> of amsmath, aligned at the first sign of each line.</summary>
    let toLatex (spec: LmmSpec) : string =
        let aligned (line: string) =
            let at =
                [ line.IndexOf " = "; line.IndexOf " \\sim " ]
                |> List.filter (fun place -> place >= 0)
                |> List.fold min line.Length

            if at = line.Length then line else line.Insert(at + 1, "&")

        let lines =
            (ofSpec spec).Lines
            |> List.map (MathText.toLatex >> aligned)
            |> String.concat " \\\\\n  "

        $"\\begin{{align*}}\n  {lines}\n\\end{{align*}}\n"

    /// <summary>The equations as MathML, a block for each line.</summary>
    let toMathMl (spec: LmmSpec) : string =
        (ofSpec spec).Lines
        |> List.map (fun line ->
            $"<math xmlns=\"http://www.w3.org/1998/Math/MathML\" display=\"block\">{MathText.toMathMl line}</math>")
        |> String.concat "\n"
