namespace LmmFunctional.Estimation

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.Runtime.InteropServices
open LmmFunctional

/// <summary>Copies of arrays that a data set holds, one of each: what is written into a design does not change the data.</summary>
[<Sealed>]
type internal DesignArrays(frame: Frame) =
    let held = HashSet<obj>(HashIdentity.Reference)
    let copies = Dictionary<obj, Array>(HashIdentity.Reference)

    let hold (values: ImmutableArray<'value>) =
        match ImmutableCollectionsMarshal.AsArray values with
        | null -> ()
        | array -> held.Add array |> ignore

    do
        for column in frame.Columns do
            match column with
            | Column.Numeric values
            | Column.Labelled(values, _) -> hold values
            | Column.Categorical(_, codes) -> hold codes

    /// The array itself where the data set does not hold it; else its copy, the same one each time.
    member _.Own(array: 'value[]) : 'value[] =
        if not (held.Contains array) then
            array
        else
            match copies.TryGetValue(array: obj) with
            | true, (:? ('value[]) as copy) -> copy
            | _ ->
                let copy = Array.copy array
                copies[array] <- copy
                copy

    member private arrays.OfRandom(random: RandomDesign) = {
        random with
            Codes = arrays.Own random.Codes
            Columns = random.Columns |> Array.map arrays.Own
            PerLevel =
                random.PerLevel
                |> Option.map (fun (name, levels, codes) -> name, levels, arrays.Own codes)
    }

    member private arrays.OfResidual(residual: ResidualDesign) = {
        residual with
            SubjectCodes = arrays.Own residual.SubjectCodes
            Factors =
                residual.Factors
                |> List.map (fun axis -> {
                    axis with
                        Position = arrays.Own axis.Position
                })
            Levels =
                residual.Levels
                |> Option.map (fun (name, levels, codes) -> name, levels, arrays.Own codes)
            Variances =
                residual.Variances
                |> List.map (fun (variance, values) ->
                    variance,
                    match values with
                    | VarianceValues.Groups(levels, codes) -> VarianceValues.Groups(levels, arrays.Own codes)
                    | VarianceValues.Covariate values -> VarianceValues.Covariate(arrays.Own values)
                    | VarianceValues.FittedValues -> VarianceValues.FittedValues)
    }

    /// Random terms and residuals with arrays of their own.
    member arrays.OfParts(random: RandomDesign list, residual: ResidualDesign option) =
        random |> List.map arrays.OfRandom, residual |> Option.map arrays.OfResidual
