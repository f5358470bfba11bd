namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional.Model

/// <summary>The effects of a random term whose structure runs along several variables: one for each combination of their
/// levels that occurs, the first variable fastest.</summary>
[<NoComparison; NoEquality>]
type internal EffectGrid = {
    /// R's names of the S effects.
    Names: string[]
    /// For every row the index of its effect.
    Codes: int[]
    /// The parts of the structure, each with the coordinates of its positions.
    Axes: (Structure * float[][]) list
    /// For each axis the position of every effect; None where the effects are all combinations in their order.
    Places: ImmutableArray<int> list option
}

[<RequireQualifiedAccess>]
module internal EffectGrid =

    /// The combinations of some codings that occur, the first fastest: each one's levels, and every row's code.
    let private occurring (rows: int) (codings: (int * int[]) list) : int[][] * int[] =
        (([| [||] |], Array.zeroCreate<int> rows), codings)
        ||> List.fold (fun (levels, codes) (count, own) ->
            let pairs, codes = GroupingFactor.cross count own levels.Length codes

            pairs
            |> Array.map (fun struct (level, before) -> Array.append levels[before] [| level |]),
            codes)

    let private codingOf (selection: Selection) (coded: CodedVariable) =
        match coded.Variable.Kind with
        | VariableKind.Factor factor ->
            Some(Categories.count factor.Categories, Categories.codes factor.Categories selection)
        | _ -> None

    /// <summary>The effects of a term of several factors.</summary>
    /// <param name="selection">The rows.</param>
    /// <param name="structure">The structure: a product of as many parts, or one that takes several coordinates.</param>
    /// <param name="coordinates">For each factor a part of the structure and the coordinates of its levels.</param>
    /// <param name="term">The term of the effects.</param>
    /// <returns>The effects; None for terms with fewer factors, or with variables that are none.</returns>
    let tryCreate
        (selection: Selection)
        structure
        (coordinates: (Structure * float[][]) list)
        (term: CodedTerm)
        : EffectGrid option =
        match term.Variables |> List.map (codingOf selection) with
        | first :: second :: others when Seq.forall Option.isSome (first :: second :: others) ->
            let codings = first :: second :: others |> List.choose id
            let levels, codes = occurring selection.Count codings
            let names = TermCoding.parts term

            let name (own: int[]) =
                names |> List.mapi (fun k names -> Array.item own[k] names) |> String.concat ":"

            let ofLevels k =
                levels |> Seq.map (fun own -> own[k]) |> ImmutableArray.CreateRange

            let combinations =
                codings |> List.fold (fun product (count, _) -> product * float count) 1.0

            Some {
                Names = levels |> Array.map name
                Codes = codes
                Axes =
                    match structure with
                    | Structure.Kronecker _ -> coordinates
                    | single -> [
                        single,
                        levels
                        |> Array.map (fun own ->
                            coordinates |> List.mapi (fun k (_, values) -> values[own[k]]) |> Array.concat)
                      ]
                Places =
                    match structure with
                    | Structure.Kronecker _ when float levels.Length < combinations ->
                        Some(List.init codings.Length ofLevels)
                    | _ -> None
            }
        | _ -> None

    /// The columns of the effects: one where a row has the effect.
    let columns (grid: EffectGrid) : float[][] =
        let result =
            Array.init grid.Names.Length (fun _ -> Array.zeroCreate<float> grid.Codes.Length)

        grid.Codes |> Array.iteri (fun row code -> result[code].[row] <- 1.0)
        result
