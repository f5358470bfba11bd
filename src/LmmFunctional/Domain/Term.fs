namespace LmmFunctional

open System.Collections.Generic

/// <summary>A term of a model: an interaction of variables. No variables at all is the intercept.</summary>
type Term = { Factors: Expr list }

/// <summary>Terms and their algebra.</summary>
[<RequireQualifiedAccess>]
module Term =

    /// The intercept: the product of no variables.
    let intercept = { Factors = [] }

    /// A main effect.
    let ofExpr expr = { Factors = [ expr ] }

    /// Two terms are the same effect when they have the same variables in any order.
    let same a b =
        Set.ofList a.Factors = Set.ofList b.Factors
        && a.Factors.Length = b.Factors.Length

    /// The interaction of two terms; a variable that both have counts once. Dots are kept: each may become another column.
    let interact a b =
        let added =
            b.Factors
            |> List.filter (fun f -> f = Expr.Dot || not (List.contains f a.Factors))

        { Factors = a.Factors @ added }

/// <summary>A sum of terms, in order: the intercept, main effects, then interactions by degree, as in R.</summary>
/// <remarks>Combine with <c>+</c> (all terms of both) and <c>*</c> (also their interactions).</remarks>
type Terms = internal {
    Terms: Term list
    Known: Expr list
    Without: Term list
} with

    /// The terms, each once, lowest degree first.
    member terms.Items = terms.Terms

    /// Expressions added with coefficient one: <c>offset(x)</c>.
    member terms.Offsets = terms.Known

    /// Terms to leave out when a <c>.</c> is expanded; empty unless there is one.
    member terms.Removed = terms.Without

    /// Whether the intercept is among the terms.
    member terms.HasIntercept = terms.Terms |> List.contains Term.intercept

    /// Each term once; variables inside a term in the order in which the sorted terms first name them. R does the same,
    /// so b + a + a:b is b + a + b:a and coefficient names agree with R's.
    static member internal Create(items, offsets, removed) =
        let variables term = List.sort term.Factors
        let present = items |> Seq.map variables |> HashSet

        let sorted =
            items
            |> List.distinctBy variables
            |> List.sortBy (fun term -> term.Factors.Length)

        let position =
            sorted
            |> Seq.collect _.Factors
            |> Seq.distinct
            |> Seq.mapi (fun index factor -> factor, index)
            |> readOnlyDict

        let ordered =
            sorted
            |> List.map (fun term -> {
                Factors = term.Factors |> List.sortBy (fun factor -> position[factor])
            })

        // Without a dot there is nothing to remember; a term that was added back is not left out.
        let remembered =
            if position.ContainsKey Expr.Dot then
                removed
                |> List.distinctBy variables
                |> List.filter (fun term -> term <> Term.intercept && not (present.Contains(variables term)))
            else
                []

        {
            Terms = ordered
            Known = List.distinct offsets
            Without = remembered
        }

    /// All terms of both.
    static member (+)(a: Terms, b: Terms) =
        Terms.Create(a.Terms @ b.Terms, a.Known @ b.Known, a.Without @ b.Without)

    /// All terms of both and their interactions: a * b = a + b + a:b.
    static member (*)(a: Terms, b: Terms) =
        let crossed = [
            for x in a.Terms do
                for y in b.Terms -> Term.interact x y
        ]

        Terms.Create(a.Terms @ b.Terms @ crossed, a.Known @ b.Known, a.Without @ b.Without)

/// <summary>Sums of terms.</summary>
[<RequireQualifiedAccess>]
module Terms =

    /// No terms at all.
    let empty = Terms.Create([], [], [])

    /// <summary>A sum of the given terms.</summary>
    let ofList items = Terms.Create(items, [], [])

    /// A sum with offsets and, for formulas with a dot, terms to leave out of its expansion.
    let create items offsets removed = Terms.Create(items, offsets, removed)

    /// All terms of several sums, the first one's first.
    let concat (sums: Terms list) =
        Terms.Create(sums |> List.collect _.Items, sums |> List.collect _.Offsets, sums |> List.collect _.Removed)

    /// An offset: a known part of the mean.
    let offset expr = Terms.Create([], [ expr ], [])

    /// Only the interactions: a:b.
    let interact (a: Terms) (b: Terms) =
        Terms.Create(
            [
                for x in a.Items do
                    for y in b.Items -> Term.interact x y
            ],
            a.Offsets @ b.Offsets,
            a.Removed @ b.Removed
        )

    /// The first sum without the terms of the second; they are remembered where a dot may bring them back.
    let subtract (b: Terms) (a: Terms) =
        let isRemoved term = b.Items |> List.exists (Term.same term)
        Terms.Create(a.Items |> List.filter (isRemoved >> not), a.Offsets, a.Removed @ b.Items)
