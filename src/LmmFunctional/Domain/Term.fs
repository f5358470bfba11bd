namespace LmmFunctional.Model

open System
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

    /// Terms with their variables in a given order; dots, which stand for several, go last.
    let internal arrange (order: Expr list) (terms: Term list) =
        let position =
            order |> Seq.mapi (fun index variable -> variable, index) |> readOnlyDict

        let rank variable =
            match position.TryGetValue variable with
            | true, index -> index
            | false, _ -> Int32.MaxValue

        terms
        |> List.map (fun term -> {
            Factors = term.Factors |> List.sortBy rank
        })

/// <summary>A sum of terms, in order: the intercept, main effects, then interactions by degree, as in R.</summary>
/// <remarks>Combine with <c>+</c> (all terms of both) and <c>*</c> (also their interactions). Within a term the variables
/// stand in the order in which the sum first named them, also as in R: b + a + a:b is b + a + b:a.</remarks>
[<CustomEquality; NoComparison>]
type Terms = internal {
    Terms: Term list
    Known: Expr list
    Without: Term list
    /// Every variable so far, also of removed terms; no part of equality, for the terms show what matters of it.
    Named: Expr list
} with

    /// The terms, each once, lowest degree first.
    member terms.Items = terms.Terms

    /// Expressions added with coefficient one: <c>offset(x)</c>.
    member terms.Offsets = terms.Known

    /// Terms to leave out when a <c>.</c> is expanded; empty unless there is one.
    member terms.Removed = terms.Without

    /// The variables in the order in which the sum first named them; a <c>.</c> is not among them.
    member terms.Variables = terms.Named

    /// Whether the intercept is among the terms.
    member terms.HasIntercept = terms.Terms |> List.contains Term.intercept

    override terms.Equals other =
        match other with
        | :? Terms as other ->
            terms.Terms = other.Terms
            && terms.Known = other.Known
            && terms.Without = other.Without
        | _ -> false

    override terms.GetHashCode() = hash (terms.Terms, terms.Known)

    static member internal Create(items, offsets, removed, named) =
        let named = named |> List.distinct |> List.except [ Expr.Dot ]
        let variables term = List.sort term.Factors
        let present = items |> Seq.map variables |> HashSet

        let isDotted =
            items |> List.exists (fun term -> List.contains Expr.Dot term.Factors)

        // Without a dot there is nothing to remember; a term that was added back is not left out.
        let remembered =
            if isDotted then
                removed
                |> List.distinctBy variables
                |> List.filter (fun term -> term <> Term.intercept && not (present.Contains(variables term)))
            else
                []

        {
            Terms =
                items
                |> List.distinctBy variables
                |> List.sortBy (fun term -> term.Factors.Length)
                |> Term.arrange named
            Known = List.distinct offsets
            Without = remembered
            Named = named
        }

    /// All terms of both.
    static member (+)(a: Terms, b: Terms) =
        Terms.Create(a.Terms @ b.Terms, a.Known @ b.Known, a.Without @ b.Without, a.Named @ b.Named)

    /// All terms of both and their interactions: a * b = a + b + a:b.
    static member (*)(a: Terms, b: Terms) =
        let crossed = [
            for x in a.Terms do
                for y in b.Terms -> Term.interact x y
        ]

        Terms.Create(a.Terms @ b.Terms @ crossed, a.Known @ b.Known, a.Without @ b.Without, a.Named @ b.Named)

/// <summary>Sums of terms.</summary>
[<RequireQualifiedAccess>]
module Terms =

    /// A sum with offsets and, for formulas with a dot, terms to leave out of its expansion.
    let create items offsets removed =
        Terms.Create(items, offsets, removed, items |> List.collect _.Factors)

    /// <summary>A sum of the given terms.</summary>
    let ofList items = create items [] []

    /// No terms at all.
    let empty = ofList []

    /// All terms of several sums, the first one's first.
    let concat (sums: Terms list) =
        Terms.Create(
            sums |> List.collect _.Items,
            sums |> List.collect _.Offsets,
            sums |> List.collect _.Removed,
            sums |> List.collect _.Variables
        )

    /// An offset: a known part of the mean.
    let offset expr = create [] [ expr ] []

    /// Only the interactions: a:b.
    let interact (a: Terms) (b: Terms) =
        let crossed = [
            for x in a.Items do
                for y in b.Items -> Term.interact x y
        ]

        Terms.Create(crossed, a.Offsets @ b.Offsets, a.Removed @ b.Removed, a.Variables @ b.Variables)

    /// The first sum without the terms of the second; they are remembered where a dot may bring them back.
    let subtract (b: Terms) (a: Terms) =
        let isRemoved term = b.Items |> List.exists (Term.same term)
        let kept = a.Items |> List.filter (isRemoved >> not)
        Terms.Create(kept, a.Offsets, a.Removed @ b.Items, a.Variables @ b.Variables)
