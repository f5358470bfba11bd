namespace LmmFunctional

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
    let private name text = MathText.Name text
    let private row = MathText.Row

    /// A variable in row i.
    let private variable expr =
        MathText.Sub(name (ExprText.deparse expr), letter "i")

    let private product (term: Term) =
        term.Factors
        |> List.map variable
        |> List.reduce (fun a b -> row [ a; operator "×"; b ])

    let private numbered text (number: int) =
        MathText.Sub(letter text, MathText.Number(string number))

    let private sum parts =
        match parts with
        | [] -> MathText.Number "0"
        | first :: rest -> row (first :: (rest |> List.collect (fun part -> [ operator "+"; part ])))

    // The mean

    let private fixedPart (spec: LmmSpec) =
        let start = if spec.Fixed.HasIntercept then 0 else 1

        (spec.Fixed.Items
         |> List.mapi (fun index term ->
             let beta = numbered "β" (start + index)

             if term.Factors.IsEmpty then
                 beta
             else
                 row [ beta; operator "·"; product term ]))
        @ (spec.Fixed.Offsets |> List.map variable)

    // Random effects of the first terms have letters of their own, later ones numbers above.
    let private vectors = [ "u"; "v"; "w" ]

    let private vector index =
        match List.tryItem index vectors with
        | Some own -> fun lower -> MathText.Sub(letter own, lower)
        | None ->
            fun lower ->
                MathText.SubSuper(
                    letter "u",
                    lower,
                    row [ operator "("; MathText.Number(string (index + 1)); operator ")" ]
                )

    let private bold index =
        match List.tryItem index vectors with
        | Some own -> MathText.Bold own
        | None ->
            MathText.Super(MathText.Bold "u", row [ operator "("; MathText.Number(string (index + 1)); operator ")" ])

    let private levelOf (term: RandomTerm) =
        row [ name (TermText.deparse term.Group); operator "["; letter "i"; operator "]" ]

    let private randomPart index (term: RandomTerm) =
        let start = if term.Effects.HasIntercept then 0 else 1

        term.Effects.Items
        |> List.mapi (fun k effect ->
            let number = MathText.Number(string (start + k))

            let own = vector index (row [ number; operator ","; levelOf term ])

            if effect.Factors.IsEmpty then
                own
            else
                row [ own; operator "·"; product effect ])

    // Distributions

    let private normal mean covariance =
        row [ letter "N"; MathText.Brackets(row [ mean; operator ","; covariance ]) ]

    let private zero = MathText.Bold "0"

    let private square body =
        MathText.Super(body, MathText.Number "2")

    /// G of one term with its own letter below.
    let private matrix index =
        MathText.Sub(MathText.Bold "G", MathText.Number(string (index + 1)))

    /// The variance of a single effect.
    let private isSingle (term: RandomTerm) =
        term.Effects.Items.Length = 1
        && term.Effects.Items.Head.Factors.IsEmpty
        && term.Relationship.IsNone
        && term.PerLevelOf.IsNone

    let private smallUnstructured (term: RandomTerm) =
        match term.Structure with
        | Structure.Unstructured
        | Structure.Diagonal ->
            // Factors make more effects than terms: only covariates are counted by them.
            term.Effects.Items |> List.forall (fun effect -> effect.Factors.Length <= 1)
            && term.Effects.Items.Length = 2
        | _ -> false

    let private element index (i: int) (j: int) =
        MathText.Sub(letter "σ", row [ letter vectors[index]; MathText.Number(string i); MathText.Number(string j) ])

    let private distribution index (term: RandomTerm) =
        let level = name (TermText.deparse term.Group)

        let vectorOfLevel = MathText.Sub(bold index, letter "l")

        if isSingle term then
            row [
                vector index (row [ MathText.Number "0"; operator ","; letter "l" ])
                operator "∼"
                normal (MathText.Number "0") (MathText.SubSuper(letter "σ", level, MathText.Number "2"))
            ]
        else
            let g = matrix index

            let covariance =
                match term.Relationship with
                | Some known -> row [ name known; operator "⊗"; g ]
                | None -> g

            let whole =
                if term.Relationship.IsSome then
                    bold index
                else
                    vectorOfLevel

            let line = row [ whole; operator "∼"; normal zero covariance ]

            if smallUnstructured term && index < vectors.Length && term.PerLevelOf.IsNone then
                let start = if term.Effects.HasIntercept then 0 else 1
                let a, b = start, start + 1

                let covariance =
                    if term.Structure = Structure.Diagonal then
                        MathText.Number "0"
                    else
                        element index a b

                row [
                    line
                    operator ","
                    g
                    operator "="
                    MathText.Matrix [
                        [
                            MathText.SubSuper(
                                letter "σ",
                                row [ letter vectors[index]; MathText.Number(string a) ],
                                MathText.Number "2"
                            )
                            covariance
                        ]
                        [
                            covariance
                            MathText.SubSuper(
                                letter "σ",
                                row [ letter vectors[index]; MathText.Number(string b) ],
                                MathText.Number "2"
                            )
                        ]
                    ]
                ]
            else
                row [
                    line
                    operator ","
                    MathText.Sub(MathText.Brackets g, row [ letter "i"; letter "j" ])
                    operator "="
                    StructureMath.element term.Structure
                ]

    let private residual (spec: LmmSpec) =
        let sigma2 = square (letter "σ")

        match spec.Residual with
        | ResidualTerm.Independent ->
            let variance =
                match spec.Weights with
                | Some weight -> MathText.Fraction(sigma2, MathText.Sub(name weight, letter "i"))
                | None -> sigma2

            [
                row [
                    MathText.Sub(letter "ε", letter "i")
                    operator "∼"
                    normal (MathText.Number "0") variance
                ]
            ]
        | ResidualTerm.Structured structure -> [
            let epsilon =
                if structure.Within.IsSome then
                    MathText.Sub(MathText.Bold "ε", letter "s")
                else
                    MathText.Bold "ε"

            row [ epsilon; operator "∼"; normal zero (MathText.Bold "R") ]

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
                    StructureMath.element whole
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
        let mean = fixedPart spec @ (spec.Random |> List.mapi randomPart |> List.concat)

        {
            Lines = [
                row [
                    variable spec.Response
                    operator "="
                    sum (mean @ [ MathText.Sub(letter "ε", letter "i") ])
                ]
                yield! spec.Random |> List.mapi distribution
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
