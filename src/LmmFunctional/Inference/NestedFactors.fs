namespace LmmFunctional.Analysis

open LmmFunctional.Estimation

/// <summary>Factors whose levels belong to one level each of others, their parents.</summary>
[<NoComparison; ReferenceEquality>]
type internal NestedBlock = {
    /// Factors with the same parents.
    Factors: string list
    /// All factors they are nested in, those that these are nested in among them.
    Parents: string list
    /// The combinations of levels, factors first, that occur in the data.
    Occurring: Set<string list>
}

/// <summary>Finding nested factors of a reference grid: averages are over the combinations that occur.</summary>
/// <remarks>A factor is nested in another when each of its levels occurs with one level of the other, or when no term of the
/// model has it without the other, as in a/b; the rules are those of Lenth's R package emmeans.</remarks>
[<RequireQualifiedAccess>]
module internal NestedFactors =

    let private codesOf (axis: GridAxis) : int[] = Option.defaultValue [||] axis.Codes

    /// Whether each level of one factor occurs with one level of another.
    let private isFiner (fine: GridAxis) (coarse: GridAxis) =
        let parent = Array.create fine.Labels.Length -1

        Array.forall2
            (fun level other ->
                if level < 0 || other < 0 then
                    true
                else
                    (if parent[level] < 0 then
                         parent[level] <- other)

                    parent[level] = other)
            (codesOf fine)
            (codesOf coarse)

    /// Whether a factor stands in the model, and only in terms that have another, which has terms without it.
    let private isWithin (terms: Set<string> list) (inner: string) (outer: string) =
        let own = terms |> List.filter (Set.contains inner)

        not own.IsEmpty
        && own |> List.forall (Set.contains outer)
        && terms
           |> List.exists (fun term -> term.Contains outer && not (term.Contains inner))

    /// Parents with their own parents; a factor that would be nested in itself is in none.
    let rec private close (parents: Map<string, Set<string>>) =
        let further =
            parents
            |> Map.map (fun _ own ->
                own
                |> Set.toSeq
                |> Seq.map (fun name -> parents |> Map.tryFind name |> Option.defaultValue Set.empty)
                |> Seq.fold Set.union own)

        if further = parents then
            parents |> Map.filter (fun name own -> not (own.Contains name))
        else
            close further

    /// The parents of each nested factor, by name.
    let private parentsOf (design: Design) (factors: GridAxis list) =
        let terms =
            design.Schema.Fixed
            |> List.map (fun term ->
                let names =
                    term.Variables
                    |> List.map (fun variable -> variable.Variable.Name)
                    |> Set.ofList

                factors
                |> List.filter (fun axis -> names.Contains axis.Name || names.Contains axis.Variable)
                |> List.map _.Name
                |> Set.ofList)

        (Map.empty, factors)
        ||> List.fold (fun found fine ->
            let isParentAlready (coarse: GridAxis) =
                found |> Map.tryFind coarse.Name |> Option.exists (Set.contains fine.Name)

            let parents =
                factors
                |> List.filter (fun coarse ->
                    coarse.Name <> fine.Name
                    && not (isParentAlready coarse)
                    && (isFiner fine coarse || isWithin terms fine.Name coarse.Name))
                |> List.map _.Name
                |> Set.ofList

            if parents.IsEmpty then
                found
            else
                Map.add fine.Name parents found)
        |> close

    /// The labels of the combinations that occur.
    let private occurring (axes: GridAxis list) : Set<string list> =
        let codes = axes |> List.map codesOf

        match codes with
        | [] -> Set.empty
        | first :: _ ->
            [ 0 .. first.Length - 1 ]
            |> List.map (fun row -> codes |> List.map (fun own -> own[row]))
            |> List.distinct
            |> List.filter (List.forall (fun level -> level >= 0))
            |> List.map (List.map2 (fun (axis: GridAxis) level -> axis.Labels[level]) axes)
            |> Set.ofList

    /// <summary>The nested factors of a model, those with the fewest parents first.</summary>
    /// <param name="design">The model.</param>
    /// <param name="axes">The reference grid.</param>
    let find (design: Design) (axes: GridAxis list) : NestedBlock list =
        let factors =
            axes |> List.filter (fun axis -> axis.Codes.IsSome && axis.Labels.Length > 1)

        let parents = parentsOf design factors

        factors
        |> List.filter (fun axis -> parents.ContainsKey axis.Name)
        |> List.groupBy (fun axis -> parents[axis.Name])
        |> List.sortBy (fun (own, _) -> own.Count)
        |> List.map (fun (own, nested) ->
            let outer = factors |> List.filter (fun axis -> own.Contains axis.Name)

            {
                Factors = nested |> List.map _.Name
                Parents = outer |> List.map _.Name
                Occurring = occurring (nested @ outer)
            })

    /// Variables with the parents of those that are nested: a level of a nested factor says nothing without them.
    let completed (blocks: NestedBlock list) (names: string list) : string list =
        names
        @ [
            for block in blocks do
                if block.Factors |> List.exists (fun name -> List.contains name names) then
                    yield! block.Parents
        ]
        |> List.distinct

    /// <summary>Whether the nested factors of a combination of levels occur together.</summary>
    /// <param name="blocks">The nested factors.</param>
    /// <param name="level">The label of a variable, None for one that the combination does not have.</param>
    let occurs (blocks: NestedBlock list) (level: string -> string option) : bool =
        blocks
        |> List.forall (fun block ->
            let labels = block.Factors @ block.Parents |> List.map level

            if labels |> List.forall Option.isSome then
                block.Occurring.Contains(List.choose id labels)
            else
                block.Occurring
                |> Set.exists (List.forall2 (fun own known -> own |> Option.forall ((=) known)) labels))
