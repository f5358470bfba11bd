namespace LmmFunctional

/// <summary>The linear functions of the fixed effects that marginal means are, one for each combination of
/// levels.</summary>
[<NoComparison; ReferenceEquality>]
type internal MarginalFunction = {
    /// Levels of the variables compared, and of those that hold apart.
    Levels: (string * string) list
    Group: (string * string) list
    /// Coefficients on all columns of X, or the combination has no rows and cell weights.
    Coefficients: Result<float[], LmmError>
    /// What an offset adds.
    Known: float
}

/// <summary>The functions with what was averaged over and what was held at a value.</summary>
[<NoComparison; ReferenceEquality>]
type internal MarginalFunctions = {
    Rows: MarginalFunction list
    Averaged: string list
    Held: (string * string) list
}

/// <summary>Averages over the reference grid.</summary>
[<RequireQualifiedAccess>]
module internal MarginalFunctions =

    let private find (axes: GridAxis list) role name =
        match axes |> List.tryFind (fun axis -> axis.Name = name) with
        | Some axis -> Ok axis
        | None ->
            let known = axes |> List.map _.Name
            Error [ LmmError.NotInModel(role, name, Nearest.suggest known name, known) ]

    // The grid's columns of X must fit beside the data's.
    let private refuseLarge (design: Design) (axes: GridAxis list) =
        let bytes =
            8.0 * float (ReferenceGrid.size axes) * float design.Fixed.AllNames.Length

        let available = float (System.GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)

        if bytes > 0.5 * available || ReferenceGrid.size axes > 100_000_000L then
            Error [ LmmError.TooLarge("The reference grid", bytes, 0.5 * available) ]
        else
            Ok()

    /// The combination of levels of every row used, covariates at their first level.
    let private cells (axes: GridAxis list) rows : int[] =
        let codes = axes |> List.map _.Codes

        Array.init rows (fun row ->
            codes
            |> List.map (fun own ->
                match own with
                | Some codes -> codes[row]
                | None -> 0)
            |> ReferenceGrid.index axes)

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
    let private weigh weights (design: Design) (targets: GridAxis list) (others: GridAxis list) =
        let rows = design.Rows.Length
        let count = int (ReferenceGrid.size others)

        let rowWeight row =
            design.Weights |> Option.map (fun w -> w[row]) |> Option.defaultValue 1.0

        let frequencies (axes: GridAxis list) =
            let total: float[] = Array.zeroCreate (int (ReferenceGrid.size axes))

            cells axes rows
            |> Array.iteri (fun row cell -> total[cell] <- total[cell] + rowWeight row)

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

    /// <summary>The functions of a model's marginal means.</summary>
    /// <param name="design">The model.</param>
    /// <param name="weights">Of the variables averaged over.</param>
    /// <param name="axes">The reference grid.</param>
    /// <param name="spec">What the means are taken over.</param>
    /// <param name="gridColumns">X and offset at all combinations of axes given in order, the fastest first.</param>
    /// <returns>The functions, or: variables that are not in the model, too large a grid.</returns>
    let create
        (design: Design)
        weights
        (axes: GridAxis list)
        (spec: MarginalSpec)
        (gridColumns: GridAxis list -> float[][] * float[])
        : Result<MarginalFunctions, LmmError list> =
        Problems.both
            (spec.Over |> List.map (find axes "variable") |> Problems.all)
            (spec.By |> List.map (find axes "'by' variable") |> Problems.all)
        |> Result.bind (fun (over, by) -> refuseLarge design axes |> Result.map (fun () -> over, by))
        |> Result.map (fun (over, by) ->
            let targets = over @ by
            let isTarget (axis: GridAxis) = List.contains axis targets
            let others = axes |> List.filter (isTarget >> not)
            let columns, offset = gridColumns (targets @ others)
            let width = int (ReferenceGrid.size targets)
            let weightsOf = weigh weights design targets others

            let average (share: float[]) target (values: float[]) =
                let mutable sum = 0.0

                for o in 0 .. share.Length - 1 do
                    sum <- sum + share[o] * values[target + width * o]

                sum

            let ofTarget target =
                let labels =
                    ReferenceGrid.levels targets target
                    |> List.map2 (fun (axis: GridAxis) level -> axis.Name, axis.Labels[level]) targets

                let levels, group = List.splitAt over.Length labels

                match weightsOf target with
                | Some share -> {
                    Levels = levels
                    Group = group
                    Coefficients = Ok(columns |> Array.map (average share target))
                    Known = average share target offset
                  }
                | None ->
                    let cell = labels |> List.map snd |> String.concat " "

                    {
                        Levels = levels
                        Group = group
                        Coefficients = Error(LmmError.NoRows $"The cell '{cell}'")
                        Known = 0.0
                    }

            {
                Rows = List.init width ofTarget
                Averaged = others |> List.filter (fun axis -> axis.Labels.Length > 1) |> List.map _.Name
                Held =
                    others
                    |> List.filter (fun axis -> axis.Labels.Length = 1)
                    |> List.map (fun axis -> axis.Name, axis.Labels[0])
            })
