namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

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
    /// What they are taken over, with the factors that nested ones need.
    Spec: MarginalSpec
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

    let private specOf (blocks: NestedBlock list) (spec: MarginalSpec) : MarginalSpec =
        let by =
            NestedFactors.completed blocks spec.By
            |> List.filter (fun name -> List.contains name spec.By || not (List.contains name spec.Over))

        {
            Over =
                NestedFactors.completed blocks spec.Over
                |> List.filter (fun name -> not (List.contains name by))
            By = by
        }

    // Those of the averaged variables, held at one level or not.
    let private averaged (others: GridAxis list) =
        others |> List.filter (fun axis -> axis.Labels.Length > 1) |> List.map _.Name

    let private held (others: GridAxis list) =
        others
        |> List.filter (fun axis -> axis.Labels.Length = 1)
        |> List.map (fun axis -> axis.Name, axis.Labels[0])

    /// The function of one combination of the target axes: the average of the columns over the others.
    let private ofTarget overCount (targets: GridAxis list) columns (offset: float[]) weightsOf target =
        let width = int (ReferenceGrid.size targets)

        let average (share: float[]) (values: float[]) =
            let mutable sum = 0.0

            for o in 0 .. share.Length - 1 do
                if share[o] <> 0.0 then
                    sum <- sum + share[o] * values[target + width * o]

            sum

        let labels =
            ReferenceGrid.levels targets target
            |> List.map2 (fun (axis: GridAxis) level -> axis.Name, axis.Labels[level]) targets

        let levels, group =
            match overCount with
            | 0 -> [ MarginalSpec.overall, "overall" ], labels
            | _ -> List.splitAt overCount labels

        match weightsOf target with
        | Some share -> {
            Levels = levels
            Group = group
            Coefficients = Ok(columns |> Array.map (average share))
            Known = average share offset
          }
        | None ->
            let cell = labels |> List.map snd |> String.concat " "

            {
                Levels = levels
                Group = group
                Coefficients = Error(LmmError.NoRows $"The cell '{cell}'")
                Known = 0.0
            }

    /// <summary>The functions of a model's marginal means.</summary>
    /// <param name="design">The model.</param>
    /// <param name="weights">Of the variables averaged over.</param>
    /// <param name="axes">The reference grid.</param>
    /// <param name="spec">What the means are taken over.</param>
    /// <param name="gridColumns">X and offset at all combinations of axes given in order, the fastest first.</param>
    /// <returns>The functions, or: variables that are not in the model, too large a grid.</returns>
    /// <remarks>Combinations of nested factors that do not occur in the data are neither shown nor averaged over.</remarks>
    let create
        (design: Design)
        weights
        (axes: GridAxis list)
        (spec: MarginalSpec)
        (gridColumns: GridAxis list -> float[][] * float[])
        : Result<MarginalFunctions, LmmError list> =
        let over = spec.Over |> List.filter ((<>) MarginalSpec.overall)

        Problems.both
            (over |> List.map (find axes "variable") |> Problems.all)
            (spec.By |> List.map (find axes "'by' variable") |> Problems.all)
        |> Result.bind (fun _ -> refuseLarge design axes)
        |> Result.map (fun () ->
            let blocks = NestedFactors.find design axes
            let spec = specOf blocks spec
            let over = spec.Over |> List.filter ((<>) MarginalSpec.overall)

            let axisOf name =
                axes |> List.find (fun axis -> axis.Name = name)

            let targets = over @ spec.By |> List.map axisOf
            let isTarget (axis: GridAxis) = List.contains axis targets
            let others = axes |> List.filter (isTarget >> not)
            let columns, offset = gridColumns (targets @ others)

            let weightsOf = GridWeights.create blocks weights design targets others

            let isShown target =
                blocks.IsEmpty
                || NestedFactors.occurs blocks (GridWeights.labelIn targets target)

            {
                Rows =
                    [ 0 .. int (ReferenceGrid.size targets) - 1 ]
                    |> List.filter isShown
                    |> List.map (ofTarget over.Length targets columns offset weightsOf)
                Spec = spec
                Averaged = averaged others
                Held = held others
            })
