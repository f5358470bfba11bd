namespace LmmFunctional.Language

open LmmFunctional
open LmmFunctional.Model

/// <summary>What a part of a formula amounts to; its terms are without the intercept.</summary>
type internal Part = {
    Terms: Terms
    /// What the last 0, 1 or -1 said, if there was one.
    Intercept: bool option
    Random: RandomTerm list
    Problems: LmmError list
}

/// <summary>The operators of the formula algebra on parts.</summary>
/// <remarks>Source: R's <c>terms.formula</c>. As there, 0, 1 and -1 set the intercept of the whole sum wherever they
/// stand, and the last one wins. Each <c>refuse</c> makes a problem of its words at the operator's place.</remarks>
[<RequireQualifiedAccess>]
module internal Part =

    /// A product of sums may not grow beyond this: ten variables crossed with each other have 1023 terms, and telling the
    /// columns of twice as many apart takes minutes where there are many rows.
    [<Literal>]
    let MostTerms = 2000

    let nothing = {
        Terms = Terms.empty
        Intercept = None
        Random = []
        Problems = []
    }

    let ofTerms terms = { nothing with Terms = terms }

    let complain problem part = {
        part with
            Problems = part.Problems @ [ problem ]
    }

    let hasDot part =
        part.Terms.Items
        |> List.exists (fun term -> List.contains Expr.Dot term.Factors)

    /// Intercept, random terms and problems of all parts, around new terms.
    let private around terms parts = {
        Terms = terms
        Intercept = parts |> List.choose _.Intercept |> List.tryLast
        Random = parts |> List.collect _.Random
        Problems = parts |> List.collect _.Problems
    }

    /// One variable that stands for all of a sum's, as the left side of a nest does.
    let private allVariables part =
        match part.Terms.Items with
        | [] -> Terms.empty
        | items -> Terms.ofList [ List.reduce Term.interact items ]

    /// Whether there are neither offsets nor random terms.
    let isPlain part =
        List.isEmpty part.Terms.Offsets && List.isEmpty part.Random

    /// Only sums may hold offsets and random terms.
    let plain (refuse: string -> LmmError) part =
        let problems = [
            if not (List.isEmpty part.Terms.Offsets) then
                refuse "an offset can only be added with '+'"

            if not (List.isEmpty part.Random) then
                refuse "a random term can only be added with '+'"
        ]

        {
            part with
                Problems = part.Problems @ problems
        }

    /// Sums are made at once: adding one term at a time would sort the whole sum once per term.
    let add parts =
        around (parts |> List.map _.Terms |> Terms.concat) parts

    let remove (refuse: string -> LmmError) left right =
        let removal = {
            right with
                Intercept = Option.map not right.Intercept
        }

        if hasDot right then
            around left.Terms [ left; removal ] |> complain (refuse "'.' cannot be removed")
        else
            around (Terms.subtract right.Terms left.Terms) [ left; removal ]

    let interact (refuse: string -> LmmError) left right =
        if left.Terms.Items.Length * right.Terms.Items.Length > MostTerms then
            around Terms.empty [ left; right ]
            |> complain (refuse $"this product has more than {MostTerms} terms")
        else
            around (Terms.interact left.Terms right.Terms) [ left; right ]

    let cross refuse left right =
        let crossed = interact refuse left right

        {
            crossed with
                Terms = left.Terms + right.Terms + crossed.Terms
        }

    /// The outer variables all go into one term, so a dot would need to know its columns.
    let private within (refuse: string -> LmmError) outer combine =
        if hasDot outer then
            { outer with Terms = Terms.empty }
            |> complain (refuse "nothing can be nested in '.'; name the columns")
            |> combine
        else
            combine {
                outer with
                    Terms = allVariables outer
            }

    /// a %in% b: every term of a within all of b.
    let inside refuse left right =
        within refuse right (fun right -> around (Terms.interact left.Terms right.Terms) [ left; right ])

    /// a / b: a, and every term of b within all of a.
    let nest refuse left right =
        within refuse left (fun outer -> around (left.Terms + Terms.interact outer.Terms right.Terms) [ outer; right ])

    /// (a)^n: the product of n copies, grown until nothing new comes.
    let power (refuse: string -> LmmError) exponent root =
        let rec grow times grown =
            let next = interact refuse grown { root with Problems = [] }
            let sum = grown.Terms + next.Terms

            if not (List.isEmpty next.Problems) then next
            elif times <= 1.0 || sum = grown.Terms then grown
            else grow (times - 1.0) { grown with Terms = sum }

        if exponent < 1.0 || exponent <> floor exponent then
            root
            |> complain (refuse "expected a whole number, 1 or more (write arithmetic inside I(...))")
        elif List.isEmpty root.Problems then
            grow exponent root
        else
            root
