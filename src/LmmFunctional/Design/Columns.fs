namespace LmmFunctional.Estimation

open System
open LmmFunctional
open LmmFunctional.Model

/// <summary>What a model asks of a data set before anything is computed: its columns, and the rows that have them.
/// </summary>
[<RequireQualifiedAccess>]
module internal Columns =

    let private named exprs = exprs |> List.collect Expr.columns

    let private variables (terms: Terms) =
        (terms.Items |> List.collect _.Factors) @ terms.Offsets

    let private ofRandom (term: RandomTerm) =
        variables term.Effects @ term.Group.Factors @ Option.toList term.PerLevelOf

    /// The columns that a residual structure names.
    let ofResidual residual =
        match residual with
        | ResidualTerm.Independent -> []
        | ResidualTerm.Structured structure -> [
            for part in structure.Correlations do
                match part.Along with
                | Coordinates.RowOrder -> ()
                | Coordinates.Variables along -> yield! along

            for subject in Option.toList structure.Within do
                yield! subject.Factors

            for variance in structure.Variances do
                match variance with
                | VarianceFunction.PerGroup variable
                | VarianceFunction.Power(VarianceCovariate.Variable variable)
                | VarianceFunction.Exponential(VarianceCovariate.Variable variable)
                | VarianceFunction.ConstantPower(VarianceCovariate.Variable variable) -> variable
                | VarianceFunction.Power VarianceCovariate.Fitted
                | VarianceFunction.Exponential VarianceCovariate.Fitted
                | VarianceFunction.ConstantPower VarianceCovariate.Fitted -> ()

            yield! Option.toList structure.PerLevelOf
          ]

    // pi is the number until there is a column of that name.
    let private isColumn (frame: Frame) name =
        name <> "pi" || frame.TryColumn(name).IsSome

    /// <summary>The model with every dot written out: all columns of the data that are not the response, a weight, an
    /// offset, or named in a random term or the residual structure.</summary>
    let expandDots (frame: Frame) (spec: LmmSpec) : LmmSpec =
        let elsewhere = [
            yield! Expr.columns spec.Response
            yield! Option.toList spec.Weights
            yield! named spec.Fixed.Offsets

            for term in spec.Random do
                yield! named (ofRandom term)

            yield! named (ofResidual spec.Residual)
        ]

        let others =
            frame.Names
            |> Seq.filter (fun name -> not (List.contains name elsewhere))
            |> List.ofSeq

        // Each dot of a term becomes every column in turn; a variable that the term has already counts once.
        let expand (term: Term) =
            ([ Term.intercept ], term.Factors)
            ||> List.fold (fun made factor ->
                match factor with
                | Expr.Dot -> [
                    for name in others do
                        for term in made -> Term.interact term (Term.ofExpr (Expr.Column name))
                  ]
                | _ -> made |> List.map (fun term -> Term.interact term (Term.ofExpr factor)))

        let expandTerms (terms: Terms) =
            if terms.Items |> List.exists (fun term -> List.contains Expr.Dot term.Factors) then
                let removed = terms.Removed |> List.collect expand
                let isRemoved term = removed |> List.exists (Term.same term)
                let expanded = terms.Items |> List.collect expand
                // Removed terms too decide in which order variables stand within a term, as in R.
                let order = expanded |> List.collect _.Factors
                Terms.Create(expanded |> List.filter (isRemoved >> not), terms.Offsets, [], order)
            else
                terms

        {
            spec with
                Fixed = expandTerms spec.Fixed
                Random =
                    spec.Random
                    |> List.map (fun term -> {
                        term with
                            RandomTerm.Effects = expandTerms term.Effects
                    })
        }

    /// The columns that must have a value in a row for the model to use it, without the weights.
    let used (frame: Frame) (spec: LmmSpec) =
        [
            yield! Expr.columns spec.Response
            yield! named (variables spec.Fixed)

            for term in spec.Random do
                yield! named (ofRandom term)

            yield! named (ofResidual spec.Residual)
        ]
        |> List.distinct
        |> List.filter (isColumn frame)

    // What an expression takes as levels: the argument of factor or C.
    let rec private asLevels expr =
        match expr with
        | Expr.Call(("factor" | "C"), (_, inner) :: _) -> Expr.columns inner
        | Expr.Call(_, arguments) -> arguments |> List.collect (snd >> asLevels)
        | _ -> []

    let private asNumbers expr =
        match expr with
        | Expr.Call(("factor" | "C"), _) -> []
        | _ -> Expr.columns expr

    /// <summary>The columns that a model takes as levels, and those that it takes as numbers where they are not text.
    /// </summary>
    let roles (frame: Frame) (spec: LmmSpec) : string list * string list =
        let along, residualGroups =
            match spec.Residual with
            | ResidualTerm.Independent -> [], []
            | ResidualTerm.Structured structure ->
                let ofAxis (part: ResidualCorrelation) =
                    match part.Along, (StructureCatalogue.ofStructure part.Structure).Coordinate with
                    | Coordinates.RowOrder, _ -> [], []
                    | Coordinates.Variables along, StructureCoordinate.Levels -> [], named along
                    | Coordinates.Variables along, _ -> along |> List.collect asNumbers, along |> List.collect asLevels

                let axes = structure.Correlations |> List.map ofAxis

                List.collect fst axes,
                List.collect snd axes
                @ (structure.Within
                   |> Option.toList
                   |> List.collect (fun term -> named term.Factors))
                @ named (Option.toList structure.PerLevelOf)

        let effects =
            variables spec.Fixed
            @ (spec.Random |> List.collect (fun term -> variables term.Effects))

        let groups =
            spec.Random
            |> List.collect (fun term -> term.Group.Factors @ Option.toList term.PerLevelOf)
            |> named

        let known names =
            names
            |> List.distinct
            |> List.filter (fun name -> (frame.TryColumn name).IsSome)

        known (groups @ residualGroups @ (effects |> List.collect asLevels)),
        known (along @ (effects |> List.collect asNumbers))

    // Marks the rows in which a column is missing, and counts them.
    let private mark (missing: bool[]) (column: Column) =
        let mutable count = 0

        match column with
        | Column.Numeric values
        | Column.Labelled(values, _) ->
            let values = values.AsSpan()

            for row in 0 .. values.Length - 1 do
                if Double.IsNaN values[row] then
                    missing[row] <- true
                    count <- count + 1
        | Column.Categorical(_, codes) ->
            let codes = codes.AsSpan()

            for row in 0 .. codes.Length - 1 do
                if codes[row] < 0 then
                    missing[row] <- true
                    count <- count + 1

        count

    /// <summary>For every row whether one of the columns is missing there, and the columns that are missing everywhere.
    /// </summary>
    let missing (frame: Frame) names : bool[] * string list =
        let missing = Array.zeroCreate frame.Rows

        let empty = [
            for name in names do
                match frame.TryColumn name with
                | Some column when mark missing column = frame.Rows -> name
                | _ -> ()
        ]

        missing, empty

    /// Variances are over weights: neither they nor their squares overflow.
    let private largestWeight = 1e150

    /// <summary>The prior weight of every row of the data.</summary>
    /// <param name="frame">The data.</param>
    /// <param name="missing">Rows that are left out anyway: their weights do not matter.</param>
    /// <param name="name">The column of weights.</param>
    /// <returns>The weights, or the first row in which each thing is wrong with them.</returns>
    let weights (frame: Frame) (missing: bool[]) name : Result<float[], LmmError list> =
        NumericTyping.column name frame
        |> Result.bind (fun column ->
            match column with
            | Column.Categorical(levels, codes) -> Error [ NumericTyping.notNumeric "a weight" name levels codes ]
            | Column.Numeric values
            | Column.Labelled(values, _) ->
                let values = values.AsSpan().ToArray()

                let cared =
                    Array.map2 (fun value isMissing -> if isMissing then 1.0 else value) values missing

                let first isWrong =
                    cared |> Array.tryFindIndex isWrong |> Option.map (fun row -> row, cared[row])

                let problems = [
                    match first (fun value -> value < 0.0) with
                    | Some(row, value) -> LmmError.NegativeWeight(name, row + 1, value)
                    | None -> ()

                    match first Double.IsNaN with
                    | Some(row, _) -> LmmError.MissingWeight(name, row + 1)
                    | None -> ()

                    match first (fun value -> value > largestWeight && Double.IsFinite value) with
                    | Some(row, _) -> LmmError.HugeValue(name, row + 1)
                    | None -> ()

                    match first (fun value -> value > 0.0 && value < 1.0 / largestWeight) with
                    | Some(row, _) -> LmmError.HugeValue($"1/{name}", row + 1)
                    | None -> ()

                    match first Double.IsPositiveInfinity with
                    | Some(row, _) -> LmmError.InfiniteValue(name, row + 1)
                    | None -> ()
                ]

                if problems.IsEmpty then Ok values else Error problems)
