namespace LmmFunctional

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
    let same a b = Set.ofList a.Factors = Set.ofList b.Factors && a.Factors.Length = b.Factors.Length

    /// The interaction of two terms; a variable that both have counts once. Dots are kept: each may become another column.
    let interact a b =
        let added = b.Factors |> List.filter (fun f -> f = Expr.Dot || not (List.contains f a.Factors))
        { Factors = a.Factors @ added }

/// <summary>A sum of terms, in order: the intercept, main effects, then interactions by degree, as in R.</summary>
/// <remarks>Combine with <c>+</c> (all terms of both) and <c>*</c> (also their interactions).</remarks>
type Terms =
    internal
        {
            Terms: Term list
            Known: Expr list
            Without: Term list
        }

    /// The terms, each once, lowest degree first.
    member terms.Items = terms.Terms

    /// Expressions added with coefficient one: <c>offset(x)</c>.
    member terms.Offsets = terms.Known

    /// Terms to leave out when a <c>.</c> is expanded; empty unless there is one.
    member terms.Removed = terms.Without

    /// Whether the intercept is among the terms.
    member terms.HasIntercept = terms.Terms |> List.contains Term.intercept

    static member internal Create(items, offsets, removed) =
        let distinct =
            (([]: Term list), items)
            ||> List.fold (fun kept term -> if kept |> List.exists (Term.same term) then kept else term :: kept)
            |> List.rev

        {
            Terms = distinct |> List.sortBy (fun term -> term.Factors.Length)
            Known = List.distinct offsets
            Without =
                if distinct |> List.exists (fun term -> List.contains Expr.Dot term.Factors) then
                    List.distinct removed
                else
                    []
        }

    /// All terms of both.
    static member (+)(a: Terms, b: Terms) =
        Terms.Create(a.Terms @ b.Terms, a.Known @ b.Known, a.Without @ b.Without)

    /// All terms of both and their interactions: a * b = a + b + a:b.
    static member (*)(a: Terms, b: Terms) =
        let crossed = [ for x in a.Terms do for y in b.Terms -> Term.interact x y ]
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

    /// An offset: a known part of the mean.
    let offset expr = Terms.Create([], [ expr ], [])

    /// Only the interactions: a:b.
    let interact (a: Terms) (b: Terms) =
        Terms.Create([ for x in a.Items do for y in b.Items -> Term.interact x y ], a.Offsets @ b.Offsets, a.Removed @ b.Removed)

    /// The first sum without the terms of the second; they are remembered where a dot may bring them back.
    let subtract (b: Terms) (a: Terms) =
        let isRemoved term = b.Items |> List.exists (Term.same term)
        Terms.Create(a.Items |> List.filter (isRemoved >> not), a.Offsets, a.Removed @ b.Items)
