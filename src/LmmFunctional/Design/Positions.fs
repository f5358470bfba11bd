namespace LmmFunctional.Estimation

open System
open System.Collections.Generic
open System.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Data
open LmmFunctional.Language

/// <summary>The different places along one coordinate or several, and the place of every row.</summary>
[<NoComparison; NoEquality>]
type internal Positions = {
    Labels: string[]
    /// The coordinates of each place: values, or its index in the order.
    Values: float[][]
    /// For every row the index of its place.
    Codes: int[]
    /// How the order was found where the data do not say it plainly.
    Note: string option
}

/// <summary>Placing rows along the coordinates of a structure.</summary>
[<RequireQualifiedAccess>]
module internal Positions =

    let private inOrder labels codes note = {
        Labels = labels
        Values = Array.init (Array.length labels) (fun i -> [| float i |])
        Codes = codes
        Note = note
    }

    // VIS2 before VIS10: only for levels that differ in nothing but the digits at their end.
    let private byDigits (levels: string[]) =
        let split (level: string) =
            let prefix = level.TrimEnd([| '0' .. '9' |])
            prefix, level.Substring prefix.Length

        let parts = levels |> Array.map split

        if
            parts
            |> Array.forall (fun (prefix, digits) -> prefix = fst parts[0] && digits <> "")
        then
            let numbers = parts |> Array.map (snd >> BigInteger.Parse)
            Some(Array.init levels.Length id |> Array.sortBy (fun i -> numbers[i]))
        else
            None

    /// The place of each level in the order of the levels, with a note where their digits decide.
    let order name categories =
        let names = Categories.names categories

        match categories with
        | Categories.Texts _ when names.Length > 1 ->
            match byDigits names with
            | Some order ->
                let listed = order |> Array.map (fun i -> names[i])

                let shown =
                    if listed.Length > 4 then
                        $"{listed[0]}, {listed[1]}, ..., {Array.last listed}"
                    else
                        String.Join(", ", listed)

                order, Some $"The levels of '{name}' are taken in the order of their digits: {shown}."
            | None -> Array.init names.Length id, None
        | _ -> Array.init names.Length id, None

    let private textColumn (selection: Selection) expr =
        match expr with
        | Expr.Column name ->
            match selection.Frame.TryColumn name with
            | Some(Column.Categorical(levels, codes)) -> Some(name, levels, codes)
            | _ -> None
        | _ -> None

    /// Places by the levels of a variable.
    let ofLevels (selection: Selection) expr =
        VariableTyping.categories selection expr
        |> Result.map (fun (categories, codes) -> inOrder (Categories.names categories) codes None)

    /// Places in the order of the levels of a variable.
    let private inOrderOfLevels note (selection: Selection) expr =
        VariableTyping.categories selection expr
        |> Result.map (fun (categories, codes) ->
            let names = Categories.names categories
            let order, byDigits = order (VariableTyping.nameOf expr) categories
            let rank = Array.zeroCreate order.Length
            order |> Array.iteri (fun place level -> rank[level] <- place)

            inOrder
                (order |> Array.map (fun i -> names[i]))
                (codes |> Array.map (fun code -> rank[code]))
                (byDigits |> Option.orElse note))

    /// What a different number is called: the text that wrote it, where there is one.
    let private labels (selection: Selection) expr (numbers: float[]) =
        match expr with
        | Expr.Column name ->
            match selection.Frame.TryColumn name with
            | Some(Column.Labelled(values, texts)) ->
                let known = Dictionary<float, string>()

                for row in selection.Rows do
                    known.TryAdd(values[row], texts[row]) |> ignore

                numbers |> Array.map (fun number -> known[number])
            | _ -> numbers |> Array.map LevelName.ofNumber
        | _ -> numbers |> Array.map LevelName.ofNumber

    /// Places by the different numbers of a variable, ascending.
    let values neededBy (selection: Selection) expr =
        NumericTyping.resolve $"'{neededBy}'" selection expr
        |> Result.bind (fun inner ->
            NumericTyping.finite (VariableTyping.nameOf expr) selection inner
            |> Result.map (fun numbers ->
                let values, codes = Categories.ofNumbers numbers

                {
                    Labels = labels selection expr values
                    Values = values |> Array.map Array.singleton
                    Codes = codes
                    Note = None
                }))

    // Structures of equal steps

    let private lagsOf structure places =
        match (Catalogue.modelOf structure).Steps with
        | StepUse.Lags bands ->
            let last = Array.last places
            min last (bands |> Option.map (fun bands -> bands - 1) |> Option.defaultValue last)
        | StepUse.Distance
        | StepUse.OrderAlone -> 0

    /// Places on equal steps: gaps between them stay, also those of times that no row has.
    let private onSteps call structure (selection: Selection) expr (places: Positions) =
        let name = VariableTyping.nameOf expr
        let numbers = places.Values |> Array.map Array.head

        match Lattice.ofValues numbers with
        | Lattice.TooLong _ -> Error [ LmmError.NoEqualSteps(call, name) ]
        | Lattice.Uneven when DataNotes.isDate selection expr -> Error [ LmmError.NoEqualSteps(call, name) ]
        | Lattice.Uneven ->
            Ok {
                places with
                    Values = numbers |> Array.mapi (fun i _ -> [| float i |])
                    Note = Some(DataNotes.uneven name)
            }
        | Lattice.Steps(step, steps) ->
            match Lattice.missingLags (lagsOf structure steps) steps with
            | [] ->
                Ok {
                    places with
                        Values = steps |> Array.map (fun place -> [| float place |])
                        Note = DataNotes.gaps name (DataNotes.isDate selection expr) numbers[0] step steps
                }
            | lags ->
                Error [
                    LmmError.MissingLags(call, name, lags |> List.map (fun lag -> float lag * step))
                ]

    // Only where taking levels in order makes a difference.
    let private closedNote call (selection: Selection) inner =
        match values call selection inner with
        | Error _ -> None
        | Ok places ->
            match places.Values |> Array.map Array.head |> Lattice.ofValues with
            | Lattice.Steps(_, steps) when snd (Lattice.gaps 1 steps) = 0 -> None
            | _ -> Some(DataNotes.closed (VariableTyping.nameOf inner))

    /// Places in order: of text by its levels, of numbers by their steps; factor(x) asks for the order alone.
    let ordered call structure (selection: Selection) expr =
        match expr, textColumn selection expr with
        | Expr.Call("factor", [ None, inner ]), _ when (textColumn selection inner).IsNone ->
            inOrderOfLevels (closedNote call selection inner) selection expr
        | _, Some(name, levels, codes) when levels |> Seq.forall DateText.looksLikeDate && levels.Length > 0 ->
            Error [ NumericTyping.notNumeric $"'{call}'" name levels codes ]
        | _, Some _
        | Expr.Call(("factor" | "C"), _), _ -> inOrderOfLevels None selection expr
        | _, None ->
            values call selection expr
            |> Result.bind (fun places ->
                if (Catalogue.modelOf structure).Steps = StepUse.OrderAlone then
                    Ok {
                        places with
                            Values = places.Values |> Array.mapi (fun i _ -> [| float i |])
                    }
                else
                    onSteps call structure selection expr places)

    /// Places in several coordinates at once: those combinations that occur.
    let cross a b =
        let pairs, codes =
            GroupingFactor.cross a.Labels.Length a.Codes b.Labels.Length b.Codes

        {
            Labels = pairs |> Array.map (fun struct (i, j) -> $"{a.Labels[i]}:{b.Labels[j]}")
            Values = pairs |> Array.map (fun struct (i, j) -> Array.append a.Values[i] b.Values[j])
            Codes = codes
            Note = a.Note |> Option.orElse b.Note
        }

    /// <summary>Places by the order of the rows within each subject.</summary>
    /// <param name="subjects">The subject of every row.</param>
    let ofRowOrder (subjects: int[]) =
        let seen =
            Array.zeroCreate ((if subjects.Length = 0 then -1 else Array.max subjects) + 1)

        let codes =
            subjects
            |> Array.map (fun subject ->
                seen[subject] <- seen[subject] + 1
                seen[subject] - 1)

        let most = if seen.Length = 0 then 0 else Array.max seen
        inOrder (Array.init most (fun i -> string (i + 1))) codes None

    /// <summary>Places along variables, as a structure takes them.</summary>
    /// <param name="call">The structure as text, for messages.</param>
    /// <param name="structure">The structure.</param>
    /// <param name="selection">The rows.</param>
    /// <param name="variables">Its coordinates, at least one.</param>
    let along call structure (selection: Selection) (variables: Expr list) =
        let entry = StructureCatalogue.ofStructure structure

        match entry.MostCoordinates with
        | Some most when variables.Length > most -> Error [ LmmError.TooManyCoordinates(call, most, variables.Length) ]
        | _ ->
            let place =
                match entry.Coordinate with
                | StructureCoordinate.Levels -> ofLevels selection
                | StructureCoordinate.Order -> ordered call structure selection
                | StructureCoordinate.Values -> values call selection

            variables |> List.map place |> Problems.all |> Result.map (List.reduce cross)

    // Random terms

    // Factors that must not vary within another
