namespace LmmFunctional.Language

open LmmFunctional.Model

/// <summary>Terms and sums of terms as formula text.</summary>
[<RequireQualifiedAccess>]
module TermText =

    // Bare arithmetic would read as formula algebra, so a variable that is arithmetic is shown protected by I().
    let private factor expr =
        match expr with
        | Expr.Column _
        | Expr.Call _
        | Expr.Dot -> ExprText.deparse expr
        | Expr.Number _
        | Expr.Truth _
        | Expr.Text _
        | Expr.Negate _
        | Expr.Binary _ -> ExprText.deparse (Expr.Call("I", [ None, expr ]))

    /// <summary>A term as R labels it, variables joined by colons: <c>recipe:poly(temp, 2)</c>; the intercept is 1.
    /// </summary>
    let deparse (term: Term) : string =
        match term.Factors with
        | [] -> "1"
        | factors -> factors |> List.map factor |> String.concat ":"

    // Reading orders the variables of a term by first mention. Where the terms alone would be read in another order
    // (b + a:b), removing a variable before it is there mentions it, in R too: 1 - a + b + a:b.
    let private mentionedFirst (effects: Term list) (variables: Expr list) =
        let factors = effects |> List.collect _.Factors

        let present =
            variables |> List.filter (fun variable -> List.contains variable factors)

        let readsBack count =
            let order = List.truncate count present @ factors |> List.distinct
            Term.arrange (List.except [ Expr.Dot ] order) effects = effects

        let count = Seq.init present.Length id |> Seq.tryFind readsBack
        List.truncate (defaultArg count present.Length) present

    /// <summary>A sum in canonical form: <c>1</c> or <c>0</c> first, then terms, offsets, and what a dot leaves out.
    /// </summary>
    let deparseSum (terms: Terms) : string =
        let effects = terms.Items |> List.filter (fun term -> term <> Term.intercept)

        String.concat "" [
            (if terms.HasIntercept then "1" else "0")

            for variable in mentionedFirst effects terms.Variables do
                " - " + factor variable

            for term in effects do
                " + " + deparse term

            for known in terms.Offsets do
                " + " + ExprText.deparse (Expr.Call("offset", [ None, known ]))

            for term in terms.Removed do
                " - " + deparse term
        ]

    // Each part of a Kronecker product runs along a variable of the one term that the effects are.
    let private products structure (effects: Terms) =
        let heads = StructureText.parts structure |> List.map StructureText.name

        match effects.Items with
        | [ term ] when heads.Length > 1 && term.Factors.Length = heads.Length ->
            List.map2 (fun head variable -> $"{head}(0 + {factor variable})") heads term.Factors
        | _ -> [ String.concat "*" heads + $"({deparseSum effects})" ]

    /// <summary>A random term in canonical form: <c>(1 + x | g)</c>, <c>(1 + x || g)</c> when the effects are independent,
    /// and with the name of any other structure: <c>ar1(0 + visit | g)</c>.</summary>
    let deparseRandom (random: RandomTerm) : string =
        let perLevel =
            match random.PerLevelOf with
            | Some expr -> $" per {factor expr}"
            | None -> ""

        let group = deparse random.Group + perLevel

        match random.Relationship, random.Structure with
        | None, Structure.Unstructured -> $"({deparseSum random.Effects} | {group})"
        | None, Structure.Diagonal -> $"({deparseSum random.Effects} || {group})"
        | None, (Structure.Kronecker _ as structure) ->
            let parts = products structure random.Effects |> String.concat ", "
            $"kron({parts} | {group})"
        | None, structure -> $"{StructureText.name structure}({deparseSum random.Effects} | {group})"
        | Some matrix, Structure.Unstructured when random.Effects = Terms.ofList [ Term.intercept ] ->
            $"known({Lexeme.name matrix} | {group})"
        | Some matrix, structure ->
            let parts = products structure random.Effects |> String.concat ", "
            $"kron({parts}, known({Lexeme.name matrix}) | {group})"
