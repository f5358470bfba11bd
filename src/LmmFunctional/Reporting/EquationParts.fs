namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>The mean of a model and the distributions of its random effects, as formulas.</summary>
[<RequireQualifiedAccess>]
module internal EquationParts =

    let letter text = MathText.Letter text
    let operator text = MathText.Operator text
    let name text = MathText.Name text
    let row = MathText.Row

    /// A variable in row i.
    let variable expr =
        MathText.Sub(name (ExprText.deparse expr), letter "i")

    let product (term: Term) =
        term.Factors
        |> List.map variable
        |> List.reduce (fun a b -> row [ a; operator "×"; b ])

    let numbered text (number: int) =
        MathText.Sub(letter text, MathText.Number(string number))

    let sum parts =
        match parts with
        | [] -> MathText.Number "0"
        | first :: rest -> row (first :: (rest |> List.collect (fun part -> [ operator "+"; part ])))

    // The mean

    let fixedPart (spec: LmmSpec) =
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
    let vectors = [ "u"; "v"; "w" ]

    let vector index =
        match List.tryItem index vectors with
        | Some own -> fun lower -> MathText.Sub(letter own, lower)
        | None ->
            fun lower ->
                MathText.SubSuper(
                    letter "u",
                    lower,
                    row [ operator "("; MathText.Number(string (index + 1)); operator ")" ]
                )

    let bold index =
        match List.tryItem index vectors with
        | Some own -> MathText.Bold own
        | None ->
            MathText.Super(MathText.Bold "u", row [ operator "("; MathText.Number(string (index + 1)); operator ")" ])

    let levelOf (term: RandomTerm) =
        row [ name (TermText.deparse term.Group); operator "["; letter "i"; operator "]" ]

    let randomPart index (term: RandomTerm) =
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

    let normal mean covariance =
        row [ letter "N"; MathText.Brackets(row [ mean; operator ","; covariance ]) ]

    let zero = MathText.Bold "0"

    let square body =
        MathText.Super(body, MathText.Number "2")

    /// G of one term with its own letter below.
    let matrix index =
        MathText.Sub(MathText.Bold "G", MathText.Number(string (index + 1)))

    /// The variance of a single effect.
    let isSingle (term: RandomTerm) =
        term.Effects.Items.Length = 1
        && term.Effects.Items.Head.Factors.IsEmpty
        && term.Relationship.IsNone
        && term.PerLevelOf.IsNone

    let smallUnstructured (term: RandomTerm) =
        match term.Structure with
        | Structure.Unstructured
        | Structure.Diagonal ->
            // Factors make more effects than terms: only covariates are counted by them.
            term.Effects.Items |> List.forall (fun effect -> effect.Factors.Length <= 1)
            && term.Effects.Items.Length = 2
        | _ -> false

    let element index (i: int) (j: int) =
        MathText.Sub(letter "σ", row [ letter vectors[index]; MathText.Number(string i); MathText.Number(string j) ])

    let distribution index (term: RandomTerm) =
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
                    (Catalogue.modelOf term.Structure).Element
                ]
