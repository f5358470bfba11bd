namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>Random effects in the words of nlme.</summary>
[<RequireQualifiedAccess>]
module internal NlmeRandom =

    /// The class of pdMat of a term.
    let private pdMat (term: RandomTerm) : Result<string, string> =
        let formula = $"~ {TermText.deparseSum term.Effects}"

        match (Catalogue.modelOf term.Structure).NlmeEffects with
        | Some name -> Ok $"{name}({formula})"
        | None ->
            Error
                $"nlme has no structure {StructureText.name term.Structure} of random effects: {TermText.deparseRandom term}."

    /// One grouping variable of nlme: a column, or the interaction of several, which is made first.
    type private NestingLevel = {
        Name: string
        /// The line of R that makes it.
        Made: string option
        Terms: RandomTerm list
    }

    // What R takes as a name as it stands.
    let private isPlainName (text: string) = Lexeme.name text = text

    let private nestingLevel (added: Expr list) terms : NestingLevel option =
        match added with
        | [ Expr.Column name ] when isPlainName (Lexeme.name name) ->
            Some {
                Name = Lexeme.name name
                Made = None
                Terms = terms
            }
        | several when several |> List.forall ForeignModel.isPlain ->
            let columns = several |> List.map ExprText.deparse
            let name = String.concat "_" columns

            if isPlainName name then
                let inside = String.concat ", " columns

                Some {
                    Name = name
                    Made = Some $"data${name} <- with(data, interaction({inside}, drop = TRUE))"
                    Terms = terms
                }
            else
                None
        | _ -> None

    /// Groups in the order of nesting: each must hold the one before; None where they cross.
    let private nested (spec: LmmSpec) : NestingLevel list option =
        let groups = spec.Random |> List.groupBy (fun term -> Set.ofList term.Group.Factors)
        let ordered = groups |> List.sortBy (fun (factors, _) -> factors.Count)

        let isChain =
            ordered
            |> List.pairwise
            |> List.forall (fun ((outer, _), (inner, _)) -> Set.isProperSubset outer inner)

        if isChain then
            let levels =
                (Set.empty, ordered)
                ||> List.mapFold (fun known (factors, terms) ->
                    // In the order in which the model names them.
                    let added = terms.Head.Group.Factors |> List.filter (known.Contains >> not)
                    nestingLevel added terms, Set.union known factors)
                |> fst

            if levels |> List.forall Option.isSome then
                Some(List.choose id levels)
            else
                None
        else
            None

    /// The argument random of lme, and the lines that make its grouping variables.
    let argument (spec: LmmSpec) : Result<string * string list, string list> =
        match nested spec with
        | None -> Error [ "lme needs nested grouping factors, and those of the model cross." ]
        | Some levels ->
            levels
            |> List.map (fun level ->
                level.Terms
                |> List.map (pdMat >> Result.mapError List.singleton)
                |> Problems.all
                |> Result.map (fun matrices ->
                    match matrices with
                    | [ only ] -> $"{level.Name} = {only}"
                    | several ->
                        let blocks = String.concat ", " several
                        $"{level.Name} = pdBlocked(list({blocks}))"))
            |> Problems.all
            |> Result.map (fun parts ->
                let inside = String.concat ", " parts
                $", random = list({inside})", levels |> List.choose _.Made)
