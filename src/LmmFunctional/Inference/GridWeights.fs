namespace LmmFunctional.Analysis

open LmmFunctional.Estimation

/// <summary>The weights of the combinations of a reference grid that a marginal mean averages over.</summary>
[<RequireQualifiedAccess>]
module internal GridWeights =

    /// The combination of levels of every row used, covariates at their first level; −1 where it is not in the grid.
    let private cells (axes: GridAxis list) rows : int[] =
        let codes = axes |> List.map _.Codes

        Array.init rows (fun row ->
            let levels =
                codes
                |> List.map (fun own ->
                    match own with
                    | Some codes -> codes[row]
                    | None -> 0)

            if levels |> List.exists (fun level -> level < 0) then
                -1
            else
                ReferenceGrid.index axes levels)

    /// The same combination with covariates at their first level.
    let private factorCell (axes: GridAxis list) index =
        ReferenceGrid.levels axes index
        |> List.map2 (fun (axis: GridAxis) level -> if axis.Codes.IsSome then level else 0) axes
        |> ReferenceGrid.index axes

    let private normalised (weights: float[]) =
        let sum = Array.sum weights

        if sum > 0.0 then
            Some(weights |> Array.map (fun w -> w / sum))
        else
            None

    /// For each combination of the target axes the weights of all combinations of the others.
    let private ofAll weights (design: Design) (targets: GridAxis list) (others: GridAxis list) =
        let rows = design.Rows.Length
        let count = int (ReferenceGrid.size others)

        let rowWeight row =
            design.Weights |> Option.map (fun w -> w[row]) |> Option.defaultValue 1.0

        let frequencies (axes: GridAxis list) =
            let total: float[] = Array.zeroCreate (int (ReferenceGrid.size axes))

            cells axes rows
            |> Array.iteri (fun row cell ->
                if cell >= 0 then
                    total[cell] <- total[cell] + rowWeight row)

            total

        let same weights =
            let found = normalised weights
            fun _ -> found

        match weights with
        | MarginalWeights.Equal -> same (Array.create count 1.0)
        | MarginalWeights.Proportional ->
            let total = frequencies others
            same (Array.init count (fun o -> total[factorCell others o]))
        | MarginalWeights.Outer ->
            let margins = others |> List.map (fun axis -> frequencies [ axis ])

            same (
                Array.init count (fun o ->
                    (1.0, factorCell others o |> ReferenceGrid.levels others, margins)
                    |||> List.fold2 (fun product level margin -> product * margin[level]))
            )
        | MarginalWeights.Cells ->
            let whole = targets @ others
            let total = frequencies whole
            let width = int (ReferenceGrid.size targets)

            fun target ->
                let start = factorCell targets target

                Array.init count (fun o -> total[start + width * factorCell others o])
                |> normalised

    /// The label of a variable at a combination of levels.
    let labelIn (axes: GridAxis list) index : string -> string option =
        let labels =
            List.map2
                (fun (axis: GridAxis) level -> axis.Name, axis.Labels[level])
                axes
                (ReferenceGrid.levels axes index)
            |> Map.ofList

        fun name -> labels.TryFind name

    /// Where all combinations of a stage weigh alike, and so do all of the next stage within each of them.
    let rec private stagewise (stages: (int -> string) list) (share: float) (cells: int list) : (int * float) list =
        match stages with
        | [] -> cells |> List.map (fun cell -> cell, share / float cells.Length)
        | stage :: rest ->
            let groups = cells |> List.groupBy stage

            groups
            |> List.collect (fun (_, own) -> stagewise rest (share / float groups.Length) own)

    /// <summary>Weights without those of combinations of nested factors that do not occur.</summary>
    /// <remarks>Equal weights go from the outside inwards: all parents alike, and within each of them all factors nested
    /// there.</remarks>
    let private withoutEmptyNests
        (blocks: NestedBlock list)
        weights
        (targets: GridAxis list)
        (others: GridAxis list)
        (weightsOf: int -> float[] option)
        : int -> float[] option =
        let count = int (ReferenceGrid.size others)
        let labels = Array.init count (labelIn others)

        let keyOf (names: string list) cell =
            names |> List.choose labels[cell] |> String.concat "\u001f"

        let nested = blocks |> List.collect _.Factors

        let stages =
            keyOf (
                others
                |> List.map _.Name
                |> List.filter (fun name -> not (List.contains name nested))
            )
            :: (blocks |> List.map (fun block -> keyOf block.Factors))

        fun target ->
            let own = labelIn targets target

            let isThere cell =
                NestedFactors.occurs blocks (fun name -> own name |> Option.orElse (labels[cell] name))

            let there = [ 0 .. count - 1 ] |> List.filter isThere

            match weights with
            | _ when there.Length = count -> weightsOf target
            | MarginalWeights.Equal when there.IsEmpty -> None
            | MarginalWeights.Equal ->
                let found = Array.zeroCreate count

                for cell, share in stagewise stages 1.0 there do
                    found[cell] <- share

                Some found
            | _ ->
                weightsOf target
                |> Option.bind (fun share ->
                    let isThere = Set.ofList there

                    share
                    |> Array.mapi (fun cell w -> if isThere.Contains cell then w else 0.0)
                    |> normalised)

    /// <summary>For each combination of the target axes the weights of all combinations of the others.</summary>
    /// <param name="blocks">The nested factors: combinations of them that do not occur have no weight.</param>
    /// <param name="weights">How the others are weighted.</param>
    /// <param name="design">The model.</param>
    /// <param name="targets">What the means are taken over.</param>
    /// <param name="others">What is averaged over.</param>
    /// <returns>Weights that sum to one; None where no row has the combination.</returns>
    let create (blocks: NestedBlock list) weights design targets others : int -> float[] option =
        let all = ofAll weights design targets others

        if blocks.IsEmpty then
            all
        else
            withoutEmptyNests blocks weights targets others all
