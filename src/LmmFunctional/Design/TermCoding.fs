namespace LmmFunctional.Estimation

open System.Collections.Generic
open LmmFunctional.Model

/// <summary>A variable inside a term: a factor there is coded by contrasts or by an indicator of every level.</summary>
type internal CodedVariable = { Variable: Variable; ByLevel: bool }

/// <summary>A term whose every variable knows its coding; no variables at all is the intercept.</summary>
type internal CodedTerm = {
    Term: Term
    Variables: CodedVariable list
}

/// <summary>R's rules for coding factors, and R's names of the columns that follow from them.</summary>
[<RequireQualifiedAccess>]
module internal TermCoding =

    // A factor is coded by contrasts where an earlier term already spans the term without it (Chambers and Hastie 1992,
    // section 2.3.1, as R's TermCode does it: containment is enough).
    let private isSpanned (earlier: Term[]) (equals: HashSet<Expr list>) count (term: Term) expr =
        let rest = term.Factors |> List.filter ((<>) expr)

        List.isEmpty rest
        // Where a model has all lower interactions, the term without the factor is one of them.
        || equals.Contains(List.sort rest)
        || Seq.init count (fun i -> earlier[i].Factors)
           |> Seq.exists (fun other ->
               other.Length > rest.Length
               && rest |> List.forall (fun factor -> List.contains factor other))

    // Without an intercept, the first factor of the first term that has one takes its place, whatever else is there.
    let private withoutIntercept coded =
        let isCodedFactor coded = Variable.isFactor coded.Variable

        let first =
            coded
            |> List.tryFindIndex (fun term -> term.Variables |> List.exists isCodedFactor)

        coded
        |> List.mapi (fun index term ->
            if Some index <> first then
                term
            else
                let position = term.Variables |> List.findIndex isCodedFactor

                {
                    term with
                        Variables =
                            term.Variables
                            |> List.mapi (fun i coded -> {
                                coded with
                                    ByLevel = coded.ByLevel || i = position
                            })
                })

    /// <summary>The terms with their codings.</summary>
    /// <param name="variables">The variable of each expression that the terms name.</param>
    /// <param name="terms">The terms, lowest degree first; the intercept is one of them if the model has it.</param>
    let code (variables: Map<Expr, Variable>) (terms: Term list) : CodedTerm list =
        let effects = terms |> List.filter (fun term -> not term.Factors.IsEmpty)

        let all = Array.ofList effects
        let earlier = HashSet<Expr list>(HashIdentity.Structural)

        let coded =
            effects
            |> List.mapi (fun index term ->
                let coded = {
                    Term = term
                    Variables =
                        term.Factors
                        |> List.map (fun expr -> {
                            Variable = variables[expr]
                            ByLevel = not (isSpanned all earlier index term expr)
                        })
                }

                earlier.Add(List.sort term.Factors) |> ignore
                coded)

        if List.contains Term.intercept terms then
            {
                Term = Term.intercept
                Variables = []
            }
            :: coded
        else
            withoutIntercept coded

    /// R's names of a variable's columns, given what is appended for a factor that is coded by contrasts.
    let private suffixed (contrasts: Factor -> string[]) coded : string[] =
        let name = coded.Variable.Name

        match coded.Variable.Kind with
        | VariableKind.Number _ -> [| name |]
        | VariableKind.Basis(basis, _) ->
            match Basis.columns basis with
            | 1 -> [| name |]
            | count -> Array.init count (fun j -> $"{name}{j + 1}")
        | VariableKind.Factor factor ->
            let suffixes =
                if coded.ByLevel then
                    Categories.names factor.Categories
                else
                    contrasts factor

            suffixes |> Array.map (fun suffix -> name + suffix)

    let private joined (contrasts: Factor -> string[]) (term: CodedTerm) : string[] =
        match term.Variables with
        | [] -> [| "(Intercept)" |]
        | variables ->
            variables
            |> List.map (suffixed contrasts)
            |> List.reduce (fun faster slower -> [|
                for b in slower do
                    for a in faster -> $"{a}:{b}"
            |])

    let private suffixesOf (factor: Factor) =
        Contrast.suffixes factor.Contrast (Categories.names factor.Categories)

    /// R's names of the columns of each variable of a term.
    let parts (term: CodedTerm) : string[] list =
        term.Variables |> List.map (suffixed suffixesOf)

    /// <summary>R's names of a term's columns; the first variable runs fastest.</summary>
    let names (term: CodedTerm) : string[] = joined suffixesOf term

    /// <summary>The names that columns of reference levels would have: their coefficients are zero by the coding.</summary>
    let referenceNames (term: CodedTerm) : string[] =
        let all (factor: Factor) =
            match factor.Contrast with
            | Contrast.Treatment
            | Contrast.Sas -> Categories.names factor.Categories
            | Contrast.Sum
            | Contrast.Helmert
            | Contrast.Polynomial -> suffixesOf factor

        joined all term |> Array.except (names term)

    let private width coded =
        match coded.Variable.Kind with
        | VariableKind.Number _ -> 1L
        | VariableKind.Basis(basis, _) -> int64 (Basis.columns basis)
        | VariableKind.Factor factor -> int64 (Categories.count factor.Categories) - (if coded.ByLevel then 0L else 1L)

    /// Number of columns of a term.
    let columns (term: CodedTerm) =
        term.Variables |> List.fold (fun product coded -> product * width coded) 1L
