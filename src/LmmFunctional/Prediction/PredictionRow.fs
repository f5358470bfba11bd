namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Estimation

/// <summary>What one prediction is made of, on the user's scale.</summary>
[<NoComparison; ReferenceEquality>]
type internal PredictionRow = {
    /// The row of the data, from zero.
    Row: int
    /// Of the p columns kept.
    Fixed: float[]
    Offset: float
    /// Effects of levels that the fit has: term, level and S coefficients.
    Known: struct (int * int * float[]) list
    /// Effects of levels that it has not: term, level and S coefficients.
    New: struct (int * string * float[]) list
    /// Grouping factors with the level that the fit has not.
    NewLevels: (string * string) list
    Weight: float
}

[<RequireQualifiedAccess>]
module internal PredictionRow =

    /// Whether the effects of a group are wanted.
    let isIncluded effects (group: string) =
        match effects with
        | PredictedEffects.All -> true
        | PredictedEffects.None -> false
        | PredictedEffects.Only groups -> List.contains group groups

    /// <summary>What is wrong with the groups named.</summary>
    let problems (effects: PredictedEffects) (design: Design) : LmmError list =
        match effects with
        | PredictedEffects.Only groups -> [
            let known = design.Random |> List.map _.Group |> List.distinct

            for group in groups do
                if not (List.contains group known) then
                    LmmError.UnknownChoice("random term", group, known)
          ]
        | _ -> []

    /// The rows of the fit.
    let ofFit (effects: PredictedEffects) (fit: Fit) : PredictionRow[] =
        let design = fit.Design
        let terms = List.indexed design.Random

        Array.init fit.Observations (fun row -> {
            Row = design.Rows[row]
            Fixed = Array.init fit.FixedCount (fun j -> design.Fixed.Matrix[row, j])
            Offset =
                match design.Offset with
                | Some offset -> offset[row]
                | None -> 0.0
            Known = [
                for t, term in terms do
                    if isIncluded effects term.Group then
                        struct (t, term.Codes[row], term.Columns |> Array.map (fun column -> column[row]))
            ]
            New = []
            NewLevels = []
            Weight =
                match design.Weights with
                | Some weights -> weights[row]
                | None -> 1.0
        })

    /// <summary>x'β̂ + z'ũ with the offset, summed in the order of <c>Fit.fitted</c>, so that the rows of the fit give its fitted
    /// values bit for bit.</summary>
    let estimate (fit: Fit) (row: PredictionRow) : float =
        let effects = fit.Inner.Effects.Value
        let mutable value = row.Offset

        for j in 0 .. row.Fixed.Length - 1 do
            value <- value + fit.Inner.Beta[j] * row.Fixed[j]

        for struct (t, level, z) in row.Known do
            for i in 0 .. z.Length - 1 do
                value <- value + z[i] * effects[t].[level * z.Length + i]

        value

    /// <summary>Σ w x over rows: a function of the same effects, of the number given.</summary>
    let combine (number: int) (weighted: (float * PredictionRow) list) : PredictionRow =
        let sum (vectors: (float * float[]) list) =
            let result: float[] = Array.zeroCreate (snd vectors.Head).Length

            for weight, vector in vectors do
                for i in 0 .. result.Length - 1 do
                    result[i] <- result[i] + weight * vector[i]

            result

        {
            Row = number
            Fixed = weighted |> List.map (fun (weight, row) -> weight, row.Fixed) |> sum
            Offset = weighted |> List.sumBy (fun (weight, row) -> weight * row.Offset)
            Known =
                weighted
                |> List.collect (fun (weight, row) ->
                    row.Known |> List.map (fun (struct (t, level, z)) -> (t, level), (weight, z)))
                |> List.groupBy fst
                |> List.map (fun ((t, level), parts) -> struct (t, level, sum (List.map snd parts)))
            New =
                weighted
                |> List.collect (fun (weight, row) ->
                    row.New |> List.map (fun (struct (t, level, z)) -> (t, level), (weight, z)))
                |> List.groupBy fst
                |> List.map (fun ((t, level), parts) -> struct (t, level, sum (List.map snd parts)))
            NewLevels = weighted |> List.collect (fun (_, row) -> row.NewLevels) |> List.distinct
            Weight = 1.0
        }
